"""What the law and life have for an age."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from procedures.life_stages import DUTIES, EVENTS, MOST_EVENTS, birthday, codes_of, duties_at, events_at
from procedures.models import LifeEvent, ProcedureVersion
from procedures.services import load_shipped

pytestmark = pytest.mark.requirement("C-08")
BIRTHS = st.dates(dt.date(1900, 1, 1), dt.date(2026, 12, 31))


def ages(born: dt.date, today: dt.date) -> list[int]:
    return [duty.first for duty in duties_at(born, today)]


@pytest.mark.parametrize(
    ("born", "today", "wanted"),
    [
        ("2012-11-26", "2026-11-25", []),
        ("2012-11-25", "2026-11-25", [14]),
        ("2012-11-25", "2027-11-24", [14]),
        ("2012-11-25", "2027-11-25", []),
        ("2001-11-25", "2026-11-25", [25]),
        ("1986-11-25", "2026-11-25", [40]),
        ("1966-11-25", "2026-11-25", [60]),
        ("1951-11-26", "2026-11-25", []),
        ("1951-11-25", "2026-11-25", [75]),
        ("1920-01-01", "2026-11-25", [75]),
        # Of 29 February: the last day of the month where the year has none.
        ("2012-02-29", "2026-02-27", []),
        ("2012-02-29", "2026-02-28", [14]),
        # Not born yet: the clock of a registry may be wrong.
        ("2030-01-01", "2026-11-25", []),
    ],
)
def test_duties_begin_on_the_birthday_and_end_before_the_next_one(born: str, today: str, wanted: list[int]) -> None:
    assert ages(dt.date.fromisoformat(born), dt.date.fromisoformat(today)) == wanted


@given(born=BIRTHS, days=st.integers(0, 40_000))
@example(born=dt.date(2000, 2, 29), days=9132)
def test_at_most_one_duty_of_a_card_holds_and_only_within_its_years(born: dt.date, days: int) -> None:
    today = born + dt.timedelta(days=days)
    found = duties_at(born, today)
    assert len(found) <= 1
    for duty in found:
        assert birthday(born, duty.first) <= today
        assert duty.until is None or today < birthday(born, duty.until)
    events = events_at(born, today)
    assert len(events) == len(set(events)) <= MOST_EVENTS and events


@given(born=BIRTHS, years=st.integers(0, 120))
def test_a_birthday_is_the_day_of_birth_that_many_years_later(born: dt.date, years: int) -> None:
    day = birthday(born, years)
    assert (day.year - born.year, day.month) == (years, born.month)
    assert day.day == born.day or (born.month, born.day, day.day) == (2, 29, 28)


@pytest.mark.django_db
def test_what_is_named_is_in_the_catalogue() -> None:
    load_shipped()
    codes = codes_of(DUTIES)
    assert set(ProcedureVersion.objects.filter(procedure__code__in=codes).values_list("procedure__code", flat=True)) == set(codes)
    slugs = {slug for slug, _, _ in EVENTS}
    assert slugs <= set(LifeEvent.objects.filter(audience="citizen").values_list("slug", flat=True))
