"""What can be asked of the score: what pages, API, open data and dashboards read. The same rows, the same rules, everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max, Min

from ratings.models import Criterion, ScoreCount
from ratings.queries import agency_names
from ratings.queries import is_known as has_handled
from ratings.score import criteria
from ratings.score.rules import Count, PeriodKind, Points, ScoreClass, Total, class_of, points_of, ranked, total

MINISTRIES, PROVINCES, UNITS = "ministries", "provinces", "units"
"""What is ranked with what."""


@dataclass(frozen=True)
class Part:
    """A criterion of a score: what was counted and what it gives."""

    criterion: Criterion
    points: Points


@dataclass(frozen=True)
class Score:
    """The score of an agency in a period."""

    agency: str
    name: str
    parts: tuple[Part, ...]
    """The criteria that score this agency, in order."""
    total: Total
    rank: int | None = None
    """Among its own kind; None where it has no points."""
    of: int = 0
    """How many are ranked with it."""

    @property
    def points(self) -> Decimal | None:
        """Of 100."""
        return self.total.points

    @property
    def grade(self) -> ScoreClass | None:
        """Its class."""
        return None if self.total.points is None else class_of(self.total.points)

    @property
    def groups(self) -> list[Group]:
        """Its criteria by group, in order."""
        found: dict[str, list[Part]] = defaultdict(list)
        for part in self.parts:
            found[part.criterion.group].append(part)
        names = criteria.groups()
        return [Group(code, names.get(code, code), tuple(parts)) for code, parts in sorted(found.items())]


@dataclass(frozen=True)
class Group:
    """The criteria of one group."""

    code: str
    name: str
    parts: tuple[Part, ...]

    @property
    def reached(self) -> Decimal:
        """Sum of the points given."""
        return sum((part.points.points for part in self.parts if part.points.points is not None), Decimal(0))

    @property
    def possible(self) -> Decimal:
        """Sum of the most that what counted can give."""
        return sum((part.points.most for part in self.parts if part.points.points is not None), Decimal(0))


@dataclass(frozen=True)
class Scores:
    """Agencies side by side in one period, the first rank first."""

    period: str
    first: date
    parent: str
    criteria: tuple[Criterion, ...]
    """The versions that score the period."""
    scores: tuple[Score, ...]

    def of(self, kind: str) -> list[Score]:
        """Those of one kind."""
        return [score for score in self.scores if kind_of(score.agency) == kind]


def kind_of(agency: str) -> str:
    """With whom an agency is ranked."""
    return UNITS if "." in agency else PROVINCES if agency.startswith("H") else MINISTRIES


def scores(period: str, first: date, parent: str = "") -> Scores:
    """Every agency directly below one, ``""``: ministries and provinces. Three queries."""
    versions = criteria.in_force(first)
    counts: dict[str, dict[str, Count]] = defaultdict(dict)
    rows = ScoreCount.objects.filter(period=period, first=first, parent=parent)
    for agency, code, numerator, denominator in rows.values_list("agency", "criterion", "numerator", "denominator"):
        counts[agency][code] = Count(numerator, denominator)
    names = agency_names(counts) if counts else {}
    made = {agency: _score(agency, names.get(agency, agency), versions, of) for agency, of in counts.items()}
    found: list[Score] = []
    for kind in (MINISTRIES, PROVINCES, UNITS):
        of_kind = {agency: score for agency, score in made.items() if kind_of(agency) == kind}
        order = ranked({agency: score.points for agency, score in of_kind.items()})
        number = sum(1 for rank, _agency, _points in order if rank is not None)
        for rank, agency, _points in order:
            score = of_kind[agency]
            found.append(Score(agency, score.name, score.parts, score.total, rank, number))
    return Scores(period, first, parent, tuple(versions), tuple(found))


def _score(agency: str, name: str, versions: Iterable[Criterion], counts: Mapping[str, Count]) -> Score:
    parts = tuple(Part(each, points_of(criteria.rule(each), counts.get(each.code))) for each in versions if criteria.applies(each, agency))
    return Score(agency, name, parts, total(part.points for part in parts))


def score_of(agency: str, period: str, first: date) -> Score | None:
    """The score of an agency, ranked among its own kind; None where nothing was counted. Three queries."""
    parent = agency.rpartition(".")[0]
    return next((score for score in scores(period, first, parent).scores if score.agency == agency), None)


def part_of(agency: str, code: str, period: str, first: date) -> Part | None:
    """One criterion of the score of an agency; None where nothing was counted or it does not score this agency. Two queries."""
    rows = ScoreCount.objects.filter(agency=agency, period=period, first=first).values_list("criterion", "numerator", "denominator")
    counts = {criterion: Count(numerator, denominator) for criterion, numerator, denominator in rows}
    if not counts:
        return None
    return by_code(_score(agency, agency, criteria.in_force(first), counts).parts, code)


@dataclass(frozen=True)
class Past:
    """A score of former times."""

    first: date
    total: Total


def history(agency: str, period: str = PeriodKind.MONTH.value, *, upto: date | None = None, most: int = 13) -> list[Past]:
    """The last periods of a kind in which an agency was scored, in the order of time. Three queries."""
    rows = ScoreCount.objects.filter(agency=agency, period=period)
    if upto is not None:
        rows = rows.filter(first__lte=upto)
    days = sorted(rows.order_by("-first").values_list("first", flat=True).distinct()[:most])
    if not days:
        return []
    versions = list(Criterion.objects.order_by("position", "code"))
    counts: dict[date, dict[str, Count]] = defaultdict(dict)
    told = rows.filter(first__gte=days[0]).values_list("first", "criterion", "numerator", "denominator")
    for first, code, numerator, denominator in told:
        counts[first][code] = Count(numerator, denominator)
    return [Past(day, _score(agency, agency, criteria.of_period(versions, day), counts[day]).total) for day in days]


def changed_at(period: str, first: date) -> datetime | None:
    """When a count of a period changed last. One query."""
    found: datetime | None = ScoreCount.objects.filter(period=period, first=first).aggregate(at=Max("counted_at"))["at"]
    return found


def years() -> list[int]:
    """The years that were scored, the newest first. One query."""
    found = ScoreCount.objects.filter(period=PeriodKind.YEAR).aggregate(oldest=Min("first"), newest=Max("first"))
    return list(range(found["newest"].year, found["oldest"].year - 1, -1)) if found["oldest"] else []


def is_known(agency: str) -> bool:
    """Whether an agency was ever scored, or is known otherwise. Up to four queries."""
    return ScoreCount.objects.filter(agency=agency).exists() or has_handled(agency)


def by_code(parts: Sequence[Part], code: str) -> Part | None:
    """One criterion of a score."""
    return next((part for part in parts if part.criterion.code == code), None)
