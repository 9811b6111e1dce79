"""Deadlines and incidents, requests and their hours: pure (O-13, O-03; Rules art. 29.4, 51)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.rules import corrected, merged, moved_by, request_due, spans_of
from portal.upkeep.rules import earliest_begin, trial_faults
from portal.workdays import national_calendar
from portal.workdays.calendar import at, closing, is_working_day, local

CALENDAR = national_calendar()
MONDAY = dt.date(2026, 12, 7)


def moment(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return at(dt.date(2026, 12, day), dt.time(hour, minute))


moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: at(dt.date(2026, 3, 2), dt.time()) + dt.timedelta(minutes=minutes))
spans = st.lists(
    st.tuples(moments, st.integers(1, 3 * 24 * 60)).map(lambda one: (one[0], one[0] + dt.timedelta(minutes=one[1]))), max_size=5
)


@pytest.mark.requirement("O-13")
class TestMoved:
    def test_by_its_length_to_the_end_of_a_working_day(self) -> None:
        outage = [(moment(7, 15), moment(7, 18))]
        assert moved_by(moment(7, 17), outage, CALENDAR) == moment(8, 17)  # 20:00 is after the close
        assert moved_by(moment(7, 15), [(moment(7, 14), moment(7, 15, 30))], CALENDAR) == moment(7, 17)
        assert moved_by(moment(11, 17), [(moment(11, 9), moment(11, 18))], CALENDAR) == moment(14, 17)  # Friday to Monday
        assert moved_by(moment(7, 14, 59), outage, CALENDAR) == moment(7, 14, 59)
        assert moved_by(moment(7, 18, 1), outage, CALENDAR) == moment(7, 18, 1)

    def test_a_deadline_that_moved_into_the_next_incident_moves_again(self) -> None:
        two = [(moment(7, 15), moment(7, 18)), (moment(8, 16), moment(8, 18))]
        assert moved_by(moment(7, 17), two, CALENDAR) == moment(9, 17)
        assert moved_by(moment(7, 17), reversed(two), CALENDAR) == moment(9, 17)

    @given(due=moments, found=spans)
    def test_properties(self, due: dt.datetime, found: list[tuple[dt.datetime, dt.datetime]]) -> None:
        """Never earlier; untouched or at the close of a working day; by the incident's length at least; the order says nothing."""
        after = moved_by(due, found, CALENDAR)
        assert after >= due
        hit = [span for span in merged(found) if span[0] <= due <= span[1]]
        if not hit:
            assert after == due
        else:
            day = local(after).date()
            assert is_working_day(day, CALENDAR) and after == closing(day, CALENDAR)
            assert after >= due + (hit[0][1] - hit[0][0])
        assert moved_by(due, list(reversed(found)), CALENDAR) == after
        assert all(not begin <= after < end or begin <= due for begin, end in merged(found) if end <= due)

    @given(due=moments, found=spans, longer=st.integers(0, 600))
    def test_a_longer_incident_never_gives_less(self, due: dt.datetime, found: list[tuple[dt.datetime, dt.datetime]], longer: int) -> None:
        begin = due - dt.timedelta(minutes=30)
        short, long = (begin, due + dt.timedelta(minutes=1)), (begin, due + dt.timedelta(minutes=1 + longer))
        assert moved_by(due, [long], CALENDAR) >= moved_by(due, [short], CALENDAR) > due

    @given(target=moments, standing=moments, now=moments)
    def test_a_correction_takes_nothing_away_over_night(self, target: dt.datetime, standing: dt.datetime, now: dt.datetime) -> None:
        after = corrected(target, standing, now, CALENDAR)
        assert after >= target
        if target < standing and standing > now:
            assert after <= standing
            assert after >= min(standing, closing_after(now))
        assert corrected(target, after, now, CALENDAR) == after

    def test_one_that_goes_on_reaches_a_little_ahead(self) -> None:
        ahead = dt.timedelta(minutes=10)
        assert spans_of([(moment(7, 8), None)], moment(7, 9), ahead) == [(moment(7, 8), moment(7, 9, 10))]


def closing_after(now: dt.datetime) -> dt.datetime:
    day = local(now).date() + dt.timedelta(days=1)
    while not is_working_day(day, CALENDAR):
        day += dt.timedelta(days=1)
    return closing(day, CALENDAR)


@pytest.mark.requirement("O-03")
def test_a_request_has_eight_working_hours() -> None:
    assert request_due(moment(7, 10), CALENDAR) == moment(8, 10)
    assert request_due(moment(11, 16), CALENDAR) == moment(14, 16)  # over the week-end


@pytest.mark.requirement("O-04")
def test_maintenance_is_announced_five_working_days_ahead() -> None:
    assert earliest_begin(moment(7, 10), CALENDAR) == moment(14, 17)
    assert earliest_begin(moment(4, 23), CALENDAR) == moment(14, 17)  # a Friday night counts from Monday


@pytest.mark.requirement("O-14")
def test_a_trial_lasts_two_months_one_of_them_public() -> None:
    day = dt.date
    assert trial_faults(day(2026, 12, 1), day(2027, 1, 1), day(2027, 2, 1)) == {}
    assert "ends_on" in trial_faults(day(2026, 12, 1), day(2026, 12, 1), day(2027, 1, 31))
    assert "public_from" in trial_faults(day(2026, 12, 1), day(2027, 1, 2), day(2027, 2, 1))
    assert "public_from" in trial_faults(day(2026, 12, 1), day(2026, 11, 30), day(2027, 2, 1))
