"""Statistics kept: the difference of each change is noted with it, folded into counts within seconds, and can be counted anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dossiers.national import ENDED_STATES, Facts
from ratings.cells import FIRST_DAY, LAST_DAY, MEASURES, difference
from ratings.models import DossierCount
from ratings.packing import IS_DENSE, entries

EVERY_UNIT = {"after": "", "upto": "~"}
"""Codes are capitals, digits and points, in the order of their bytes."""
SLICE = 5_000
"""Changes that are folded at a time."""
_LOCK = 1_515_001
_KEYS = "day, unit_code, procedure_code, field_code, channel, service_level"
_SUMS = ", ".join(f"sum({name})::int AS {name}" for name in MEASURES)
_MEASURES = ", ".join(MEASURES)
_COLUMNS = "grain, place, parent, period, day, field_code, procedure_code, channel, service_level"
_KEY = "grain, place, period, day, field_code, procedure_code, channel, service_level"
_ADD = f"""
INSERT INTO ratings_dossiercount AS old ({_COLUMNS}, {_MEASURES}, days) SELECT {_COLUMNS}, {_MEASURES}, days FROM change
ON CONFLICT ({_KEY}) DO UPDATE SET {", ".join(f"{name} = old.{name} + excluded.{name}" for name in MEASURES)},
    days = CASE WHEN excluded.days IS NOT NULL THEN ratings_merge_days(old.days, excluded.days) END
"""
# What rows by day and place (``placed``) change in the counts: years, all time where no procedure is told apart, months and days where it
# is dense; else months that hold their days.
_OF_PLACED = "placed.grain, placed.place, placed.parent"
_TOLD = "placed.field_code, placed.procedure_code, placed.channel, placed.service_level"
_CHANGED = f"""
SELECT {_OF_PLACED}, p.period, p.day, {_TOLD}, {_SUMS}, NULL::integer[] AS days
FROM placed CROSS JOIN LATERAL (VALUES ('d', placed.day), ('m', date_trunc('month', placed.day)::date),
    ('y', date_trunc('year', placed.day)::date), ('a', %(first)s::date)) AS p (period, day)
WHERE CASE p.period WHEN 'y' THEN true WHEN 'a' THEN placed.grain <> 'p' ELSE {IS_DENSE} END
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
UNION ALL
SELECT {_OF_PLACED}, 'm', date_trunc('month', placed.day)::date, {_TOLD}, {_SUMS},
    ratings_concat_days({entries("placed")} ORDER BY placed.day)
FROM placed WHERE NOT {IS_DENSE} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""

# Noted with the change -----------------------------------------------------------------------------------------------------------

_NOTE = f"""
INSERT INTO ratings_dossierdelta ({_KEYS}, {_MEASURES})
SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]{", %s::int[]" * len(MEASURES)})
"""


def note(changes: Iterable[tuple[Facts | None, Facts]]) -> None:
    """Write what changes of dossiers (before, after) change in the counts, in their transaction."""
    rows: defaultdict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    for (day, measure, *key), number in difference(changes).items():
        rows[day, *key][measure] = number
    if not rows:
        return
    keys = sorted(rows)
    columns = [list(column) for column in zip(*keys, strict=True)]
    columns += [[rows[key].get(measure, 0) for key in keys] for measure in MEASURES]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, columns)


# Folded --------------------------------------------------------------------------------------------------------------------------

