"""Looks of officers, each written down, and the filters that they keep."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from feedback.access import seen_by
from feedback.models import Attachment, Petition, SavedView
from feedback.services.common import PetitionRefused
from feedback.words import tidy
from portal import audit
from portal.access import Actor

MOST_VIEWS = 20
"""Filters that one officer keeps."""


@transaction.atomic
def open_petition(*, actor: Actor, petition_id: UUID) -> Petition:
    """Open one petition to read it; who looked at whose words is itself an act in the audit trail (requirement O-07).

    ``Petition.DoesNotExist`` behind the door.
    """
    petition = seen_by(actor, Petition.objects.select_related("kind", "group")).get(pk=petition_id)
    _note(actor, petition, "feedback.read")
    return petition


@transaction.atomic
def open_file(*, actor: Actor, petition_id: UUID, file_id: UUID) -> Attachment:
    """Open a file of a petition. ``Attachment.DoesNotExist`` or ``Petition.DoesNotExist`` for one that the officer does not see."""
    petition = seen_by(actor, Petition.objects.all()).get(pk=petition_id)
    row = petition.attachments.select_related("file").get(pk=file_id)
    _note(actor, petition, "feedback.read_file", role=row.role)
    return row


def _note(actor: Actor, petition: Petition, act: str, **details: str) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="feedback.petition",
        target_id=str(petition.pk),
        unit=petition.unit_code,
        details={"code": petition.code, **details},
    )


@transaction.atomic
def save_view(*, actor: Actor, name: str, query: str) -> SavedView:
    """Keep a filter of the queue under a name; the same name again replaces it. :class:`PetitionRefused` in words for the officer."""
    name = " ".join(tidy(name).split())
    if actor.position_id is None or not name:
        raise PetitionRefused("Bạn hãy đặt tên cho bộ lọc.", "name")
    if len(name) > 80:
        raise PetitionRefused("Tên bộ lọc dài quá 80 ký tự.", "name")
    if len(query) > 500:
        raise PetitionRefused("Bộ lọc này dài quá, không lưu được.", "name")
    mine = SavedView.objects.select_for_update().filter(position_id=actor.position_id)
    if not mine.filter(name=name).exists() and mine.count() >= MOST_VIEWS:
        raise PetitionRefused(f"Mỗi người lưu tối đa {MOST_VIEWS} bộ lọc. Bạn hãy xóa bớt.", "name")
    view, _ = SavedView.objects.update_or_create(position_id=actor.position_id, name=name, defaults={"query": query})
    return view


@transaction.atomic
def drop_view(*, actor: Actor, view_id: int) -> None:
    """Forget a filter; one that is gone, or another's, is no error and stays as it is."""
    if actor.position_id is not None:
        SavedView.objects.filter(pk=view_id, position_id=actor.position_id).delete()
