"""How many dossiers one person at a one-stop counter is to receive in a year, by the kind of place (Reform II.2c): data, and who is what.

`ratings/data/norms.csv`: the numbers. `ratings/data/remote-places.csv`: communes that count as remote; what is not named there is a ward
of its province or city, or rural.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from portal.catalogues.models import AdministrativeUnit, Agency
from ratings.end_to_end import is_ministry
from ratings.spans import Span

_DATA = Path(__file__).resolve().parent.parent / "data"
WARD, CITY = "Phường ", "Thành phố "


@dataclass(frozen=True)
class Norm:
    """What one kind of place asks of one person."""

    kind: str
    label: str
    per_year: int


@cache
def norms() -> Mapping[str, Norm]:
    """The numbers, by kind."""
    with (_DATA / "norms.csv").open(encoding="utf-8", newline="") as rows:
        return {row["kind"]: Norm(row["kind"], row["label"], int(row["per_year"])) for row in csv.DictReader(rows)}


@cache
def remote() -> frozenset[str]:
    """Statistics office's codes of the communes that count as remote."""
    with (_DATA / "remote-places.csv").open(encoding="utf-8", newline="") as rows:
        return frozenset(row["code"] for row in csv.DictReader(rows))


def kind_of(agency: str, place: tuple[str, str] | None, province: tuple[str, str] | None) -> str:
    """The kind of an agency's place, from code and full name of its commune (None: it is none of a commune's) and of its province."""
    if is_ministry(agency.split(".")[0]):
        return "ministry"
    if place is not None and place[0] in remote():
        return "remote"
    if place is not None and not place[1].startswith(WARD):
        return "rural"
    return "city" if province is not None and province[1].startswith(CITY) else "province"


def norms_of(agencies: Iterable[str], today: date) -> dict[str, Norm]:
    """The norm of each agency, by its nearest commune and its province as they are today (one query)."""
    wanted = list(agencies)
    parts = {code: code.split(".") for code in wanted}
    above = {".".join(of[:depth]) for of in parts.values() for depth in range(1, len(of) + 1)}
    rows = Agency.objects.on(today).filter(code__in=above).exclude(administrative_unit=None)
    names = ("code", "administrative_unit__level", "administrative_unit__code", "administrative_unit__full_name")
    places = {code: (level, (number, name)) for code, level, number, name in rows.values_list(*names)}
    found = {}
    for code, of in parts.items():
        mine = [places[up] for depth in range(len(of), 0, -1) if (up := ".".join(of[:depth])) in places]
        commune = next((place for level, place in mine if level == AdministrativeUnit.Level.COMMUNE), None)
        province = next((place for level, place in mine if level == AdministrativeUnit.Level.PROVINCE), None)
        found[code] = norms()[kind_of(code, commune, province)]
    return found


def expected(per_year: int, span: Span, today: date) -> int:
    """What the norm asks for of a span so far: the days of it that have begun, of those of the year. Rounded to whole dossiers."""
    last = min(span.last, today)
    if last < span.first:
        return 0
    year = date(span.first.year + 1, 1, 1) - date(span.first.year, 1, 1)
    return round(per_year * ((last - span.first + timedelta(days=1)) / year))
