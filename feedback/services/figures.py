"""Figures: what acts wrote is folded into the tallies; a night's check counts petitions anew and mends what differs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection, transaction

from feedback.figures import NOW, STANDING
from feedback.models.states import OPEN_STATES

SLICE = 20_000
"""Changes that are folded at a time."""
_LOCK = 1_414_001
_STANDING = ", ".join(f"'{measure}'" for measure in STANDING.values())

_COLUMNS = "grain, day, agency_code, unit_code, kind, sector_code, procedure_code, measure"
# One cell counts in each of these. What stands in a state has no day, and of procedures only what was received is told.
_GRAINS = f"""
CROSS JOIN LATERAL (VALUES
    ('day', c.day, c.agency_code, '', '', '', ''), ('day', c.day, '', '', '', '', ''),
    ('month', date_trunc('month', c.day)::date, c.agency_code, '', '', '', ''),
    ('month', date_trunc('month', c.day)::date, '', '', '', '', ''),
    ('year', date_trunc('year', c.day)::date, c.agency_code, '', '', '', ''),
    ('year', date_trunc('year', c.day)::date, '', '', '', '', ''),
    ('unit', date_trunc('month', c.day)::date, c.agency_code, c.unit_code, '', '', ''),
    ('kind', date_trunc('month', c.day)::date, c.agency_code, '', c.kind, '', ''),
    ('kind', date_trunc('month', c.day)::date, '', '', c.kind, '', ''),
    ('sector', date_trunc('month', c.day)::date, c.agency_code, '', '', c.sector_code, ''),
    ('sector', date_trunc('month', c.day)::date, '', '', '', c.sector_code, ''),
    ('proc', date_trunc('month', c.day)::date, c.agency_code, '', '', '', c.procedure_code),
    ('proc', date_trunc('month', c.day)::date, '', '', '', '', c.procedure_code)
) AS g (grain, day, agency_code, unit_code, kind, sector_code, procedure_code)
WHERE NOT (g.grain = 'sector' AND c.sector_code = '') AND NOT (g.grain = 'proc' AND (c.procedure_code = '' OR c.measure <> 'received'))
    AND NOT (g.grain IN ('day', 'kind', 'sector') AND c.measure IN ({_STANDING}))
"""
_GROUPED = ", ".join(f"g.{name}" for name in _COLUMNS.split(", ")[:-1]) + ", c.measure"
_ADD = f"""
INSERT INTO feedback_tally AS old ({_COLUMNS}, number)
SELECT {_COLUMNS}, number FROM change WHERE number <> 0 ORDER BY {_COLUMNS}
ON CONFLICT ({_COLUMNS}) DO UPDATE SET number = old.number + excluded.number
"""  # noqa: S608
_FOLD = f"""
WITH taken AS (
    DELETE FROM feedback_tallydelta WHERE id IN (SELECT id FROM feedback_tallydelta ORDER BY id LIMIT %(slice)s) RETURNING *
), change AS (
    SELECT {_GROUPED}, sum(c.number)::int AS number FROM taken c {_GRAINS} GROUP BY {_GROUPED}
), written AS ({_ADD} RETURNING 1)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM written)
"""  # noqa: S608


@transaction.atomic
def fold() -> int:
    """Fold what acts changed into the tallies, the oldest first, one slice; returns how many changes. Nothing where another folds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if cursor.fetchone() == (False,):
            return 0
        cursor.execute(_FOLD, {"slice": SLICE})
        return int(cursor.fetchone()[0])


