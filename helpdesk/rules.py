"""What the law says of help and incidents: pure functions with the moment as an argument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from portal.workdays import Calendar, Unit, due_at
from portal.workdays.calendar import closing, local, working_days_from

REQUEST_HOURS = 8
"""Working hours in which an agency's request is dealt with (Rules art. 51)."""
WARN_BEFORE = dt.timedelta(hours=1)
"""So long before the deadline whoever works on it is warned."""
Span = tuple[dt.datetime, dt.datetime]


def request_due(asked_at: dt.datetime, calendar: Calendar) -> dt.datetime:
    """Until when an agency's request is dealt with, or a day published (Rules art. 51)."""
    return due_at(asked_at, REQUEST_HOURS, Unit.HOUR, calendar)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order of their beginning; what overlaps or touches is one."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[1] > span[0]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def moved_by(due: dt.datetime, spans: Iterable[Span], calendar: Calendar) -> dt.datetime:
    """An applicant's deadline after all incidents: where it fell into one, later by that one's length, at the close of a working day.

    The incident must not cost them the deadline (Rules art. 29.4). A deadline at the moment of the beginning or the end fell into it. A
    deadline that was moved may fall into a later incident, and is moved again; one that fell into none stays to the second.
    """
    for begin, end in merged(spans):
        if begin <= due <= end:
            later = due + (end - begin)
            day = next(working_days_from(local(later).date(), calendar))
            close = closing(day, calendar)
            if close < later:
                # After the close of its own day: the next one.
                close = closing(next(working_days_from(day + dt.timedelta(days=1), calendar)), calendar)
            due = max(close, due)
    return due


def corrected(target: dt.datetime, standing: dt.datetime, now: dt.datetime, calendar: Calendar) -> dt.datetime:
    """Where a deadline goes when an incident's times were corrected: to ``target``; but what a person was told to have (``standing``) is
    not taken away before the close of the next working day after today, so that nobody wakes up too late.
    """
    if target >= standing or standing <= now:
        return max(target, standing) if target < standing else target
    tomorrow = closing(next(working_days_from(local(now).date() + dt.timedelta(days=1), calendar)), calendar)
    return max(target, min(standing, tomorrow))


def spans_of(incidents: Sequence[tuple[dt.datetime, dt.datetime | None]], now: dt.datetime, ahead: dt.timedelta) -> list[Span]:
    """Incidents as spans; one that goes on reaches ``ahead`` of now, so that no deadline runs out while people cannot act."""
    return [(begin, end if end is not None else max(now, begin) + ahead) for begin, end in incidents]
