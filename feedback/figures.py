"""What a petition adds to the figures: a pure function row → cells, so that an act writes the difference and nothing is ever scanned.

Each round counts for the agency that dealt with it: one that the sender did not agree with stays where it was answered
(:class:`feedback.models.FinishedRound`), the next one is received anew.

What depends on a day is a difference of running counts: open at the end of a day = received − ended up to it; overdue = ``due`` −
``settled``. How many stand in each state now has no day: it is counted on :data:`NOW`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from feedback.models.petitions import Petition
from feedback.models.published import FinishedRound, TallyDelta
from feedback.models.states import State

RECEIVED, ON_TIME, LATE, REFUSED, WITHDRAWN, SECRET = "received", "on_time", "late", "refused", "withdrawn", "secret"
DUE, SETTLED, PUBLISHED, AGAIN, HELPS, HELPS_NOT = "due", "settled", "published", "again", "helps", "helps_not"
STANDING = {State.NEW.value: "in_new", State.WAITING.value: "in_waiting", State.PROCESSING.value: "in_process",
            State.CHECKING.value: "in_checking"}  # fmt: skip
"""Measures of what stands in each open state now."""
NOW = date(2000, 1, 1)
"""The day on which ``STANDING`` is counted."""
ENDED = (ON_TIME, LATE, REFUSED, WITHDRAWN, SECRET)
MEASURES = (RECEIVED, *ENDED, DUE, SETTLED, PUBLISHED, AGAIN, HELPS, HELPS_NOT, *STANDING.values())


@dataclass(frozen=True)
class Facts:
    """What figures know of a petition."""

    agency_code: str
    unit_code: str
    kind: str
    sector_code: str
    state: str
    received_on: date
    due_on: date
    ended_on: date | None
    is_late: bool
    """Answered after the sender's deadline."""
    is_published: bool = False
    helps: bool | None = None
    procedure_code: str = ""
    again_on: date | None = None
    """The day on which the sender did not agree with the answer."""


Cell = tuple[date, str, str, str, str, str, str]
"""Day, agency, unit, kind, sector, procedure, measure."""


def facts_of(petition: Petition) -> Facts:
    """The facts of a petition as it stands."""
    ended = petition.ended_at
    return Facts(
        agency_code=petition.agency_code,
        unit_code=petition.unit_code,
        kind=petition.kind_id,
        sector_code=petition.sector_code,
        state=petition.state,
        received_on=timezone.localdate(petition.received_at),
        due_on=timezone.localdate(petition.due_at),
        ended_on=timezone.localdate(ended) if ended else None,
        is_late=bool(petition.answered_at and petition.answered_at > petition.due_at),
        is_published=petition.publication == Petition.Publication.PUBLISHED,
        helps=petition.helps,
        procedure_code=petition.procedure_code,
    )


def facts_of_round(row: FinishedRound) -> Facts:
    """The facts of a round that the sender did not agree with."""
    return Facts(
        agency_code=row.agency_code,
        unit_code=row.unit_code,
        kind=row.kind_id,
        sector_code=row.sector_code,
        state=State.ANSWERED.value,
        received_on=timezone.localdate(row.received_at),
        due_on=timezone.localdate(row.due_at),
        ended_on=timezone.localdate(row.answered_at),
        is_late=row.answered_at > row.due_at,
        is_published=row.is_published,
        helps=row.helps,
        procedure_code=row.procedure_code,
        again_on=timezone.localdate(row.disagreed_at),
    )


def cells_of(petition: Petition) -> Counter[Cell]:
    """What a petition counts for with all its rounds (one query)."""
    found = cells(facts_of(petition))
    for row in petition.finished_rounds.all():
        found.update(cells(facts_of_round(row)))
    return found


def cells(facts: Facts) -> Counter[Cell]:
    """What one round of a petition counts for, by cell."""
    found: Counter[Cell] = Counter()

    def add(day: date, measure: str) -> None:
        found[day, facts.agency_code, facts.unit_code, facts.kind, facts.sector_code, facts.procedure_code, measure] += 1

    add(facts.received_on, RECEIVED)
    if facts.again_on is not None:
        add(facts.again_on, AGAIN)
    if facts.state in STANDING:
        add(NOW, STANDING[facts.state])
    late_from = facts.due_on + timedelta(days=1)
    add(late_from, DUE)
    if facts.ended_on is not None:
        ends = {
            State.ANSWERED.value: LATE if facts.is_late else ON_TIME,
            State.REFUSED.value: REFUSED,
            State.WITHDRAWN.value: WITHDRAWN,
            State.SECRET.value: SECRET,
        }
        add(facts.ended_on, ends[facts.state])
        add(max(late_from, facts.ended_on), SETTLED)
        if facts.is_published:
            add(facts.ended_on, PUBLISHED)
        if facts.helps is not None and facts.state == State.ANSWERED:
            add(facts.ended_on, HELPS if facts.helps else HELPS_NOT)
    return found


def note_difference(before: Facts | None, after: Facts) -> None:
    """Write what an act changed in the figures, in its transaction."""
    change = cells(after)
    if before is not None:
        change.subtract(cells(before))
    rows = [
        TallyDelta(
            day=day, agency_code=agency, unit_code=unit, kind=kind, sector_code=sector, procedure_code=procedure, measure=measure,
            number=number,
        )
        for (day, agency, unit, kind, sector, procedure, measure), number in change.items()
        if number
    ]  # fmt: skip
    if rows:
        TallyDelta.objects.bulk_create(rows)
