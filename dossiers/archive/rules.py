"""When a dossier's term is over: pure rules.

A term is a number of whole years and counts from the year in which the dossier ended, the reading that keeps longest: what ended on any
day of 2016 and is kept for ten years is kept to the end of 2026. Which kinds have which term is data of the archivists (`ArchiveTerm`).
"""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone

ACCOUNTING_YEARS = 10
"""Cash receipts stand in the books: at least ten years (Law on Accounting 88/2015/QH13 art. 41; Decree 174/2016/NĐ-CP art. 13)."""


def last_day(ended_on: date, years: int) -> date:
    """The last day on which what ended on a day is kept."""
    return date(ended_on.year + years, 12, 31)


def is_over(ended_on: date, years: int | None, today: date) -> bool:
    """Whether a term is over; one of None years (for ever) never is."""
    return years is not None and today > last_day(ended_on, years)


def begin_of(year: int) -> datetime:
    """The first moment of a year in Vietnam."""
    return datetime.combine(date(year, 1, 1), time.min, tzinfo=timezone.get_current_timezone())


def over_before(years: int, today: date) -> datetime:
    """What ended before this moment and is kept for so many years is over today: :func:`is_over`, as a database asks it."""
    return begin_of(max(1, today.year - years))
