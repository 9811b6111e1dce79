"""Checks of answers against each other, at their edges."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from dossiers.answer_rules import Finding, findings, years_between

DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
PARENT: dict[str, Any] = {"rule": "parent_of", "child": "born", "impossible_under": 10, "usual": [15, 55], "who": "mẹ"}
LATE: dict[str, Any] = {"rule": "late_after", "days": 60, "text": "muộn"}


def found(rules: dict[str, list[dict[str, Any]]], answers: dict[str, str], today: date, asked: set[str] | None = None) -> list[Finding]:
    """What rules, by the field they stand at, say of answers."""
    fields = [{"name": name, "rules": own} for name, own in rules.items()]
    return findings(fields, answers, asked=answers.keys() if asked is None else asked, today=today)


def birthday(day: date, years: int) -> date:
    """The day on which one becomes so old; on 1 March for those born on 29 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@given(DAYS, st.integers(0, 120))
def test_one_is_a_year_older_on_the_birthday_and_not_the_day_before(born: date, years: int) -> None:
    assume(born.year + years < 2200)
    day = birthday(born, years)
    assert years_between(born, day) == years
    assert years_between(born, day - timedelta(days=1)) == years - 1


@given(DAYS, DAYS)
def test_a_child_is_never_older_than_its_mother(mother: date, child: date) -> None:
    said = found({"mother": [PARENT]}, {"mother": mother.isoformat(), "born": child.isoformat()}, date(2100, 1, 1))
    age = years_between(mother, child)
    expected = "wrong" if child <= mother or age < 10 else "" if 15 <= age <= 55 else "unlikely"
    assert [finding.kind for finding in said] == ([expected] if expected else [])


@given(
    DAYS, st.sampled_from([(10, -1, "wrong"), (10, 0, "unlikely"), (15, -1, "unlikely"), (15, 0, ""), (56, -1, ""), (56, 0, "unlikely")])
)
def test_the_ages_of_a_mother_at_their_edges(mother: date, edge: tuple[int, int, str]) -> None:
    years, days, expected = edge
    child = birthday(mother, years) + timedelta(days=days)
    said = found({"mother": [PARENT]}, {"mother": mother.isoformat(), "born": child.isoformat()}, date(2300, 1, 1))
    assert [finding.kind for finding in said] == ([expected] if expected else [])


@given(DAYS, st.integers(-1, 500))
def test_late_is_after_the_sixtieth_day(born: date, days: int) -> None:
    said = found({"born": [LATE]}, {"born": born.isoformat()}, born + timedelta(days=days))
    assert [finding.kind for finding in said] == (["note"] if days > 60 else [])


def test_what_only_the_registry_could_mend_is_left_to_the_officer() -> None:
    answers = {"mother": "2020-01-01", "born": "2019-01-01"}
    assert [one.field for one in found({"mother": [PARENT]}, answers, date(2026, 1, 1))] == ["mother"]
    assert [one.field for one in found({"mother": [PARENT]}, answers, date(2026, 1, 1), asked={"born"})] == ["born"]
    assert found({"mother": [PARENT]}, answers, date(2026, 1, 1), asked=set()) == []


@given(st.dictionaries(st.sampled_from(["mother", "born", "number", "other"]), st.text(max_size=15)))
def test_no_answer_makes_a_rule_fall(answers: dict[str, str]) -> None:
    rules = {
        "mother": [PARENT],
        "born": [LATE, {"rule": "younger_than", "years": 18, "text": "x"}],
        "number": [
            {"rule": "number_fits", "birth_date": "mother", "sex": "female", "who": "mẹ"},
            {"rule": "differs_from", "field": "other", "text": "x"},
        ],
    }
    found(rules, answers, date(2026, 11, 28))


def test_a_number_speaks_of_year_and_sex() -> None:
    rule = {"rule": "number_fits", "birth_date": "mother", "sex": "female", "who": "mẹ"}
    for number, expected in (("001195000001", []), ("001095000001", ["unlikely"]), ("001196000001", ["unlikely"]), ("", []), ("1", [])):
        said = found({"number": [rule]}, {"number": number, "mother": "1995-03-14"}, date(2026, 1, 1))
        assert [one.kind for one in said] == expected, number


@given(DAYS, DAYS)
def test_another_value_is_another_thing_to_confirm(one: date, other: date) -> None:
    assume(one != other)
    rule = {"rule": "younger_than", "years": 18, "text": "x"}
    tokens = [found({"born": [rule]}, {"born": day.isoformat()}, date(2200, 1, 1))[0].token for day in (one, other, one)]
    assert tokens[0] == tokens[2] != tokens[1]
