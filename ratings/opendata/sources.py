"""What the datasets are made of, a slice at a time: a ministry or province with all below it, so that no step is long."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from feedback import queries_figures as petitions
from portal.catalogues.models import Agency
from ratings.models import DossierCount, OpenEdition, OpenPart, ScoreCount
from ratings.opendata.datasets import AGENCIES, COUNTS, CRITERIA, DOSSIERS, PETITIONS, SCORES
from ratings.queries import agency_names
from ratings.score.freezing import criteria_of
from ratings.score.rules import last_day
from ratings.score.sheets import Counted, number, results
from ratings.services import figures

Row = list[Any]


@dataclass(frozen=True)
class Source:
    """Where a dataset's rows come from."""

    slices: Callable[[OpenEdition], list[str]]
    rows: Callable[[OpenEdition, str], Iterator[Row]]


def _whole(edition: OpenEdition) -> list[str]:
    return [""]


def unpacked(part: OpenPart) -> list[Row]:
    """The rows of a part."""
    return [json.loads(line) for line in zlib.decompress(bytes(part.packed)).splitlines()]


# Dossiers ----------------------------------------------------------------------------------------------------------------------

_MEASURES = {
    "received": "received", "resolved_early": "early", "resolved_on_time": "on_time", "resolved_late": "late",
    "resolved_undated": "undated", "refused": "refused", "withdrawn": "withdrawn",
}  # fmt: skip
"""Columns of the dataset, and the counts behind them."""
_NAMES = ", ".join(_MEASURES.values())
# What a unit did itself: what is counted for it, without what is counted for those directly below it. Of whole months (`ratings.fineness`).
_OWN = f"""
SELECT place, procedure_code, channel, service_level, {", ".join(f"sum({name})::bigint" for name in _MEASURES.values())} FROM (
    SELECT place, procedure_code, channel, service_level, {_NAMES} FROM ratings_dossiercount
    WHERE grain = 'p' AND (place = %(top)s OR (place >= %(below)s AND place < %(after)s)) AND period = 'm' AND day = %(day)s
    UNION ALL
    SELECT parent, procedure_code, channel, service_level, {", ".join(f"-{name}" for name in _MEASURES.values())} FROM ratings_dossiercount
    WHERE grain = 'p' AND place >= %(below)s AND place < %(after)s AND period = 'm' AND day = %(day)s
) AS own GROUP BY 1, 2, 3, 4 HAVING {" OR ".join(f"sum({name}) <> 0" for name in _MEASURES.values())} ORDER BY 1, 2, 3, 4
"""


def _tops(edition: OpenEdition) -> list[str]:
    """Ministries and provinces with dossiers in the month. What waits to be folded is folded first."""
    while figures.fold():
        pass
    rows = DossierCount.objects.filter(grain="t", parent="", field_code="", period="m", day=edition.first)
    return sorted(set(rows.values_list("place", flat=True)))


def _dossiers(edition: OpenEdition, top: str) -> Iterator[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"top": top, "below": f"{top}.", "after": f"{top}/", "day": edition.first})
        for place, procedure, channel, level, *numbers in cursor.fetchall():
            yield [edition.period, place, procedure, channel, level or "none", *map(int, numbers)]


# The score ---------------------------------------------------------------------------------------------------------------------


def _criteria(edition: OpenEdition, _slice: str) -> Iterator[Row]:
    for line in criteria_of(edition.first):
        yield [edition.period, *(line[name] for name in CRITERIA.names[1:])]


def _groups(edition: OpenEdition) -> list[str]:
    """``""``: ministries and provinces, which are ranked together; then each of those with all below it."""
    rows = ScoreCount.objects.filter(period=edition.kind, first=edition.first, parent="")
    return ["", *sorted(rows.order_by().values_list("agency", flat=True).distinct())]


