"""What can be asked of the statistics. A figure is what is counted and what waits to be counted, read by one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, Literal

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from portal.catalogues.models import Agency, Sector
from procedures import queries as procedures
from ratings import succession
from ratings.cells import FIRST_DAY, LAST_DAY
from ratings.end_to_end import Shares
from ratings.models import DossierCount, DossierDelta
from ratings.packing import Days, Weights, Whole, pieces, unpacked
from ratings.periods import DAY, Period, months, span, until
from ratings.succession import Moves

By = Literal["", "agency", "field", "procedure", "channel", "level", "month", "day"]
ONLINE, COUNTER, POST = "2", "1", "3"
"""KenhThucHien of the synchronisation standard."""
FULL = "full"


@dataclass(frozen=True)
class Figures:
    """The statistics of something over a span of days. What came counts by the day of reception, what ended by the day of its end, what is
    pending as at the end of the span; days are compared (`ratings.cells`)."""

    received: int = 0
    received_online: int = 0
    received_in_person: int = 0
    received_by_post: int = 0
    end_to_end: int = 0
    """Received online through an end-to-end service."""
    early: int = 0
    on_time: int = 0
    late: int = 0
    undated: int = 0
    """Resolved without an appointment."""
    stopped: int = 0
    """Of the resolved."""
    refused: int = 0
    withdrawn: int = 0
    supplemented: int = 0
    with_fee: int = 0
    paid_online: int = 0
    digitised: int = 0
    """Of the resolved with a result: papers and result are kept electronically."""
    digitised_results: int = 0
    """Of these: the result is."""
    reused: int = 0
    """Of the received: a paper or what is known of the applicant was not asked for again."""
    pending: int = 0
    overdue: int = 0

    @property
    def resolved(self) -> int:
        """Whatever ended with an answer, in whatever time."""
        return self.early + self.on_time + self.late + self.undated

    @property
    def with_result(self) -> int:
        """Resolved, not stopped."""
        return self.resolved - self.stopped

    @property
    def pending_in_time(self) -> int:
        """Not ended, not past the day of the appointment."""
        return self.pending - self.overdue

    @property
    def kept_word(self) -> float | None:
        """Share in per cent of what was resolved by the day of its appointment among what had one and was resolved."""
        dated = self.early + self.on_time + self.late
        return round(100 * (self.early + self.on_time) / dated, 1) if dated else None

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class Line:
    """One row of a statistic: its key (a code, a day) and what it says."""

    key: str
    figures: Figures


@dataclass(frozen=True)
class Asked:
    """What is asked: a span of days, both with it; a place (an agency by code with all below it, empty: the country), and filters."""

    first: date
    last: date
    agency: str = ""
    field: str = ""
    procedure: str = ""
    channel: str = ""
    level: str = ""
    today: bool = False
    """Figures of agencies that are no more are added to those that follow them (`ratings.succession`)."""


@dataclass(frozen=True)
class Statistics:
    """The whole and its rows."""

    total: Figures
    lines: list[Line]


_SPAN = ("early", "on_time", "late", "undated", "stopped", "refused", "withdrawn", "supplemented", "with_fee", "paid_online",
         "digitised", "digitised_results", "reused")  # fmt: skip
_BY_CHANNEL = {
    "received": "true",
    "received_online": f"{{0}}.channel = '{ONLINE}'",
    "received_in_person": f"{{0}}.channel = '{COUNTER}'",
    "received_by_post": f"{{0}}.channel = '{POST}'",
    "end_to_end": f"{{0}}.channel = '{ONLINE}' AND {{0}}.service_level = '{FULL}'",
}
_UPTO = {"pending": ("received", "closed"), "overdue": ("due", "settled")}
_NAMES = (*_BY_CHANNEL, *_SPAN, *_UPTO)


def statistics(asked: Asked, *, by: By = "", today: date) -> Statistics:
    """The figures of a span and, ``by`` something, of each part; rows of nothing are left out. One SQL query.

    What is pending is told as at the end of the span, of one that has not ended as of ``today``. By month and day, in the order of time;
    else by code. By agency the parts are those directly below the one asked for, and itself under its own code where it handles dossiers.
    """
    # No day outside these years is counted (`ratings.cells`).
    asked = replace(asked, first=max(asked.first, FIRST_DAY), last=min(asked.last, LAST_DAY))
    if asked.last < asked.first:
        return Statistics(Figures(), [])
    if by in ("month", "day"):
        return _by_time(asked, by, today)
    weights: dict[tuple[str, Period], list[int]] = {}
    for period, sign in span(asked.first, asked.last).items():
        weights.setdefault(("", period), [0, 0])[0] = sign
    at = min(asked.last, today)
    for period, sign in until(at).items():
        weights.setdefault(("", period), [0, 0])[1] = sign
    found = _read(asked, by, weights, at=at)
    if by == "agency":
        return _below(asked, found, weights, at)
    total = sum((line.figures for line in found), Figures())
    return Statistics(total, [line for line in found if line.figures != Figures()] if by else [])


def _below(asked: Asked, found: list[Line], weights: dict[tuple[str, Period], list[int]], at: date) -> Statistics:
    """Of the agencies below: with what the one above handles itself, and the whole."""
    if not asked.agency:
        return Statistics(sum((line.figures for line in found), Figures()), [line for line in found if line.figures != Figures()])
    whole = sum((line.figures for line in _read(asked, "", weights, at=at)), Figures())
    own = whole - sum((line.figures for line in found), Figures())
    lines = [Line(asked.agency, own), *found]
    return Statistics(whole, [line for line in lines if line.figures != Figures()])


def _by_time(asked: Asked, by: By, today: date) -> Statistics:
    """By month or day: what stood before the span, then each part; what is pending adds up from one to the next."""
    parts = list(months(asked.first, asked.last)) if by == "month" else list(_days(asked.first, asked.last))
    weights: dict[tuple[str, Period], list[int]] = {}
    for begin, end in parts:
        periods = span(begin, end) if by == "month" else Counter({(DAY, begin): 1})
        for period, sign in periods.items():
            weights[begin.isoformat(), period] = [sign, sign]
    for period, sign in until(asked.first - timedelta(days=1)).items():
        weights["", period] = [0, sign]
    read = {line.key: line.figures for line in _read(asked, by, weights, at=asked.last)}
    standing = read.get("", Figures()) if asked.first <= today else statistics(asked, today=today).total
    pending, overdue = standing.pending, standing.overdue
    lines, total = [], Figures()
    for begin, end in parts:
        found = read.get(begin.isoformat(), Figures())
        if begin <= today:
            pending, overdue = pending + found.pending, overdue + found.overdue
        if begin <= today < end:
            # A part that has not ended: what will be overdue in it is not yet.
            found = _with(found, statistics(Asked(begin, today, **_filters(asked)), today=today).total)
            pending, overdue = found.pending, found.overdue
        figures = replace(found, pending=pending, overdue=overdue)
        lines.append(Line(begin.isoformat(), figures))
        total += figures
    return Statistics(replace(total, pending=pending, overdue=overdue), lines)


def _with(span_of: Figures, standing: Figures) -> Figures:
    return replace(span_of, pending=standing.pending, overdue=standing.overdue)


def _filters(asked: Asked) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in ("agency", "field", "procedure", "channel", "level", "today")}


def _days(first: date, last: date) -> Iterable[tuple[date, date]]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield day, day


def _read(asked: Asked, by: By, weights: Weights, *, at: date) -> list[Line]:
    """The figures by key in the order of keys; in today's places, where that is asked."""
    found = _counted(asked, by, weights, at=at)
    moved = succession.moves(asked.agency, by_agency=by == "agency") if asked.today else None
    if moved is None:
        return found
    together = {line.key: line.figures for line in found}
    for line in _counted(asked, by, weights, at=at, moved=moved):
        together[line.key] = together.get(line.key, Figures()) + line.figures
    return [Line(key, together[key]) for key in sorted(together)]


