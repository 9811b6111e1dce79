"""The tally kept: the difference of each change is noted with it, folded within seconds, and can be counted anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dossiers.national import Facts
from ratings.models import ScoreTally
from ratings.score.tally import LAST_DAY, MEASURES, NEVER, difference

SLICE = 5_000
"""Changes that are folded at a time."""
_LOCK = 1_515_003
_LEAF = "month, unit_code, procedure_code, late_from"
_KEY = "grain, month, place, procedure_code, late_from"
_COLUMNS = ", ".join(MEASURES)
_SUMS = ", ".join(f"sum({name})::int AS {name}" for name in MEASURES)
_NOTE = f"""
INSERT INTO ratings_scoredelta ({_LEAF}, {_COLUMNS})
SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::date[]{", %s::int[]" * len(MEASURES)})
"""
_ADD = f"""
INSERT INTO ratings_scoretally AS old ({_KEY}, {_COLUMNS}) SELECT {_KEY}, {_COLUMNS} FROM change
ON CONFLICT ({_KEY}) DO UPDATE SET {", ".join(f"{name} = old.{name} + excluded.{name}" for name in MEASURES)}
"""
# Each change counts for its unit by lateness, and for the ministry or province above by procedure.
_GRAINS = """
CROSS JOIN LATERAL (VALUES ('u', leaf.unit_code, '', leaf.late_from),
    ('p', split_part(leaf.unit_code, '.', 1), leaf.procedure_code, %(never)s::date)) AS g (grain, place, procedure_code, late_from)
"""
_FOLD = f"""
WITH leaf AS (
    DELETE FROM ratings_scoredelta WHERE id IN (SELECT id FROM ratings_scoredelta ORDER BY id LIMIT %(slice)s) RETURNING *
), change AS (
    SELECT g.grain, leaf.month, g.place, g.procedure_code, g.late_from, {_SUMS} FROM leaf {_GRAINS} GROUP BY 1, 2, 3, 4, 5
), written AS ({_ADD} RETURNING {_KEY}, {" AND ".join(f"{name} = 0" for name in MEASURES)} AS is_empty)
SELECT (SELECT count(*) FROM leaf), {", ".join(f"array_agg({name}) FILTER (WHERE is_empty)" for name in _KEY.split(", "))} FROM written
"""
_EMPTY = f"""
DELETE FROM ratings_scoretally WHERE ({_KEY}) IN (SELECT * FROM unnest(%s::text[], %s::date[], %s::text[], %s::text[], %s::date[]))
"""


def note(changes: Iterable[tuple[Facts | None, Facts]]) -> None:
    """Write what changes of dossiers (before, after) change in the tally, in their transaction."""
    rows = sorted(difference(changes).items())
    if not rows:
        return
    columns: list[list[Any]] = [list(column) for column in zip(*(cell for cell, _numbers in rows), strict=True)]
    columns += [list(column) for column in zip(*(numbers for _cell, numbers in rows), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, columns)


@transaction.atomic
def fold() -> int:
    """Fold what changed into the tally, the oldest first, one slice; returns how many changes. Nothing where another folds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone() == (False,):
            return 0
        cursor.execute(_FOLD, {"slice": SLICE, "never": NEVER})
        folded, *empty = cursor.fetchone()
        if empty[0]:
            cursor.execute(_EMPTY, empty)
        return int(folded)


# Counted anew --------------------------------------------------------------------------------------------------------------------


def day_of(column: str) -> str:
    """The day of Vietnam of a column of ``dossiers_nationaldossier n``; ``%(zone)s`` is given."""
    return f"(n.{column} AT TIME ZONE %(zone)s)::date"


