"""Criteria that count dossiers of the country by the month of their reception: from the tally, and row by row from the national table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from ratings.score.folding import CONDITIONS, LATE_FROM, day_of
from ratings.score.sources.base import Rows, RowSeen, Source, Span
from ratings.score.tally import MEASURES

IN_TIME = "in_time"
"""Received and, at the end of the span, not late by the rule of criterion 2.1."""
TALLIED = {**{name: f"t.{name}" for name in MEASURES}, IN_TIME: "CASE WHEN t.late_from > %(until)s THEN t.received ELSE 0 END"}
"""What a row of the tally adds to each column of ``score_place``."""
_CONDITIONS = {**CONDITIONS, IN_TIME: f"({LATE_FROM} > %(until)s)"}
UNHAPPY = "SELECT dossier_code FROM feedback_petition WHERE dossier_code <> '' AND state NOT IN ('withdrawn', 'refused', 'secret')"
"""Codes of dossiers of which somebody complained."""
_DISLIKED = """
SELECT place, sum(s1 + s2) AS number FROM ratings_ratingcount
WHERE source = 'd' AND grain = 't' AND period = 'm' AND question = 'overall' AND day BETWEEN %(first)s AND %(last)s
"""
"""Slips of dossiers that found the service bad (1 or 2 of 5). A slip knows no dossier: they are taken off by their number."""
_WITHIN = f"{day_of('received_at')} BETWEEN %(first)s AND %(last)s AND NOT n.is_test"
# Of what was complained of there is little: each is looked up by its key.
_COMPLAINED = f"""
SELECT n.* FROM (SELECT DISTINCT u.code FROM ({UNHAPPY}) AS u (code) WHERE u.code ~ '-(20)?[0-9]{{6}}-') AS c
CROSS JOIN LATERAL (SELECT * FROM dossiers_nationaldossier WHERE code = c.code
    AND year = 2000 + substring(c.code from '-(?:20)?([0-9]{{2}})[0-9]{{4}}-')::int) AS n
