"""From counts to points, classes and ranks: pure functions in decimal arithmetic, two places, half up (Rules art. 30.1, 30.2).

`recompute.py` of the open data says the same in its own words; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")
FULL = Decimal(100)


class WhenNothing(StrEnum):
    """What a criterion gives where there was nothing to count."""

    ZERO = "zero"
    FULL = "full"
    OUT = "out"
    """It is left out, and what is left is measured anew against 100."""


class PeriodKind(StrEnum):
    """For what times a score is counted."""

    MONTH = "m"
    QUARTER = "q"
    YEAR = "y"


class ScoreClass(StrEnum):
    """The five classes (Rules art. 30.2)."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    AVERAGE = "average"
    WEAK = "weak"


CLASSES = (
    (Decimal(90), ScoreClass.EXCELLENT),
    (Decimal(80), ScoreClass.GOOD),
    (Decimal(70), ScoreClass.FAIR),
    (Decimal(50), ScoreClass.AVERAGE),
    (Decimal(0), ScoreClass.WEAK),
)
"""From how many points on: Decision 766/QĐ-TTg, as provinces publish it."""


@dataclass(frozen=True)
class Rule:
    """What of a criterion decides about points."""

    code: str
    points: Decimal
    formula: str
    factor: Decimal
    when_nothing: str
    has_source: bool = True


@dataclass(frozen=True)
class Count:
    """Numerator and denominator of one criterion of one agency in one period."""

    numerator: int
    denominator: int


@dataclass(frozen=True)
class Points:
    """What one criterion gives. ``points`` None: it is left out."""

    code: str
    most: Decimal
    points: Decimal | None
    ratio: Decimal | None
    """Numerator to denominator, four places; None without a denominator."""
    count: Count | None


@dataclass(frozen=True)
class Total:
    """The points of an agency in a period."""

    points: Decimal | None
    """Of 100; None where nothing could be counted."""
    reached: Decimal
    """Sum of the points that were given."""
    possible: Decimal
    """Sum of the most that the criteria which counted can give; where it is not 100, the total is rescaled and said to be."""
    left_out: tuple[str, ...]

    @property
    def is_rescaled(self) -> bool:
        """Whether criteria are missing in it."""
        return self.possible != FULL


def rounded(number: Decimal) -> Decimal:
    """Two places, half up."""
    return number.quantize(CENT, ROUND_HALF_UP)


def share(points: Decimal, ratio: Decimal, factor: Decimal) -> Decimal:
    """All points at a ratio of one, in proportion below. ``factor`` is not asked."""
    return points * min(ratio, Decimal(1))


def capped(points: Decimal, ratio: Decimal, factor: Decimal) -> Decimal:
    """All points from the ratio ``factor`` on, in proportion below."""
    return min(points, points * ratio / factor)


FORMULAS: Mapping[str, Callable[[Decimal, Decimal, Decimal], Decimal]] = {"share": share, "capped": capped}
"""Named in the rows of criteria."""


def points_of(rule: Rule, count: Count | None) -> Points:
    """The points of one criterion; a numerator below nothing counts as nothing."""
    if not rule.has_source or count is None:
        return Points(rule.code, rule.points, None, None, None)
    if count.denominator <= 0:
        given = {WhenNothing.ZERO: Decimal(0), WhenNothing.FULL: rule.points, WhenNothing.OUT: None}[WhenNothing(rule.when_nothing)]
        return Points(rule.code, rule.points, given, None, count)
    ratio = Decimal(max(count.numerator, 0)) / Decimal(count.denominator)
    given = rounded(FORMULAS[rule.formula](rule.points, ratio, rule.factor))
    return Points(rule.code, rule.points, given, ratio.quantize(Decimal("0.0001"), ROUND_HALF_UP), count)


def total(points: Iterable[Points]) -> Total:
    """The sum, measured anew against 100 where criteria are left out."""
    reached, possible, left_out = Decimal(0), Decimal(0), []
    for each in points:
        if each.points is None:
            left_out.append(each.code)
        else:
            reached += each.points
            possible += each.most
    whole = None if not possible else rounded(reached) if possible == FULL else rounded(reached * FULL / possible)
    return Total(whole, reached, possible, tuple(left_out))


def class_of(points: Decimal) -> ScoreClass:
    """The class of a total."""
    return next(name for least, name in CLASSES if points >= least)


def ranked(totals: Mapping[str, Decimal | None]) -> list[tuple[int | None, str, Decimal | None]]:
    """Agencies by points, the most first; equal points share a rank, the next one is left free. Without points: at the end.

    Among equals the code orders, so that the list is the same for everybody.
    """
    found: list[tuple[int | None, str, Decimal | None]] = []
    known = sorted(((code, points) for code, points in totals.items() if points is not None), key=lambda row: (-row[1], row[0]))
    rank, before = 0, None
    for place, (code, points) in enumerate(known, 1):
        if points != before:
            rank, before = place, points
        found.append((rank, code, points))
    return found + [(None, code, None) for code in sorted(code for code, points in totals.items() if points is None)]


# Periods -------------------------------------------------------------------------------------------------------------------------


def first_day(kind: str, day: date) -> date:
    """The first day of the month, quarter or year in which a day lies."""
    if kind == PeriodKind.YEAR:
        return date(day.year, 1, 1)
    if kind == PeriodKind.QUARTER:
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return day.replace(day=1)


def last_day(kind: str, first: date) -> date:
    """The last day of a period that begins on ``first``."""
    months = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}[PeriodKind(kind)]
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def in_force(versions: Sequence[tuple[date, date | None]], day: date) -> int | None:
    """Which of several versions (from, to or None) is in force on a day; None when none is."""
    for number, (begin, end) in enumerate(versions):
        if begin <= day and (end is None or day <= end):
            return number
    return None
