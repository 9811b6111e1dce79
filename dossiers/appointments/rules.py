"""What is offered, who is called next, how long one waited: pure functions, time is an argument."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from portal.workdays import Calendar
from portal.workdays.calendar import local
from procedures.life_stages import birthday

NOTICE = dt.timedelta(minutes=30)
"""So long beforehand one books at the latest: whoever has to come needs the way."""
HOLD = dt.timedelta(minutes=10)
"""So long a place is kept for who has yet to type the code that was sent to them."""
REMINDED = dt.timedelta(hours=26)
"""So long beforehand one is reminded: the day before, at an hour at which people are awake."""
SETTLED = dt.timedelta(hours=3)
"""Who booked so short a while before the reminder's hour needs none."""
EARLY = LATE = dt.timedelta(minutes=15)
"""An appointment has its turn from so long before its time; whoever comes later than so long after it stands in line like others."""
ELDERLY = 60
"""Years of age from which one is elderly and has priority in services (Law on the Elderly 39/2009/QH12 art. 2 and 3.1c)."""
HANDLING = dt.timedelta(minutes=30)
"""What serving one person should take at most (Reform II.2c)."""
PATIENCE = 3
"""So often in a row a line with somebody in it is passed over at most."""


class Line(enum.StrEnum):
    """The lines before the counters, who is called first on top."""

    FIRST = "first"
    """The old, pregnant women, people with disabilities."""
    BOOKED = "booked"
    """Who has an appointment whose time has come."""
    PLAIN = "plain"


LINES = tuple(Line)


@dataclass(frozen=True)
class Waiting:
    """One who waits."""

    number: int
    taken_at: dt.datetime
    due_at: dt.datetime | None = None
    priority: bool = False


@dataclass(frozen=True)
class Call:
    """That somebody of a line was called."""

    line: Line
    at: dt.datetime


def waiting_limit(day: dt.date) -> dt.timedelta:
    """How long one should wait at most on average: 30 minutes, from 2025 on 15 (Reform II.2)."""
    return dt.timedelta(minutes=15 if day.year >= 2025 else 30)


def is_elderly(born: dt.date, day: dt.date) -> bool:
    """Whether somebody is elderly on a day."""
    return birthday(born, ELDERLY) <= day


def times(day: dt.date, calendar: Calendar, minutes: int) -> list[dt.datetime]:
    """When appointments of so many minutes begin on a day: one after the other within each opening, none over its end."""
    step, found = dt.timedelta(minutes=minutes), []
    for opens, closes in calendar.intervals(day):
        begin = opens
        while begin + step <= closes:
            found.append(begin)
            begin += step
    return found


def offered_days(now: dt.datetime, calendar: Calendar, closed: Collection[dt.date], *, minutes: int, ahead: int) -> list[dt.date]:
    """The days on which one may still come, from today, so many calendar days ahead."""
    today = local(now).date()
    days = (today + dt.timedelta(days=number) for number in range(ahead + 1))
    return [day for day in days if offered(day, now, calendar, closed, minutes=minutes, ahead=ahead)]


def offered(
    day: dt.date, now: dt.datetime, calendar: Calendar, closed: Collection[dt.date], *, minutes: int, ahead: int
) -> list[dt.datetime]:
    """The times of a day at which one may come, whether places are left or not; none on a closed day, in the past, or too far ahead."""
    today = local(now).date()
    if day in closed or not today <= day <= today + dt.timedelta(days=ahead):
        return []
    return [begin for begin in times(day, calendar, minutes) if begin >= now + NOTICE]


def line_of(one: Waiting, now: dt.datetime) -> Line:
    """In which line somebody stands now. Who came long before their time, or too late for it, is one of those without."""
    if one.priority:
        return Line.FIRST
    if one.due_at is not None and one.taken_at <= one.due_at + LATE and now >= one.due_at - EARLY:
        return Line.BOOKED
    return Line.PLAIN


def next_of(waiting: Iterable[Waiting], calls: Sequence[Call], now: dt.datetime) -> tuple[Waiting, Line] | None:
    """Who is called next, and from which line; None where nobody waits.

    Priority goes first, then whose appointment has come, then the others; within a line whoever's turn came first. But a line in which
    somebody waits is passed over :data:`PATIENCE` times in a row at most: then it is called from, the line passed over most often first,
    of two alike the one that comes last. So nobody waits for ever, however many with priority keep coming.
    """
    lines: dict[Line, list[Waiting]] = {line: [] for line in LINES}
    for one in waiting:
        lines[line_of(one, now)].append(one)
    heads = {line: min(rows, key=lambda one: _turn(line, one)) for line, rows in lines.items() if rows}
    if not heads:
        return None
    passed = {line: _passed_over(line, head, calls) for line, head in heads.items()}
    starving = [line for line in heads if passed[line] >= PATIENCE]
    chosen = max(starving, key=lambda line: (passed[line], LINES.index(line))) if starving else min(heads, key=LINES.index)
    return heads[chosen], chosen


def _turn(line: Line, one: Waiting) -> tuple[dt.datetime, int]:
    return (one.due_at if line is Line.BOOKED and one.due_at is not None else one.taken_at, one.number)


def _passed_over(line: Line, head: Waiting, calls: Sequence[Call]) -> int:
    """How often others were called since somebody of the line was, or since its first came."""
    since = max([head.taken_at, *(call.at for call in calls if call.line is line)])
    return sum(call.at > since for call in calls)


def waited(taken_at: dt.datetime, due_at: dt.datetime | None, called_at: dt.datetime) -> int:
    """Seconds that somebody waited: from their coming, who came before their time from that time on."""
    since = max(taken_at, due_at) if due_at is not None else taken_at
    return max(0, int((called_at - since).total_seconds()))