# An independent reading of the petitions, in SQL: what ``feedback.figures.cells`` says of each.
_DAY = "(p.{0} AT TIME ZONE %(zone)s)::date"
_RECEIVED, _DUE, _ENDED = _DAY.format("received_at"), f"{_DAY.format('due_at')} + 1", _DAY.format("ended_at")
_ROUNDS = """
SELECT agency_code, unit_code, kind_id, sector_code, procedure_code, state, received_at, due_at, ended_at, answered_at,
    publication = 'published' AS is_published, helps, NULL::timestamptz AS disagreed_at
FROM feedback_petition WHERE agency_code = %(agency)s
UNION ALL
SELECT agency_code, unit_code, kind_id, sector_code, procedure_code, 'answered', received_at, due_at, answered_at, answered_at,
    is_published, helps, disagreed_at
FROM feedback_finishedround WHERE agency_code = %(agency)s
"""
_COUNTED = f"""
SELECT v.day, p.agency_code, p.unit_code, p.kind_id AS kind, p.sector_code, p.procedure_code, v.measure, count(*)::int AS number
FROM ({_ROUNDS}) p CROSS JOIN LATERAL (VALUES
    ({_RECEIVED}, 'received'),
    ({_DAY.format("disagreed_at")}, 'again'),
    (CASE WHEN p.state = ANY (%(open)s) THEN %(now)s::date END,
        CASE p.state {" ".join(f"WHEN '{state}' THEN '{measure}'" for state, measure in STANDING.items())} END),
    ({_DUE}, 'due'),
    ({_ENDED}, CASE p.state WHEN 'answered' THEN CASE WHEN p.answered_at > p.due_at THEN 'late' ELSE 'on_time' END ELSE p.state END),
    (greatest({_DUE}, CASE WHEN p.ended_at IS NOT NULL THEN {_ENDED} END), CASE WHEN p.ended_at IS NOT NULL THEN 'settled' END),
    (CASE WHEN p.is_published THEN {_ENDED} END, 'published'),
    (CASE WHEN p.helps IS NOT NULL AND p.state = 'answered' THEN {_ENDED} END, CASE WHEN p.helps THEN 'helps' ELSE 'helps_not' END)
) AS v (day, measure)
WHERE v.day IS NOT NULL AND v.measure IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""  # noqa: S608
_DIFFERENCE = f"""
WITH counted AS ({_COUNTED}), waiting AS (
    SELECT day, agency_code, unit_code, kind, sector_code, procedure_code, measure, -number AS number
    FROM feedback_tallydelta WHERE agency_code = %(agency)s
), cell AS (SELECT * FROM counted UNION ALL SELECT * FROM waiting), change AS (
    SELECT {_COLUMNS}, sum(number)::int AS number FROM (
        SELECT {_GROUPED}, c.number FROM cell c {_GRAINS} AND g.agency_code <> ''
        UNION ALL SELECT {_COLUMNS}, -number FROM feedback_tally WHERE agency_code = %(agency)s
    ) AS both_sides GROUP BY {_COLUMNS} HAVING sum(number) <> 0
)
"""  # noqa: S608
# Of the whole country: what the agencies make together.
_WHOLE = f"""
WITH change AS (
    SELECT {_COLUMNS}, sum(number)::int AS number FROM (
        SELECT grain, day, '' AS agency_code, '' AS unit_code, kind, sector_code, procedure_code, measure, number
        FROM feedback_tally WHERE agency_code <> '' AND grain <> 'unit'
        UNION ALL SELECT {_COLUMNS}, -number FROM feedback_tally WHERE agency_code = ''
    ) AS both_sides GROUP BY {_COLUMNS} HAVING sum(number) <> 0
)
"""  # noqa: S608
_AGENCIES = """
WITH RECURSIVE code AS (
    (SELECT agency_code FROM feedback_petition ORDER BY agency_code LIMIT 1)
    UNION ALL
    SELECT (SELECT p.agency_code FROM feedback_petition p WHERE p.agency_code > code.agency_code ORDER BY p.agency_code LIMIT 1)
    FROM code WHERE code.agency_code IS NOT NULL
)
SELECT agency_code FROM code WHERE agency_code IS NOT NULL
UNION SELECT DISTINCT agency_code FROM feedback_finishedround
UNION SELECT DISTINCT agency_code FROM feedback_tally WHERE agency_code <> '' ORDER BY 1
"""


def agencies() -> list[str]:
    """Codes of all ministries and provinces that have petitions or figures."""
    with connection.cursor() as cursor:
        cursor.execute(_AGENCIES)
        return [code for (code,) in cursor.fetchall()]


@transaction.atomic
def check(agency: str, *, mend: bool) -> int:
    """How many figures of a ministry or province (of the whole country: ``""``) differ from what there is; ``mend`` puts them right.

    One statement sees petitions, tallies and changes not yet folded as of one moment, and adds the difference: acts go on meanwhile.
    """
    found = _WHOLE if not agency else _DIFFERENCE
    given: dict[str, Any] = {"agency": agency, "zone": settings.TIME_ZONE, "open": list(OPEN_STATES), "now": NOW}
    with connection.cursor() as cursor:
        # Two who mend the same would add the difference twice.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if mend:
            cursor.execute(f"{found}, written AS ({_ADD} RETURNING 1) SELECT count(*) FROM written", given)  # noqa: S608
        else:
            cursor.execute(f"{found} SELECT count(*) FROM change", given)  # noqa: S608
        return int(cursor.fetchone()[0])
