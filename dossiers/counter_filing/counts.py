"""What counters did, counted by the acts (D-22: dossiers that came in person or by post; D-25: handed over without paper)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, Sum
from django.utils import timezone

from dossiers.models import CounterCount

MEASURES = ("counter", "post", "digitised", "on_request", "on_paper", "reused", "handed", "handed_electronic")
TARGET = 80
"""Per cent of dossiers that move without paper (Decision 468/QĐ-TTg II.2c)."""


def add(unit_code: str, now: datetime, **more: int) -> None:
    """Add to the month of a unit, in the transaction of the act (two queries)."""
    month = timezone.localdate(now).replace(day=1)
    CounterCount.objects.bulk_create([CounterCount(unit_code=unit_code, month=month)], ignore_conflicts=True)
    CounterCount.objects.filter(unit_code=unit_code, month=month).update(**{name: F(name) + number for name, number in more.items()})


@dataclass(frozen=True)
class Month:
    """The sums of one month of an agency with all below it."""

    month: date
    counter: int
    post: int
    digitised: int
    on_request: int
    on_paper: int
    reused: int
    handed: int
    handed_electronic: int

    @property
    def share(self) -> int | None:
        """Per cent of handed over dossiers that went without paper; None where none were."""
        return round(100 * self.handed_electronic / self.handed) if self.handed else None


def by_month(agency: str, first: date) -> list[Month]:
    """The months from one on, the newest first, of an agency with all below it; of the country where it is empty (one query)."""
    rows = CounterCount.objects.filter(month__gte=first)
    if agency:
        rows = rows.filter(Q(unit_code=agency) | Q(unit_code__startswith=f"{agency}."))
    sums = {f"sum_{name}": Sum(name) for name in MEASURES}
    found: Any = rows.values("month").annotate(**sums).order_by("-month")
    return [Month(row["month"], **{name: row[f"sum_{name}"] for name in MEASURES}) for row in found]
