"""Deadlines against an oracle that walks minute by minute, for the national hours and for those of an agency's own; pauses in any order."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.catalogues.models import Agency
from portal.workdays import ZONE, Calendar, Unit, due_at, moved, national_calendar, working_time_between

MINUTE = dt.timedelta(minutes=1)
VN = national_calendar()

# Half hours of a day, in order, an even number of them: opening, closing, opening, closing.
hours = (
    st.lists(st.integers(12, 40), unique=True, min_size=0, max_size=4)
    .filter(lambda marks: len(marks) % 2 == 0)
    .map(sorted)
    .map(
        lambda marks: tuple(
            (dt.time(a // 2, 30 * (a % 2)), dt.time(b // 2, 30 * (b % 2))) for a, b in zip(marks[::2], marks[1::2], strict=True)
        )
    )
)
own = (
    st.tuples(*[hours] * 7)
    .filter(any)
    .map(lambda week: Calendar(opening=week, days_off=VN.days_off, worked_days=VN.worked_days, same_day_until=VN.same_day_until))
)
calendars = st.just(VN) | own
# Around Tết 2026, a swap day (10 January) and the end of a month; on whole minutes.
starts = st.integers(0, 60 * 24 * 60).map(lambda minutes: dt.datetime(2026, 1, 1, tzinfo=ZONE) + minutes * MINUTE)
closing_starts = st.tuples(st.integers(0, 59), st.sampled_from([dt.time(7), dt.time(11, 30), dt.time(15), dt.time(17)])).map(
    lambda pair: dt.datetime.combine(dt.date(2026, 1, 1) + dt.timedelta(days=pair[0]), pair[1], ZONE)
)
some = settings(max_examples=60, deadline=None)


def is_open(minute: dt.datetime, calendar: Calendar) -> bool:
    """Whether offices work in the minute that begins at this moment."""
    return any(opens <= minute < closes for opens, closes in calendar.intervals(minute.date()))


def walk(start: dt.datetime) -> Iterator[dt.datetime]:
    while True:
        yield start
        start += MINUTE


def reception(start: dt.datetime, calendar: Calendar) -> dt.datetime:
    """The first minute, from the start on, in which somebody is there, or the one at which they close."""
    return next(one for one in walk(start) if is_open(one, calendar) or is_open(one - MINUTE, calendar))


def after_open_minutes(start: dt.datetime, number: int, calendar: Calendar) -> dt.datetime:
    """The end of so many minutes in which offices work."""
    return next(itertools.islice((one for one in walk(start) if is_open(one, calendar)), number - 1, None)) + MINUTE


def last_minute(day: dt.date, calendar: Calendar) -> dt.datetime | None:
    """When the last minute of work of a day ends; None where nobody works."""
    first = dt.datetime.combine(day, dt.time(), ZONE)
    return max((first + n * MINUTE + MINUTE for n in range(24 * 60) if is_open(first + n * MINUTE, calendar)), default=None)


def closings(day: dt.date, calendar: Calendar) -> Iterator[dt.datetime]:
    for n in itertools.count():
        if (last := last_minute(day + dt.timedelta(days=n), calendar)) is not None:
            yield last


def oracle(start: dt.datetime, amount: int, unit: Unit, calendar: Calendar) -> dt.datetime:
    begin = reception(start, calendar)
    if unit is Unit.HOUR:
        return after_open_minutes(begin, 60 * amount, calendar)
    if unit is Unit.WORKING_DAY:
        if amount == 0:
            amount = int(begin.time() > calendar.same_day_until)
        return next(itertools.islice(closings(begin.date(), calendar), amount, None))
    day = begin.date()
    if unit is Unit.DAY:
        return next(closings(day + dt.timedelta(days=amount), calendar))
    year, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    first_after = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return next(closings(min(dt.date(year, month + 1, 1) + dt.timedelta(days=day.day - 1), first_after - dt.timedelta(days=1)), calendar))


@pytest.mark.requirement("D-08")
@some
@given(starts | closing_starts, st.integers(0, 6), st.sampled_from(list(Unit)), calendars)
def test_a_deadline_is_where_a_walk_minute_by_minute_ends(start: dt.datetime, amount: int, unit: Unit, calendar: Calendar) -> None:
    if unit in (Unit.HOUR, Unit.DAY, Unit.MONTH):
        amount += 1
    assert due_at(start, amount, unit, calendar) == oracle(start, amount, unit, calendar)


@pytest.mark.requirement("D-08")
@some
@given(starts, st.integers(1, 5), st.integers(0, 4000), st.integers(0, 4000), calendars)
def test_a_pause_is_worth_the_minutes_of_work_in_it(start: dt.datetime, days: int, waited: int, length: int, calendar: Calendar) -> None:
    due = due_at(start, days, Unit.WORKING_DAY, calendar)
    stopped = start + waited * MINUTE
    open_minutes = sum(is_open(stopped + n * MINUTE, calendar) for n in range(length))
    assert working_time_between(stopped, stopped + length * MINUTE, calendar) == open_minutes * MINUTE
    after = moved(due, stopped, stopped + length * MINUTE, calendar)
    assert after == (after_open_minutes(due, open_minutes, calendar) if open_minutes else due)


@pytest.mark.requirement("D-08")
@some
@given(starts, st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 3000)), min_size=2, max_size=4), calendars)
def test_pauses_move_a_deadline_as_far_in_whatever_order_they_are_taken(
    start: dt.datetime, pauses: list[tuple[int, int]], calendar: Calendar
) -> None:
    due = due_at(start, 3, Unit.WORKING_DAY, calendar)
    found = set()
    for order in itertools.permutations(pauses):
        ends = due
        for begins, length in order:
            ends = moved(ends, start + begins * MINUTE, start + (begins + length) * MINUTE, calendar)
        found.add(ends)
    assert len(found) == 1


@pytest.mark.requirement("D-08")
@some
@given(starts | closing_starts, st.integers(1, 20), st.integers(1, 20), calendars)
def test_working_days_and_hours_add_up_and_more_is_later(start: dt.datetime, first: int, second: int, calendar: Calendar) -> None:
    for unit in (Unit.HOUR, Unit.WORKING_DAY):
        due = partial(due_at, unit=unit, calendar=calendar)
        assert due(due(start, first), second) == due(start, first + second)
    for unit in Unit:
        assert due_at(start, first, unit, calendar) <= due_at(start, first + second, unit, calendar)


@pytest.mark.requirement("D-08")
def test_the_hours_of_an_agency_are_data_on_the_national_days_off() -> None:
    week = [[["08:00", "12:00"], ["13:00", "16:30"]]] * 5 + [[["08:00", "11:00"]], []]
    calendar = Agency(code="H26.101", name="Thử", level="commune", working_hours=week).calendar()
    friday = dt.datetime(2026, 11, 27, 16, 0, tzinfo=ZONE)
    assert due_at(friday, 1, Unit.WORKING_DAY, calendar) == dt.datetime(2026, 11, 28, 11, 0, tzinfo=ZONE), "it works on Saturdays"
    assert due_at(friday, 1, Unit.HOUR, calendar) == dt.datetime(2026, 11, 28, 8, 30, tzinfo=ZONE)
    assert calendar.days_off == VN.days_off and Agency(code="H26", name="Thử", level="province").calendar() == VN
