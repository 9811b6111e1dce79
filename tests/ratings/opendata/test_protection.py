"""Finely cut counts: whatever is subtracted from whatever, no number below five comes out."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.opendata.protection import LEAST, protect
from ratings.opendata.sources import REST, protected

pytestmark = pytest.mark.requirement("R-10")
PROCEDURES = ("1.001", "1.002", "1.003", "1.004")
WAYS = (("1", "none"), ("2", "full"), ("2", "part"))
KEYS = [(procedure, *way) for procedure in PROCEDURES for way in WAYS]
Counts = dict[tuple[str, str, str], list[int]]

tables = st.dictionaries(st.sampled_from(KEYS), st.lists(st.integers(0, 12), min_size=7, max_size=7), max_size=len(KEYS))


def seen(counts: Counts) -> tuple[Any, ...]:
    """All that anybody ever sees of a measure: the rows, and the totals published elsewhere: of the unit, by channel, level and both."""
    totals: Counter[Any] = Counter()
    for (_procedure, channel, level), numbers in counts.items():
        for part in ("all", channel, ("level", level), (channel, level)):
            totals[part] += numbers[0]
    rows = [(key, row[0]) for key, row in protected(counts) if row[0]]
    return tuple(rows), tuple(sorted((str(part), number) for part, number in totals.items() if number))


@given(tables)
def test_rows_add_up_exactly_and_none_beside_a_procedure_is_small(counts: Counts) -> None:
    rows = list(protected(counts))
    assert len({key for key, _row in rows}) == len(rows)
    for place in range(7):
        for way in WAYS:
            of = {key: row[place] or 0 for key, row in rows if key[1:] == way}
            true = {key: numbers[place] for key, numbers in counts.items() if key[1:] == way}
            assert sum(of.values()) == sum(true.values())
            rest = of.pop((REST, *way), 0)
            assert all(number == 0 or (number >= LEAST and true[key] == number) for key, number in of.items())
            # The rest is large enough, or it is all there is.
            assert rest == 0 or rest >= LEAST or not any(of.values())


@given(tables)
def test_each_small_number_could_be_a_large_one_for_all_that_anybody_sees(counts: Counts) -> None:
    for (procedure, *way), numbers in counts.items():
        of = {key: other[0] for key, other in counts.items() if key[1:] == tuple(way)}
        large = [number for number in of.values() if number >= LEAST]
        if not 0 < numbers[0] < LEAST or not large:
            continue
        joined = next(key for key, number in of.items() if number == min(large))
        other = {key: list(value) for key, value in counts.items()}
        other[procedure, *way][0], other[joined][0] = min(large), numbers[0]
        assert seen(other) == seen(counts)


def test_no_table_of_three_procedures_is_given_away_even_if_there_are_no_others() -> None:
    """Every table there is, up to nine: wherever one has a small number, another table that looks the same has another number there."""
    alike: defaultdict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for numbers in itertools.product(range(10), repeat=3):
        alike[seen({(PROCEDURES[place], "2", "full"): [number] + [0] * 6 for place, number in enumerate(numbers)})].append(numbers)
    for of in alike.values():
        for place in range(3):
            found = {table[place] for table in of}
            assert len(found) > 1 or not 0 < min(found) < LEAST, of


def test_the_rule_by_example() -> None:
    assert protect({"a": 19, "b": 3, "c": 0}) == ({}, 22)
    assert protect({"a": 19, "b": 3, "c": 7}) == ({"a": 19}, 10)
    assert protect({"a": 7, "b": 4, "c": 7}) == ({}, 18), "equally small ones join together"
    assert protect({"a": 19, "b": 0}) == ({"a": 19}, 0)
    assert protect({"a": 1, "b": 2}) == ({}, 3)
