"""An independent reading of the national table, in SQL: what ``ratings.cells.cells`` says of each row.

An event is a day and the measures that count one on it, a bit each in the order of ``MEASURES``: a dossier has three at most.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from dossiers.national import ENDED_STATES
from ratings.cells import FIRST_DAY, LAST_DAY, MEASURES

BITS = {name: 1 << number for number, name in enumerate(MEASURES)}
EVERY_UNIT = {"after": "", "upto": "~"}
"""Codes are capitals, digits and points, in the order of their bytes."""


def given() -> dict[str, Any]:
    """Parameters of the statements."""
    return {"zone": settings.TIME_ZONE, "ended": sorted(ENDED_STATES), "first": FIRST_DAY, "last": LAST_DAY}


def _day(column: str) -> str:
    return f"(n.{column} AT TIME ZONE %(zone)s)::date"


def _bits(**conditions: str) -> str:
    return " + ".join(f"CASE WHEN {condition} THEN {BITS[name]} ELSE 0 END" for name, condition in conditions.items())


_ENDS = f"""
CASE WHEN n.state <> ALL (%(ended)s) THEN NULL ELSE coalesce(
    CASE n.state WHEN '3' THEN {_day("refused_at")} WHEN '8' THEN {_day("stopped_at")} WHEN '7' THEN {_day("withdrawn_at")} END,
    {_day("finished_at")}, {_day("returned_at")}) END
"""
_IS_RESOLVED = "c.received IS NOT NULL AND c.state IN ('8', '9', '10')"
_HAS_RESULT = "c.received IS NOT NULL AND c.state IN ('9', '10')"
_RECEIVED = _bits(
    received="true", supplemented="c.is_supplemented", with_fee="c.has_fee OR c.is_paid", paid_online="c.is_paid", reused="c.is_reused"
)
_CLOSED = _bits(
    closed="c.received IS NOT NULL",
    early=f"{_IS_RESOLVED} AND c.ended < c.due",
    on_time=f"{_IS_RESOLVED} AND c.ended = c.due",
    late=f"{_IS_RESOLVED} AND c.ended > c.due",
    undated=f"{_IS_RESOLVED} AND c.due IS NULL",
    refused="c.state = '3'",
    withdrawn="c.state = '7'",
    stopped=f"{_IS_RESOLVED} AND c.state = '8'",
    digitised=f"{_HAS_RESULT} AND c.is_digitised",
    digitised_results=f"{_HAS_RESULT} AND c.has_digitised_result",
    settled="c.late_from < c.closed",
)
EVENTS = f"""
dated AS (
    SELECT n.unit_code, n.procedure_code, n.field_code, n.channel, n.service_level, n.state, n.has_fee,
        n.paid_online IN ('1', '2') AS is_paid, n.supplements_before + n.supplements_after > 0 AS is_supplemented,
        n.has_digitised_result, n.has_digitised_result AND n.has_digitised_papers AS is_digitised,
        n.reuses_data OR n.from_store AS is_reused,
        {_day("received_at")} AS received, {_day("due_at")} AS due, {_ENDS} AS ended
    FROM dossiers_nationaldossier n WHERE NOT n.is_test AND n.unit_code > %(after)s AND n.unit_code <= %(upto)s OFFSET 0
), clear AS (
    SELECT *, greatest(ended, CASE WHEN ended IS NOT NULL THEN received END) AS closed,
        CASE WHEN received IS NOT NULL AND due IS NOT NULL THEN greatest(due + 1, received) END AS late_from
    FROM dated OFFSET 0
), event AS (
    SELECT least(greatest(v.day, %(first)s::date), %(last)s::date) AS day,
        unit_code, procedure_code, field_code, channel, service_level, v.measures
    FROM clear c CROSS JOIN LATERAL (
        SELECT c.received AS day, {_RECEIVED} AS measures WHERE c.received IS NOT NULL
        UNION ALL SELECT c.late_from, {BITS["due"]} WHERE c.late_from < coalesce(c.closed, 'infinity')
        UNION ALL SELECT c.closed, {_CLOSED} WHERE c.closed IS NOT NULL
    ) AS v WHERE v.measures <> 0
)
"""
"""CTEs up to ``event``: those of units in a range of codes; :data:`EVERY_UNIT` is all of them. ``OFFSET 0`` has each day computed once, not
wherever it is named: days in a time zone are what reading costs."""


def sums(number: str = "1") -> str:
    """The measures of events added up, each ``number`` times, as columns."""
    return ", ".join(f"coalesce(sum({number}) FILTER (WHERE measures & {bit} <> 0), 0)::int AS {name}" for name, bit in BITS.items())


COUNTED = f"""
counted AS (
    SELECT day, unit_code, procedure_code, field_code, channel, service_level, {sums()} FROM event GROUP BY 1, 2, 3, 4, 5, 6
)
"""
"""Of ``event``: the cells."""
