"""Days of a month in one array: where counts are thin, a row a day would mostly hold a single dossier.

Each entry of ``days`` is one number: the day of the month, the measure, how many. Kept by SQL (``ratings_merge_days`` and its kin in the
migration) and read by SQL; the fragments are here, so that nobody else knows the layout. Agencies of the first level and the country have
rows by day as long as no procedure is told apart: they are dense, and asked for most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby

from ratings.cells import FIRST_DAY, LAST_DAY, MEASURES
from ratings.periods import ALL, DAY, MONTH, YEAR, Period

_COUNT, _BIAS, _MEASURE = 1 << 21, 1 << 20, 1 << 5
"""A count lies within ±2²⁰ on a day of a thin place; 32 measures fit, 31 days: 31 bits."""
assert len(MEASURES) <= _MEASURE

IS_DENSE = "(grain <> 'p' AND parent IN ('-', ''))"
"""Of a row of counts: kept by the day, in rows."""
FUNCTIONS = f"""
CREATE FUNCTION ratings_merge_days(a integer[], b integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(key * {_COUNT} + number::int + {_BIAS} ORDER BY key), '{{}}') FROM (
        SELECT v / {_COUNT} AS key, sum(v % {_COUNT} - {_BIAS}) AS number FROM unnest(a || b) AS v GROUP BY 1
    ) AS merged WHERE number <> 0
$$;
CREATE FUNCTION ratings_negate_days(a integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(v / {_COUNT} * {_COUNT} + 2 * {_BIAS} - v % {_COUNT} ORDER BY v), '{{}}') FROM unnest(a) AS v
$$;
CREATE AGGREGATE ratings_concat_days(integer[]) (SFUNC = array_cat, STYPE = integer[], INITCOND = '{{}}', PARALLEL = SAFE);
"""
"""What the migration makes."""


def entries(row: str) -> str:
    """The entries of one day's row (``day`` and the measures), in order."""
    of_day = f"(extract(day FROM {row}.day)::int - 1) * {_MEASURE}"
    each = (
        f"CASE WHEN {row}.{name} <> 0 THEN ({of_day} + {number}) * {_COUNT} + {row}.{name} + {_BIAS} END"
        for number, name in enumerate(MEASURES)
    )
    return f"array_remove(ARRAY[{', '.join(each)}], NULL)"


def entries_of_bits(measures: str, later: str, bits: Iterable[int]) -> str:
    """The entries of an event that counts one for each of its ``measures``, a bit each, ``later`` days after the first of the month."""
    each = (
        f"CASE WHEN {measures} & {bit} <> 0 THEN ({later} * {_MEASURE} + {number}) * {_COUNT} + 1 + {_BIAS} END"
        for number, bit in enumerate(bits)
    )
    return f"array_remove(ARRAY[{', '.join(each)}], NULL)"


def unpacked(row: str, first: str, last: str) -> str:
    """A statement, with parameters: measures, channel and level of ``row.days`` from one day of the month to another, as one row."""
    sums = ", ".join(f"coalesce(sum(number) FILTER (WHERE measure = {number}), 0) AS {name}" for number, name in enumerate(MEASURES))
    return f"""
        SELECT {row}.channel, {row}.service_level, {sums}
        FROM (
            SELECT v / {_COUNT} %% {_MEASURE} AS measure, v %% {_COUNT} - {_BIAS} AS number FROM unnest({row}.days) AS v
            WHERE v / {_COUNT * _MEASURE} + 1 BETWEEN {first} AND {last}
        ) AS entry
    """


