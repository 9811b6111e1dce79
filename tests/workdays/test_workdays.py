"""Working time: known dates, the edges of the day, and what holds for every start."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.workdays import (
    ZONE,
    Calendar,
    CalendarDoesNotReach,
    Unit,
    due_at,
    is_working_day,
    moved,
    national_calendar,
    opening_before,
    remaining_words,
    response_due,
    working_time_between,
)

VN = national_calendar()


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


moments = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2031, 12, 31)).map(lambda m: m.replace(tzinfo=ZONE))
# Edges are where clocks go wrong; plain random moments rarely land on one.
edges = st.builds(
    lambda day, time, shift: dt.datetime.combine(day, time, ZONE) + dt.timedelta(seconds=shift),
    st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31)),
    st.sampled_from([dt.time(0), dt.time(7), dt.time(11, 30), dt.time(13, 30), dt.time(15), dt.time(17), dt.time(23, 59, 59)]),
    st.sampled_from([-1, 0, 1]),
)
starts = moments | edges


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        # 2 March 2026 is a Monday in an ordinary week.
        ("2026-03-02T10:00", 1, "working_day", "2026-03-03T17:00"),
        ("2026-03-02T10:00", 5, "working_day", "2026-03-09T17:00"),
        ("2026-03-02T07:00", 8, "hour", "2026-03-02T17:00"),
        ("2026-03-02T10:00", 8, "hour", "2026-03-03T10:00"),
        ("2026-03-02T11:00", 1, "hour", "2026-03-02T14:00"),
        ("2026-03-02T12:15", 1, "hour", "2026-03-02T14:30"),
        ("2026-03-02T11:30", 1, "hour", "2026-03-02T14:30"),
        ("2026-03-06T16:30", 1, "hour", "2026-03-09T07:30"),
        ("2026-03-06T17:00", 1, "working_day", "2026-03-09T17:00"),
        ("2026-03-06T17:01", 1, "working_day", "2026-03-10T17:00"),
        ("2026-03-07T09:00", 1, "working_day", "2026-03-10T17:00"),
        ("2026-03-02T10:00", Decimal("0.5"), "working_day", "2026-03-02T16:00"),
        ("2026-03-02T10:00", Decimal("1.5"), "working_day", "2026-03-04T11:00"),
        # "Same day": 15:00 decides.
        ("2026-03-02T14:59", 0, "working_day", "2026-03-02T17:00"),
        ("2026-03-02T15:00", 0, "working_day", "2026-03-02T17:00"),
        ("2026-03-02T15:01", 0, "working_day", "2026-03-03T17:00"),
        ("2026-03-06T15:01", 0, "working_day", "2026-03-09T17:00"),
        ("2026-03-07T10:00", 0, "working_day", "2026-03-09T17:00"),
        # Tết 2026: 16 to 20 February.
        ("2026-02-13T16:00", 1, "working_day", "2026-02-23T17:00"),
        ("2026-02-13T16:00", 2, "hour", "2026-02-23T08:00"),
        ("2026-02-13T16:00", 3, "day", "2026-02-23T17:00"),
        # 31 December, New Year's Day, 2 January swapped with Saturday 10 January 2026.
        ("2025-12-31T16:00", 1, "working_day", "2026-01-05T17:00"),
        ("2025-12-31T16:00", 6, "working_day", "2026-01-10T17:00"),
        # National Day 2026: Saturday 22 August worked for Monday 31 August.
        ("2026-08-21T10:00", 1, "working_day", "2026-08-22T17:00"),
        ("2026-08-28T10:00", 1, "working_day", "2026-09-03T17:00"),
        # Tết 2030 is 2 February.
        ("2030-01-30T10:00", 1, "working_day", "2030-02-07T17:00"),
        # Calendar days and months go to the next working day.
        ("2026-03-02T10:00", 5, "day", "2026-03-09T17:00"),
        ("2026-03-02T10:00", 4, "day", "2026-03-06T17:00"),
        ("2026-03-31T10:00", 1, "month", "2026-05-04T17:00"),
        ("2026-01-30T10:00", 1, "month", "2026-03-02T17:00"),
        ("2024-01-31T10:00", 1, "month", "2024-02-29T17:00"),
    ],
)
@pytest.mark.requirement("D-08")
def test_known_dates(start: str, amount: int | Decimal, unit: str, due: str) -> None:
    assert due_at(at(start), amount, unit, VN) == at(due)


@pytest.mark.requirement("D-29")
def test_an_online_filing_is_answered_within_eight_working_hours() -> None:
    assert response_due(at("2026-03-02T10:00")) == at("2026-03-03T10:00")
    assert response_due(at("2026-03-06T22:40")) == at("2026-03-09T17:00")
    assert response_due(at("2026-02-14T08:00")) == at("2026-02-23T17:00")


@given(starts, st.integers(1, 60), st.sampled_from(list(Unit)))
def test_due_moments_lie_in_working_time_and_after_the_start(start: dt.datetime, amount: int, unit: Unit) -> None:
    due = due_at(start, amount, unit, VN)
    assert due > start
    assert any(opens <= due <= closes for opens, closes in VN.intervals(due.date()))
    if unit is not Unit.HOUR:
        assert due == VN.intervals(due.date())[-1][1]


@given(starts, starts, st.integers(0, 40), st.sampled_from(list(Unit)))
def test_who_comes_later_is_not_served_earlier(a: dt.datetime, b: dt.datetime, amount: int, unit: Unit) -> None:
    first, second = sorted((a, b))
    assert due_at(first, amount, unit, VN) <= due_at(second, amount, unit, VN)


@given(starts, st.decimals(0, 20, places=1), st.decimals(0, 20, places=1), st.sampled_from([Unit.HOUR, Unit.WORKING_DAY]))
def test_more_time_is_never_less(start: dt.datetime, a: Decimal, b: Decimal, unit: Unit) -> None:
    small, large = sorted((a, b))
    if unit is Unit.WORKING_DAY and small < 1:
        small += 1  # "the same day" (0) is a rule of its own, later than half a day for an early reception
        large += 1
    assert due_at(start, small, unit, VN) <= due_at(start, large, unit, VN)


@given(starts, st.integers(1, 400))
def test_working_hours_and_working_time_agree(start: dt.datetime, tenths: int) -> None:
    hours = Decimal(tenths) / 10
    due = due_at(start, hours, Unit.HOUR, VN)
    assert working_time_between(start, due, VN) == dt.timedelta(minutes=6 * tenths)


@given(starts, st.integers(1, 30))
def test_working_days_are_counted_one_by_one(start: dt.datetime, amount: int) -> None:
    due = due_at(start, amount, Unit.WORKING_DAY, VN)
    before = due_at(start, amount - 1, Unit.WORKING_DAY, VN) if amount > 1 else due_at(start, 0, Unit.HOUR, VN)
    between = [before.date() + dt.timedelta(days=n) for n in range(1, (due.date() - before.date()).days + 1)]
    assert [day for day in between if is_working_day(day, VN)] == [due.date()]


@given(starts, starts, starts)
def test_working_time_adds_up(a: dt.datetime, b: dt.datetime, c: dt.datetime) -> None:
    near = [moment.replace(year=2026, month=1 + moment.month % 3) if moment.day <= 28 else at("2026-02-20T10:00") for moment in (a, b, c)]
    one, two, three = near
    assert working_time_between(one, two, VN) + working_time_between(two, three, VN) == working_time_between(one, three, VN)
    assert working_time_between(one, two, VN) == -working_time_between(two, one, VN)


def test_the_zone_of_the_argument_does_not_matter() -> None:
    start = at("2026-03-02T10:00")
    assert due_at(start.astimezone(dt.UTC), 3, Unit.WORKING_DAY, VN) == due_at(start, 3, Unit.WORKING_DAY, VN)


@pytest.mark.parametrize(
    ("start", "amount", "unit"),
    [
        (dt.datetime(2026, 3, 2, 10), 1, "day"),
        (at("2026-03-02T10:00"), -1, "day"),
        (at("2026-03-02T10:00"), Decimal("0.5"), "day"),
        (at("2026-03-02T10:00"), 1, "week"),
        (at("2055-12-30T10:00"), 30, "working_day"),
    ],
)
def test_what_cannot_be_computed_is_refused(start: dt.datetime, amount: int | Decimal, unit: str) -> None:
    with pytest.raises(ValueError):
        due_at(start, amount, unit, VN)


def test_years_without_known_holidays_are_refused() -> None:
    with pytest.raises(CalendarDoesNotReach):
        is_working_day(dt.date(2056, 1, 3), VN)


def test_holidays_and_swap_days() -> None:
    off = ["2026-01-01", "2026-01-02", "2026-02-16", "2026-02-20", "2026-04-27", "2026-04-30", "2026-05-01", "2026-08-31", "2026-09-02"]
    worked = ["2026-01-10", "2026-08-22", "2025-04-26", "2024-05-04", "2030-02-07", "2026-02-23"]
    assert [day for day in off if is_working_day(dt.date.fromisoformat(day), VN)] == []
    assert [day for day in worked if not is_working_day(dt.date.fromisoformat(day), VN)] == []
    assert not is_working_day(dt.date(2030, 2, 4), VN)


def test_an_office_with_hours_of_its_own() -> None:
    morning = ((dt.time(8), dt.time(12)),)
    saturday = Calendar(opening=((),) * 5 + (morning, ()))
    assert due_at(at("2026-03-02T10:00"), 1, "working_day", saturday) == at("2026-03-14T12:00")
    with pytest.raises(ValueError):
        Calendar(opening=((),) * 7)
    with pytest.raises(ValueError):
        Calendar(opening=(((dt.time(9), dt.time(8)),),) * 7)


@pytest.mark.parametrize(
    ("now", "due", "words"),
    [
        ("2026-03-02T10:00", "2026-03-05T17:00", "còn 3 ngày làm việc"),
        ("2026-03-05T10:00", "2026-03-05T17:00", "còn 5 giờ làm việc"),
        ("2026-03-05T16:30", "2026-03-05T17:00", "còn 30 phút"),
        ("2026-03-06T16:30", "2026-03-09T17:00", "còn 1 ngày làm việc"),
        ("2026-03-05T17:00", "2026-03-05T17:00", "hết hạn ngay bây giờ"),
        ("2026-03-05T19:00", "2026-03-05T17:00", "vừa quá hạn"),
        ("2026-03-05T16:00", "2026-03-05T15:00", "quá hạn 1 giờ làm việc"),
        ("2026-03-09T09:00", "2026-03-05T17:00", "quá hạn 2 ngày làm việc"),
    ],
)
@pytest.mark.requirement("D-12")
def test_remaining_words(now: str, due: str, words: str) -> None:
    with translation.override("vi"):
        assert remaining_words(at(now), at(due), VN) == words


@pytest.mark.requirement("D-08")
@given(starts, st.integers(1, 30), st.integers(0, 400), st.integers(0, 400))
def test_after_a_pause_as_much_working_time_is_left_as_before(start: dt.datetime, days: int, waited: int, paused: int) -> None:
    calendar = VN
    due = due_at(start, days, Unit.WORKING_DAY, calendar)
    stopped = start + dt.timedelta(hours=waited)
    resumed = stopped + dt.timedelta(hours=paused)
    after = moved(due, stopped, resumed, calendar)
    assert after >= due
    assert working_time_between(due, after, calendar) == working_time_between(stopped, resumed, calendar)
    if stopped <= due:
        assert working_time_between(resumed, after, calendar) == working_time_between(stopped, due, calendar)
    assert moved(due, stopped, stopped, calendar) == due


@given(starts, st.integers(0, 200), st.integers(0, 200))
def test_two_pauses_move_as_much_as_one_of_both(start: dt.datetime, first: int, second: int) -> None:
    calendar = VN
    due = due_at(start, 5, Unit.WORKING_DAY, calendar)
    middle, end = start + dt.timedelta(hours=first), start + dt.timedelta(hours=first + second)
    twice = moved(moved(due, start, middle, calendar), middle, end, calendar)
    assert working_time_between(due, twice, calendar) == working_time_between(due, moved(due, start, end, calendar), calendar)


def test_a_pause_does_not_end_before_it_begins() -> None:
    start = dt.datetime(2026, 12, 2, 10, 0, tzinfo=ZONE)
    with pytest.raises(ValueError):
        moved(start, start, start - dt.timedelta(hours=1), VN)


@given(starts, st.integers(0, 20))
def test_a_reminder_falls_on_an_opening_so_many_working_days_before(start: dt.datetime, number: int) -> None:
    calendar = VN
    due = due_at(start, 25, Unit.WORKING_DAY, calendar)
    opens = opening_before(due, number, calendar)
    between = [opens.date() + dt.timedelta(days=n) for n in range(1, (due.date() - opens.date()).days + 1)]
    assert sum(is_working_day(day, calendar) for day in between) == number
    assert (opens.time(), is_working_day(opens.date(), calendar)) == (dt.time(7), True)
