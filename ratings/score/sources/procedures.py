"""Criteria that count procedures of a ministry or province: from the catalogue as of a day, and from what was received."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from ratings.score.sources.base import Rows, RowSeen, Source, Span

# Whose a procedure is: a province's what is done at its levels, unless the catalogue names other provinces for it; a ministry's what it
# issued or carries out at its own level.
_AUTHORITY = """
SELECT a.code AS place, v.id, v.code, v.name,
    v.is_online AND (cardinality(v.localities) = 0 OR a.province = ANY (v.localities)) AS is_online
FROM agency a JOIN version v ON CASE WHEN left(a.code, 1) = 'H'
    THEN v.levels && ARRAY['province', 'commune']::varchar[] AND (v.provinces IS NULL OR a.code = ANY (v.provinces))
    ELSE 'ministry' = ANY (v.levels) AND (a.code = split_part(v.issuing_code, '.', 1) OR a.code = ANY (v.executing)) END
"""
_CATALOGUE = f"""
WITH version AS (
    SELECT v.id, p.code, v.name, v.levels, v.issuing_code, v.missing,
        s.number > 0 AS is_online, s.localities,
        e.codes AS executing, e.provinces
    FROM procedures_procedureversion v JOIN procedures_procedure p ON p.id = v.procedure_id
    CROSS JOIN LATERAL (
        -- One that runs everywhere leaves no province out; else those of all its services.
        SELECT count(DISTINCT o.id) AS number,
            CASE WHEN bool_or(cardinality(o.localities) = 0) THEN '{{}}' ELSE coalesce(array_agg(p), '{{}}') END AS localities
        FROM procedures_onlineservice o LEFT JOIN LATERAL unnest(o.localities) AS p ON true WHERE o.version_id = v.id
            -- Nobody can file through one that is suspended, has stopped, or is not open yet.
            AND NOT EXISTS (SELECT FROM procedures_servicedeclaration d
                WHERE d.code = o.code AND d.state NOT IN ('testing', 'reported', 'open'))
    ) AS s
    CROSS JOIN LATERAL (
        SELECT array_agg(c.code) AS codes, array_agg(c.code) FILTER (WHERE left(c.code, 1) = 'H') AS provinces
        FROM (SELECT split_part(u, '.', 1) AS code FROM unnest(v.executing_codes) AS u) AS c
    ) AS e
    WHERE v.effective_from <= %(until)s AND v.holds_until > %(until)s AND p.replaced_by_id IS NULL
        AND (p.out_of_force_since IS NULL OR p.out_of_force_since > %(until)s)
), agency AS (
    SELECT a.code, u.code AS province FROM catalogues_agency a
    LEFT JOIN catalogues_administrativeunit u ON u.id = a.administrative_unit_id
    WHERE a.effective_from <= %(until)s AND (a.effective_to IS NULL OR a.effective_to > %(until)s) AND position('.' in a.code) = 0
        AND (%(agency)s = '' OR a.code = %(agency)s)
), authority AS ({_AUTHORITY})
"""
_TALLIED = """
SELECT t.place, t.procedure_code AS code, '' AS name, sum(t.received) AS received, sum(t.online) AS online, sum(t.with_fee) AS with_fee,
    sum(t.paid_online) AS paid_online, sum(t.population) AS population
FROM ratings_scoretally t WHERE t.grain = 'p' AND t.month BETWEEN %(first)s AND %(last)s AND (%(agency)s = '' OR t.place = %(agency)s)
GROUP BY 1, 2
"""
# What no catalogue says is shown by money: whose gateway took some for a procedure up to the end of the span, the portal's or its own.
_EVER_PAID = """
SELECT t.place, t.procedure_code AS code FROM ratings_scoretally t
WHERE t.grain = 'p' AND t.month <= %(last)s AND (%(agency)s = '' OR t.place = %(agency)s) GROUP BY 1, 2 HAVING sum(t.paid_online) > 0
"""
_WITH_FEE = """
EXISTS (SELECT FROM procedures_channel c JOIN procedures_timelimit l ON l.channel_id = c.id JOIN procedures_feeline f ON f.limit_id = l.id
    WHERE c.version_id = o.id AND (f.amount IS NULL OR f.amount > 0))