def _counts(edition: OpenEdition, top: str) -> Iterator[Row]:
    rows = ScoreCount.objects.filter(period=edition.kind, first=edition.first)
    rows = rows.filter(agency__gte=f"{top}.", agency__lt=f"{top}/") if top else rows.filter(parent="")
    columns = ("agency", "parent", "criterion", "numerator", "denominator")
    counts = [Counted(*line) for line in rows.order_by("agency", "criterion").values_list(*columns)]
    points = {(row.agency, one.code): number(one.points) for row in results(_kept_criteria(edition), counts) for one in row.points}
    for one in counts:
        given = points.get((one.agency, one.criterion), "")
        yield [edition.period, one.agency, one.parent, one.criterion, one.numerator, one.denominator, given or None]


def _scores(edition: OpenEdition, top: str) -> Iterator[Row]:
    """From what this edition itself says, not from what is counted by now: its tables fit together whatever happens meanwhile."""
    parts = OpenPart.objects.filter(edition=edition, dataset=COUNTS.slug, slice=top).order_by("number")
    counts = [Counted(*row[1:6]) for part in parts for row in unpacked(part)]
    names = agency_names({one.agency for one in counts})
    for row in results(_kept_criteria(edition), counts):
        yield [
            edition.period, row.agency, names.get(row.agency, row.agency), row.parent, row.kind, row.rank, row.class_name,
            number(row.total.points) or None, number(row.total.reached), number(row.total.possible), " ".join(row.total.left_out),
        ]  # fmt: skip


def _kept_criteria(edition: OpenEdition) -> list[dict[str, Any]]:
    parts = OpenPart.objects.filter(edition=edition, dataset=CRITERIA.slug).order_by("number")
    return [dict(zip(CRITERIA.names, row, strict=True)) for part in parts for row in unpacked(part)]


# The others --------------------------------------------------------------------------------------------------------------------


def _petitions(edition: OpenEdition, _slice: str) -> Iterator[Row]:
    found = petitions.by_agency(edition.first, last_day("m", edition.first))
    for agency, counts in sorted(found.items()):
        row = [getattr(counts, name) for name in PETITIONS.names[2:]]
        if any(row):
            yield [edition.period, agency, *row]


def _agencies(edition: OpenEdition, _slice: str) -> Iterator[Row]:
    rows = Agency.objects.on(last_day("m", edition.first)).order_by("code")
    columns = ("code", "name", "level", "parent__code", "effective_from", "effective_to")
    for code, name, level, parent, begin, end in rows.values_list(*columns):
        yield [edition.period, code, name, level, parent or "", str(begin), str(end) if end else ""]


SOURCES = {
    DOSSIERS.slug: Source(_tops, _dossiers),
    CRITERIA.slug: Source(_whole, _criteria),
    COUNTS.slug: Source(_groups, _counts),
    SCORES.slug: Source(_groups, _scores),
    PETITIONS.slug: Source(_whole, _petitions),
    AGENCIES.slug: Source(_whole, _agencies),
}


# What there is -----------------------------------------------------------------------------------------------------------------


def periods(bundle: str, today: date) -> list[str]:
    """The months and years that are over and of which there is something to tell, the newest first. At most two queries."""
    month, year = today.replace(day=1), date(today.year, 1, 1)
    if bundle == "diem":
        rows = ScoreCount.objects.filter(parent="").order_by()
        months = rows.filter(period="m", first__lt=month).values_list("first", flat=True).distinct()
        years = rows.filter(period="y", first__lt=year).values_list("first", flat=True).distinct()
        return [*_keys("y", years), *_keys("m", months)]
    if bundle == "phan-anh":
        first = petitions.first_day()
        found = []
        while first is not None and first < month:
            found.append(first)
            first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return _keys("m", found)
    counts = DossierCount.objects.filter(grain="t", place="", field_code="", period="m", day__lt=month)
    with_dossiers = set(counts.order_by().values_list("day", flat=True).distinct())
    if bundle == "co-quan" and Agency.objects.exists():
        # A list to read the others by; its rows are dated, so that any month's can be told.
        with_dossiers.add(date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1))
    return _keys("m", with_dossiers)


def _keys(kind: str, days: Any) -> list[str]:
    return [f"{day:%Y-%m}" if kind == "m" else f"{day.year}" for day in sorted(days, reverse=True)]
