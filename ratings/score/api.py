"""The machine's door to the score: the same points as on ``/danh-gia/``, with the counts from which they follow."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.params import Query
from pydantic import Field

from portal.api_support import ApiError, Text, errors, fresh_answer, only
from ratings.score import queries
from ratings.score.queries import Score, Scores
from ratings.score.rules import PeriodKind, last_day

router = Router(tags=["scores"])


class CriterionOut(Schema):
    """A criterion as it scores the period: the version in force on its first day."""

    code: str
    name: str
    group: str
    points: float
    """The most it gives."""
    formula: str
    """`share`: points × ratio; `capped`: all points from the ratio `factor` on, in proportion below."""
    factor: float
    when_nothing: str
    """What a denominator of zero gives: `zero`, `full` (all points) or `out` (left out)."""
    has_source: bool
    """Without a source of data it is left out of every score."""


class PartOut(Schema):
    """What one criterion counted of an agency, and what it gives; `points` null: left out."""

    code: str
    numerator: int | None
    denominator: int | None
    points: float | None


class ScoreOut(Schema):
    """An agency's score. `points` is of 100: where criteria are left out, `reached` of `possible` measured anew against 100."""

    agency: str
    name: str
    kind: str
    """Ranked with its kind: `ministries`, `provinces`, `units` below one agency."""
    points: float | None
    grade: str | None
    """`excellent` from 90 points, `good` 80, `fair` 70, `average` 50, `weak`."""
    rank: int | None
    ranked: int
    """How many agencies it is ranked with."""
    reached: float
    possible: float
    left_out: list[str]
    criteria: list[PartOut]


class ScoresOut(Schema):
    """Agencies side by side in one period, the first rank first."""

    period: str
    """`m` a month, `q` a quarter, `y` a year."""
    first: date
    last: date
    agency: str
    criteria: list[CriterionOut]
    own: ScoreOut | None
    """The score of `agency` itself."""
    items: list[ScoreOut]
    """Ministries and provinces; with `agency`, the units directly below it."""


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def score_told(score: Score) -> dict[str, Any]:
    """A score by the names of the API."""
    return {
        "agency": score.agency,
        "name": score.name,
        "kind": queries.kind_of(score.agency),
        "points": _number(score.points),
        "grade": score.grade.value if score.grade else None,
        "rank": score.rank,
        "ranked": score.of,
        "reached": float(score.total.reached),
        "possible": float(score.total.possible),
        "left_out": list(score.total.left_out),
        "criteria": [
            {
                "code": part.criterion.code,
                "numerator": part.points.count.numerator if part.points.count else None,
                "denominator": part.points.count.denominator if part.points.count else None,
                "points": _number(part.points.points),
            }
            for part in score.parts
        ],
    }


def told(found: Scores, own: Score | None = None) -> dict[str, Any]:
    """Scores by the names of the API."""
    return {
        "period": found.period,
        "first": found.first.isoformat(),
        "last": last_day(found.period, found.first).isoformat(),
        "agency": found.parent,
        "criteria": [
            {
                "code": each.code, "name": each.name, "group": each.group, "points": float(each.points), "formula": each.formula,
                "factor": float(each.factor), "when_nothing": each.when_nothing, "has_source": bool(each.source),
            }
            for each in found.criteria
        ],
        "own": score_told(own) if own is not None else None,
        "items": [score_told(score) for score in found.scores],
    }  # fmt: skip


@router.get("", response=ScoresOut, summary="Scores of agencies in a month, a quarter or a year", openapi_extra=errors("not_found"))
@fresh_answer
def read_scores(
    request: HttpRequest,
    year: Annotated[int | None, Query(ge=2000, le=2099, description="left out: this year")] = None,
    quarter: Annotated[int | None, Query(ge=1, le=4)] = None,
    month: Annotated[int | None, Query(ge=1, le=12)] = None,
    agency: Annotated[Text, Field(max_length=40, description="code of an agency: its own score and the units below; empty: all")] = "",
) -> dict[str, Any]:
    """Counted from data alone, anew every minute while the period runs; a dossier counts in the period in which it was received."""
    only(request, "year", "quarter", "month", "agency")
    today = timezone.localdate()
    if quarter is not None and month is not None:
        raise ApiError("invalid_request", detail="Ask for a `quarter` or a `month`, not for both.")
    year = year or today.year
    kind = PeriodKind.MONTH if month else PeriodKind.QUARTER if quarter else PeriodKind.YEAR
    first = date(year, month or (quarter or 1) * 3 - 2, 1)
    if first > today:
        raise ApiError("not_found", "This period has not begun.")
    if agency and not queries.is_known(agency):
        raise ApiError("not_found", "No agency with this code is known here.")
    found = queries.scores(kind.value, first, agency)
    return told(found, queries.score_of(agency, kind.value, first) if agency else None)
