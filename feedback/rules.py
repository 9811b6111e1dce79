"""The clocks of a petition as pure functions (Rules art. 42.3, 44; Decision 766/QĐ-TTg, criterion 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from portal.workdays import Calendar, Unit, due_at
from portal.workdays.calendar import at

REFUSE, ASK, TRANSFER, ANSWER, PROGRESS, RESULT = "refuse", "ask", "transfer", "answer", "progress", "result"
SUPPLY, OPINION, SOON, SCORE_ANSWER = "supply", "opinion", "soon", "score_answer"


@dataclass(frozen=True)
class Limit:
    """A time limit: so many working days, calendar days or working hours."""

    amount: int
    unit: str

    def after(self, moment: datetime, calendar: Calendar) -> datetime:
        """When it has run out."""
        return due_at(moment, self.amount, self.unit, calendar)


DEFAULTS: Mapping[str, Limit] = {
    REFUSE: Limit(2, Unit.WORKING_DAY),
    ASK: Limit(5, Unit.WORKING_DAY),
    TRANSFER: Limit(5, Unit.WORKING_DAY),
    ANSWER: Limit(20, Unit.DAY),
    PROGRESS: Limit(7, Unit.DAY),
    RESULT: Limit(2, Unit.WORKING_DAY),
    SUPPLY: Limit(10, Unit.DAY),
    OPINION: Limit(7, Unit.WORKING_DAY),
    SOON: Limit(3, Unit.WORKING_DAY),
    SCORE_ANSWER: Limit(15, Unit.WORKING_DAY),
}
"""What the law says, and practice where it is silent (time to supply, to give an opinion); the dated settings of VPCP stand before them."""


def limits_on(day: date, settings: Iterable[tuple[str, int, str, date]]) -> dict[str, Limit]:
    """The limits in force on a day, from (name, amount, unit, valid from) of the settings; the law's where nothing is set."""
    found = dict(DEFAULTS)
    for name, amount, unit, valid_from in sorted(settings, key=lambda row: row[3]):
        if valid_from <= day:
            found[name] = Limit(amount, unit)
    return found


@dataclass(frozen=True)
class UnitClocks:
    """Deadlines of the agency that holds a petition, from its own receipt (art. 42.3a–c, 44.1)."""

    refuse: datetime
    ask: datetime
    transfer: datetime
    answer: datetime


def unit_clocks(received_at: datetime, limits: Mapping[str, Limit], calendar: Calendar) -> UnitClocks:
    """The clocks that start when an agency receives a petition."""
    return UnitClocks(*(limits[name].after(received_at, calendar) for name in (REFUSE, ASK, TRANSFER, ANSWER)))


def sender_due(received_at: datetime, limits: Mapping[str, Limit], calendar: Calendar) -> datetime:
    """Until when the sender is to have an answer: from the first receipt by the state, unpaused (art. 44.1)."""
    return limits[ANSWER].after(received_at, calendar)


def progress_due(due: datetime, last_report: datetime | None, limits: Mapping[str, Limit], calendar: Calendar) -> datetime:
    """Until when the next progress report is due: 7 days after the deadline, then 7 days after each report that came after it.

    A report before the deadline is welcome and moves nothing.
    """
    start = due if last_report is None or last_report < due else last_report
    return limits[PROGRESS].after(start, calendar)


def result_due(outcome_on: date, limits: Mapping[str, Limit], calendar: Calendar) -> datetime:
    """Until when the answer must stand in the system once there is an outcome (art. 44.2)."""
    hours = calendar.hours(outcome_on)
    return limits[RESULT].after(at(outcome_on, hours[0][0] if hours else time(7)), calendar)
