"""The calendar of working time, and arithmetic on it."""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

Hours = tuple[tuple[dt.time, dt.time], ...]
"""Opening intervals of one day, in order, not overlapping, none over midnight."""

OFFICE_HOURS: Hours = ((dt.time(7), dt.time(11, 30)), (dt.time(13, 30), dt.time(17)))
"""Default of the one-stop offices: 8 hours a day (practice of the provinces; an agency may have its own)."""

SAME_DAY_UNTIL = dt.time(15)
"""A "same day" procedure received later than this is due on the next working day (Decree 61/2018; texts of 1.001193, 2.000635)."""

FIRST_YEAR, LAST_YEAR = 2015, 2055

_DATA = Path(__file__).parent / "data" / "days.csv"


class CalendarDoesNotReach(ValueError):
    """A day outside the years for which holidays are known: a guess would be a wrong deadline."""


@dataclass(frozen=True)
class Calendar:
    """When offices work. A value: equal calendars give equal deadlines, so a dossier's deadline can be recomputed."""

    opening: tuple[Hours, ...]
    """Seven entries, Monday first; an empty one is a closed weekday."""
    days_off: frozenset[dt.date] = frozenset()
    worked_days: frozenset[dt.date] = frozenset()
    """Days worked although their weekday or a holiday says closed (swap days); they win over ``days_off``."""
    worked_hours: Hours = OFFICE_HOURS
    """Hours of a swap day."""
    same_day_until: dt.time = SAME_DAY_UNTIL
    first_year: int = FIRST_YEAR
    last_year: int = LAST_YEAR

    def __post_init__(self) -> None:
        if len(self.opening) != 7 or not any(self.opening):
            raise ValueError("a calendar has seven weekdays and works on at least one of them")
        for hours in (*self.opening, self.worked_hours):
            edges = [edge for interval in hours for edge in interval]
            if edges != sorted(edges) or len(set(edges)) != len(edges):
                raise ValueError("opening intervals must be in order and must not overlap")

    def hours(self, day: dt.date) -> Hours:
        """Opening intervals of a day; empty when nobody works."""
        if not self.first_year <= day.year <= self.last_year:
            raise CalendarDoesNotReach(f"no holidays are known for {day.year}")
        if day in self.worked_days:
            return self.opening[day.weekday()] or self.worked_hours
        return () if day in self.days_off else self.opening[day.weekday()]

    def intervals(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """The same as aware moments."""
        return [(at(day, opens), at(day, closes)) for opens, closes in self.hours(day)]

    def day_length(self) -> dt.timedelta:
        """Working time of an ordinary day (that of the longest weekday): what half a working day is half of."""
        return max((_length(hours) for hours in self.opening), default=dt.timedelta())


def _length(hours: Hours) -> dt.timedelta:
    day = dt.date(2000, 1, 3)
    return sum((dt.datetime.combine(day, closes) - dt.datetime.combine(day, opens) for opens, closes in hours), dt.timedelta())


def at(day: dt.date, time: dt.time) -> dt.datetime:
    """The moment of a wall-clock time in Vietnam."""
    return dt.datetime.combine(day, time, ZONE)


def local(moment: dt.datetime) -> dt.datetime:
    """The moment as Vietnam's clocks show it. ``ValueError`` for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(ZONE)


def is_working_day(day: dt.date, calendar: Calendar) -> bool:
    """Whether offices open at all on this day."""
    return bool(calendar.hours(day))


def working_days_from(day: dt.date, calendar: Calendar) -> Iterator[dt.date]:
    """``day`` and those after it, as far as offices open; ends by :class:`CalendarDoesNotReach`."""
    while True:
        if calendar.hours(day):
            yield day
        day += dt.timedelta(days=1)


def closing(day: dt.date, calendar: Calendar) -> dt.datetime:
    """When offices close on a working day."""
    return at(day, calendar.hours(day)[-1][1])


def received(start: dt.datetime, calendar: Calendar) -> dt.datetime:
    """The moment that counts as reception: ``start`` when offices work, else their next opening.

    Lunch counts as 13:30, the evening and days off as the next working morning; a reception at the minute of closing is still that day's.
    """
    start = local(start)
    for day in working_days_from(start.date(), calendar):
        for opens, closes in calendar.intervals(day):
            if start <= closes:
                return max(start, opens)
    raise AssertionError("unreachable")  # pragma: no cover


def after_working_time(start: dt.datetime, amount: dt.timedelta, calendar: Calendar) -> dt.datetime:
    """The first moment at which ``amount`` of working time has passed since ``start``: 8 h from an opening is that day's closing."""
    moment = received(start, calendar)
    left = amount
    for day in working_days_from(moment.date(), calendar):
        for opens, closes in calendar.intervals(day):
            begin = max(opens, moment)
            if begin > closes:
                continue
            if left <= closes - begin:
                return begin + left
            left -= closes - begin
    raise AssertionError("unreachable")  # pragma: no cover


def working_time_between(a: dt.datetime, b: dt.datetime, calendar: Calendar) -> dt.timedelta:
    """Working time from ``a`` to ``b``; negative when ``b`` is earlier. ``ValueError`` for moments without a zone."""
    first, last = local(a), local(b)
    if last < first:
        return -working_time_between(b, a, calendar)
    total = dt.timedelta()
    day = first.date()
    while day <= last.date():
        for opens, closes in calendar.intervals(day):
            total += max(min(closes, last) - max(opens, first), dt.timedelta())
        day += dt.timedelta(days=1)
    return total


@functools.cache
def national_calendar() -> Calendar:
    """Monday to Friday in office hours, public holidays of Labour Code 2019 art. 112, swap days of ``data/days.csv``.

    Holidays come from the package ``holidays`` (2015–2055); rows of the CSV win over it.
    """
    known = holidays.country_holidays("VN", years=range(FIRST_YEAR, LAST_YEAR + 1))
    off, worked = set(known), set(known.weekend_workdays)
    with _DATA.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            day = dt.date.fromisoformat(row["date"])
            (off if row["kind"] == "off" else worked).add(day)
            (worked if row["kind"] == "off" else off).discard(day)
    week = (OFFICE_HOURS,) * 5 + ((), ())
    return Calendar(opening=week, days_off=frozenset(off), worked_days=frozenset(worked))
