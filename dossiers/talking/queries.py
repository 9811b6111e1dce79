"""What can be asked about messages: a conversation, what is unread, templates."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from dossiers import slips
from dossiers.models import Dossier, DossierMessage, MessageFile, MessageTemplate
from dossiers.talking.rules import SHOWN
from portal.access import Actor, visible_to

SIDE = DossierMessage.Side


def conversation(dossier: Dossier) -> list[DossierMessage]:
    """The newest messages of a dossier in their order, with their files (two queries)."""
    rows = dossier.messages.order_by("-at", "-id").prefetch_related("files__file")
    return list(rows[:SHOWN])[::-1]


def whole_conversation(dossier: Dossier) -> QuerySet[DossierMessage]:
    """Every message of a dossier, for a copy."""
    return dossier.messages.order_by("at", "id").prefetch_related("files__file")


def unread_of(dossier: Dossier, side: str) -> tuple[int, int]:
    """How many messages a dossier has, and how many of one side the other has not opened (one query)."""
    found = dossier.messages.aggregate(all=Count("pk"), unread=Count("pk", filter=Q(side=side, read_at=None)))
    return found["all"], found["unread"]


def unread_for_applicants(dossier_ids: Collection[UUID]) -> dict[UUID, int]:
    """Of these dossiers, how many messages of the agency nobody has opened (one query by the index of the unread)."""
    rows = DossierMessage.objects.filter(side=SIDE.AGENCY, read_at=None, dossier__in=list(dossier_ids))
    return dict(rows.order_by().values_list("dossier").annotate(n=Count("pk")))


def with_unread(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Dossiers of a desk's list with ``has_unread``: whether the applicant wrote what no officer has opened (by the same index)."""
    unread = DossierMessage.objects.filter(side=SIDE.APPLICANT, read_at=None, dossier=OuterRef("pk"))
    return rows.annotate(has_unread=Exists(unread))


def unread_at_desk(actor: Actor) -> int:
    """How many dossiers wait for an officer to open what their applicants wrote, of those they may see (one query)."""
    unread = DossierMessage.objects.filter(side=SIDE.APPLICANT, read_at=None)
    rows = visible_to(actor, unread, "dossiers.read", "dossier__unit_code")
    return rows.order_by().values("dossier").distinct().count()


def file_of(dossier: Dossier, file_id: UUID) -> MessageFile | None:
    """One file of the conversation (one query)."""
    return MessageFile.objects.select_related("file", "message").filter(pk=file_id, message__dossier=dossier).first()


def templates_of(unit_code: str) -> list[MessageTemplate]:
    """A unit's own templates that are in use (one query)."""
    return list(MessageTemplate.objects.filter(unit_code=unit_code, is_active=True)[:100])


def values_of(dossier: Dossier) -> dict[str, str]:
    """What stands in the places of a template (`rules.PLACES`)."""
    due = slips.moment(timezone.localtime(dossier.due_at)) if dossier.due_at else "chưa hẹn"
    return {"{ma}": dossier.code or "", "{thu-tuc}": dossier.procedure_name, "{nguoi-nop}": dossier.filed_by_name, "{hen-tra}": due}
