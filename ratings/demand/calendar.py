"""What the calendar says of a day's demand: weekday, days off, Tết, the school year. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from portal.workdays import Calendar, CalendarDoesNotReach, national_calendar

NEAR_TET = timedelta(days=14)
FEATURES = ("tue", "wed", "thu", "fri", "sat", "sun", "off", "swapped", "after_off", "before_tet", "after_tet", "summer", "school")
"""Beside the level: one column each, 0 or 1."""
_DAY = timedelta(days=1)


@cache
def tet(year: int) -> tuple[date, date]:
    """The first and last day off of Tết: the longest run of days off between the middle of January and the end of February."""
    calendar = national_calendar()
    best: tuple[date, date] = (date(year, 2, 1), date(year, 2, 1))
    run: list[date] = []
    day = date(year, 1, 15)
    while day <= date(year, 3, 5):
        if calendar.hours(day):
            run = []
        else:
            run.append(day)
            if len(run) > (best[1] - best[0]).days + 1 or (len(run) == 1 and best[0] == best[1]):
                best = (run[0], run[-1])
        day += _DAY
    return best


def _is_off(day: date, calendar: Calendar) -> bool:
    """A weekday on which offices are closed."""
    return day.weekday() < 5 and not calendar.hours(day)


@cache
def features(day: date) -> tuple[float, ...]:
    """The columns of a day, in the order of :data:`FEATURES`; beyond the years that the calendar knows weekdays alone."""
    weekday = day.weekday()
    found = dict.fromkeys(FEATURES, 0.0)
    if weekday:
        found[FEATURES[weekday - 1]] = 1.0
    try:
        calendar = national_calendar()
        off = _is_off(day, calendar)
        found["off"] = float(off)
        found["swapped"] = float(weekday >= 5 and bool(calendar.hours(day)))
        if not off and weekday < 5:
            back = day - _DAY
            while back.weekday() >= 5:
                back -= _DAY
            found["after_off"] = float(_is_off(back, calendar))
            first, last = tet(day.year)
            found["before_tet"] = float(first - NEAR_TET <= day < first)
            found["after_tet"] = float(last < day <= last + NEAR_TET)
    except CalendarDoesNotReach:
        pass
    found["summer"] = float(day.month in (6, 7))
    found["school"] = float(day.month == 8 or (day.month == 9 and day.day <= 15))
    return tuple(found[name] for name in FEATURES)
