"""Counts of ratings: what was answered is folded into them within seconds; they can be counted anew."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from ratings.cells import FIRST_DAY
from ratings.models import Rating

SLICE = 2_000
"""Ratings that are folded at a time."""
_LOCK = 1_515_002
_KEY = "source, grain, place, period, day, question, field_code, procedure_code"
_STEPS = [f"s{number}" for number in range(1, 6)]
_SUMS = ", ".join(f"{name} = old.{name} + excluded.{name}" for name in _STEPS)
_ADD = f"""
INSERT INTO ratings_ratingcount AS old ({_KEY}, parent, {", ".join(_STEPS)})
SELECT {_KEY}, parent, {", ".join(_STEPS)} FROM change
ON CONFLICT ({_KEY}) DO UPDATE SET {_SUMS}
"""  # noqa: S608
# An answer is its own delta: it waits until it is marked as counted, in the transaction that counts it. It counts for its unit, for every
# agency above it and for the country; of a dossier's slip also for the officer who was in charge, by year.
_FOLD = f"""
WITH taken AS (
    UPDATE ratings_rating SET is_counted = true WHERE id IN (
        SELECT id FROM ratings_rating WHERE NOT is_counted ORDER BY day, id LIMIT %(slice)s
    ) RETURNING id, source, form_id, unit_code, procedure_code, field_code, officer_id, day, ARRAY[q1, q2, q3, q4, q5] AS steps
), leaf AS (
    SELECT t.source, p.period, p.day, t.unit_code, t.field_code, t.procedure_code, t.officer_id,
        f.questions -> n ->> 'code' AS question, t.steps[n + 1] AS step, n
    FROM taken t JOIN ratings_slipform f ON f.number = t.form_id, generate_series(0, 4) AS n
    CROSS JOIN LATERAL (VALUES ('d', t.day), ('m', date_trunc('month', t.day)::date), ('y', date_trunc('year', t.day)::date),
        ('a', %(first)s::date)) AS p (period, day)
    WHERE n = 0 OR p.period <> 'd'
), change AS (
    SELECT leaf.source, g.grain, place, parent, leaf.period, leaf.day, leaf.question, g.field_code, g.procedure_code,
        {", ".join(f"count(*) FILTER (WHERE step = {number})::int AS s{number}" for number in range(1, 6))}
    FROM leaf CROSS JOIN LATERAL (
        SELECT array_to_string(parts[1:depth], '.') AS place,
            CASE depth WHEN 0 THEN '-' ELSE array_to_string(parts[1:depth - 1], '.') END AS parent
        FROM (SELECT string_to_array(leaf.unit_code, '.') AS parts) AS unit, generate_series(0, cardinality(parts)) AS depth
    ) AS places
    CROSS JOIN LATERAL (VALUES ('t', '', ''), ('f', leaf.field_code, ''), ('p', leaf.field_code, leaf.procedure_code))
        AS g (grain, field_code, procedure_code)
    WHERE g.grain = 't' OR (n = 0 AND leaf.period <> 'd' AND leaf.procedure_code <> '')
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 5, 6, 7, 8, 9
), written AS ({_ADD} RETURNING 1), officers AS (
    INSERT INTO ratings_officerrating AS old (unit_code, officer_id, year, question, {", ".join(_STEPS)})
    SELECT unit_code, officer_id, day, question, {", ".join(f"count(*) FILTER (WHERE step = {number})::int" for number in range(1, 6))}
    FROM leaf WHERE period = 'y' AND source = 'd' AND officer_id IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 2, 4
    ON CONFLICT (unit_code, year, officer_id, question) DO UPDATE SET {_SUMS} RETURNING 1
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM written), (SELECT count(*) FROM officers)
"""  # noqa: S608


@transaction.atomic
def fold() -> int:
    """Fold what was answered into the counts, the oldest first, one slice; how many answers. Nothing where another folds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone() == (False,):
            return 0
        cursor.execute(_FOLD, {"slice": SLICE, "first": FIRST_DAY})
        return int(cursor.fetchone()[0])


@transaction.atomic
def recount(say: Callable[[str], object] = lambda line: None) -> int:
    """Throw the counts away and count every answer anew, in one transaction: readers see the old counts until it is done."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("DELETE FROM ratings_ratingcount; DELETE FROM ratings_officerrating")
        Rating.objects.filter(is_counted=True).update(is_counted=False)
        say("counts emptied")
        counted = 0
        while True:
            cursor.execute(_FOLD, {"slice": SLICE, "first": FIRST_DAY})
            done = int(cursor.fetchone()[0])
            counted += done
            if not done:
                return counted
