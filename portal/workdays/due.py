"""When something falls due, and how that is said."""

from __future__ import annotations

import calendar as months
import datetime as dt
import enum
from decimal import Decimal

from django.utils.translation import gettext as _

from portal.workdays.calendar import (
    Calendar,
    after_working_time,
    closing,
    is_working_day,
    local,
    national_calendar,
    received,
    working_days_from,
    working_time_between,
)

RESPONSE_HOURS = 8
"""An online filing is answered within this many working hours (Decree 45/2020/NĐ-CP)."""


class Unit(enum.StrEnum):
    """What a time limit is counted in."""

    HOUR = "hour"
    WORKING_DAY = "working_day"
    DAY = "day"
    MONTH = "month"


def due_at(start: dt.datetime, amount: int | Decimal, unit: Unit | str, calendar: Calendar) -> dt.datetime:
    """When a time limit that starts with a reception at ``start`` runs out, in Asia/Ho_Chi_Minh.

    * hours are working hours: 8 from Monday 10:00 is Tuesday 10:00;
    * N working days fall due at the closing time of the Nth working day after the day of reception; half a working day is half a day's
      working hours; **0 working days means "the same day"**: closing time of the day of reception, of the next working day for a
      reception after 15:00;
    * calendar days and months (Civil Code 2015 art. 147–148: the day of reception is not counted, a month ends on the same day of
      the month or on its last one) never fall due on a non-working day but on the next working one, at closing time.

    A reception outside office hours counts from the next opening. ``ValueError``: a moment without a zone, a negative amount, a fraction of
    a calendar day or month, an unknown unit. :class:`CalendarDoesNotReach` beyond the years of the calendar.
    """
    unit = Unit(unit)
    size = Decimal(amount)
    if size < 0:
        raise ValueError("a time limit cannot be negative")
    begin = received(start, calendar)
    whole, fraction = int(size), size % 1
    if unit is Unit.HOUR:
        return after_working_time(begin, _part(dt.timedelta(hours=1), size), calendar)
    if unit is Unit.WORKING_DAY:
        if size == 0:
            late = begin.time() > calendar.same_day_until
            return closing(_nth_working_day(begin.date(), 1 if late else 0, calendar), calendar)
        base = closing(_nth_working_day(begin.date(), whole, calendar), calendar) if whole else begin
        return after_working_time(base, _part(calendar.day_length(), fraction), calendar) if fraction else base
    if fraction:
        raise ValueError("calendar days and months are counted whole")
    last = begin.date() + dt.timedelta(days=whole) if unit is Unit.DAY else _months_later(begin.date(), whole)
    return closing(next(working_days_from(last, calendar)), calendar)


def response_due(submitted_at: dt.datetime, calendar: Calendar | None = None) -> dt.datetime:
    """Until when an online filing must be answered: accepted, to be completed, or refused (Decree 45/2020: 8 working hours)."""
    return due_at(submitted_at, RESPONSE_HOURS, Unit.HOUR, calendar or national_calendar())


def moved(due: dt.datetime, paused_at: dt.datetime, resumed_at: dt.datetime, calendar: Calendar) -> dt.datetime:
    """A deadline after the clock stood still: later by the working time that passed meanwhile, so that as much of it is left as there was.

    A pause without working time moves nothing; ``ValueError`` for a pause that ends before it begins, or moments without a zone.
    """
    pause = working_time_between(paused_at, resumed_at, calendar)
    if resumed_at < paused_at:
        raise ValueError("a pause cannot end before it begins")
    return after_working_time(due, pause, calendar) if pause else due


def opening_before(moment: dt.datetime, number: int, calendar: Calendar) -> dt.datetime:
    """When offices open on the working day ``number`` working days before the day of ``moment``: when one is reminded of something."""
    day = local(moment).date()
    while number or not is_working_day(day, calendar):
        day -= dt.timedelta(days=1)
        if is_working_day(day, calendar):
            number = max(number - 1, 0)
    return calendar.intervals(day)[0][0]


def remaining_words(now: dt.datetime, due: dt.datetime, calendar: Calendar) -> str:
    """The time left, as one says it: ``còn 3 ngày làm việc``, ``còn 2 giờ làm việc``, ``quá hạn 1 ngày làm việc``.

    Whole working days between the two dates; on the day itself hours, in the last hour minutes, rounded down, so that nobody is promised
    time that is not there.
    """
    here, there = local(now), local(due)
    late = here > there
    first, last = (there, here) if late else (here, there)
    days = sum(is_working_day(first.date() + dt.timedelta(days=n), calendar) for n in range(1, (last.date() - first.date()).days + 1))
    minutes = int(working_time_between(first, last, calendar).total_seconds() // 60)
    if days:
        return (_("quá hạn %(number)d ngày làm việc") if late else _("còn %(number)d ngày làm việc")) % {"number": days}
    if minutes >= 60:
        return (_("quá hạn %(number)d giờ làm việc") if late else _("còn %(number)d giờ làm việc")) % {"number": minutes // 60}
    if minutes:
        return (_("quá hạn %(number)d phút") if late else _("còn %(number)d phút")) % {"number": minutes}
    return _("vừa quá hạn") if late else _("hết hạn ngay bây giờ")


def _part(of: dt.timedelta, share: Decimal) -> dt.timedelta:
    return dt.timedelta(microseconds=int(Decimal(of // dt.timedelta(microseconds=1)) * share))


def _nth_working_day(day: dt.date, number: int, calendar: Calendar) -> dt.date:
    """The working day ``number`` places after ``day`` (itself a working day)."""
    following = working_days_from(day, calendar)
    for _place in range(number):
        next(following)
    return next(following)


def _months_later(day: dt.date, number: int) -> dt.date:
    month = day.month - 1 + number
    year, month = day.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(day.day, months.monthrange(year, month)[1]))