"""


@dataclass(frozen=True)
class ProcedureSource(Source):
    """``listed``: what gives ``place, code, name, good`` of each procedure that is counted."""

    name: str
    listed: str
    what = "procedure"

    def counts(self, span: Span) -> tuple[str, dict[str, Any]]:
        """Procedures are counted for ministries and provinces only."""
        return (
            f"SELECT place, count(*) FILTER (WHERE good) AS numerator, count(*) AS denominator FROM ({self.listed}) AS of GROUP BY place",
            {**span.values, "agency": ""},
        )

    def rows(self, agency: str, span: Span, *, good: bool | None = None, after: str = "", limit: int = 50) -> Rows:
        """By code. One query."""
        wanted = "" if good is None else f"AND {'' if good else 'NOT '}good"
        sql = (
            f'SELECT code, name, good FROM ({self.listed}) AS of WHERE code > %(after)s {wanted} ORDER BY code COLLATE "C" LIMIT %(limit)s'
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, {**span.values, "agency": agency, "after": after, "limit": limit + 1})
            found = cursor.fetchall()
        seen = [RowSeen(code, is_good, unit=agency, name=name) for code, name, is_good in found[:limit]]
        return Rows(seen, seen[-1].code if len(found) > limit else "")


_PUBLISHED = """
FROM procedures_announcement d WHERE d.state = 'published' AND (%(agency)s = '' OR d.unit_code = %(agency)s)
"""


@dataclass(frozen=True)
class DecisionSource(ProcedureSource):
    """Rows are decisions, by their number."""

    what = "decision"


def _of_tally(good: str, counted: str) -> str:
    return f"SELECT place, code, name, ({good}) AS good FROM ({_TALLIED}) AS tallied WHERE {counted}"


PROCEDURES: tuple[Source, ...] = (
    DecisionSource(
        # Of those whose law takes effect on a known day: the others have no day to be early for.
        "decisions_in_time",
        f"SELECT d.unit_code AS place, d.number AS code, d.summary AS name, d.signed_in_time AS good {_PUBLISHED}"
        " AND d.signed_in_time IS NOT NULL AND d.effective_on BETWEEN %(first)s AND %(until)s",
    ),
    ProcedureSource(
        # One late revision makes a procedure late.
        "public_in_time",
        "SELECT d.unit_code AS place, c.procedure_code AS code, max(c.name) AS name, bool_and(d.in_time) AS good"
        f" {_PUBLISHED.replace(' WHERE ', ' JOIN procedures_announcedchange c ON c.announcement_id = d.id WHERE ')}"
        " AND (d.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date BETWEEN %(first)s AND %(until)s GROUP BY 1, 2",
    ),
    ProcedureSource(
        "complete_content",
        f"{_CATALOGUE} SELECT a.code AS place, v.code, v.name, cardinality(v.missing) = 0 AS good FROM agency a"
        " JOIN version v ON a.code = split_part(v.issuing_code, '.', 1)",
    ),
    ProcedureSource("online_services", f"{_CATALOGUE} SELECT place, code, name, is_online AS good FROM authority"),
    ProcedureSource(
        "used_services",
        f"{_CATALOGUE} SELECT o.place, o.code, o.name, coalesce(t.online > 0, false) AS good FROM authority o"
        f" LEFT JOIN ({_TALLIED}) AS t ON t.place = o.place AND t.code = o.code WHERE o.is_online",
    ),
    ProcedureSource(
        "payable_procedures",
        f"{_CATALOGUE} SELECT o.place, o.code, o.name, t.code IS NOT NULL AS good FROM authority o"
        f" LEFT JOIN ({_EVER_PAID}) AS t ON t.place = o.place AND t.code = o.code WHERE {_WITH_FEE}",
    ),
    ProcedureSource("paid_procedures", _of_tally("paid_online > 0", "with_fee > 0")),
    ProcedureSource("population_procedures", _of_tally("population > 0", "received > 0")),
)