# Each change counts for its unit, for every agency above it and for the country, in each of three grains, by field only at the top.
_FOLD = f"""
WITH taken AS (
    DELETE FROM ratings_dossierdelta WHERE id IN (SELECT id FROM ratings_dossierdelta ORDER BY id LIMIT %(slice)s) RETURNING *
), leaf AS (
    SELECT {_KEYS}, {_SUMS} FROM taken GROUP BY {_KEYS}
), placed AS (
    SELECT g.grain, place, parent, leaf.day, g.field_code, g.procedure_code, channel, service_level, {_SUMS}
    FROM leaf CROSS JOIN LATERAL (
        SELECT array_to_string(parts[1:depth], '.') AS place,
            CASE depth WHEN 0 THEN '-' ELSE array_to_string(parts[1:depth - 1], '.') END AS parent
        FROM (SELECT string_to_array(leaf.unit_code, '.') AS parts) AS unit, generate_series(0, cardinality(parts)) AS depth
    ) AS places
    CROSS JOIN LATERAL (VALUES ('t', '', ''), ('f', leaf.field_code, ''), ('p', leaf.field_code, leaf.procedure_code))
        AS g (grain, field_code, procedure_code)
    WHERE g.grain <> 'f' OR parent IN ('-', '')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), change AS ({_CHANGED}), written AS ({_ADD} RETURNING {_KEY}, {" AND ".join(f"{name} = 0" for name in MEASURES)} AS is_empty)
SELECT (SELECT count(*) FROM taken), {", ".join(f"array_agg({name}) FILTER (WHERE is_empty)" for name in _KEY.split(", "))} FROM written
"""
# What was expected and did not come leaves nothing behind: a dossier done in time was due on a day on which now nothing is.
_EMPTY = f"""
DELETE FROM ratings_dossiercount WHERE ({_KEY}) IN (
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[])
)
"""


@transaction.atomic
def fold() -> int:
    """Fold what changed into the counts, the oldest first, one slice; returns how many changes. Nothing where another folds.

    What is folded is deleted in the same transaction: whoever reads sees a change either waiting or counted, never both, never neither.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone() == (False,):
            return 0
        cursor.execute(_FOLD, {"slice": SLICE, "first": FIRST_DAY})
        folded, *empty = cursor.fetchone()
        if empty[0]:
            cursor.execute(_EMPTY, empty)
        return int(folded)


# Counted anew --------------------------------------------------------------------------------------------------------------------


def _day(column: str) -> str:
    return f"(n.{column} AT TIME ZONE %(zone)s)::date"


_ENDS = f"""
CASE WHEN n.state <> ALL (%(ended)s) THEN NULL ELSE coalesce(
    CASE n.state WHEN '3' THEN {_day("refused_at")} WHEN '8' THEN {_day("stopped_at")} WHEN '7' THEN {_day("withdrawn_at")} END,
    {_day("finished_at")}, {_day("returned_at")}) END
