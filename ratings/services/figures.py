"""Statistics kept: the difference of each change is noted with it and folded into counts within seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from dossiers.national import Facts
from ratings.cells import FIRST_DAY, MEASURES, difference
from ratings.models import DossierCount
from ratings.packing import IS_DENSE, entries
from ratings.services.columns import ADD, KEY, KEYS, LOCK, MEASURES_LISTED, SUMS
from ratings.services.recounting import recount

__all__ = ["begin", "fold", "note", "recount"]

SLICE = 5_000
"""Changes that are folded at a time."""
# What rows by day and place (``placed``) change in the counts: years, all time where no procedure is told apart, months and days where it
# is dense; else months that hold their days.
_OF_PLACED = "placed.grain, placed.place, placed.parent"
_TOLD = "placed.field_code, placed.procedure_code, placed.channel, placed.service_level"
_CHANGED = f"""
SELECT {_OF_PLACED}, p.period, p.day, {_TOLD}, {SUMS}, NULL::integer[] AS days
FROM placed CROSS JOIN LATERAL (VALUES ('d', placed.day), ('m', date_trunc('month', placed.day)::date),
    ('y', date_trunc('year', placed.day)::date), ('a', %(first)s::date)) AS p (period, day)
WHERE CASE p.period WHEN 'y' THEN true WHEN 'a' THEN placed.grain <> 'p' ELSE {IS_DENSE} END
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
UNION ALL
SELECT {_OF_PLACED}, 'm', date_trunc('month', placed.day)::date, {_TOLD}, {SUMS},
    ratings_concat_days({entries("placed")} ORDER BY placed.day)
FROM placed WHERE NOT {IS_DENSE} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""

# Noted with the change -----------------------------------------------------------------------------------------------------------

_NOTE = f"""
INSERT INTO ratings_dossierdelta ({KEYS}, {MEASURES_LISTED})
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
    SELECT {KEYS}, {SUMS} FROM taken GROUP BY {KEYS}
), placed AS (
    SELECT g.grain, place, parent, leaf.day, g.field_code, g.procedure_code, channel, service_level, {SUMS}
    FROM leaf CROSS JOIN LATERAL (
        SELECT array_to_string(parts[1:depth], '.') AS place,
            CASE depth WHEN 0 THEN '-' ELSE array_to_string(parts[1:depth - 1], '.') END AS parent
        FROM (SELECT string_to_array(leaf.unit_code, '.') AS parts) AS unit, generate_series(0, cardinality(parts)) AS depth
    ) AS places
    CROSS JOIN LATERAL (VALUES ('t', '', ''), ('f', leaf.field_code, ''), ('p', leaf.field_code, leaf.procedure_code))
        AS g (grain, field_code, procedure_code)
    WHERE g.grain <> 'f' OR parent IN ('-', '')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), change AS ({_CHANGED}), written AS ({ADD} RETURNING {KEY}, {" AND ".join(f"{name} = 0" for name in MEASURES)} AS is_empty)
SELECT (SELECT count(*) FROM taken), {", ".join(f"array_agg({name}) FILTER (WHERE is_empty)" for name in KEY.split(", "))} FROM written
"""
# What was expected and did not come leaves nothing behind: a dossier done in time was due on a day on which now nothing is.
_EMPTY = f"""
DELETE FROM ratings_dossiercount WHERE ({KEY}) IN (
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[])
)
"""


@transaction.atomic
def fold() -> int:
    """Fold what changed into the counts, the oldest first, one slice; returns how many changes. Nothing where another folds.

    What is folded is deleted in the same transaction: whoever reads sees a change either waiting or counted, never both, never neither.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if cursor.fetchone() == (False,):
            return 0
        cursor.execute(_FOLD, {"slice": SLICE, "first": FIRST_DAY})
        folded, *empty = cursor.fetchone()
        if empty[0]:
            cursor.execute(_EMPTY, empty)
        return int(folded)


def begin() -> str:
    """Count the dossiers that were there before statistics were; once there are counts, nothing. One line that says what there is."""
    if not DossierCount.objects.exists():
        recount(mend=True)
    return f"{DossierCount.objects.count()} số đếm"
