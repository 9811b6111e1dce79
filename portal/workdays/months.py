"""Terms in months and years, as the Civil Code counts them. Pure functions of days."""

from __future__ import annotations

import calendar
from datetime import date, timedelta


def month_later(day: date, months: int) -> date:
    """The corresponding day so many months later, the month's last where it has none (Civil Code 2015 art. 148.3)."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day_over(before: date, months: int) -> date:
    """The latest day whose corresponding day so many months later lies before ``before``: what was left alone since that day or an
    earlier one has had the whole term."""
    day = month_later(before, -months) - timedelta(days=1)
    while month_later(day + timedelta(days=1), months) < before:
        day += timedelta(days=1)
    return day