def by_day() -> str:
    """A statement, with parameters: the rows of months that hold their days (``%(begin)s`` to ``%(end)s``), a row a day."""
    sums = ", ".join(f"coalesce(sum(number) FILTER (WHERE measure = {number}), 0)::int AS {name}" for number, name in enumerate(MEASURES))
    return f"""
        SELECT m.grain, m.place, m.parent, m.day + entry.later AS day, m.field_code, m.procedure_code, m.channel, m.service_level,
            {", ".join(f"entry.{name}" for name in MEASURES)}
        FROM ratings_dossiercount m CROSS JOIN LATERAL (
            SELECT later, {sums} FROM (
                SELECT v / {_COUNT * _MEASURE} AS later, v / {_COUNT} %% {_MEASURE} AS measure, v %% {_COUNT} - {_BIAS} AS number
                FROM unnest(m.days) AS v
            ) AS told GROUP BY later
        ) AS entry
        WHERE m.period = 'm' AND m.days IS NOT NULL AND m.day BETWEEN date_trunc('month', %(begin)s::date)::date AND %(end)s
    """


def received_by_day() -> str:
    """A statement, with parameters: what each of some ``%(places)s`` received of each procedure on each day of the months from
    ``%(begin)s`` to ``%(end)s``, as far as it is counted."""
    received = MEASURES.index("received")
    return f"""
        SELECT m.place, m.procedure_code, m.day + (v / {_COUNT * _MEASURE}) AS on_day, sum(v %% {_COUNT} - {_BIAS})::int
        FROM ratings_dossiercount m CROSS JOIN LATERAL unnest(m.days) AS v
        WHERE m.grain = 'p' AND m.period = 'm' AND m.place = ANY (%(places)s)
            AND m.day BETWEEN date_trunc('month', %(begin)s::date)::date AND %(end)s AND v / {_COUNT} %% {_MEASURE} = {received}
        GROUP BY 1, 2, 3
    """


Weights = Mapping[tuple[str, Period], list[int]]
"""By label and period: how often it counts within the span, and up to its end."""
Whole = tuple[str, str, date, date, int, int]
"""Label, kind of period, its first days from and to, and the weights."""
Days = tuple[str, date, int, int, int, int]
"""Label, month, day of the month from and to, and the weights."""


def pieces(weights: Weights, *, is_dense: bool, has_all: bool) -> tuple[list[Whole], list[Days]]:
    """What is to be read: whole rows, and days out of the rows of months. ``has_all``: whether there is a row of all time."""
    whole: list[Whole] = []
    days: list[tuple[str, date, int, int, int]] = []
    for (label, (kind, begins)), (in_span, upto) in weights.items():
        if kind == DAY and not is_dense:
            days.append((label, begins.replace(day=1), in_span, upto, begins.day))
        elif kind == ALL and not has_all:
            whole.append((label, YEAR, FIRST_DAY, LAST_DAY, in_span, upto))
        else:
            whole.append((label, kind, begins, begins, in_span, upto))
    found: list[Days] = []
    for (label, month, in_span, upto), same in groupby(sorted(days), key=lambda day: day[:4]):
        numbers = [day[4] for day in same]
        # Those that follow each other are one piece.
        for _shift, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
            stretch = [number for _place, number in run]
            found.append((label, month, stretch[0], stretch[-1], in_span, upto))
    return _stretches(whole), found


def _stretches(whole: Iterable[Whole]) -> list[Whole]:
    """Periods that follow each other and count alike, as one: a question is then a dozen ranges of an index. Asked for one by one, seventy
    years that nothing was counted in yet made PostgreSQL read the whole table instead."""
    found: list[Whole] = []
    for label, kind, first, last, in_span, upto in sorted(whole, key=lambda one: (one[0], one[1], one[4], one[5], one[2])):
        if found:
            before = found[-1]
            if (before[0], before[1], before[4], before[5]) == (label, kind, in_span, upto) and _next(kind, before[3]) == first:
                found[-1] = (label, kind, before[2], last, in_span, upto)
                continue
        found.append((label, kind, first, last, in_span, upto))
    return found


def _next(kind: str, begins: date) -> date | None:
    """The first day of the period of this kind that follows; None after everything."""
    if kind == DAY:
        return begins + timedelta(days=1)
    if kind == MONTH:
        return (begins + timedelta(days=31)).replace(day=1)
    return begins.replace(year=begins.year + 1) if kind == YEAR else None