OFFICIAL_END = (
    f"coalesce({day_of('finished_at')}, {day_of('returned_at')}, {day_of('stopped_at')}, {day_of('refused_at')}, {day_of('withdrawn_at')},"
    f" CASE WHEN n.supplement_is_pending THEN {day_of('supplement_asked_at')} END)"
)
"""Of a received dossier, as ``dossiers.national.official_end`` has it."""
_WANTED = f"coalesce({day_of('due_at')}, n.lawful_due_on)"
"""As ``dossiers.national.measured_by`` has it."""
_LIMIT = f"({_WANTED} + n.supplement_days::int)"
LATE_FROM = f"""
(CASE WHEN n.supplements_after > 1 THEN {day_of("received_at")}
    WHEN {_WANTED} IS NULL OR {_LIMIT} >= %(last_day)s::date THEN %(never)s::date
    WHEN {OFFICIAL_END} IS NULL OR {OFFICIAL_END} > {_LIMIT} THEN greatest({_LIMIT} + 1, {day_of("received_at")})
    ELSE %(never)s::date END)
"""
"""``ratings.score.tally.late_from`` in SQL."""
_IS_PAID = "n.paid_online IN ('1', '2')"
_HAS_RESULT = "n.state IN ('9', '10')"
CONDITIONS = {
    "received": "true",
    "online": "n.channel = '2'",
    "with_fee": f"(n.has_fee OR {_IS_PAID})",
    "paid_online": _IS_PAID,
    "resulted": _HAS_RESULT,
    "electronic": f"({_HAS_RESULT} AND n.has_digitised_result)",
    "digitised": f"({_HAS_RESULT} AND n.has_digitised_result AND n.has_digitised_papers)",
    "reused": "(n.reuses_data OR n.from_store)",
    "stored": "n.from_store",
    "population": "n.by_population",
}
"""The measures of :func:`ratings.score.tally.cell_of` in SQL: which rows each counts."""
_ROWS = f"""
CREATE TEMP TABLE leaf ON COMMIT DROP AS
SELECT {_LEAF}, {_SUMS} FROM (
    SELECT date_trunc('month', {day_of("received_at")})::date AS month, n.unit_code, n.procedure_code, {LATE_FROM} AS late_from,
        {", ".join(f"count(*) FILTER (WHERE {condition})::int AS {name}" for name, condition in CONDITIONS.items())}
    FROM dossiers_nationaldossier n WHERE NOT n.is_test AND n.received_at IS NOT NULL GROUP BY 1, 2, 3, 4
    UNION ALL SELECT {_LEAF}, {", ".join(f"-{name}" for name in MEASURES)} FROM ratings_scoredelta
) AS both_sides GROUP BY {_LEAF}
"""
_CHANGE = f"""
CREATE TEMP TABLE change ON COMMIT DROP AS
SELECT {_KEY}, {_SUMS} FROM (
    SELECT g.grain, leaf.month, g.place, g.procedure_code, g.late_from, {", ".join(f"leaf.{name}" for name in MEASURES)} FROM leaf {_GRAINS}
    UNION ALL SELECT {_KEY}, {", ".join(f"-{name}" for name in MEASURES)} FROM ratings_scoretally
) AS both_sides GROUP BY {_KEY} HAVING {" OR ".join(f"sum({name}) <> 0" for name in MEASURES)}
"""


def given() -> dict[str, Any]:
    """The values that the SQL of this file names."""
    return {"zone": settings.TIME_ZONE, "never": NEVER, "last_day": LAST_DAY}


@dataclass(frozen=True)
class Difference:
    """A count that is not what the national table gives: where, and by how much each measure is off (what there is minus what is kept)."""

    grain: str
    month: date
    place: str
    procedure_code: str
    late_from: date
    measures: dict[str, int]

    def __str__(self) -> str:
        by = ", ".join(f"{name} {number:+d}" for name, number in self.measures.items())
        late = "never" if self.late_from == NEVER else self.late_from
        return f"{self.grain} {self.place} {self.month:%Y-%m} {self.procedure_code or '-'} late from {late}: {by}"


@transaction.atomic
def recount(*, mend: bool) -> tuple[int, Difference | None]:
    """Count everything anew from the national table; how many counts differ, and the first of them. ``mend`` puts them right.

    One statement sees rows and changes not yet folded as of one moment, and nobody folds meanwhile: dossiers go on.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_ROWS, given())
        cursor.execute(_CHANGE, given())
        cursor.execute(f"SELECT {_KEY}, {_COLUMNS} FROM change ORDER BY {_KEY} LIMIT 1")
        first = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM change")
        differing = int(cursor.fetchone()[0])
        if mend and differing:
            cursor.execute(_ADD)
            cursor.execute(f"DELETE FROM ratings_scoretally WHERE {' AND '.join(f'{name} = 0' for name in MEASURES)}")
        cursor.execute("DROP TABLE leaf, change")
    if first is None:
        return 0, None
    grain, month, place, procedure_code, late, *numbers = first
    measures = {name: number for name, number in zip(MEASURES, numbers, strict=True) if number}
    return differing, Difference(grain, month, place, procedure_code, late, measures)


def begin() -> str:
    """Count the dossiers that were there before the tally was; once there is a tally, nothing. One line that says what there is."""
    if not ScoreTally.objects.exists():
        recount(mend=True)
    return f"{ScoreTally.objects.count()} số đếm để chấm điểm"