def _counted(asked: Asked, by: By, weights: Weights, *, at: date, moved: Moves | None = None) -> list[Line]:
    """Kept counts times their weights, and what waits to be counted; of the place asked for, or of those that moved."""
    depth = len(asked.agency.split(".")) + 1 if asked.agency else 1
    # Below the first level fields are not kept by themselves: their procedures are added up.
    is_deep = moved is not None or depth > (1 if by == "agency" else 2)
    grain = "p" if asked.procedure or by == "procedure" else "t" if not asked.field and by != "field" else "p" if is_deep else "f"
    keys = {
        "agency": ("c.place", f"array_to_string((string_to_array(d.unit_code, '.'))[1:{depth}], '.')"),
        "field": ("c.field_code", "d.field_code"),
        "procedure": ("c.procedure_code", "d.procedure_code"),
        "channel": ("c.channel", "d.channel"),
        "level": ("c.service_level", "d.service_level"),
        "month": ("w.label", "CASE WHEN d.day < %(from)s THEN '' ELSE greatest(date_trunc('month', d.day)::date, %(from)s)::text END"),
        "day": ("w.label", "CASE WHEN d.day < %(from)s THEN '' ELSE d.day::text END"),
    }
    if moved is not None:
        keys["agency"] = ("s.label", "s.label")
    counted, waiting = keys.get(by, ("''", "''"))
    given: dict[str, Any] = {
        **_filters(asked), "grain": grain, "from": asked.first, "to": asked.last, "at": at, "below": f"{asked.agency}.",
        "after": f"{asked.agency}/",  # the character that follows the point
    }  # fmt: skip
    ways = "".join(
        f" AND {{0}}.{column} = %({name})s"
        for name, column in (("field", "field_code"), ("procedure", "procedure_code"), ("channel", "channel"), ("level", "service_level"))
        if given[name]
    )
    # The columns by which the indexes go are named even where they are empty.
    kept = ways.format("c") + ("" if asked.field or grain != "t" else " AND c.field_code = ''")
    where = "c.parent = %(agency)s" if by == "agency" else "c.place = %(agency)s"
    if by == "agency" and grain == "p" and not asked.procedure:
        # Place by place: of all procedures of all agencies below no index leads to one field.
        where = (
            "c.place IN (SELECT k.place FROM ratings_dossiercount k WHERE k.grain = 't' AND k.parent = %(agency)s AND k.field_code = ''"
            " AND k.period = 'a')"
        )
    below = "d.unit_code >= %(below)s AND d.unit_code < %(after)s"
    places = "true" if not asked.agency else below if by == "agency" else f"(d.unit_code = %(agency)s OR {below})"
    kept_of = waiting_of = times = ""
    if moved is not None:
        where = places = "true"
        given |= {"places": moved.places, "labels": moved.labels, "signs": moved.signs}
        some = " JOIN unnest(%(places)s::text[], %(labels)s::text[], %(signs)s::int[]) AS s (place, label, sign) ON "
        kept_of, times = f"{some} c.place = s.place", " * s.sign"
        waiting_of = f"{some} (d.unit_code = s.place OR d.unit_code > s.place || '.' AND d.unit_code < s.place || '/')"
    found = _pieces(weights, grain=grain, is_deep=is_deep, is_mixed=moved is not None)
    parts = _parts(found, given, counted=counted, kept_of=kept_of, times=times, where=f"{where}{kept}")
    if not parts:
        return []
    within = "(d.day BETWEEN %(from)s AND %(to)s)"
    upto_day = "true" if by in ("month", "day") else "d.day <= %(at)s"
    sql = f"""
        SELECT key, {", ".join(f"sum({name})::bigint" for name in _NAMES)} FROM (
            {" UNION ALL ".join(parts)}
            UNION ALL
            SELECT {waiting} AS key, {_sums("d", f"{within}::int{times}", f"({upto_day})::int{times}")}
            FROM ratings_dossierdelta d{waiting_of} WHERE d.day <= greatest(%(to)s, %(at)s) AND {places}{ways.format("d")} GROUP BY 1
        ) AS both_parts GROUP BY key ORDER BY key COLLATE "C"
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [Line(str(key), Figures(**dict(zip(_NAMES, map(int, numbers), strict=True)))) for key, *numbers in cursor.fetchall()]


def _pieces(weights: Weights, *, grain: str, is_deep: bool, is_mixed: bool) -> tuple[list[Whole], list[Days]]:
    """What is to be read. Of places of several depths both: what has rows by day has no days in its months, and the other way round."""
    is_dense = grain != "p" and not is_deep
    whole, days = pieces(weights, is_dense=is_dense or (is_mixed and grain != "p"), has_all=grain != "p")
    return whole, pieces(weights, is_dense=False, has_all=True)[1] if is_mixed else days


def _parts(
    found: tuple[list[Whole], list[Days]], given: dict[str, Any], *, counted: str, kept_of: str, times: str, where: str
) -> list[str]:
    """Statements that read the kept counts: whole rows, and days out of the rows of months where these hold them."""
    whole, days = found
    parts = []
    if whole:
        rows = []
        for number, (label, period, first, last, in_span, upto) in enumerate(whole):
            given |= {f"l{number}": label, f"p{number}": period, f"f{number}": first, f"u{number}": last}
            rows.append(f"(%(l{number})s, %(p{number})s, %(f{number})s::date, %(u{number})s::date, {int(in_span)}, {int(upto)})")
        parts.append(f"""
            SELECT {counted} AS key, {_sums("c", f"w.in_span{times}", f"w.upto{times}")}
            FROM (VALUES {", ".join(rows)}) AS w (label, period, first, last, in_span, upto)
            JOIN ratings_dossiercount c ON c.period = w.period AND c.day BETWEEN w.first AND w.last{kept_of}
            WHERE c.grain = %(grain)s AND {where} GROUP BY 1
        """)
    if days:
        rows = []
        for number, (label, month, begin, end, in_span, upto) in enumerate(days):
            given |= {f"dl{number}": label, f"dm{number}": month}
            rows.append(f"(%(dl{number})s, %(dm{number})s::date, {begin}, {end}, {int(in_span)}, {int(upto)})")
        parts.append(f"""
            SELECT {counted} AS key, {_sums("e", f"w.in_span{times}", f"w.upto{times}")}
            FROM (VALUES {", ".join(rows)}) AS w (label, month, first, last, in_span, upto)
            JOIN ratings_dossiercount c ON c.period = 'm' AND c.day = w.month{kept_of}
            CROSS JOIN LATERAL ({unpacked("c", "w.first", "w.last")}) AS e
            WHERE c.grain = %(grain)s AND {where} GROUP BY 1
        """)
    return parts


def _sums(table: str, in_span: str, upto: str) -> str:
    """Each figure as a sum over the rows of a table; ``in_span`` and ``upto`` say how much a row counts for each kind of figure."""
    parts = [f"sum(CASE WHEN {condition.format(table)} THEN {table}.received * {in_span} ELSE 0 END) AS {name}"
             for name, condition in _BY_CHANNEL.items()]  # fmt: skip
    parts += [f"sum({table}.{name} * {in_span}) AS {name}" for name in _SPAN]
    parts += [f"sum(({table}.{plus} - {table}.{minus}) * {upto}) AS {name}" for name, (plus, minus) in _UPTO.items()]
    return ", ".join(parts)


_SHARES = f"""
SELECT place, count(*) FILTER (WHERE received > 0), count(*) FILTER (WHERE whole_way > 0), sum(received)::bigint, sum(whole_way)::bigint
FROM (
    SELECT place, procedure_code, sum(received) AS received,
        sum(CASE WHEN channel = '{ONLINE}' AND service_level = '{FULL}' THEN received ELSE 0 END) AS whole_way
    FROM (
        {{parts}}
        UNION ALL SELECT split_part(d.unit_code, '.', 1), d.procedure_code, d.channel, d.service_level, d.received
        FROM ratings_dossierdelta d WHERE d.day BETWEEN %(first)s AND %(last)s
    ) AS cell GROUP BY 1, 2
) AS service GROUP BY 1 HAVING sum(received) > 0 ORDER BY 1
"""
_CELLS = {
    "whole": """
        SELECT c.place, c.procedure_code, c.channel, c.service_level, c.received * w.sign AS received
        FROM (VALUES {rows}) AS w (period, first, last, sign)
        JOIN ratings_dossiercount c ON c.period = w.period AND c.day BETWEEN w.first AND w.last WHERE c.grain = 'p' AND c.parent = ''
    """,
    "days": f"""
        SELECT c.place, c.procedure_code, c.channel, c.service_level, e.received * w.sign AS received
        FROM (VALUES {{rows}}) AS w (month, first, last, sign) JOIN ratings_dossiercount c ON c.period = 'm' AND c.day = w.month
        CROSS JOIN LATERAL ({unpacked("c", "w.first", "w.last")}) AS e WHERE c.grain = 'p' AND c.parent = ''
    """,
}


def end_to_end(first: date, last: date) -> dict[str, Shares]:
    """By ministry and province: services and dossiers of a span, and those end to end, as the Framework defines the shares. One query."""
    given: dict[str, Any] = {"first": first, "last": last}
    whole, days = pieces({("", period): [sign, 0] for period, sign in span(first, last).items()}, is_dense=False, has_all=False)
    rows: dict[str, list[str]] = {"whole": [], "days": []}
    for number, (_label, period, begin, end, sign, _upto) in enumerate(whole):
        given |= {f"p{number}": period, f"f{number}": begin, f"u{number}": end}
        rows["whole"].append(f"(%(p{number})s, %(f{number})s::date, %(u{number})s::date, {int(sign)})")
    for number, (_label, month, day, until_day, sign, _upto) in enumerate(days):
        given |= {f"m{number}": month}
        rows["days"].append(f"(%(m{number})s::date, {day}, {until_day}, {int(sign)})")
    parts = [_CELLS[name].replace("{rows}", ", ".join(found)) for name, found in rows.items() if found]
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SHARES.replace("{parts}", " UNION ALL ".join(parts)), given)
        return {str(place): Shares(*map(int, numbers)) for place, *numbers in cursor.fetchall()}


# Names ---------------------------------------------------------------------------------------------------------------------------


def agency_names(codes: Iterable[str]) -> dict[str, str]:
    """The last name of each agency, of one that is no more too. One query."""
    return dict(Agency.objects.filter(code__in=set(codes)).order_by("effective_from", "id").values_list("code", "name"))


def field_names(codes: Iterable[str]) -> dict[str, str]:
    """The last name of each field. One query."""
    return dict(Sector.objects.filter(code__in=set(codes)).order_by("effective_from", "id").values_list("code", "name"))


def procedure_names(codes: Iterable[str]) -> dict[str, str]:
    """The last name of each procedure. One query."""
    return procedures.last_names(set(codes))


def province_codes(codes: Iterable[str]) -> dict[str, str]:
    """The statistics office's code of the province that each committee governs today; others are left out. One query."""
    rows = Agency.objects.on(timezone.localdate()).filter(code__in=set(codes), level=Agency.Level.PROVINCE)
    return dict(rows.exclude(administrative_unit=None).values_list("code", "administrative_unit__code"))


def is_known(agency: str) -> bool:
    """Whether an agency has ever been in the catalogue or has handled a dossier. Up to three queries."""
    return (
        Agency.objects.filter(code=agency).exists()
        or DossierCount.objects.filter(grain=DossierCount.Grain.TOTAL, place=agency).exists()
        or DossierDelta.objects.filter(Q(unit_code=agency) | Q(unit_code__startswith=f"{agency}.")).exists()
    )


def has_parts(agency: str) -> bool:
    """Whether agencies below one have handled dossiers, or stand in the catalogue. Up to two queries."""
    return (
        Agency.objects.filter(parent__code=agency).exists()
        or DossierCount.objects.filter(grain=DossierCount.Grain.TOTAL, parent=agency, field_code="").exists()
    )
