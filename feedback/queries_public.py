"""What everybody may ask about published answers. Nothing here reads a petition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from feedback.models import PetitionKind, PublishedCase
from portal.catalogues import queries as catalogues
from procedures import queries as procedures

NEWEST = 50
"""Answers in the feed."""

# Index scans that jump from value to value: a hundred thousand rows are not read for fifty codes.
_DISTINCT = """
WITH RECURSIVE found AS (
    (SELECT {column} AS value FROM feedback_publishedcase WHERE withdrawn_at IS NULL AND {column} > '' ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT c.{column} FROM feedback_publishedcase c WHERE c.withdrawn_at IS NULL AND c.{column} > found.value
            ORDER BY c.{column} LIMIT 1)
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value IS NOT NULL
"""


@dataclass(frozen=True)
class Narrowed:
    """By what a list of published answers is narrowed; what is empty narrows nothing."""

    agency: str = ""
    sector: str = ""
    kind: str = ""
    year: str = ""

    @property
    def labels(self) -> list[str]:
        """As the search knows them (``feedback.search.entry_of``)."""
        said = (("agency", self.agency), ("sector", self.sector), ("kind", self.kind), ("year", self.year))
        return [f"{name}:{value}" for name, value in said if value]


def public() -> QuerySet[PublishedCase]:
    """What stands today, the newest first."""
    return PublishedCase.objects.filter(withdrawn_at__isnull=True).order_by("-published_at", "-id")


def narrowed(by: Narrowed) -> QuerySet[PublishedCase]:
    """The answers of an agency, a field, a kind, a year, the newest first."""
    rows = public()
    if by.agency:
        rows = rows.filter(agency_code=by.agency)
    if by.sector:
        rows = rows.filter(sector_code=by.sector)
    if by.kind:
        rows = rows.filter(kind=by.kind)
    if by.year:
        rows = rows.filter(published_at__year=int(by.year))
    return rows


def by_slug(slug: str) -> PublishedCase | None:
    """The answer at an address, also one that was withdrawn (one query)."""
    return PublishedCase.objects.select_related("kind").filter(slug=slug).first()


def _values(column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT.format(column=column))
        return [value for (value,) in cursor.fetchall()]


def agencies() -> list[tuple[str, str]]:
    """Ministries and provinces with published answers: codes and names, by name (two queries)."""
    return _named(_values("agency_code"), catalogues.agency_names)


def sectors() -> list[tuple[str, str]]:
    """Fields with published answers: codes and names, by name (two queries)."""
    return _named(_values("sector_code"), sector_names)


def _named(codes: list[str], names: object) -> list[tuple[str, str]]:
    assert callable(names)
    known = names(codes)
    return sorted(((code, known.get(code, code)) for code in codes), key=lambda pair: pair[1])


def sector_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of fields as they are called today (one query)."""
    return dict(catalogues.sectors().filter(code__in=list(codes)).order_by().values_list("code", "name"))


def kinds() -> list[PetitionKind]:
    """All kinds there are or were (one query)."""
    return list(PetitionKind.objects.order_by("position", "code"))


def years() -> list[str]:
    """Years in which something was published that stands, the newest first (one query)."""
    ends = PublishedCase.objects.filter(withdrawn_at__isnull=True).aggregate(first=Min("published_at"), last=Max("published_at"))
    if ends["first"] is None:
        return []
    return [str(year) for year in range(timezone.localdate(ends["last"]).year, timezone.localdate(ends["first"]).year - 1, -1)]


def procedure_name(code: str) -> str:
    """What a procedure is called, was called last; empty where none has this code (one query)."""
    return procedures.last_names([code]).get(code, "") if code else ""
