"""What the row of a dossier in the national table means: pure functions over its dates (Rules art. 23.2; Decision 766/QĐ-TTg, 2.1).

Two readings of "on time" stand beside each other. Statistics compare the day of the end with the day of the appointment. Criterion 2.1 of
the score deducts the time for which the applicant was waited for, takes a second request after reception for late, and asks the longest
time that the law gives where no appointment was told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from dossiers.models.states import State
from portal.workdays import Calendar, CalendarDoesNotReach, Unit, due_at

ENDED_STATES = frozenset({State.REFUSED.value, State.WITHDRAWN.value, State.STOPPED.value, State.DECIDED.value, State.RETURNED.value})
ORDER = {
    state.value: place
    for place, state in enumerate(
        (
            State.SUBMITTED, State.INCOMPLETE, State.RECEIVED, State.PROCESSING, State.PAYMENT_DUE,
            State.DECIDED, State.RETURNED, State.REFUSED, State.STOPPED, State.WITHDRAWN,
        )
    )
}  # fmt: skip
"""Of two states told for the same moment the later one counts: further along the way, then what ended it without a result."""
_YEAR = re.compile(r"-(?:20)?([0-9]{2})[0-9]{4}-")


class Standing(StrEnum):
    """How a dossier stands with its appointment."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    PENDING = "pending"
    """Not ended, not past its day."""
    OVERDUE = "overdue"
    """Not ended, past its day."""
    NONE = "none"
    """Nothing to measure: refused or withdrawn before reception, or no appointment known."""


@dataclass(frozen=True)
class Facts:
    """What is known of one dossier; days are those of Vietnam."""

    code: str
    source: str
    unit_code: str
    agency_code: str
    procedure_code: str
    field_code: str
    channel: str
    service_level: str
    subject: str
    state: str
    submitted_on: date | None = None
    received_on: date | None = None
    due_on: date | None = None
    lawful_due_on: date | None = None
    """Where no appointment was given: the last day of the longest time that the law gives."""
    finished_on: date | None = None
    returned_on: date | None = None
    refused_on: date | None = None
    stopped_on: date | None = None
    withdrawn_on: date | None = None
    supplements_before: int = 0
    supplements_after: int = 0
    supplement_asked_on: date | None = None
    supplement_is_pending: bool = False
    supplement_days: int = 0
    paid_online: str = ""
    has_fee: bool = False
    has_digitised_papers: bool = False
    has_digitised_result: bool = False
    reuses_data: bool = False
    from_store: bool = False
    by_population: bool = False
    is_test: bool = False
    owner_blind: str = ""
    """Keyed index of the owner's number: whoever has an account here is found by it. Nobody reads it back."""

    @property
    def received_day(self) -> date | None:
        """The day on which it counts as received: of reception, or of sending where it was refused before."""
        return self.received_on or self.submitted_on

    @property
    def ended_on(self) -> date | None:
        """The day on which nothing more was owed; None while something is. A result that is signed has ended it, whenever it is fetched."""
        if self.state not in ENDED_STATES:
            return None
        by_state = {
            State.DECIDED.value: self.finished_on or self.returned_on,
            State.RETURNED.value: self.finished_on or self.returned_on,
            State.REFUSED.value: self.refused_on,
            State.STOPPED.value: self.stopped_on,
            State.WITHDRAWN.value: self.withdrawn_on,
        }
        return by_state[self.state] or self.finished_on or self.returned_on


def year_of(code: str) -> int:
    """The year in a dossier's code (``H26.101-261129-0001`` → 2026; the day may have eight digits). ``ValueError`` without a date."""
    found = _YEAR.search(code)
    if found is None:
        raise ValueError(f"no date in {code!r}")
    return 2000 + int(found.group(1))


def wins(said_at: datetime, state: str, *, over_at: datetime, over_state: str) -> bool:
    """Whether a report replaces the one that is kept: its latest date is later, or the same with a later state. Arrival never decides."""
    return (said_at, ORDER[state]) > (over_at, ORDER[over_state])


def standing(facts: Facts, *, on: date) -> Standing:
    """How it stood at the end of a day, by days: the end against the appointment."""
    if facts.received_on is None or facts.due_on is None or facts.received_on > on:
        return Standing.NONE
    end = facts.ended_on
    if end is None or end > on:
        return Standing.OVERDUE if on > facts.due_on else Standing.PENDING
    if end > facts.due_on:
        return Standing.LATE
    return Standing.EARLY if end < facts.due_on else Standing.ON_TIME


def official_end(facts: Facts) -> date | None:
    """The end of handling as criterion 2.1 takes it: signed, else returned, else stopped or refused, else withdrawn after reception; while
    a request for completion waits, the day of the first one."""
    if facts.finished_on or facts.returned_on:
        return facts.finished_on or facts.returned_on
    if facts.stopped_on or facts.refused_on:
        return facts.stopped_on or facts.refused_on
    if facts.withdrawn_on and facts.received_on:
        return facts.withdrawn_on
    if facts.supplement_is_pending:
        return facts.supplement_asked_on
    return None


def measured_by(facts: Facts) -> date | None:
    """The day by which criterion 2.1 wants the end: the appointment; where none was given, the last day of the procedure's longest lawful
    time, so that nobody gains by giving none. None where neither is known."""
    return facts.due_on or facts.lawful_due_on


def lawful_day(received_at: datetime, limits: Iterable[tuple[Decimal, str]], calendar: Calendar) -> date | None:
    """The last day of the longest of a procedure's time limits, of a dossier received at a moment; None where the law gives no number, or
    the calendar does not reach so far. Parts of days and months count whole: it is the longest time."""
    days = []
    for amount, unit in limits:
        whole = amount.to_integral_value(ROUND_CEILING) if unit in (Unit.DAY, Unit.MONTH) else amount
        try:
            days.append(due_at(received_at, whole, unit, calendar).date())
        except CalendarDoesNotReach:
            return None
    return max(days, default=None)


def is_on_time(facts: Facts, *, until: date) -> bool | None:
    """Whether criterion 2.1 counts it as on time, for a period that ends on ``until``; None where it counts nothing (never received).

    More than one request after reception is late, whatever the dates. What has not ended is measured at the end of the period.
    """
    if facts.received_on is None or facts.received_on > until:
        return None
    if facts.supplements_after > 1:
        return False
    limit = measured_by(facts)
    if limit is None:
        return True
    end = official_end(facts)
    end = until if end is None or end > until else end
    return end - timedelta(days=facts.supplement_days) <= limit
