"""The night's check: what is kept as counted is counted anew from the dossiers, in slices of which none takes long, and nothing is changed.

First units in the order of their codes (their own cells by day from the national table, then their coarser counts from these), then the
country month by month, then its years. A slice is one statement, so it sees dossiers, changes that wait and counts as of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from ratings.cells import FIRST_DAY, LAST_DAY, MEASURES
from ratings.models import DossierCount
from ratings.packing import by_day
from ratings.services.columns import COLUMNS, KEYS, MEASURES_LISTED, SUMS
from ratings.services.reading import COUNTED, EVENTS, given
from ratings.services.recounting import Difference, difference_of

DOSSIERS = 50_000
"""Of one slice, about; a unit alone may have more."""
LONGEST_MS = 15_000
"""Of one statement; a slice has up to three, and a task ends within 50 s."""
LAST_UNIT = "~"
_MINUS = ", ".join(f"-{name}" for name in MEASURES)
_OFF = " OR ".join(f"sum({name}) <> 0" for name in MEASURES)
_CELL = "day, place, procedure_code, field_code, channel, service_level"
# What a unit handles itself is what is counted for it less what is counted for those directly below it.
_UNITS = f"""
WITH {EVENTS}, {COUNTED}, off AS (
    SELECT {KEYS}, {SUMS} FROM (
        SELECT * FROM counted
        UNION ALL SELECT {KEYS}, {_MINUS} FROM ratings_dossierdelta WHERE unit_code > %(after)s AND unit_code <= %(upto)s
        UNION ALL SELECT {_CELL}, {_MINUS} FROM ({by_day()}) AS days
        WHERE grain = 'p' AND place > %(after)s AND place <= %(upto)s
        UNION ALL SELECT {_CELL.replace("place", "parent")}, {MEASURES_LISTED} FROM ({by_day()}) AS days
        WHERE grain = 'p' AND parent > %(after)s AND parent <= %(upto)s AND parent <> '-'
    ) AS all_sides GROUP BY {KEYS} HAVING {_OFF}
)
SELECT (SELECT count(*) FROM off), 'p', unit_code, '', 'd', day, field_code, procedure_code, channel, service_level, {MEASURES_LISTED}
FROM off ORDER BY unit_code, day, field_code, procedure_code LIMIT 1
"""
_GRAINS = "(VALUES ('t', '', ''), ('f', c.field_code, ''), ('p', c.field_code, c.procedure_code)) AS g (grain, field_code, procedure_code)"
_WHERE = "place BETWEEN %(from)s AND %(to)s AND c.day BETWEEN %(begin)s AND %(end)s"
_COLUMNS_BY_DAY = COLUMNS.replace("period", "'d'")
_BY_MONTH = "(VALUES ('d', c.day), ('m', date_trunc('month', c.day)::date)) AS p (period, day)"
_BY_YEAR = "(VALUES ('y', date_trunc('year', c.day)::date), ('a', %(first)s::date)) AS p (period, day)"


def _coarser(finer: str, periods: str, coarser: str) -> str:
    """Counts by grain and period that are not the sum of the finer ones of the same place. Days of thin places stand in their months;
    of all time there is no row by procedure."""
    rows = f"({by_day()})" if finer == "d" else "(SELECT * FROM ratings_dossiercount WHERE period = 'm')"
    days = f"UNION ALL SELECT {_COLUMNS_BY_DAY}, {_MINUS} FROM ({by_day()}) AS c WHERE grain = 't' AND {_WHERE}" if finer == "d" else ""
    return f"""
    WITH off AS (
        SELECT {COLUMNS}, {SUMS} FROM (
            SELECT g.grain, place, parent, p.period, p.day, g.field_code, g.procedure_code, channel, service_level, {MEASURES_LISTED}
            FROM {rows} AS c CROSS JOIN LATERAL {periods} CROSS JOIN LATERAL {_GRAINS}
            WHERE c.grain = 'p' AND {_WHERE}
                AND (g.grain <> 'f' OR parent IN ('-', '')) AND (g.grain, p.period) NOT IN (('p', '{finer}'), ('p', 'a'))
            UNION ALL SELECT {COLUMNS}, {_MINUS} FROM ratings_dossiercount
            WHERE grain IN ('t', 'f', 'p') AND period IN ({coarser}) AND (grain, period) <> ('p', '{finer}')
                AND place BETWEEN %(from)s AND %(to)s AND day BETWEEN %(begin)s AND %(end)s
            {days}
        ) AS both_sides GROUP BY {COLUMNS} HAVING {_OFF}
    )
    SELECT (SELECT count(*) FROM off), {COLUMNS}, {MEASURES_LISTED} FROM off ORDER BY {COLUMNS} LIMIT 1
    """


_MONTHS, _YEARS = _coarser("d", _BY_MONTH, "'d', 'm'"), _coarser("m", _BY_YEAR, "'y', 'a'")
# The country is the sum of the ministries and provinces.
_COUNTRY = f"""
WITH off AS (
    SELECT {_CELL.replace("place, ", "")}, {SUMS} FROM (
        SELECT {_CELL.replace("place, ", "")}, {MEASURES_LISTED} FROM ({by_day()}) AS days
        WHERE grain = 'p' AND place = ANY (%(tops)s)
        UNION ALL SELECT {_CELL.replace("place, ", "")}, {_MINUS} FROM ({by_day()}) AS days WHERE grain = 'p' AND place = ''
    ) AS both_sides GROUP BY {_CELL.replace("place, ", "")} HAVING {_OFF}
)
SELECT (SELECT count(*) FROM off), 'p', '', '-', 'd', day, field_code, procedure_code, channel, service_level, {MEASURES_LISTED}
FROM off ORDER BY day, field_code, procedure_code LIMIT 1
"""


@dataclass(frozen=True)
class Slice:
    """A part of the check: units after one code up to another, a month of the country, or (neither) its years."""

    after: str = ""
    upto: str = ""
    month: date | None = None


def slices() -> Iterator[Slice]:
    """All parts in order. Two queries before the first."""
    totals = DossierCount.objects.filter(grain="t", period="a", field_code="").values_list("place", "parent")
    received = {(place, parent): int(number or 0) for place, parent, number in totals.annotate(number=Sum("received"))}
    own = {place: number for (place, _parent), number in received.items() if place}
    for (place, parent), number in received.items():
        if place and parent in own:
            own[parent] -= number
    after, size = "", 0
    for place in sorted(own):
        size += own[place]
        if size >= DOSSIERS:
            yield Slice(after, place)
            after, size = place, 0
    yield Slice(after, LAST_UNIT)
    for (month,) in DossierCount.objects.filter(grain="t", place="", period="m").values_list("day").distinct().order_by("day"):
        yield Slice(month=month)
    yield Slice()


@transaction.atomic
def check(part: Slice) -> tuple[int, Difference | None]:
    """How many counts of a slice differ from what the dossiers give, and the first of them. :class:`OperationalError` where it takes too
    long."""
    asking: dict[str, Any] = {
        **given(), "begin": FIRST_DAY, "end": LAST_DAY, "from": "", "to": "", "after": part.after, "upto": part.upto,
    }  # fmt: skip
    if part.upto:
        # A little after the code before, a code of no agency: ranges are closed.
        asked = [_UNITS, _MONTHS, _YEARS]
        asking |= {"from": f"{part.after}!", "to": part.upto}
    elif part.month is not None:
        asked = [_COUNTRY, _MONTHS]
        asking |= {"begin": part.month, "end": (part.month + timedelta(days=31)).replace(day=1) - timedelta(days=1), "tops": _tops()}
    else:
        asked = [_YEARS]
    off, first = 0, None
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '256MB'; SET LOCAL statement_timeout = {int(LONGEST_MS)}")
        for statement in asked:
            cursor.execute(statement, asking)
            if row := cursor.fetchone():
                off += row[0]
                first = first or difference_of(row[1:])
    return off, first


def _tops() -> list[str]:
    found = DossierCount.objects.filter(parent="", grain="t", field_code="", period="a").values_list("place", flat=True).distinct()
    return list(found)
