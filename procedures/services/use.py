"""What people come for: readings are added up by day, and once a night they become the popularity that orders lists and answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import connection, transaction

from procedures.models import USE_WINDOW_DAYS, ProcedureUse

KEEP_DAYS = 400
"""Readings older than this are removed; a year and a month let this season be compared with the last one."""
LEAST_TOP = 1_000
"""Readings that the most read procedure is taken to have at least: a handful of readings moves nothing far."""
FEATURED_READINGS = 1_000
CURATED_READINGS = 20
"""What the editors' choice is worth in readings until people's own outweigh it: the k-th on the home page has 1/k of the first."""


@transaction.atomic
def add_uses(counts: Mapping[tuple[str, dt.date], int]) -> int:
    """Add readings by code and day; codes that do not exist are left out. One query. Returns how many rows were written."""
    if not counts:
        return 0
    codes, days, numbers = zip(*((code, day, number) for (code, day), number in counts.items()), strict=True)
    with connection.cursor() as cursor:
        # In the order of the key: two processes that write at once wait for each other instead of locking each other out.
        cursor.execute(
            "INSERT INTO procedures_procedureuse (procedure_id, day, count)"
            " SELECT p.id, new.day, sum(new.number) FROM unnest(%s::text[], %s::date[], %s::int[]) AS new (code, day, number)"
            " JOIN procedures_procedure p ON p.code = new.code GROUP BY p.id, new.day ORDER BY p.id, new.day"
            " ON CONFLICT (procedure_id, day) DO UPDATE SET count = procedures_procedureuse.count + EXCLUDED.count",
            [list(codes), list(days), list(numbers)],
        )
        return cursor.rowcount


@transaction.atomic
def rank_by_use(today: dt.date) -> int:
    """Turn the readings of the last ``USE_WINDOW_DAYS`` days into ``popularity``, 0 to 1000 by their logarithm; remove old ones.

    Writes only what differs, so that a night without news empties no kept page. Returns how many versions it wrote.
    """
    ProcedureUse.objects.filter(day__lt=today - dt.timedelta(days=KEEP_DAYS)).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH readings AS ("
            "  SELECT p.id, coalesce(u.number, 0)"
            "   + coalesce(%(featured)s / nullif(p.featured_rank, 0), 0)"
            "   + CASE WHEN EXISTS (SELECT 1 FROM procedures_procedureversion c WHERE c.procedure_id = p.id AND c.origin = 'curated')"
            "     THEN %(curated)s ELSE 0 END AS number"
            "  FROM procedures_procedure p LEFT JOIN ("
            "    SELECT procedure_id, sum(count) AS number FROM procedures_procedureuse WHERE day >= %(first)s AND day < %(today)s"
            "    GROUP BY procedure_id) u ON u.procedure_id = p.id),"
            " ranked AS (SELECT id, round(1000 * ln(1 + number) / ln(1 + greatest(%(top)s, max(number) OVER ())))::int AS popularity"
            "  FROM readings)"
            " UPDATE procedures_procedureversion v SET popularity = ranked.popularity FROM ranked"
            " WHERE v.procedure_id = ranked.id AND v.popularity <> ranked.popularity",
            {
                "featured": FEATURED_READINGS,
                "curated": CURATED_READINGS,
                "first": today - dt.timedelta(days=USE_WINDOW_DAYS),
                "today": today,
                "top": LEAST_TOP,
            },
        )
        return cursor.rowcount
