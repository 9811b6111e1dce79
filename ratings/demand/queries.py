"""What can be asked of forecasts: the newest of a place, its procedures and those below; how wrong they were; whom counters expect."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.utils import timezone

from dossiers.appointments.capacity import Expected
from ratings.demand.model import DAYS
from ratings.demand.services import YEAR
from ratings.models import DemandForecast
from ratings.queries import Asked, statistics

FRESH = dt.timedelta(days=7)
"""Older forecasts are not shown as those of today."""
CHANNELS_OF = dt.timedelta(days=84)


@dataclass(frozen=True)
class Error:
    """How wrong the forecasts of a year were, per day: the root of the mean squared difference; beside the naive one's."""

    forecasts: int
    own: float
    naive: float

    @property
    def ratio(self) -> float | None:
        """Of the naive error; below 1 the forecast is better. None without anything to compare."""
        return round(self.own / self.naive, 2) if self.naive else None


def newest(agency: str, today: dt.date) -> list[DemandForecast]:
    """The newest forecasts of a place: of everything first, then by procedure. One query."""
    rows = DemandForecast.objects.filter(unit_code=agency, first_day__range=(today - FRESH, today))
    return list(rows.order_by("procedure_code", "-first_day").distinct("procedure_code"))


def below(agency: str, today: dt.date) -> list[DemandForecast]:
    """The newest forecasts of everything of the agencies directly below, in the order of their codes. One query."""
    rows = DemandForecast.objects.filter(parent=agency, procedure_code="", first_day__range=(today - FRESH, today)).exclude(unit_code="")
    return list(rows.order_by("unit_code", "-first_day").distinct("unit_code"))


def errors(agency: str, today: dt.date) -> dict[str, Error]:
    """By procedure (empty: everything) how wrong the forecasts of a place were in a year. One query."""
    rows = DemandForecast.objects.filter(unit_code=agency, first_day__gt=today - YEAR - dt.timedelta(days=DAYS), came__isnull=False)
    sums = rows.order_by().values("procedure_code").annotate(n=Count("id"), own=Sum("squared_error"), naive=Sum("naive_squared_error"))
    return {row["procedure_code"]: _error(row["n"], row["own"], row["naive"]) for row in sums}


def whole_error(today: dt.date) -> Error:
    """Of all series of all places. One query."""
    rows = DemandForecast.objects.filter(first_day__gt=today - YEAR - dt.timedelta(days=DAYS), came__isnull=False).exclude(unit_code="")
    told = rows.aggregate(n=Count("id"), own=Sum("squared_error"), naive=Sum("naive_squared_error"))
    return _error(told["n"], told["own"], told["naive"])


def _error(number: int, own: float | None, naive: float | None) -> Error:
    days = max(number * DAYS, 1)
    return Error(number, round(math.sqrt((own or 0) / days), 3), round(math.sqrt((naive or 0) / days), 3))


def expected_at_counters(unit_code: str) -> Expected | None:
    """For appointments: whom a unit expects at its counters, by the upper end of its newest forecast and the share that came in person
    in the last twelve weeks. None without a forecast. Two queries."""
    today = timezone.localdate()
    row = next(iter(newest(unit_code, today)), None)
    if row is None or row.procedure_code:
        return None
    came = statistics(Asked(today - CHANNELS_OF, today - dt.timedelta(days=1), agency=unit_code), today=today).total
    if not came.received:
        return None
    share = came.received_in_person / came.received
    days = {row.first_day + dt.timedelta(days=at): high * share for at, high in enumerate(row.high)}
    words = f"Theo dự báo ngày {row.first_day:%d/%m/%Y}, {round(100 * share)}% nộp trực tiếp."
    return Expected({day: people for day, people in days.items() if day >= today}, words)
