"""A case that touches state secrets leaves the system by one marked, logged act (Rules art. 44.3)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from feedback import figures
from feedback.models import Petition, SecretStub
from feedback.services.common import PetitionRefused, end, keep, lock_for_officer, move, tell
from portal import crypto
from portal.access import SYSTEM, AccessDenied, Actor
from portal.documents.models import Document
from portal.documents.services import cancel
from portal.files import services as files
from portal.files.models import FileState, StoredFile


@transaction.atomic
def seal_away(*, actor: Actor, petition_id: UUID, basis: str, now: datetime, seen: int | None = None) -> SecretStub:
    """Take a petition out of the system: its texts and files are destroyed with its own key, what was published of it is emptied, and a
    stub stays with code, day and officer. What is to be done with it goes on by the rules for secret papers, outside.

    ``basis``: number and day of the decision, nothing of its content. There is no way back.
    """
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.secret", seen=seen)
    if actor.position_id is None:
        raise AccessDenied("feedback.secret")
    if not basis.strip():
        raise PetitionRefused("Bạn hãy ghi số, ngày văn bản làm căn cứ (không ghi nội dung).", "basis")
    was, before = figures.facts_of(petition), move(petition, "seal_away")
    end(petition, now=now)
    petition.sender = petition.subject = petition.words = petition.place_words = petition.helps_words = None
    petition.sender_key = petition.text_print = petition.place_code = ""
    petition.group = None
    if petition.publication != Petition.Publication.NONE:
        petition.publication, petition.keep_reason = Petition.Publication.KEPT, "Chuyển xử lý theo chế độ mật."
    from feedback.services.publishing import empty_published

    empty_published(petition=petition, now=now)
    keep(petition, "seal_away", before=before, was=was, actor=actor, now=now)
    destroyed = 0
    for row in petition.attachments.select_related("file"):
        files.erase(file=row.file, actor=actor)
        destroyed += 1
    for document in Document.objects.filter(subject_id=petition.pk, state__in=[Document.QUEUED, Document.RENDERED]):
        cancel(document=document, actor=SYSTEM)
    # Records of the case, whole or half made: whatever is sealed with its key. One that is being signed this moment finds no key any more.
    for stored in StoredFile.objects.filter(subject=petition.pk).exclude(state=FileState.ERASED):
        files.erase(file=stored, actor=actor)
        destroyed += 1
    stub = SecretStub.objects.create(
        petition=petition,
        at=now,
        position_id=actor.position_id,
        label=actor.label[:200],
        basis=basis.strip()[:200],
        files_destroyed=destroyed,
    )
    tell(petition, "feedback.secret")
    # Last: what is told and written above needs no words of the case, and nothing can be sealed with the key any more.
    crypto.shred(petition.pk, actor)
    return stub
