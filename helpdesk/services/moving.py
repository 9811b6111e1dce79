"""Deadlines of applicants that fell into an incident (Rules art. 29.4): found by their rooms' indexes, moved by their rooms' services.

What stands here are applicants' deadlines alone; those of agencies have no source and cannot move. One deadline is one row of ``Moved``
with what it was before all incidents: from that and from the incidents as they are now its place follows (``rules.moved_by``), so that
doing it twice changes nothing and a corrected incident puts it right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from dossiers.models import Dossier, Draft, PaymentDemand, ShownResult, Standing, State
from dossiers.services import postponing
from feedback.models import Petition
from feedback.models import State as PetitionState
from feedback.services.postponing import postpone_supply
from helpdesk.models import Incident, Moved, Service
from helpdesk.rules import corrected, moved_by, spans_of
from portal.workdays import national_calendar
from portal.workdays.calendar import at, local

AHEAD = dt.timedelta(minutes=10)
"""While an incident goes on, deadlines of the next minutes are moved before they run out; the worker looks each minute."""
SLICE = 500
LOOK_BACK = dt.timedelta(days=60)
"""Incidents older than that are not corrected any more: what hung on them has ended."""


@dataclass(frozen=True)
class Source:
    """One kind of applicants' deadlines."""

    kind: str
    rows: Callable[[], QuerySet[Any]]
    """Those that are open."""
    column: str
    """Of the deadline, or of what it follows from."""
    code: str
    unit: str
    postpone: Callable[[str, dt.datetime, dt.datetime], bool]
    """Row, new deadline, now: whether it was open and changed."""
    around: Callable[[dt.datetime, dt.datetime], Q] | None = None
    """Where the deadline is no column: which rows can have one between two moments."""
    deadline: Callable[[Any], dt.datetime] | None = None
    """Where it is no column: from the row."""

    def due_of(self, row: Any) -> dt.datetime:
        """The deadline of a row."""
        found: dt.datetime = self.deadline(row) if self.deadline is not None else getattr(row, self.column)
        return found

    def between(self, begin: dt.datetime, end: dt.datetime) -> QuerySet[Any]:
        """Open rows whose deadline may lie between two moments."""
        within = Q(**{f"{self.column}__gte": begin, f"{self.column}__lte": end})
        return self.rows().filter(self.around(begin, end) if self.around is not None else within)


def _draft_day(draft: Draft) -> dt.datetime:
    """The end of a draft's last day, as a moment."""
    day = postponing.draft_last_day(draft)
    assert day is not None
    return at(day, dt.time(23, 59, 59))


def _drafts_around(begin: dt.datetime, end: dt.datetime) -> Q:
    """Their last day is two weeks after the warning, or a day more (``dossiers.keeping``)."""
    return Q(warned_at__gte=begin - dt.timedelta(days=16), warned_at__lte=end - dt.timedelta(days=13))


SOURCES: Mapping[str, Source] = {
    one.kind: one
    for one in (
        Source(
            "supplement",
            lambda: Dossier.objects.filter(state=State.INCOMPLETE),
            "supplement_until",
            "code",
            "unit_code",
            lambda key, until, now: postponing.postpone_supplement(dossier_id=UUID(key), until=until, now=now),
        ),
        Source(
            "payment",
            lambda: PaymentDemand.objects.filter(standing=Standing.DUE).select_related("dossier"),
            "until",
            "dossier.code",
            "dossier.unit_code",
            lambda key, until, now: postponing.postpone_payment(demand_id=int(key), until=until, now=now),
        ),
        Source(
            "shown_result",
            lambda: ShownResult.objects.filter(state=ShownResult.State.OPEN).select_related("dossier"),
            "until",
            "dossier.code",
            "dossier.unit_code",
            lambda key, until, now: postponing.postpone_shown(shown_id=int(key), until=until, now=now),
        ),
        Source(
            "draft",
            lambda: Draft.objects.filter(removed_at__isnull=True, warned_at__gt=F("updated_at")),
            "warned_at",
            "procedure_code",
            "unit_code",
            lambda key, until, now: postponing.postpone_draft(draft_id=UUID(key), until=until, now=now),
            around=_drafts_around,
            deadline=_draft_day,
        ),
        Source(
            "petition",
            lambda: Petition.objects.filter(state=PetitionState.WAITING),
            "supply_due_at",
            "code",
            "unit_code",
            lambda key, until, now: postpone_supply(petition_id=UUID(key), until=until, now=now),
        ),
    )
}
LABELS = {
    "supplement": "Bổ sung hồ sơ",
    "payment": "Nộp phí, lệ phí",
    "shown_result": "Trả lời dự thảo kết quả",
    "draft": "Giữ bản nháp",
    "petition": "Bổ sung phản ánh, kiến nghị",
}
_ALL = frozenset(SOURCES)
REACHES: Mapping[str, frozenset[str]] = {
    Service.PORTAL: _ALL,
    Service.SIGN_IN: _ALL,
    Service.FILING: frozenset({"supplement", "shown_result", "draft"}),
    Service.PAYMENTS: frozenset({"payment"}),
    Service.PETITIONS: frozenset({"petition"}),
    Service.PARTNER: _ALL - {"draft"},
}
"""Which deadlines hang on which service."""


