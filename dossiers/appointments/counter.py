"""At the counters: a number is drawn, called, served. Every act adds its difference to the day's figures, under the day's lock.

The lock makes numbers of a day gapless and unique, and two counters that call at once call two people.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from dossiers.appointments import queries, rules
from dossiers.appointments.common import CounterRefused, record
from dossiers.models import Appointment, CounterDay, CounterPlan, Priority, Ticket
from dossiers.models.appointments import APPOINTMENTS, TICKETS, WORK
from portal.access import SYSTEM, Actor, require
from portal.states import TransitionRefused

HISTORY = 30
"""Calls that the rule of calling looks back at: more than it can need with three lines."""
GONE = "Số này đã chuyển sang tình trạng khác. Trang dưới đây cho thấy tình trạng mới nhất."
STEPS = ("recall", "serve", "miss", "come_back", "finish")
"""Acts on one number, by their addresses."""


def _day(unit_code: str, now: datetime) -> CounterDay:
    """The unit's day, locked."""
    day = timezone.localdate(now)
    CounterDay.objects.bulk_create([CounterDay(unit_code=unit_code, day=day)], ignore_conflicts=True)
    return CounterDay.objects.select_for_update().get(unit_code=unit_code, day=day)


def _draw(unit_code: str, now: datetime, *, priority: str, appointment: Appointment | None = None) -> Ticket:
    """The next number of the day. A roll-back gives it back: numbers have no holes."""
    day = _day(unit_code, now)
    day.last += 1
    day.booked += appointment is not None
    day.first += bool(priority)
    day.save()
    return Ticket.objects.create(
        unit_code=unit_code,
        day=day.day,
        number=day.last,
        appointment=appointment,
        priority=priority if priority in Priority.values else "",
        taken_at=now,
        due_at=appointment.starts_at if appointment is not None else None,
    )


@transaction.atomic
def walk_in(*, actor: Actor, unit_code: str, priority: str = "", now: datetime) -> Ticket:
    """A number for somebody without an appointment."""
    require(actor, WORK, unit_code)
    ticket = _draw(unit_code, now, priority=priority)
    record(actor, "draw_number", ticket, number=ticket.number)
    return ticket


def read_code(typed: str) -> str:
    """The code of an appointment as it was typed, or as a scanner reads the QR code of its page."""
    text = typed.strip().rstrip("/")
    return re.sub(r"[\s.\-]", "", text.rpartition("/")[2]).upper()[:12]


def known_priority(one: Appointment, now: datetime) -> str:
    """The priority that an appointment's owner declared, or has by their age where we know it (three queries at most)."""
    if one.priority or one.party_id is None or people.is_organisation(one.party_id):
        return one.priority
    born = people.born_on(one.party_id)
    return Priority.OLD if born is not None and rules.is_elderly(born, timezone.localdate(now)) else ""


@transaction.atomic
def check_in(*, actor: Actor, unit_code: str, typed: str, priority: str = "", now: datetime) -> Ticket:
    """Whoever has an appointment has come: their number. ``priority``: what the officer sees, beside what was declared or is known.

    A second time gives the number that was drawn. :class:`CounterRefused` for a code of another unit or day, or of none.
    """
    require(actor, WORK, unit_code)
    return _arrive(actor, unit_code, typed, priority, now)


@transaction.atomic
def at_kiosk(*, unit_code: str, device_id: UUID, typed: str, priority: str, now: datetime) -> Ticket:
    """A number that somebody draws themself at the unit's kiosk: by the code of their appointment (``typed``), else without one.

    Who is called when is the rule's as for any number. :class:`CounterRefused` as :func:`check_in`.
    """
    if typed.strip():
        return _arrive(SYSTEM, unit_code, typed, priority, now)
    ticket = _draw(unit_code, now, priority=priority)
    record(SYSTEM, "draw_number", ticket, number=ticket.number, kiosk=str(device_id))
    return ticket


def _arrive(actor: Actor, unit_code: str, typed: str, priority: str, now: datetime) -> Ticket:
    rows = Appointment.objects.select_for_update().filter(unit_code=unit_code, code=read_code(typed))
    one = rows.exclude(state=Appointment.State.HELD).first()
    if one is None:
        raise CounterRefused("Không có lịch hẹn nào mang mã này tại đơn vị. Bạn so lại từng chữ.", "code")
    known = Ticket.objects.filter(appointment=one).first()
    if known is not None:
        return known
    if timezone.localdate(one.starts_at) != timezone.localdate(now):
        day = f"{timezone.localdate(one.starts_at):%d/%m/%Y}"
        raise CounterRefused(f"Lịch hẹn này của ngày {day}. Bạn lấy số không hẹn cho người đến hôm nay.", "code")
    try:
        APPOINTMENTS.move(one, "arrive")
    except TransitionRefused as refused:
        raise CounterRefused("Lịch hẹn này đã hủy. Bạn lấy số không hẹn.", "code") from refused
    one.changed_at = now
    one.save()
    ticket = _draw(unit_code, now, priority=priority or known_priority(one, now), appointment=one)
    record(actor, "check_in", one, number=ticket.number)
    return ticket


