"""What lies near a dossier on its page of the desk, in one query: most have no counter, no parcel, no demand, and are asked about none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from dossiers.models import (
    AnswerSource,
    Dossier,
    DossierMessage,
    DossierOpinion,
    DossierStep,
    Draft,
    Handover,
    LinkedPart,
    PaymentDemand,
    Revision,
    ShownResult,
    SupplementRequest,
)

KINDS: dict[str, type[Any]] = {
    "sources": AnswerSource,
    "revisions": Revision,
    "shown_results": ShownResult,
    "demands": PaymentDemand,
    "supplements": SupplementRequest,
    "steps": DossierStep,
    "opinions": DossierOpinion,
    "linked": LinkedPart,
}
"""Rows of a dossier of which the page asks whether there are any before it asks for them."""
_REUSE = ("fields", "fields_reused", "papers", "papers_reused")
_NAMES = (
    *(f"has_{name}" for name in KINDS),
    *(f"reuse_{name}" for name in _REUSE),
    *("is_edited", "written", "unread", "has_earlier", "filing", "handed", "handed_state", "sent_parcel"),
)


@dataclass(frozen=True)
class Near:
    """What there is of one dossier beside its own row."""

    has: frozenset[str]
    """Those of :data:`KINDS` of which there is at least one."""
    is_edited: bool
    """Its applicant has taken it back into the form."""
    messages: int
    unread: int
    """Messages of the applicant that nobody has opened."""
    has_earlier_opinions: bool
    """Other agencies said something before about dossiers of the same party."""
    reuse: dict[str, int] | None
    counter_filing: UUID | None
    handover: tuple[UUID, str] | None
    """The last one, and its state."""
    parcel: UUID | None

    def rows(self, kind: str, asked: Any) -> Any:
        """What a query answers (``asked`` puts it), or nothing without a query where there is nothing."""
        return asked() if kind in self.has else []


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("dossier").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def near(dossier_id: UUID) -> Near:
    """What lies near a dossier (one query, each part of it by an index)."""
    mine = {"dossier": OuterRef("pk")}
    messages, handed = DossierMessage.objects.filter(**mine), Handover.objects.filter(**mine).order_by("-sent_at")
    earlier = DossierOpinion.objects.filter(party_id=OuterRef("owner_id"), answered_at__isnull=False, taken_from__isnull=True)
    row = (
        Dossier.objects.filter(pk=dossier_id)
        .annotate(
            **{f"has_{name}": Exists(model.objects.filter(**mine)) for name, model in KINDS.items()},
            is_edited=Exists(Draft.objects.filter(pk=OuterRef("pk"))),
            written=_count(messages),
            unread=_count(messages.filter(side=DossierMessage.Side.APPLICANT, read_at=None)),
            has_earlier=Exists(earlier.filter(~Q(dossier=OuterRef("pk")))),
            filing=F("counter_filing"),
            handed=Subquery(handed.values("pk")[:1]),
            handed_state=Subquery(handed.values("state")[:1]),
            sent_parcel=F("parcel"),
            **{f"reuse_{name}": F(f"reuse__{name}") for name in _REUSE},
        )
        .values(*_NAMES)
        .get()
    )
    return Near(
        has=frozenset(name for name in KINDS if row[f"has_{name}"]),
        is_edited=row["is_edited"],
        messages=row["written"],
        unread=row["unread"],
        has_earlier_opinions=row["has_earlier"],
        reuse={name: row[f"reuse_{name}"] for name in _REUSE} if row["reuse_fields"] is not None else None,
        counter_filing=row["filing"],
        handover=(row["handed"], row["handed_state"]) if row["handed"] is not None else None,
        parcel=row["sent_parcel"],
    )