"""
# An independent reading of the national table, in SQL: what ``ratings.cells.cells`` says of each row.
_READ = f"""
WITH dated AS (
    SELECT n.unit_code, n.procedure_code, n.field_code, n.channel, n.service_level, n.state, n.has_fee,
        n.paid_online IN ('1', '2') AS is_paid, n.supplements_before + n.supplements_after > 0 AS is_supplemented,
        n.has_digitised_result, n.has_digitised_result AND n.has_digitised_papers AS is_digitised,
        n.reuses_data OR n.from_store AS is_reused,
        {_day("received_at")} AS received, {_day("due_at")} AS due, {_ENDS} AS ended
    FROM dossiers_nationaldossier n WHERE NOT n.is_test AND n.unit_code > %(after)s AND n.unit_code <= %(upto)s
), clear AS (
    SELECT *, greatest(ended, CASE WHEN ended IS NOT NULL THEN received END) AS closed,
        CASE WHEN received IS NOT NULL AND due IS NOT NULL THEN greatest(due + 1, received) END AS late_from
    FROM dated
), counted AS (
    SELECT least(greatest(v.day, %(first)s::date), %(last)s::date) AS day, unit_code, procedure_code, field_code, channel, service_level,
        {", ".join(f"coalesce(sum(v.{name}), 0)::int AS {name}" for name in MEASURES)}
    FROM clear c CROSS JOIN LATERAL (
        SELECT c.received, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, c.is_supplemented::int, (c.has_fee OR c.is_paid)::int, c.is_paid::int,
            0, 0, c.is_reused::int
        WHERE c.received IS NOT NULL
        UNION ALL SELECT c.late_from, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 WHERE c.late_from < coalesce(c.closed, 'infinity')
        UNION ALL SELECT c.closed, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0 WHERE c.late_from < c.closed
        UNION ALL SELECT c.closed, 0, (c.received IS NOT NULL)::int, (r.yes AND c.ended < c.due)::int, (r.yes AND c.ended = c.due)::int,
            (r.yes AND c.ended > c.due)::int, (r.yes AND c.due IS NULL)::int, (c.state = '3')::int, (c.state = '7')::int,
            (r.yes AND c.state = '8')::int, 0, 0, 0, 0, 0,
            (r.yes AND c.state <> '8' AND c.is_digitised)::int, (r.yes AND c.state <> '8' AND c.has_digitised_result)::int, 0
        FROM (SELECT c.received IS NOT NULL AND c.state IN ('8', '9', '10') AS yes) AS r WHERE c.closed IS NOT NULL
    ) AS v (day, {_MEASURES})
    GROUP BY 1, 2, 3, 4, 5, 6
)
"""
"""The CTE ``counted``: the cells of units in a range of codes; :data:`EVERY_UNIT` is all of them."""
_CELLS = f"""
CREATE TEMP TABLE cell ON COMMIT DROP AS
{_READ}
SELECT {_KEYS}, {_SUMS} FROM (
    SELECT * FROM counted
    UNION ALL SELECT {_KEYS}, {", ".join(f"-{name}" for name in MEASURES)} FROM ratings_dossierdelta
) AS both_sides GROUP BY {_KEYS}
HAVING {" OR ".join(f"sum({name}) <> 0" for name in MEASURES)}
"""
_RECOUNT = f"CREATE TEMP TABLE recount ON COMMIT DROP AS SELECT {_COLUMNS}, {_MEASURES}, days FROM ratings_dossiercount LIMIT 0"
_DEPTH = "SELECT coalesce(max(cardinality(string_to_array(unit_code, '.'))), 0) FROM cell"
_NOBODY = f"""
CREATE TEMP TABLE below ON COMMIT DROP AS
SELECT unit_code AS place, day, procedure_code, field_code, channel, service_level, {_MEASURES} FROM cell LIMIT 0
"""
# From the bottom up: the units of a depth and what lies below them; then the country. By day, but only one depth at a time.
_LEVEL = f"""
CREATE TEMP TABLE level ON COMMIT DROP AS
SELECT array_to_string(parts[1:%(depth)s], '.') AS place,
    CASE WHEN %(depth)s = 0 THEN '-' ELSE array_to_string(parts[1:%(depth)s - 1], '.') END AS parent,
    day, procedure_code, field_code, channel, service_level, {_SUMS}
FROM (
    SELECT string_to_array(unit_code, '.') AS parts, day, procedure_code, field_code, channel, service_level, {_MEASURES} FROM cell
    WHERE cardinality(string_to_array(unit_code, '.')) = %(depth)s
    UNION ALL SELECT string_to_array(place, '.'), day, procedure_code, field_code, channel, service_level, {_MEASURES} FROM below
) AS found GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_COUNTS = f"""
INSERT INTO recount ({_COLUMNS}, {_MEASURES}, days)
WITH placed AS (
    SELECT 'p' AS grain, place, parent, day, field_code, procedure_code, channel, service_level, {_MEASURES} FROM level
    UNION ALL SELECT 't', place, parent, day, '', '', channel, service_level, {_SUMS} FROM level
    GROUP BY place, parent, day, channel, service_level
    UNION ALL SELECT 'f', place, parent, day, field_code, '', channel, service_level, {_SUMS} FROM level WHERE parent IN ('-', '')
    GROUP BY place, parent, day, field_code, channel, service_level
) {_CHANGED}
"""
# What is kept and counted alike drops out before anything is added up: mostly that is all of it.
_CHANGE = f"""
CREATE TEMP TABLE change ON COMMIT DROP AS
SELECT {", ".join(f"coalesce(r.{name}, c.{name}) AS {name}" for name in _COLUMNS.split(", "))},
    {", ".join(f"coalesce(r.{name}, 0) - coalesce(c.{name}, 0) AS {name}" for name in MEASURES)},
    CASE WHEN r.days IS NOT NULL OR c.days IS NOT NULL THEN ratings_merge_days(r.days, ratings_negate_days(c.days)) END AS days
FROM recount r FULL JOIN ratings_dossiercount c
    ON {" AND ".join(f"r.{name} = c.{name}" for name in _KEY.split(", "))}
WHERE r.days IS DISTINCT FROM c.days OR {" OR ".join(f"coalesce(r.{name}, 0) <> coalesce(c.{name}, 0)" for name in MEASURES)}
"""
_GONE = f"""
DELETE FROM ratings_dossiercount c USING change WHERE {" AND ".join(f"c.{name} = change.{name}" for name in _KEY.split(", "))}
    AND {" AND ".join(f"c.{name} = 0" for name in MEASURES)}
"""