WHERE {_WITHIN}
"""


@dataclass(frozen=True)
class DossierSource(Source):
    """Numerator and denominator are columns of the tally."""

    name: str
    numerator: str
    denominator: str
    what = "dossier"

    def counts(self, span: Span) -> tuple[str, dict[str, Any]]:
        """Straight out of what was summed up for all of them."""
        return f"SELECT place, {self.numerator} AS numerator, {self.denominator} AS denominator FROM score_place", {}

    def good(self) -> str:
        """The condition of the numerator on a row of the national table that is counted."""
        return _CONDITIONS[self.numerator]

    def rows(self, agency: str, span: Span, *, good: bool | None = None, after: str = "", limit: int = 50) -> Rows:
        """Unit by unit and month by month: the tally says where there are any, an index gives them. Two queries."""
        values = {**span.values, "agency": agency, "below": f"{agency}.", "beyond": f"{agency}/", "limit": limit + 1}
        unit, moment, code = _opened(after)
        slices = [row for row in self._slices(values, good) if not unit or row >= (unit, _month(moment))]
        if not slices:
            return Rows([])
        starts, ends, codes = [], [], []
        for of, month in slices:
            begin = _moment(month)
            is_first = bool(unit) and (of, month) == (unit, _month(moment))
            starts.append(moment if is_first and moment else begin)
            codes.append(code if is_first else "")
            ends.append(_moment(_next(month)))
        wanted = "" if good is None else f"AND {'' if good else 'NOT '}({self.good()})"
        values |= {"units": [of for of, _month in slices], "starts": starts, "ends": ends, "codes": codes}
        sql = f"""
            SELECT r.* FROM unnest(%(units)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(codes)s::text[])
                AS s (unit, start, stop, code)
            CROSS JOIN LATERAL (
                SELECT n.unit_code, n.received_at, n.code, ({self.good()}) AS good FROM dossiers_nationaldossier n
                WHERE n.unit_code = s.unit AND n.received_at < s.stop AND (n.received_at, n.code) > (s.start, s.code) AND {_WITHIN}
                    AND {_CONDITIONS[self.denominator]} {wanted}
                ORDER BY n.received_at, n.code LIMIT %(limit)s
            ) AS r LIMIT %(limit)s
        """
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            found = sorted(cursor.fetchall())
        seen = [RowSeen(key, is_good, unit=of, day=timezone.localdate(at)) for of, at, key, is_good in found[:limit]]
        if len(found) <= limit:
            return Rows(seen)
        of, at, key, _good = found[limit - 1]
        return Rows(seen, f"{of}|{at.isoformat()}|{key}")

    def _slices(self, values: dict[str, Any], good: bool | None) -> list[tuple[str, date]]:
        """The units and months in which such rows are, in order."""
        numerator, denominator = TALLIED[self.numerator], TALLIED[self.denominator]
        number = {None: denominator, True: numerator, False: f"({denominator}) - ({numerator})"}[good]
        sql = f"""
            SELECT t.place, t.month FROM ratings_scoretally t
            WHERE t.grain = 'u' AND t.month BETWEEN %(first)s AND %(last)s
                AND (t.place = %(agency)s OR (t.place >= %(below)s AND t.place < %(beyond)s))
            GROUP BY 1, 2 HAVING sum({number}) > 0
        """
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return sorted(cursor.fetchall())


class HappySource(DossierSource):
    """Criterion 5.4: neither late nor complained of, without the slips that found the service bad."""

    def counts(self, span: Span) -> tuple[str, dict[str, Any]]:
        """What was in time, without what somebody complained of."""
        sql = f"""
            SELECT s.place, greatest(s.in_time - coalesce(u.number, 0) - coalesce(d.number, 0), 0) AS numerator, s.received AS denominator
            FROM score_place s LEFT JOIN ({_DISLIKED} GROUP BY place) AS d ON d.place = s.place LEFT JOIN (
                SELECT array_to_string(parts[1:depth], '.') AS place, sum(number) AS number FROM (
                    SELECT string_to_array(n.unit_code, '.') AS parts, count(*) FILTER (WHERE {_CONDITIONS[IN_TIME]}) AS number
                    FROM ({_COMPLAINED}) AS n GROUP BY 1
                ) AS unit, generate_series(1, cardinality(parts)) AS depth GROUP BY 1
            ) AS u ON u.place = s.place
        """
        return sql, span.values

    def nameless(self, agency: str, span: Span) -> int:
        """Slips that found the service bad."""
        with connection.cursor() as cursor:
            cursor.execute(f"{_DISLIKED} AND place = %(agency)s GROUP BY place", {**span.values, "agency": agency})
            found = cursor.fetchone()
        return int(found[1]) if found else 0

    def good(self) -> str:
        """In time, and nobody complained."""
        return f"{_CONDITIONS[IN_TIME]} AND n.code NOT IN (SELECT c.code FROM ({_COMPLAINED}) AS c)"

    def _slices(self, values: dict[str, Any], good: bool | None) -> list[tuple[str, date]]:
        """With the units and months of what was complained of."""
        found = super()._slices(values, good)
        if good is not False:
            return found
        sql = f"""
            SELECT DISTINCT n.unit_code, date_trunc('month', {day_of("received_at")})::date FROM ({_COMPLAINED}) AS n
            WHERE n.unit_code = %(agency)s OR (n.unit_code >= %(below)s AND n.unit_code < %(beyond)s)
        """
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return sorted({*found, *cursor.fetchall()})


def _opened(after: str) -> tuple[str, datetime | None, str]:
    """Unit, moment and code in a page's key; ``ValueError`` where it is none."""
    if not after:
        return "", None, ""
    unit, moment, code = after.split("|")
    at = datetime.fromisoformat(moment)
    if timezone.is_naive(at) or not 2000 <= at.year < 2100:
        raise ValueError(after)
    return unit, at, code


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _month(at: datetime | None) -> date:
    return timezone.localdate(at).replace(day=1) if at is not None else date.min


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


DOSSIERS: tuple[Source, ...] = (
    DossierSource("on_time", IN_TIME, "received"),
    DossierSource("online_dossiers", "online", "received"),
    DossierSource("paid_dossiers", "paid_online", "with_fee"),
    DossierSource("electronic_results", "electronic", "resulted"),
    DossierSource("digitised", "digitised", "resulted"),
    DossierSource("reused", "reused", "received"),
    DossierSource("from_store", "stored", "received"),
    DossierSource("population_dossiers", "population", "received"),
    HappySource("dossiers_satisfied", IN_TIME, "received"),
)
