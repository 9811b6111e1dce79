"""Rules of days and hours at their edges: the clocks of complaints (Rules art. 13.1), two years without activity (art. 13.2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.owner import clocks, idle
from portal.workdays import ZONE, month_later

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(tzinfo=ZONE))
SPANS = st.timedeltas(timedelta(), timedelta(days=10))
DAYS = st.dates(date(2016, 1, 1), date(2080, 1, 1))


@pytest.mark.requirement("A-10")
class TestClocks:
    """Plain hours, from a moment to a moment."""

    @given(MOMENTS, SPANS)
    def test_the_first_clock_is_late_after_24_hours_and_not_at_24(self, received: datetime, spent: timedelta) -> None:
        for clock in (
            clocks.tell(received_at=received, told_at=None, now=received + spent),
            clocks.tell(received_at=received, told_at=received + spent, now=received + spent + timedelta(days=300)),
        ):
            assert clock.is_late == (spent > timedelta(hours=24))
            assert clock.left == max(timedelta(hours=24) - spent, timedelta())
            assert clock.due - received == timedelta(hours=24)

    @given(MOMENTS, SPANS)
    def test_the_second_begins_with_the_formal_receipt_and_has_48(self, taken: datetime, spent: timedelta) -> None:
        clock = clocks.answer(taken_at=taken, ended_at=None, now=taken + spent)
        assert clock is not None and clock.runs
        assert clock.is_late == (spent > timedelta(hours=48))
        ended = clocks.answer(taken_at=taken, ended_at=taken + spent, now=taken + timedelta(days=300))
        assert ended is not None and not ended.runs and ended.is_late == clock.is_late

    def test_the_second_does_not_run_before(self) -> None:
        assert clocks.answer(taken_at=None, ended_at=None, now=datetime(2026, 12, 1, tzinfo=ZONE)) is None

    @pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, False), (1, True)])
    def test_at_the_very_moment_it_is_in_time(self, seconds: int, late: bool) -> None:
        received = datetime(2026, 12, 31, 23, 30, tzinfo=ZONE)
        now = received + timedelta(hours=24, seconds=seconds)
        assert clocks.tell(received_at=received, told_at=None, now=now).is_late is late


@pytest.mark.requirement("A-11")
class TestIdle:
    """Two years, two months, two notices."""

    @pytest.mark.parametrize(
        ("last", "first"),
        [
            (date(2024, 11, 30), date(2026, 12, 1)),
            (date(2024, 2, 29), date(2026, 3, 1)),
            (date(2023, 12, 31), date(2026, 1, 1)),
            (date(2026, 2, 28), date(2028, 2, 29)),
        ],
    )
    def test_two_whole_years_without_the_day_itself(self, last: date, first: date) -> None:
        assert idle.first_look(last) == first

    @given(DAYS)
    def test_nothing_before_two_years_have_passed(self, last: date) -> None:
        look_on = idle.first_look(last)
        assert look_on > last + timedelta(days=2 * 365)
        assert idle.due(look_on=look_on, notices=0, today=look_on - timedelta(days=1)).step is idle.Step.NOTHING
        assert idle.due(look_on=look_on, notices=0, today=look_on).step is idle.Step.NOTICE

    @given(DAYS, st.lists(st.integers(0, 40), min_size=3, max_size=3))
    def test_however_late_the_task_runs_two_notices_lie_a_month_apart_and_the_lock_a_month_behind(
        self, last: date, late: list[int]
    ) -> None:
        look_on: date | None = idle.first_look(last)
        told, notices = [], 0
        for days in late:
            assert look_on is not None
            today = look_on + timedelta(days=days)
            due = idle.due(look_on=look_on, notices=notices, today=today)
            told.append((today, due.step))
            notices += due.step is idle.Step.NOTICE
            look_on = due.look_on
        assert [step for _, step in told] == [idle.Step.NOTICE, idle.Step.NOTICE, idle.Step.LOCK]
        assert look_on is None
        days_told = [day for day, _ in told]
        assert all(later >= month_later(earlier, 1) for earlier, later in pairwise(days_told))

    @given(DAYS, st.integers(0, 60))
    def test_a_month_later_is_the_corresponding_day_or_the_months_last(self, day: date, months: int) -> None:
        later = month_later(day, months)
        assert (later.year - day.year) * 12 + later.month - day.month == months
        assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