@dataclass(frozen=True)
class Difference:
    """A count that is not what the national table gives: where, and by how much each measure is off (what there is minus what is kept)."""

    grain: str
    place: str
    period: str
    day: date
    field_code: str
    procedure_code: str
    channel: str
    service_level: str
    measures: dict[str, int]

    def __str__(self) -> str:
        where = " ".join(
            part or "-" for part in (self.grain, self.place, f"{self.period}:{self.day}", self.field_code, self.procedure_code)
        )
        by = ", ".join(f"{name} {number:+d}" for name, number in self.measures.items())
        return f"{where} channel {self.channel or '-'} level {self.service_level or '-'}: {by}"


@transaction.atomic
def recount(*, mend: bool, say: Callable[[str], object] = lambda line: None) -> tuple[int, Difference | None]:
    """Count everything anew from the national table; how many counts differ, and the first of them. ``mend`` puts them right.

    One statement sees rows and changes not yet folded as of one moment, and nobody folds meanwhile: dossiers go on.
    """
    given: dict[str, Any] = {
        "zone": settings.TIME_ZONE, "ended": sorted(ENDED_STATES), "first": FIRST_DAY, "last": LAST_DAY,
        **EVERY_UNIT,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_CELLS, given)
        cursor.execute("ANALYZE cell")
        say("dossiers read")
        cursor.execute(_RECOUNT)
        cursor.execute(_DEPTH)
        deepest = int(cursor.fetchone()[0])
        cursor.execute(_NOBODY)
        for depth in range(deepest, -1, -1):
            cursor.execute(_LEVEL, {"depth": depth})
            cursor.execute("ANALYZE level")
            cursor.execute(_COUNTS, given)
            cursor.execute("DROP TABLE below; ALTER TABLE level RENAME TO below")
        cursor.execute("ANALYZE recount")
        say("counts made")
        cursor.execute(_CHANGE)
        say("counts compared")
        cursor.execute(f"SELECT {_COLUMNS}, {_MEASURES} FROM change ORDER BY {_COLUMNS} LIMIT 1")
        first = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM change")
        differing = int(cursor.fetchone()[0])
        if mend and differing:
            cursor.execute(_ADD)
            cursor.execute(_GONE)
        cursor.execute("DROP TABLE cell, below, recount, change")
    if first is None:
        return 0, None
    named = dict(zip((*_COLUMNS.split(", "), *MEASURES), first, strict=True))
    measures = {name: number for name in MEASURES if (number := named.pop(name))}
    del named["parent"]
    return differing, Difference(**named, measures=measures)


def begin() -> str:
    """Count the dossiers that were there before statistics were; once there are counts, nothing. One line that says what there is."""
    if not DossierCount.objects.exists():
        recount(mend=True)
    return f"{DossierCount.objects.count()} số đếm"
