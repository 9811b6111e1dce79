"""Which kept counts make up a span of days: pure arithmetic of periods (everything, a year, a month, a day), added and taken away.

From the first to the last day of a span some twenty periods are enough, wherever it lies, so that a page reads few counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from ratings.cells import FIRST_DAY, LAST_DAY

ALL, YEAR, MONTH, DAY = "a", "y", "m", "d"
Period = tuple[str, date]
"""Its kind and its first day; of ``ALL``, :data:`FIRST_DAY`."""


def until(day: date) -> Counter[Period]:
    """What has been counted up to the end of a day: the periods with their sign."""
    found: Counter[Period] = Counter()
    if day < FIRST_DAY:
        return found
    found[ALL, FIRST_DAY] = 1
    if day >= LAST_DAY:
        return found
    for year in range(day.year + 1, LAST_DAY.year + 1):
        found[YEAR, date(year, 1, 1)] = -1
    # Of the year itself either the months after are taken away, or the whole year is and the months before are added again.
    has_month = day.month > 6
    if has_month:
        for month in range(day.month + 1, 13):
            found[MONTH, date(day.year, month, 1)] = -1
    else:
        found[YEAR, date(day.year, 1, 1)] = -1
        for month in range(1, day.month):
            found[MONTH, date(day.year, month, 1)] = 1
    days = monthrange(day.year, day.month)[1]
    wants_month = day.day * 2 > days
    if has_month != wants_month:
        found[MONTH, day.replace(day=1)] = 1 if wants_month else -1
    counted, sign = (range(day.day + 1, days + 1), -1) if wants_month else (range(1, day.day + 1), 1)
    for number in counted:
        found[DAY, day.replace(day=number)] = sign
    return found


def span(first: date, last: date) -> Counter[Period]:
    """What has been counted from a day to another, both with it; nothing where the second lies before the first."""
    if last < first:
        return Counter()
    found = until(last)
    found.subtract(until(first - timedelta(days=1)) if first > FIRST_DAY else Counter())
    return Counter({period: sign for period, sign in found.items() if sign})


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The months of a span, each from its first to its last day within it."""
    begin = first
    while begin <= last:
        end = begin.replace(day=monthrange(begin.year, begin.month)[1])
        yield begin, min(end, last)
        if end >= date.max:
            return
        begin = end + timedelta(days=1)
