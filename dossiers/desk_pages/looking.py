"""What an officer keeps and finds while looking: filters, what is new since the last look, dossiers that are likely the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Case, Q, When

from dossiers.models import DeskLook, DeskView, Dossier, DossierEvent, State
from portal.access import Actor, unit_scope
from portal.crypto import index_forms
from portal.text import nfc

MOST_VIEWS = 20
"""Filters that one officer keeps."""
KEPT_LOOKS = timedelta(days=180)
ALIKE_WITHIN = timedelta(days=730)
"""What was filed longer ago is no likely duplicate."""
MOST_ALIKE = 10


class ViewRefused(Exception):
    """A filter cannot be kept as it is; ``message`` says why."""

    field = "name"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def save_view(*, actor: Actor, name: str, query: str) -> DeskView:
    """Keep a filter of the list under a name; the same name again replaces it. :class:`ViewRefused` in words."""
    name = " ".join(nfc(name).split())
    if actor.position_id is None or not name:
        raise ViewRefused("Bạn hãy đặt tên cho bộ lọc.")
    if len(name) > 80:
        raise ViewRefused("Tên bộ lọc dài quá 80 ký tự.")
    if len(query) > 500:
        raise ViewRefused("Bộ lọc này dài quá, không lưu được.")
    mine = DeskView.objects.select_for_update().filter(position_id=actor.position_id)
    names = {one.name for one in mine}
    if name not in names and len(names) >= MOST_VIEWS:
        raise ViewRefused(f"Mỗi người lưu tối đa {MOST_VIEWS} bộ lọc. Bạn hãy xóa bớt.")
    view, _ = DeskView.objects.update_or_create(position_id=actor.position_id, name=name, defaults={"query": query})
    return view


@transaction.atomic
def drop_view(*, actor: Actor, view_id: int) -> None:
    """Forget a filter; one that is gone, or another's, is no error and stays as it is."""
    if actor.position_id is not None:
        DeskView.objects.filter(pk=view_id, position_id=actor.position_id).delete()


def views_of(actor: Actor) -> list[DeskView]:
    """The filters that an officer keeps (one query)."""
    return list(DeskView.objects.filter(position_id=actor.position_id)) if actor.position_id is not None else []


@dataclass(frozen=True)
class Since:
    """What came since an officer's last look: when that was (None: it is the first), the events of others, how many papers more."""

    at: datetime | None = None
    event_ids: frozenset[int] = field(default_factory=frozenset)
    papers: int = 0

    @property
    def is_any(self) -> bool:
        """Whether there is something new."""
        return self.at is not None and bool(self.event_ids or self.papers > 0)


@transaction.atomic
def look(*, actor: Actor, dossier: Dossier, events: list[DossierEvent], papers: int, now: datetime) -> Since:
    """What is new in a dossier since the officer's last look, and note that they look now (two queries)."""
    if actor.position_id is None:
        return Since()
    newest = max((one.pk for one in events), default=0)
    before = DeskLook.objects.filter(dossier=dossier, position_id=actor.position_id).first()
    DeskLook.objects.bulk_create(
        [DeskLook(dossier=dossier, position_id=actor.position_id, event_id=newest, papers=papers, at=now)],
        update_conflicts=True,
        unique_fields=["dossier", "position_id"],
        update_fields=["event_id", "papers", "at"],
    )
    if before is None:
        return Since()
    fresh = frozenset(one.pk for one in events if one.pk > before.event_id and one.position_id != actor.position_id)
    return Since(before.at, fresh, max(0, papers - before.papers))


def forget_looks(now: datetime) -> int:
    """Forget looks so old that everything is news again; at most some thousands at a time."""
    old = DeskLook.objects.filter(at__lt=now - KEPT_LOOKS).values("pk")[:5000]
    return DeskLook.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]


@dataclass(frozen=True)
class Alike:
    """Dossiers that are likely the same: those the officer may open, and how many are elsewhere."""

    here: Sequence[Dossier]
    elsewhere: int


def alike(actor: Actor, dossier: Dossier) -> Alike:
    """Other dossiers of the procedure in two years, neither refused nor withdrawn, of the same applicant or owner or with a number in
    common (one query, by the indexes of parties and numbers)."""
    numbers = [form for one in dossier.id_blinds for form in index_forms(one)]
    parties = [dossier.applicant_id, dossier.owner_id]
    same = Q(applicant_id__in=parties) | Q(owner_id__in=parties)
    if numbers:
        same |= Q(id_blinds__overlap=numbers)
    rows = Dossier.objects.filter(same, procedure_code=dossier.procedure_code, submitted_at__gte=dossier.submitted_at - ALIKE_WITHIN)
    rows = rows.exclude(pk=dossier.pk).exclude(state__in=(State.REFUSED, State.WITHDRAWN))
    door = Case(When(unit_scope(actor, "dossiers.read", "unit_code"), then=True), default=False, output_field=BooleanField())
    found = list(rows.defer("answers", "bill").annotate(is_here=door).order_by("-is_here", "-submitted_at", "id")[: 10 * MOST_ALIKE])
    here = [one for one in found if one.is_here][:MOST_ALIKE]
    return Alike(here, len(found) - len(here) if len(here) < MOST_ALIKE else 0)


def new_since(actor: Actor, dossier_ids: list[UUID]) -> set[UUID]:
    """Those of some dossiers in which others did something since the officer last looked (two queries)."""
    if actor.position_id is None or not dossier_ids:
        return set()
    looks = dict(DeskLook.objects.filter(position_id=actor.position_id, dossier__in=dossier_ids).values_list("dossier_id", "event_id"))
    if not looks:
        return set()
    events = DossierEvent.objects.filter(dossier__in=looks).exclude(position_id=actor.position_id)
    return {pk for pk, event_id in events.order_by().values_list("dossier_id", "pk") if event_id > looks[pk]}
