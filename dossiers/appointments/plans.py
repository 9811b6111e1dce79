"""When a unit's counters receive people: data of the unit's administrator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from dossiers.appointments import capacity, queries
from dossiers.appointments.booking import call_off
from dossiers.appointments.common import CounterRefused, record
from dossiers.models import Appointment, ClosedDay, CounterPlan
from dossiers.models.appointments import ARRANGE
from portal.access import Actor, require
from procedures import queries as procedures

FIELDS = ("is_open", "at_home", "counters", "slot_minutes", "per_slot", "ahead_days", "hours", "procedure_codes")
STALE = "Lịch của quầy đã thay đổi từ lúc bạn mở trang này. Bạn xem lại bản mới nhất rồi sửa."
FARTHEST = dt.timedelta(days=366)


@transaction.atomic
def arrange(*, actor: Actor, unit_code: str, values: Mapping[str, Any], seen_version: int | None, now: dt.datetime) -> CounterPlan:
    """Say when a unit's counters receive people, how many at once, for what. What is booked already stays, also where fewer may come from
    now on. :class:`CounterRefused`."""
    require(actor, ARRANGE, unit_code)
    plan = CounterPlan.objects.select_for_update().filter(unit_code=unit_code).first() or CounterPlan(unit_code=unit_code, version=0)
    if plan.version and plan.version != seen_version:
        raise CounterRefused(STALE, status=409)
    if not plan.version and seen_version:
        raise CounterRefused(STALE, status=409)
    for name in FIELDS:
        setattr(plan, name, values[name])
    if plan.hours is not None:
        try:
            queries.own_hours(plan.hours)
        except ValueError as error:
            raise CounterRefused("Giờ nhận hẹn phải có ít nhất một buổi, các buổi theo thứ tự, không chồng lên nhau.", "monday") from error
    known = procedures.last_names(plan.procedure_codes)
    if unknown := [code for code in plan.procedure_codes if code not in known]:
        raise CounterRefused(f"Không có thủ tục mang mã {', '.join(unknown)}.", "procedure_codes")
    plan.version += 1
    plan.changed_by_label = actor.label[:200]
    plan.save()
    record(actor, "arrange_counters", plan, version=plan.version)
    return plan


def proposal_of(plan: CounterPlan) -> capacity.Proposal | None:
    """How many a slot should take from what is expected (`dossiers.appointments.capacity`); None where no room knows."""
    expected = capacity.expected_at(plan.unit_code)
    if expected is None:
        return None
    closed = set(plan.closed_days.filter(day__in=list(expected.by_day)).values_list("day", flat=True))
    return capacity.proposed(expected, queries.calendar_of(plan), closed, plan.slot_minutes)


@transaction.atomic
def take_capacity(*, actor: Actor, unit_code: str, per_slot: int, seen_version: int, now: dt.datetime) -> CounterPlan:
    """Let so many into a slot as is proposed now. :class:`CounterRefused` where another number is proposed by now, or the plan changed."""
    require(actor, ARRANGE, unit_code)
    plan = CounterPlan.objects.filter(unit_code=unit_code).first()
    found = proposal_of(plan) if plan is not None else None
    if plan is None or found is None or found.per_slot != per_slot:
        raise CounterRefused("Đề xuất đã thay đổi từ lúc bạn mở trang này. Bạn xem lại đề xuất mới nhất.", status=409)
    values = {name: getattr(plan, name) for name in FIELDS} | {"per_slot": per_slot}
    return arrange(actor=actor, unit_code=unit_code, values=values, seen_version=seen_version, now=now)


@transaction.atomic
def close_day(*, actor: Actor, unit_code: str, day: dt.date, reason: str, now: dt.datetime) -> int:
    """Take no appointments on a day. Whoever has one is told with the reason, and books another: how many were.

    The plan's lock makes whoever books at this moment wait, so that nobody is left with an appointment on a closed day.
    """
    require(actor, ARRANGE, unit_code)
    plan = CounterPlan.objects.select_for_update().filter(unit_code=unit_code).first()
    if plan is None:
        raise CounterRefused("Đơn vị chưa có lịch của quầy.")
    today = timezone.localdate(now)
    if not today <= day <= today + FARTHEST:
        raise CounterRefused("Ngày nghỉ phải từ hôm nay đến một năm sau.", "day")
    if plan.closed_days.filter(day=day).exists():
        raise CounterRefused("Ngày này đã nghỉ.", "day")
    ClosedDay.objects.create(plan=plan, day=day, reason=reason)
    record(actor, "close_counter_day", plan, day=day.isoformat())
    rows = Appointment.objects.select_for_update().filter(
        unit_code=unit_code, starts_at__date=day, starts_at__gt=now, state=Appointment.State.BOOKED
    )
    found = list(rows.order_by("starts_at", "pk"))
    for one in found:
        call_off(one, actor=actor, reason=reason, now=now)
    return len(found)


@transaction.atomic
def open_day(*, actor: Actor, unit_code: str, closed_id: int) -> None:
    """Take appointments on a closed day after all. Who was told of its being closed books anew. Twice is the same as once."""
    require(actor, ARRANGE, unit_code)
    found = ClosedDay.objects.filter(pk=closed_id, plan__unit_code=unit_code).select_related("plan").first()
    if found is not None:
        record(actor, "open_counter_day", found.plan, day=found.day.isoformat())
        found.delete()
