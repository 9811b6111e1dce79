"""From counts to points, classes and ranks."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.score import rules
from ratings.score.rules import Count, Points, Rule, ScoreClass

SHIPPED = json.loads((Path(__file__).parents[3] / "ratings/data/criteria.json").read_text(encoding="utf-8"))


def rule(points: str = "6", formula: str = "share", factor: str = "1", nothing: str = "zero", has_source: bool = True) -> Rule:
    return Rule("x", Decimal(points), formula, Decimal(factor), nothing, has_source)


def points(*args: object, count: Count | None = None, **kwargs: object) -> Decimal | None:
    return rules.points_of(rule(*args, **kwargs), count).points  # type: ignore[arg-type]


@pytest.mark.requirement("R-02")
def test_points_as_the_portal_publishes_them() -> None:
    assert points("20", count=Count(972, 1000)) == Decimal("19.44")
    # 3.3: half of the dossiers online gives everything; 3.5a: 2.5 · C; 5.4: nine tenths.
    assert points("6", "capped", "0.5", count=Count(1, 2)) == points("6", "capped", "0.5", count=Count(1, 1)) == 6
    assert points("6", "capped", "0.5", count=Count(1, 4)) == 3
    assert points("2", "capped", "0.8", count=Count(3, 10)) == Decimal("0.75")
    # Half up, in decimals: 6 · 1/2400 = 0.0025.
    assert points("6", count=Count(1, 2400)) == Decimal("0.00") and points("6", count=Count(1, 1200)) == Decimal("0.01")
    assert (
        points(count=Count(0, 0)) == 0
        and points(nothing="full", count=Count(0, 0)) == 6
        and points(nothing="out", count=Count(0, 0)) is None
    )
    assert points(has_source=False, count=Count(1, 1)) is None and points(count=None) is None
    assert points(count=Count(-5, 10)) == 0


@pytest.mark.requirement("R-02")
def test_what_is_left_out_rescales_the_total_and_is_named() -> None:
    found = [
        Points("2.1", Decimal(20), Decimal(15), None, None),
        Points("1.4", Decimal(6), None, None, None),
        Points("5.2", Decimal(6), Decimal(6), None, None),
    ]
    total = rules.total(found)
    assert (total.points, total.reached, total.possible, total.left_out) == (Decimal("80.77"), 21, 26, ("1.4",)) and total.is_rescaled
    assert rules.total([]).points is None
    whole = rules.total([Points("x", Decimal(100), Decimal("83.615"), None, None)])
    assert whole.points == Decimal("83.62") and not whole.is_rescaled


def test_the_shipped_criteria_make_a_hundred_and_name_formulas_that_exist() -> None:
    rows = SHIPPED["criteria"]
    assert sum(Decimal(row["points"]) for row in rows) == 100
    by_group = {group: sum(Decimal(row["points"]) for row in rows if row["group"] == group) for group in SHIPPED["groups"]}
    assert by_group == {"1": 18, "2": 20, "3": 22, "4a": 12, "4b": 10, "5": 18}
    assert {row["formula"] for row in rows} <= set(rules.FORMULAS)


@pytest.mark.requirement("R-03")
def test_classes_and_ranks() -> None:
    edges = {
        "100": "excellent",
        "90": "excellent",
        "89.99": "good",
        "80": "good",
        "79.99": "fair",
        "70": "fair",
        "69.99": "average",
        "50": "average",
    }
    assert {number: rules.class_of(Decimal(number)).value for number in edges} == edges
    assert rules.class_of(Decimal("49.99")) == rules.class_of(Decimal(0)) == ScoreClass.WEAK
    given_points = {"H26": Decimal(80), "H29": Decimal(90), "H24": Decimal(80), "H01": Decimal(70), "H99": None}
    assert [(rank, code) for rank, code, _ in rules.ranked(given_points)] == [(1, "H29"), (2, "H24"), (2, "H26"), (4, "H01"), (None, "H99")]


counts = st.builds(Count, st.integers(-10, 10**7), st.integers(0, 10**7))


@given(counts, st.sampled_from(SHIPPED["criteria"]))
def test_points_never_leave_their_bounds_and_grow_with_the_numerator(count: Count, row: dict[str, str]) -> None:
    of = Rule(row["code"], Decimal(row["points"]), row["formula"], Decimal(row["factor"]), row["when_nothing"])
    found = rules.points_of(of, count).points
    more = rules.points_of(of, Count(count.numerator + 1, count.denominator)).points
    assert (found is None) == (more is None)
    if found is not None and more is not None:
        assert 0 <= found <= more <= of.points and found == found.quantize(Decimal("0.01"))


@given(st.dictionaries(st.text("H0123456789.", min_size=1, max_size=6), st.none() | st.decimals(0, 100, places=2), max_size=30))
def test_ranks_are_the_number_of_better_ones_plus_one(totals: dict[str, Decimal | None]) -> None:
    found = rules.ranked(totals)
    assert sorted(code for _, code, _ in found) == sorted(totals)
    for rank, code, number in found:
        assert number == totals[code]
        assert rank == (None if number is None else 1 + sum(1 for other in totals.values() if other is not None and other > number))


@given(st.dates(date(2000, 1, 1), date(2098, 12, 31)), st.sampled_from("mqy"))
def test_every_day_lies_in_exactly_one_period_of_a_kind(day: date, kind: str) -> None:
    first = rules.first_day(kind, day)
    last = rules.last_day(kind, first)
    assert first <= day <= last and rules.first_day(kind, last) == first
    assert rules.first_day(kind, last + timedelta(days=1)) == last + timedelta(days=1)
