"""A whole period of the score on paper: criteria and counts of every agency, and what follows from them. Plain values, no tables.

A frozen year, the open data and their check all make their results here, so that they are the same to the second decimal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ratings.score.rules import Count, Points, Rule, Total, class_of, points_of, ranked, total

MINISTRY, PROVINCE, UNIT = "ministry", "province", "unit"
FACTS = (
    "code", "name", "group", "position", "points", "formula", "factor", "when_nothing", "source", "numerator", "denominator", "law",
    "for_ministries", "for_provinces", "for_units", "valid_from", "valid_to",
)  # fmt: skip
"""Of a criterion, as files write it."""
_FOR = {MINISTRY: "for_ministries", PROVINCE: "for_provinces", UNIT: "for_units"}


@dataclass(frozen=True)
class Counted:
    """What one criterion counted of one agency."""

    agency: str
    parent: str
    criterion: str
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Result:
    """What an agency reached."""

    agency: str
    parent: str
    kind: str
    rank: int | None
    total: Total
    points: tuple[Points, ...]

    @property
    def class_name(self) -> str:
        """One of five; empty where nothing could be counted."""
        return class_of(self.total.points).value if self.total.points is not None else ""


def kind_of(agency: str) -> str:
    """A province, a unit below an agency, or a ministry or another central agency: as its code says (Decision 20/2020/QĐ-TTg)."""
    return UNIT if "." in agency else PROVINCE if agency.startswith("H") else MINISTRY


def group_of(agency: str, parent: str) -> str:
    """With whom an agency is ranked: ministries, provinces, units below the same agency."""
    kind = kind_of(agency)
    return parent if kind == UNIT else kind


def rule_of(criterion: Mapping[str, Any]) -> Rule:
    """What of a criterion, as files write it, decides about points."""
    return Rule(
        code=criterion["code"],
        points=Decimal(criterion["points"]),
        formula=criterion["formula"],
        factor=Decimal(criterion["factor"]),
        when_nothing=criterion["when_nothing"],
        has_source=bool(criterion["source"]),
    )


def rules_by_kind(criteria: Sequence[Mapping[str, Any]]) -> dict[str, list[Rule]]:
    """The criteria that each kind of agency is measured by, in their order."""
    return {kind: [rule_of(criterion) for criterion in criteria if criterion[column]] for kind, column in _FOR.items()}


def results(criteria: Sequence[Mapping[str, Any]], counts: Iterable[Counted]) -> list[Result]:
    """What every agency of some groups reached: by group, then by rank. ``counts`` hold whole groups, or ranks would be of a part."""
    by_agency: defaultdict[tuple[str, str], dict[str, Count]] = defaultdict(dict)
    for row in counts:
        by_agency[row.agency, row.parent][row.criterion] = Count(row.numerator, row.denominator)
    rules = rules_by_kind(criteria)
    groups: defaultdict[str, dict[str, tuple[str, tuple[Points, ...], Total]]] = defaultdict(dict)
    for (agency, parent), counted in by_agency.items():
        points = tuple(points_of(rule, counted.get(rule.code)) for rule in rules[kind_of(agency)])
        groups[group_of(agency, parent)][agency] = (parent, points, total(points))
    return [row for group in sorted(groups) for row in _placed(groups[group])]


def _placed(group: Mapping[str, tuple[str, tuple[Points, ...], Total]]) -> Iterator[Result]:
    for rank, agency, _points in ranked({agency: found.points for agency, (_parent, _of, found) in group.items()}):
        parent, points, found = group[agency]
        yield Result(agency, parent, kind_of(agency), rank, found, points)


def number(value: Decimal | None) -> str:
    """A number of points as files write it: two decimals; nothing for none."""
    return "" if value is None else f"{value:.2f}"