def kinds_of(incident: Incident) -> frozenset[str]:
    """The kinds of deadlines that an incident can have cost."""
    return frozenset().union(*(REACHES[service] for service in incident.services))


def reaches(incident: Incident, kind: str, unit_code: str) -> bool:
    """Whether an incident reached a deadline of a kind at an agency."""
    if incident.withdrawn_at is not None or kind not in kinds_of(incident):
        return False
    whole = Service.PARTNER not in incident.services or not incident.unit_code
    return whole or unit_code == incident.unit_code or unit_code.startswith(f"{incident.unit_code}.")


def settle(incident: Incident, *, now: dt.datetime) -> int:
    """Bring every deadline that this incident concerns, or concerned before it was corrected, to where all incidents put it.

    How many moved. Idempotent; each row is a transaction of its own, so that a worker that ends costs nothing.
    """
    [(begin, end)] = spans_of([(incident.began_at, incident.ended_at)], now, AHEAD)
    moved = 0
    for kind in sorted(kinds_of(incident)) if incident.withdrawn_at is None else ():
        for key in list(_found(SOURCES[kind], begin, end)):
            moved += place(kind=kind, key=key, now=now)
    for kind, key in list(Moved.objects.filter(incidents__contains=[incident.pk]).order_by("pk").values_list("kind", "object_id")):
        moved += place(kind=kind, key=key, now=now)
    return moved


def _found(source: Source, begin: dt.datetime, end: dt.datetime) -> Iterator[str]:
    rows = source.between(begin, end).order_by("pk")
    after: Any = None
    while True:
        found = list((rows.filter(pk__gt=after) if after is not None else rows)[:SLICE])
        yield from (str(row.pk) for row in found if begin <= source.due_of(row) <= end)
        if len(found) < SLICE:
            return
        after = found[-1].pk


@transaction.atomic
def place(*, kind: str, key: str, now: dt.datetime) -> bool:
    """Put one deadline where all incidents that reached it put it. Whether it moved; one that is answered stays as it is."""
    source = SOURCES[kind]
    found = source.rows().filter(pk=key).first()
    if found is None:
        return False
    due, code, unit_code = source.due_of(found), attrgetter(source.code)(found) or "", attrgetter(source.unit)(found) or ""
    row = Moved.objects.select_for_update().filter(kind=kind, object_id=key).first()
    first = standing = due
    if row is not None and (row.now == due or (kind == "draft" and local(row.now).date() == local(due).date())):
        # Else its room has set it anew since (another request, another term): a deadline of its own.
        first, standing = row.first, row.now
    those = [one for one in Incident.objects.filter(began_at__gte=first - LOOK_BACK).order_by("began_at") if reaches(one, kind, unit_code)]
    calendar = national_calendar()
    target = moved_by(first, spans_of([(one.began_at, one.ended_at) for one in those], now, AHEAD), calendar)
    target = corrected(target, standing, now, calendar)
    if target == standing or not source.postpone(key, target, now):
        return False
    # Also those that reached it before they were corrected: they may be corrected back.
    hit = sorted({one.pk for one in those if one.began_at <= max(target, standing)} | set(row.incidents if row is not None else []))
    facts = {"code": code, "unit_code": unit_code, "first": first, "now": target, "incidents": hit, "changed_at": now}
    Moved.objects.update_or_create(kind=kind, object_id=key, defaults=facts)
    return True


def falling_into(begin: dt.datetime, end: dt.datetime) -> Iterator[tuple[str, str]]:
    """Kind and key of the applicants' deadlines that lie in a span to come: whom planned maintenance concerns."""
    for kind, source in SOURCES.items():
        for key in _found(source, begin, end):
            yield kind, key
