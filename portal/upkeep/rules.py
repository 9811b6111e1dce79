"""When maintenance may be announced, and what a trial must last: pure."""

from __future__ import annotations

import calendar as months
import datetime as dt

from portal.workdays import Calendar, Unit, due_at

AHEAD = 5
"""Working days between the announcement and the maintenance (Rules art. 51)."""
TRIAL_MONTHS, PUBLIC_MONTHS = 2, 1
"""Of trial operation before the portal is used for good, and of these how many are public (Scheme III.3k)."""


def earliest_begin(announced_at: dt.datetime, calendar: Calendar) -> dt.datetime:
    """The first moment at which maintenance may begin that is announced now: when the fifth working day after today has closed."""
    return due_at(announced_at, AHEAD, Unit.WORKING_DAY, calendar)


def months_after(day: dt.date, number: int) -> dt.date:
    """The same day so many months later, or the last one of that month."""
    month = day.month - 1 + number
    year, month = day.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(day.day, months.monthrange(year, month)[1]))


def trial_faults(begins_on: dt.date, public_from: dt.date, ends_on: dt.date) -> dict[str, str]:
    """What keeps these days from being a trial as the law wants it, by field; empty: nothing. ``ends_on`` is the first day after it."""
    found = {}
    if public_from < begins_on:
        found["public_from"] = "Ngày công khai không được trước ngày bắt đầu."
    if ends_on < months_after(begins_on, TRIAL_MONTHS):
        found["ends_on"] = "Vận hành thử ít nhất 02 tháng (Đề án, mục III.3k)."
    elif ends_on < months_after(public_from, PUBLIC_MONTHS):
        found["public_from"] = "Phải có ít nhất 01 tháng công khai để mọi người dùng thử và cho ý kiến (Đề án, mục III.3k)."
    return found