def counters_of(unit_code: str) -> int:
    """How many counters a unit has; one where it has not said (one query)."""
    return CounterPlan.objects.filter(unit_code=unit_code).values_list("counters", flat=True).first() or 1


@transaction.atomic
def call_next(*, actor: Actor, unit_code: str, counter: int, now: datetime) -> Ticket:
    """Call whoever is next to a counter; whom it serves is done with by that. :class:`CounterRefused` where nobody waits, or somebody who
    was called has yet to come."""
    require(actor, WORK, unit_code)
    if not 1 <= counter <= counters_of(unit_code):
        raise CounterRefused("Bạn hãy chọn quầy của mình trước.", "counter")
    day = _day(unit_code, now)
    here = Ticket.objects.select_for_update().filter(unit_code=unit_code, day=day.day, counter=counter)
    now_at = here.filter(state__in=(Ticket.State.CALLED, Ticket.State.SERVING)).first()
    if now_at is not None and now_at.state == Ticket.State.CALLED:
        raise CounterRefused(f"Quầy đang gọi số {now_at.number}. Bạn bấm “Bắt đầu giải quyết” hoặc “Không có mặt” trước.", status=409)
    rows = Ticket.objects.select_for_update().filter(unit_code=unit_code, day=day.day)
    waiting = {one.number: one for one in rows.filter(state=Ticket.State.WAITING)}
    calls = rows.filter(called_at__isnull=False).order_by("-called_at").values_list("line", "called_at")[:HISTORY]
    # Who comes back was called already: they go on where they left.
    found = rules.next_of(
        [queries.as_waiting(one) for one in waiting.values()], [rules.Call(rules.Line(line), at) for line, at in calls if at], now
    )
    if now_at is not None:
        _finish(now_at, day, actor, now)
    if found is None:
        day.save()
        if now_at is not None:
            return now_at
        raise CounterRefused("Không còn ai chờ.", status=409)
    chosen, line = found
    ticket = waiting[chosen.number]
    TICKETS.move(ticket, "call")
    ticket.counter, ticket.position_id, ticket.last_called_at = counter, actor.position_id, now
    ticket.calls += 1
    if ticket.called_at is None:
        ticket.called_at, ticket.line = now, line.value
        ticket.waited_seconds = rules.waited(ticket.taken_at, ticket.due_at, now)
        day.called += 1
        day.waited_seconds += ticket.waited_seconds
        day.waited_over += ticket.waited_seconds > rules.waiting_limit(day.day).total_seconds()
    ticket.save()
    day.save()
    record(actor, "call_number", ticket, number=ticket.number, counter=counter)
    return ticket


def _finish(ticket: Ticket, day: CounterDay, actor: Actor, now: datetime) -> None:
    TICKETS.move(ticket, "finish")
    assert ticket.served_at is not None
    ticket.finished_at = now
    ticket.handled_seconds = max(0, int((now - ticket.served_at) / timedelta(seconds=1)))
    ticket.save()
    day.served += 1
    day.handled_seconds += ticket.handled_seconds
    day.handled_over += ticket.handled_seconds > rules.HANDLING.total_seconds()
    record(actor, "finish_number", ticket, number=ticket.number)


@transaction.atomic
def step(*, actor: Actor, ticket_id: UUID, name: str, now: datetime) -> Ticket:
    """Call again, begin, note that nobody came, take back whoever came after all, end: one of :data:`STEPS`. :class:`CounterRefused`
    where the number has moved on meanwhile, or is of another day; ``Ticket.DoesNotExist`` for none."""
    if name not in STEPS:
        raise KeyError(name)
    unit_code = Ticket.objects.values_list("unit_code", flat=True).get(pk=ticket_id)
    require(actor, WORK, unit_code)
    day = _day(unit_code, now)
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    if ticket.day != day.day:
        raise CounterRefused("Số này không phải của hôm nay.", status=409)
    if name == "finish" and ticket.state == Ticket.State.SERVING:
        _finish(ticket, day, actor, now)
        day.save()
        return ticket
    try:
        TICKETS.move(ticket, name)
    except TransitionRefused as refused:
        raise CounterRefused(GONE, status=409) from refused
    if name == "recall":
        ticket.calls += 1
        ticket.last_called_at = now
    elif name == "serve":
        ticket.served_at = now
    elif name == "miss":
        day.missed += 1
    elif name == "come_back":
        day.missed -= 1
    ticket.save()
    day.save()
    record(actor, f"{name}_number", ticket, number=ticket.number)
    return ticket
