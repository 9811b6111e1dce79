"""What can be asked of the counts of work: every answer is one query by an index, over months or a year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, Max, Q, QuerySet, Sum, Value

from ratings.board.rules import share
from ratings.models import OfficerRating, ReturnCount, StepCount, WorkCount
from ratings.models.work import MONTH, YEAR
from ratings.slips.rules import Steps
from ratings.spans import Span

MOST = 5000
"""Lines of steps or papers that are ever read at once."""


@dataclass(frozen=True)
class Work:
    """What somebody or some place did; sums of `WorkCount`."""

    received: int = 0
    refused: int = 0
    answered: int = 0
    answered_in_time: int = 0
    requests: int = 0
    resolved: int = 0
    late: int = 0
    called: int = 0
    waited_seconds: int = 0
    waited_over: int = 0
    served: int = 0
    handled_seconds: int = 0
    handled_over: int = 0

    @property
    def on_time(self) -> Decimal | None:
        """Per cent of the resolved that were on time."""
        return share(self.resolved - self.late, self.resolved)

    @property
    def answers_in_time(self) -> Decimal | None:
        """Per cent of the answered that were answered within eight working hours."""
        return share(self.answered_in_time, self.answered)

    @property
    def waited(self) -> Decimal | None:
        """Minutes that one person waited on average."""
        return _average(self.waited_seconds, self.called, 60)

    @property
    def handled(self) -> Decimal | None:
        """Minutes that serving one person took on average."""
        return _average(self.handled_seconds, self.served, 60)


@dataclass(frozen=True)
class StepLine:
    """A step, of a procedure or (without one) of all."""

    procedure_code: str
    step: str
    number: int
    seconds: int

    @property
    def hours(self) -> Decimal | None:
        """Working hours on average."""
        return _average(self.seconds, self.number, 3600)


@dataclass(frozen=True)
class ReturnLine:
    """Something that was asked for again, for one reason."""

    procedure_code: str
    kind: str
    name: str
    reason: str
    label: str
    asked: int


MEASURES = [one.name for one in fields(Work)]


def _average(seconds: int, number: int, unit: int) -> Decimal | None:
    return (Decimal(seconds) / number / unit).quantize(Decimal("0.1"), ROUND_HALF_UP) if number > 0 else None


def is_kept(span: Span | None) -> bool:
    """Whether the counts know a span: a month, a quarter or a year."""
    return span is not None and span.first != span.last


def _of(rows: QuerySet[Any], span: Span) -> QuerySet[Any]:
    if (span.first.month, span.last.month) == (1, 12):
        return rows.filter(period=YEAR, first=span.first)
    return rows.filter(period=MONTH, first__range=(span.first, span.last))


def _summed(rows: QuerySet[WorkCount], key: str) -> dict[Any, Work]:
    sums = rows.order_by().values(key).annotate(**{f"sum_{name}": Sum(name) for name in MEASURES})
    return {row[key]: Work(*(row[f"sum_{name}"] for name in MEASURES)) for row in sums}


def work_of(place: str, span: Span) -> Work:
    """Of a place with all below it; ``""``: the country (one query)."""
    return _summed(_of(WorkCount.objects.filter(kind="p", place=place), span), "place").get(place, Work())


def months(place: str, first: date) -> dict[date, Work]:
    """Of a place, by month from one on (one query)."""
    return _summed(WorkCount.objects.filter(kind="p", place=place, period=MONTH, first__gte=first), "first")


def officers(unit: str, span: Span, position_id: UUID | None = None) -> dict[UUID, Work]:
    """Of the officers of exactly this unit, or of one of them, by position (one query)."""
    rows = WorkCount.objects.filter(kind="o", place=unit)
    if position_id is not None:
        rows = rows.filter(key=str(position_id))
    return {UUID(key): work for key, work in _summed(_of(rows, span), "key").items()}


def counters(unit: str, span: Span) -> dict[int, Work]:
    """Of the counters of exactly this unit, by number (one query)."""
    found = _summed(_of(WorkCount.objects.filter(kind="c", place=unit), span), "key")
    return {int(key): found[key] for key in sorted(found, key=int)}


def below(place: str, span: Span) -> dict[str, Work]:
    """Of the agencies directly below a place, each with all below it (one query)."""
    return _summed(_of(WorkCount.objects.filter(kind="p", parent=place), span), "place")


def receivers(place: str, year: int) -> dict[str, int]:
    """How many officers received dossiers in a year: in each agency directly below a place, and under its own code in itself (one query;
    as many rows as there are such officers)."""
    rows = WorkCount.objects.filter(kind="o", period=YEAR, first=date(year, 1, 1), received__gt=0)
    if place:
        rows = rows.filter(Q(place=place) | Q(place__startswith=f"{place}."))
    depth = len(place.split(".")) + 1 if place else 1
    parts = Func(F("place"), Value("."), function="string_to_array")
    # "H26.101.5" at depth 2 is "H26.101": an array cut to its first parts.
    top = Func(_Cut(parts, depth=depth), Value("."), function="array_to_string", output_field=WorkCount._meta.get_field("place"))
    return dict(rows.order_by().values(top=top).annotate(number=Count("pk")).values_list("top", "number"))


class _Cut(Func):
    """The first elements of an array."""

    template = "(%(expressions)s)[1:%(depth)s]"

    def __init__(self, *expressions: Any, depth: int) -> None:
        super().__init__(*expressions, depth=int(depth))


def steps(place: str, span: Span, *, procedure: str = "") -> list[StepLine]:
    """Of a place, how long dossiers stood in each step, by procedure; those that took longest on average first (one query)."""
    rows = StepCount.objects.filter(place=place)
    if procedure:
        rows = rows.filter(procedure_code=procedure)
    sums = _of(rows, span).order_by().values("procedure_code", "step").annotate(times=Sum("number"), took=Sum("seconds"))
    found = [StepLine(row["procedure_code"], row["step"], row["times"], row["took"]) for row in sums.filter(times__gt=0)[:MOST]]
    return sorted(found, key=lambda line: (-line.seconds / line.number, line.procedure_code, line.step))


def by_step(lines: Iterable[StepLine]) -> list[StepLine]:
    """The same of all procedures together."""
    found: dict[str, StepLine] = {}
    for line in lines:
        before = found.get(line.step, StepLine("", line.step, 0, 0))
        found[line.step] = StepLine("", line.step, before.number + line.number, before.seconds + line.seconds)
    return list(found.values())


def returns(place: str, span: Span, *, procedure: str = "") -> list[ReturnLine]:
    """Of a place, what was asked for again and why, most often first (one query)."""
    rows = ReturnCount.objects.filter(place=place)
    if procedure:
        rows = rows.filter(procedure_code=procedure)
    key = ("procedure_code", "kind", "name", "reason")
    sums = _of(rows, span).order_by().values(*key).annotate(said=Max("label"), times=Sum("asked")).filter(times__gt=0)
    found = sums.order_by("-times", *key)[:MOST]
    return [ReturnLine(**{name: row[name] for name in key}, label=row["said"], asked=row["times"]) for row in found]


def ratings(unit: str, year: int, position_id: UUID | None = None) -> dict[UUID, dict[str, Steps]]:
    """What slips of a year say of the officers of exactly this unit, or of one of them, by question (one query)."""
    rows = OfficerRating.objects.filter(unit_code=unit, year=date(year, 1, 1))
    if position_id is not None:
        rows = rows.filter(officer_id=position_id)
    found: dict[UUID, dict[str, Steps]] = {}
    for officer, question, *of in rows.values_list("officer_id", "question", "s1", "s2", "s3", "s4", "s5"):
        found.setdefault(officer, {})[question] = Steps(*of)
    return found
