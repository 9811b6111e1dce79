"""Whether catalogues are entered on the day their act takes effect: counted from what editors wrote (Rules art. 15.2; requirement C-23)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, DateField, F, Max, Q, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from portal.catalogues.models import CatalogueEntry
from portal.catalogues.registry import CATALOGUES

MOST = 100


def days_late(effective_from: dt.date, entered_on: dt.date) -> int:
    """Days after an act took effect on which an entry was written; 0 on the day itself and before."""
    return max(0, (entered_on - effective_from).days)


@dataclass(frozen=True)
class Entered:
    """What editors of an agency wrote in a time: new entries and amendments of its catalogues."""

    owner: str
    every: int
    late: int
    most: int
    """Days, of the latest."""

    @property
    def in_time(self) -> int:
        """Written on the day of effect or before."""
        return self.every - self.late


@dataclass(frozen=True)
class LateEntry:
    """One that was written after its day."""

    catalogue: str
    code: str
    name: str
    effective_from: dt.date
    entered_on: dt.date

    @property
    def days(self) -> int:
        """How late."""
        return days_late(self.effective_from, self.entered_on)


def _written(catalogue: Any, first: dt.date) -> QuerySet[Any]:
    """Rows of editors written since a day; what comes with the portal was entered by nobody."""
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    rows = catalogue.model._default_manager.filter(origin=CatalogueEntry.Origin.DESK, updated_at__gte=begin, is_demo=False)
    return rows.order_by().annotate(entered=TruncDate("created_at", output_field=DateField())).filter(entered__gte=first)


def entered_since(first: dt.date) -> list[Entered]:
    """By the agency that owns the catalogue, since a day (one query)."""
    late = Q(entered__gt=F("effective_from"))
    parts = [
        _written(one, first).values("owner_code").annotate(
            every=Count("pk"), late=Count("pk", filter=late), most=Max(F("entered") - F("effective_from"))
        )
        for one in CATALOGUES.values()
    ]  # fmt: skip
    found: dict[str, tuple[int, int, int]] = {}
    for row in parts[0].union(*parts[1:], all=True):
        every, so_late, most = found.get(row["owner_code"], (0, 0, 0))
        found[row["owner_code"]] = (every + row["every"], so_late + row["late"], max(most, row["most"].days))
    return [Entered(owner, *counts) for owner, counts in sorted(found.items())]


def late_since(first: dt.date) -> list[LateEntry]:
    """The newest of those written after their day, a hundred at most (one query)."""
    names = ("place", "code", "name", "effective_from", "entered")
    parts = [
        _written(one, first).filter(entered__gt=F("effective_from")).annotate(place=Value(one.name)).values_list(*names)
        for one in CATALOGUES.values()
    ]
    rows = parts[0].union(*parts[1:], all=True).order_by("-entered", "place", "code")[:MOST]
    return [LateEntry(str(CATALOGUES[place].model._meta.verbose_name), *rest) for place, *rest in rows]


def warning(effective_from: dt.date) -> str:
    """What an editor is told who writes an entry after its day; empty: in time."""
    days = days_late(effective_from, timezone.localdate())
    if not days:
        return ""
    return (
        f"Mục này có hiệu lực từ {effective_from:%d/%m/%Y}, ghi muộn {days} ngày. Danh mục dùng chung được ghi ngay trong ngày có hiệu lực."
    )
