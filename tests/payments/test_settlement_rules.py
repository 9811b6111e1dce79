"""When money must have arrived, how late it is, what that costs: pure rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules import RATE_BASE, lateness, settlement_due
from portal.workdays import is_working_day, national_calendar

DAYS = st.dates(date(2016, 1, 1), date(2054, 1, 1))
DUE = date(2026, 11, 30)


@pytest.mark.requirement("P-08")
@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 11, 25), date(2026, 11, 26)),
        (date(2026, 11, 23), date(2026, 11, 25)),  # the 24th is a holiday
        (date(2026, 11, 27), date(2026, 11, 30)),  # a Friday: banks settle on Monday
        (date(2026, 11, 28), date(2026, 11, 30)),
        (date(2026, 11, 29), date(2026, 11, 30)),
        (date(2026, 12, 31), date(2027, 1, 4)),  # New Year, then a weekend
    ],
)
def test_known_days(day: date, due: date) -> None:
    assert settlement_due(day, national_calendar()) == due


@given(DAYS)
def test_the_due_day_is_the_first_working_day_after(day: date) -> None:
    due = settlement_due(day, national_calendar())
    assert due > day and is_working_day(due, national_calendar())
    between = [day + timedelta(days=more) for more in range(1, (due - day).days)]
    assert not any(is_working_day(one, national_calendar()) for one in between)


@pytest.mark.requirement("P-08")
def test_each_late_part_pays_for_its_own_days() -> None:
    parts = [(DUE, 400_000), (DUE + timedelta(days=2), 300_000)]
    found = lateness(1_000_000, parts, due=DUE, today=DUE + timedelta(days=5), rate=30)
    assert (found.paid, found.paid_day, found.days) == (700_000, None, 5)
    assert found.penalty == (300_000 * 2 + 300_000 * 5) * 30 // RATE_BASE
    whole = lateness(1_000_000, [*parts, (DUE + timedelta(days=4), 300_000)], due=DUE, today=DUE + timedelta(days=90), rate=30)
    assert (whole.paid_day, whole.days, whole.penalty) == (DUE + timedelta(days=4), 4, (600_000 + 1_200_000) * 30 // RATE_BASE)


PARTS = st.lists(st.tuples(st.integers(-5, 60).map(lambda more: DUE + timedelta(days=more)), st.integers(1, 10**9)), max_size=8)


@given(st.integers(0, 10**12), PARTS, st.integers(0, 200), st.integers(0, 10_000))
def test_never_negative_never_more_than_all_of_it_for_all_the_time(
    expected: int, parts: list[tuple[date, int]], more: int, rate: int
) -> None:
    today = max([DUE + timedelta(days=more), *(on for on, _ in parts)])
    found = lateness(expected, parts, due=DUE, today=today, rate=rate)
    assert isinstance(found.penalty, int) and 0 <= found.penalty <= expected * (today - DUE).days * rate // RATE_BASE
    assert found.paid == sum(amount for _, amount in parts)
    assert (found.paid_day is not None) == (found.paid >= expected)
    if all(on <= DUE for on, _ in parts) and found.paid_day is not None:
        assert (found.days, found.penalty) == (0, 0)
    # The order in which parts are known changes nothing.
    assert lateness(expected, parts[::-1], due=DUE, today=today, rate=rate) == found


@given(st.integers(1, 10**12), PARTS, st.integers(0, 200), st.integers(1, 10_000))
def test_paying_more_never_costs_more(expected: int, parts: list[tuple[date, int]], more: int, rate: int) -> None:
    today = max([DUE + timedelta(days=more), *(on for on, _ in parts)])
    before = lateness(expected, parts, due=DUE, today=today, rate=rate)
    after = lateness(expected, [*parts, (today, 1_000)], due=DUE, today=today, rate=rate)
    assert after.penalty <= before.penalty
