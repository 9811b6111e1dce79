"""The score counted: numerator and denominator of every criterion of every agency, for the periods that run and those still open to change.

What pages, API and open data read is written here and nowhere else; a count that stays as it was is not written again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from ratings.models import ScoreCount, ScoreTally
from ratings.score import criteria, folding
from ratings.score.frozen import is_frozen
from ratings.score.rules import PeriodKind, first_day, last_day
from ratings.score.sources import SOURCES
from ratings.score.sources.base import Span
from ratings.score.sources.dossiers import TALLIED

Period = tuple[str, date]
"""Kind and first day."""
_LOCK = 1_515_004
_PLACE = f"""
CREATE TEMP TABLE score_place ON COMMIT DROP AS
WITH unit AS MATERIALIZED (
    SELECT string_to_array(t.place, '.') AS parts, {", ".join(f"sum({value}) AS {name}" for name, value in TALLIED.items())}
    FROM ratings_scoretally t WHERE t.grain = 'u' AND t.month BETWEEN %(first)s AND %(last)s GROUP BY t.place
)
SELECT array_to_string(parts[1:depth], '.') AS place, {", ".join(f"sum({name})::bigint AS {name}" for name in TALLIED)}
FROM unit CROSS JOIN LATERAL generate_series(1, cardinality(parts)) AS depth GROUP BY 1
"""
_COUNTED = """
CREATE TEMP TABLE counted (agency text COLLATE "C", criterion text COLLATE "C", numerator bigint, denominator bigint) ON COMMIT DROP
"""
# An agency is scored where it received a dossier: points for what nobody asked of it say nothing of how it serves.
_BUSY = """
CREATE TEMP TABLE busy ON COMMIT DROP AS SELECT place COLLATE "C" AS agency FROM score_place WHERE received > 0
"""
_NOTHING = """
INSERT INTO counted SELECT b.agency, c.code, 0, 0 FROM busy b
CROSS JOIN unnest(%(codes)s::text[], %(ministries)s::boolean[], %(provinces)s::boolean[], %(units)s::boolean[])
    AS c (code, ministries, provinces, units)
WHERE CASE WHEN position('.' in b.agency) > 0 THEN c.units WHEN left(b.agency, 1) = 'H' THEN c.provinces ELSE c.ministries END
    AND NOT EXISTS (SELECT FROM counted o WHERE o.agency = b.agency AND o.criterion = c.code)
"""
_IDLE = """
DELETE FROM counted c WHERE NOT EXISTS (SELECT FROM busy b WHERE b.agency = c.agency)
"""
_WRITE = """
INSERT INTO ratings_scorecount AS old (period, first, agency, parent, criterion, numerator, denominator, counted_at)
SELECT %(period)s, %(first)s, c.agency,
    CASE WHEN position('.' in c.agency) > 0 THEN regexp_replace(c.agency, '\\.[^.]*$', '') ELSE '' END,
    c.criterion, c.numerator, c.denominator, %(now)s
FROM counted c
ON CONFLICT (period, first, agency, criterion) DO UPDATE
SET numerator = excluded.numerator, denominator = excluded.denominator, counted_at = excluded.counted_at
WHERE (old.numerator, old.denominator) <> (excluded.numerator, excluded.denominator)
"""
_REMOVE = """
DELETE FROM ratings_scorecount o WHERE o.period = %(period)s AND o.first = %(first)s AND NOT EXISTS (
    SELECT FROM counted c WHERE c.agency = o.agency AND c.criterion = o.criterion
)
"""


@transaction.atomic
def count(period: str, first: date, *, now: datetime) -> int:
    """Count one period and write what changed; how many rows. Nothing of a frozen year, and nothing where another counts."""
    if is_frozen(first.year):
        return 0
    span = Span(period, first, now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone() == (False,):
            return 0
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL statement_timeout = 0")
        versions = [each for each in criteria.in_force(first) if each.source in SOURCES]
        cursor.execute(_PLACE, span.values)
        cursor.execute("ANALYZE score_place")
        cursor.execute(_COUNTED)
        for each in versions:
            sql, values = SOURCES[each.source].counts(span)
            cursor.execute(
                f"INSERT INTO counted SELECT place, %(criterion)s, numerator, denominator FROM ({sql}) AS of WHERE {_applies(each)}",
                {**values, "criterion": each.code},
            )
        cursor.execute(_BUSY)
        cursor.execute("ANALYZE counted")
        cursor.execute("ANALYZE busy")
        cursor.execute(_IDLE)
        cursor.execute(_NOTHING, {
            "codes": [each.code for each in versions], "ministries": [each.for_ministries for each in versions],
            "provinces": [each.for_provinces for each in versions], "units": [each.for_units for each in versions],
        })  # fmt: skip
        # Rows written a moment ago have no statistics: whatever way the planner then takes, each is looked up once.
        cursor.execute("CREATE UNIQUE INDEX ON counted (agency, criterion)")
        cursor.execute("ANALYZE counted")
        cursor.execute(_WRITE, {"period": period, "first": first, "now": now})
        changed = int(cursor.rowcount)
        cursor.execute(_REMOVE, {"period": period, "first": first})
        changed += int(cursor.rowcount)
        cursor.execute("DROP TABLE score_place, counted, busy")
    return changed


def _applies(criterion: Any) -> str:
    """The condition that a criterion scores a place."""
    said = (criterion.for_units, criterion.for_provinces, criterion.for_ministries)
    units, provinces, ministries = ("true" if each else "false" for each in said)
    return f"CASE WHEN position('.' in place) > 0 THEN {units} WHEN left(place, 1) = 'H' THEN {provinces} ELSE {ministries} END"


def running(today: date) -> list[Period]:
    """The month, quarter and year that run."""
    return [(kind.value, first_day(kind, today)) for kind in PeriodKind]


def closed(today: date, *, year: int | None = None) -> Iterator[Period]:
    """The periods that have ended and may still change, the newest first: of years not frozen, as far back as there are dossiers."""
    oldest = ScoreTally.objects.aggregate(month=Min("month"))["month"]
    if oldest is None:
        return
    for number in range(today.year, max(oldest.year, 2000) - 1, -1):
        if (year is not None and number != year) or is_frozen(number):
            continue
        for kind in (PeriodKind.YEAR, PeriodKind.QUARTER, PeriodKind.MONTH):
            months = {PeriodKind.YEAR: (1,), PeriodKind.QUARTER: (10, 7, 4, 1), PeriodKind.MONTH: range(12, 0, -1)}[kind]
            for month in months:
                first = date(number, month, 1)
                if last_day(kind, first) < today and last_day(kind, first) >= oldest:
                    yield kind.value, first


def count_running(*, now: datetime) -> int:
    """Count the periods that run; how many rows changed."""
    while folding.fold():
        pass
    return sum(count(kind, first, now=now) for kind, first in running(timezone.localdate(now)))


def count_all(*, now: datetime, year: int | None = None) -> int:
    """Count all that may change, or that of one year; how many rows changed."""
    while folding.fold():
        pass
    today = timezone.localdate(now)
    periods = [period for period in running(today) if year is None or period[1].year == year]
    return sum(count(kind, first, now=now) for kind, first in [*periods, *closed(today, year=year)])


def begin() -> str:
    """Count the score where it has never been counted. One line that says what there is."""
    if not ScoreCount.objects.exists():
        count_all(now=timezone.now())
    return f"{ScoreCount.objects.count()} số đếm điểm đánh giá"
