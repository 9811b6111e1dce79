"""Demo counters of one ward: open for appointments and for receptions at home, with figures of past days. Never in production."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from dossiers.appointments import queries
from dossiers.models import CounterDay, CounterPlan

STEP = "quầy và lịch hẹn trình diễn"
UNIT = "H26.101"
PLAN = MappingProxyType({"counters": 3, "slot_minutes": 30, "per_slot": 2, "ahead_days": 14, "at_home": True})
DAYS = 20
"""Working days before today with figures."""


@transaction.atomic
def load() -> str:
    """Once: a plan that is there stays as it was arranged. What was done."""
    if CounterPlan.objects.filter(unit_code=UNIT).exists():
        return "đã có"
    plan = CounterPlan.objects.create(unit_code=UNIT, changed_by_label="Dữ liệu trình diễn", **PLAN)
    calendar, day, made = queries.calendar_of(plan), timezone.localdate(), 0
    while made < DAYS:
        day -= dt.timedelta(days=1)
        if not calendar.hours(day):
            continue
        made += 1
        # Made up, and the same each time: some days are quiet, some are not.
        called = 40 + made * 7 % 25
        CounterDay.objects.create(
            unit_code=UNIT,
            day=day,
            last=called + made % 3,
            booked=called // 3,
            first=called // 8,
            called=called,
            waited_seconds=called * (420 + made * 53 % 700),
            waited_over=called * (made * 53 % 700) // 2_000,
            served=called - made % 2,
            handled_seconds=called * (600 + made * 31 % 500),
            handled_over=called // 15,
            missed=made % 2,
        )
    return f"{UNIT}: lịch của quầy, số liệu {DAYS} ngày"
