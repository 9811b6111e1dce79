"""Appointments: booked by a party, or by a phone that a code was sent to; changed, cancelled, reminded of, forgotten.

A place is taken under the lock of the unit's plan; the database refuses a place too many. Requests and tries are counted in the rows.
"""

from __future__ import annotations

import hmac
import math
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.contacts import contact_of
from accounts.services.codes import (
    MAX_TRIES,
    RESEND_AFTER,
    Refusal,
    TooManyRequests,
    WrongCode,
    digest,
    hashed,
    new_code,
    queue_up,
    refuse_beyond,
)
from dossiers.appointments import queries, rules
from dossiers.appointments.common import CounterRefused, clock, record, tell
from dossiers.models import Appointment, CounterPlan, Priority, Slot, Ticket
from dossiers.models.appointments import APPOINTMENTS, WORK
from dossiers.queries import own_dossiers
from dossiers.services.common import party_of
from dossiers.services.slices import each
from portal import crypto
from portal.access import ANONYMOUS, SYSTEM, Actor, require
from portal.crypto import bare_index, blind_index
from portal.notifications.services import notify

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of a code: none that looks like another."""
OPEN_MOST = 5
"""Appointments ahead that one party, or one phone, may have."""
PHONE_DAY = 6
"""Codes that one phone is sent in a day."""
MOST_CODES = 3
KEPT = timedelta(days=90)
"""So long an appointment, a number, a reception at home are kept after their day: for who complains about how they were received."""
HELD, BOOKED = Appointment.State.HELD, Appointment.State.BOOKED


def new_appointment_code() -> str:
    """Ten letters and digits that nobody guesses: without an account they are the right to the appointment."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def page_of(one: Appointment) -> str:
    """Path of an appointment's page."""
    return reverse("appointment", args=[one.code])


# Places ------------------------------------------------------------------------------------------------------------------------


def _take_place(unit_code: str, procedure_code: str, at: datetime, now: datetime) -> tuple[CounterPlan, Slot]:
    """A place at a time, under the lock of the unit's plan: whoever comes second waits, and finds what is left. :class:`CounterRefused`."""
    plan = CounterPlan.objects.select_for_update().filter(unit_code=unit_code, is_open=True).first()
    if plan is None or not queries.takes(plan, queries.procedure_called(procedure_code, now)):
        raise CounterRefused(_("Nơi này không nhận đặt lịch cho thủ tục này nữa. Bạn chọn nơi khác."))
    if at not in queries.offer(plan, now).times(timezone.localdate(at)):
        raise CounterRefused(_("Giờ này không nhận hẹn nữa. Bạn chọn giờ khác."), "at")
    Slot.objects.bulk_create([Slot(unit_code=unit_code, starts_at=at, capacity=plan.per_slot)], ignore_conflicts=True)
    slot = Slot.objects.select_for_update().get(unit_code=unit_code, starts_at=at)
    if slot.taken >= plan.per_slot:
        for held in slot.appointments.select_for_update().filter(state=HELD, held_until__lte=now):
            _lapse(held, now)
        slot.refresh_from_db()
    if slot.taken >= plan.per_slot:
        raise CounterRefused(_("Giờ này vừa hết chỗ. Bạn chọn giờ khác."), "at")
    slot.taken += 1
    slot.capacity = plan.per_slot
    slot.save(update_fields=["taken", "capacity"])
    return plan, slot


def _give_back(slot_id: int) -> None:
    Slot.objects.filter(pk=slot_id).update(taken=F("taken") - 1)


def _enter(*, unit_code: str, procedure_code: str, at: datetime, priority: str, now: datetime, actor: Actor, **more: Any) -> Appointment:
    plan, slot = _take_place(unit_code, procedure_code, at, now)
    one = Appointment.objects.create(
        code=new_appointment_code(),
        unit_code=unit_code,
        procedure_code=procedure_code,
        procedure_name=queries.procedure_called(procedure_code, now).name,
        slot=slot,
        starts_at=at,
        ends_at=at + timedelta(minutes=plan.slot_minutes),
        priority=priority if priority in Priority.values else "",
        created_at=now,
        changed_at=now,
        **more,
    )
    record(actor, "book", one, at=at.isoformat())
    return one


# Booking -----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def book(
    *, actor: Actor, unit_code: str, procedure_code: str, at: datetime, priority: str = "", dossier_code: str = "", now: datetime
) -> Appointment:
    """Book for the party for whom the actor acts; told at once. :class:`CounterRefused`, ``NotForParty``, ``AccessDenied``."""
    party_id = party_of(actor, procedure_code)
    queue_up("appointment", f"party:{party_id}")
    if queries.own_appointments(actor).filter(state=BOOKED, starts_at__gt=now).count() >= OPEN_MOST:
        raise CounterRefused(
            _("Bạn đang có %(n)d lịch hẹn chưa đến ngày, nhiều nhất được đặt. Bạn hủy bớt rồi đặt tiếp.") % {"n": OPEN_MOST}
        )
    if dossier_code and not own_dossiers(actor).filter(code=dossier_code).exists():
        dossier_code = ""
    one = _enter(
        unit_code=unit_code,
        procedure_code=procedure_code,
        at=at,
        priority=priority,
        now=now,
        actor=actor,
        party_id=party_id,
        made_by=actor.person_id,
        dossier_code=dossier_code,
        name=people.party(party_id).name,
        phone=contact_of(actor.person_id or party_id).phone or None,
        state=BOOKED,
    )
    tell(one, "dossiers.appointment_booked", occasion=one.changes, link=page_of(one), time=clock(at), code=one.code)
    return one


@transaction.atomic
def hold(
    *,
    unit_code: str,
    procedure_code: str,
    at: datetime,
    name: str,
    phone: str,
    priority: str = "",
    language: str = "vi",
    address: str = "",
    now: datetime,
) -> Appointment:
    """Keep a place for who has no account, and send a code to their phone. :class:`CounterRefused`, :class:`TooManyRequests`."""
    blind, from_address = blind_index("dossiers.appointment", phone), digest("appointment.address", address)
    queue_up("appointment", f"phone:{bare_index(blind)}", f"address:{from_address}")
    same = Appointment.objects.filter(phone_blind=blind)
    refuse_beyond(same, PHONE_DAY, timedelta(days=1), Refusal.NUMBER, now)
    if from_address:
        there = Appointment.objects.filter(address_digest=from_address)
        refuse_beyond(there, settings.SIGN_IN_CODES_PER_ADDRESS, timedelta(days=1), Refusal.ADDRESS, now)
    if same.filter(state=BOOKED, starts_at__gt=now).count() >= OPEN_MOST:
        words = _("Số điện thoại này đang có %(n)d lịch hẹn chưa đến ngày, nhiều nhất được đặt.")
        raise CounterRefused(words % {"n": OPEN_MOST}, "phone")
    one = _enter(
        unit_code=unit_code,
        procedure_code=procedure_code,
        at=at,
        priority=priority,
        now=now,
        actor=ANONYMOUS,
        name=name,
        phone=phone,
        phone_blind=blind,
        language=language,
        address_digest=from_address,
        state=HELD,
        held_until=now + rules.HOLD,
    )
    _send_code(one, now)
    return one


def _send_code(one: Appointment, now: datetime) -> None:
    code = new_code()
    one.code_hash, one.code_tries = hashed("appointment", one.pk, code), 0
    one.codes_sent += 1
    one.code_sent_at = now
    one.save(update_fields=["code_hash", "code_tries", "codes_sent", "code_sent_at"])
    assert one.held_until is not None
    notify(
        party_id=one.pk,
        template="dossiers.appointment_code",
        context={"code": code, "minutes": str(max(1, math.ceil((one.held_until - now) / timedelta(minutes=1))))},
        key=f"appointment-code:{one.pk}:{one.codes_sent}",
        channels=("sms",),
        address=one.phone,
        queue="now",
        expires_at=one.held_until,
    )


@transaction.atomic
def send_again(*, appointment_id: UUID, now: datetime) -> None:
    """Another code, where the last one did not arrive. :class:`TooManyRequests`; nothing where none is waited for."""
    one = Appointment.objects.select_for_update().filter(pk=appointment_id, state=HELD, held_until__gt=now).first()
    if one is None or one.code_sent_at is None or one.held_until is None:
        return
    if now < one.code_sent_at + RESEND_AFTER:
        raise TooManyRequests(one.code_sent_at + RESEND_AFTER, Refusal.SOON)
    if one.codes_sent >= MOST_CODES:
        raise TooManyRequests(one.held_until, Refusal.NUMBER)
    _send_code(one, now)


def confirm(*, appointment_id: UUID, code: str, now: datetime) -> Appointment:
    """The code is right: the place is theirs. :class:`WrongCode`, with no tries left also where the place was kept no longer.

    The try is counted in a transaction of its own before the code is looked at: stopping the request half-way gives no free guess, and
    two guesses at once count as two.
    """
    waiting = Appointment.objects.filter(pk=appointment_id, state=HELD, held_until__gt=now)
    with transaction.atomic():
        if not waiting.filter(code_tries__lt=MAX_TRIES).update(code_tries=F("code_tries") + 1):
            raise WrongCode(0)
    with transaction.atomic():
        one = waiting.select_for_update().first()
        if one is None:
            raise WrongCode(0)
        if not hmac.compare_digest(one.code_hash, hashed("appointment", one.pk, code.strip())):
            raise WrongCode(MAX_TRIES - one.code_tries)
        APPOINTMENTS.move(one, "confirm")
        one.code_hash, one.changed_at = "", now
        one.save()
        record(ANONYMOUS, "confirm_appointment", one)
        tell(one, "dossiers.appointment_booked", occasion=one.changes, link=page_of(one), time=clock(one.starts_at), code=one.code)
    return one


# Changing ----------------------------------------------------------------------------------------------------------------------


def _own(actor: Actor, code: str, now: datetime) -> Appointment:
    found = queries.appointment_for(actor, code)
    one = Appointment.objects.select_for_update().get(pk=found.pk)
    if one.state != BOOKED or one.starts_at <= now:
        raise CounterRefused(_("Lịch hẹn này không đổi, hủy được nữa."), status=409)
    return one


@transaction.atomic
def move(*, actor: Actor, code: str, at: datetime, now: datetime) -> Appointment:
    """Another time at the same unit: the new place is taken first, so that nobody loses the old one to a full day.

    :class:`CounterRefused`; ``Unknown`` for another's.
    """
    found = queries.appointment_for(actor, code)
    # The plan's lock first, as whoever books has it.
    CounterPlan.objects.select_for_update().filter(unit_code=found.unit_code).first()
    one = _own(actor, code, now)
    if at == one.starts_at:
        return one
    plan, slot = _take_place(one.unit_code, one.procedure_code, at, now)
    _give_back(one.slot_id)
    APPOINTMENTS.move(one, "move")
    one.slot, one.starts_at, one.ends_at = slot, at, at + timedelta(minutes=plan.slot_minutes)
    one.changes += 1
    one.changed_at, one.reminded_at = now, None
    one.save()
    record(actor, "move_appointment", one, at=at.isoformat())
    tell(one, "dossiers.appointment_booked", occasion=one.changes, link=page_of(one), time=clock(at), code=one.code)
    return one


@transaction.atomic
def cancel(*, actor: Actor, code: str, now: datetime) -> Appointment:
    """Its owner does not come. Twice is the same as once. :class:`CounterRefused`; ``Unknown`` for another's."""
    found = queries.appointment_for(actor, code)
    if found.state == Appointment.State.CANCELLED:
        return found
    one = _own(actor, code, now)
    APPOINTMENTS.move(one, "cancel")
    _end(one, now)
    record(actor, "cancel_appointment", one)
    return one


def _end(one: Appointment, now: datetime) -> None:
    one.changes += 1
    one.changed_at = now
    one.save()
    _give_back(one.slot_id)


def call_off(one: Appointment, *, actor: Actor, reason: str, now: datetime) -> None:
    """The unit cannot receive them; they are told why. In the caller's transaction, which holds the row's lock."""
    APPOINTMENTS.move(one, "call_off")
    one.cancel_reason = reason[:300]
    _end(one, now)
    record(actor, "call_off_appointment", one)
    link = reverse("appointment-time", args=[one.procedure_code, one.unit_code])
    tell(one, "dossiers.appointment_off", occasion="off", link=link, time=clock(one.starts_at), reason=reason)


@transaction.atomic
def call_off_one(*, actor: Actor, appointment_id: UUID, reason: str, now: datetime) -> None:
    """An officer calls one appointment off. :class:`CounterRefused`."""
    one = Appointment.objects.select_for_update().get(pk=appointment_id)
    require(actor, WORK, one.unit_code)
    if one.state != BOOKED or one.starts_at <= now:
        raise CounterRefused("Lịch hẹn này không hủy được nữa.", status=409)
    call_off(one, actor=actor, reason=reason, now=now)


# Regular work ------------------------------------------------------------------------------------------------------------------


def _lapse(one: Appointment, now: datetime) -> None:
    """Nobody typed the code in time: the place is free, and nothing is kept of who held it."""
    APPOINTMENTS.move(one, "cancel")
    one.name = one.phone = None
    one.code_hash = ""
    _end(one, now)


def lapse(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Free places that were kept for who did not type the code; how many, and whether all are done."""
    return each(Appointment.objects.filter(state=HELD, held_until__lte=now), "held_until", _lapse, now=now, seconds=seconds)


def _remind(one: Appointment, now: datetime) -> None:
    Appointment.objects.filter(pk=one.pk).update(reminded_at=now)
    template = "dossiers.appointment_soon" if one.party_id is not None else "dossiers.appointment_soon_phone"
    tell(one, template, occasion=one.changes, link=page_of(one), time=clock(one.starts_at))


def remind(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Remind, once a time of appointment, of those of the next day; who has just booked needs no reminder."""
    rows = Appointment.objects.filter(
        state=BOOKED, starts_at__gt=now, starts_at__lte=now + rules.REMINDED, reminded_at=None, changed_at__lt=now - rules.SETTLED
    )
    return each(rows, "starts_at", _remind, now=now, seconds=seconds)


def _miss(one: Appointment, now: datetime) -> None:
    APPOINTMENTS.move(one, "miss")
    one.changed_at = now
    one.save()
    record(SYSTEM, "miss_appointment", one)


def close_past(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Note of appointments of days that are over that nobody came."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return each(Appointment.objects.filter(state=BOOKED, starts_at__lt=today), "starts_at", _miss, now=now, seconds=seconds)


def erase(one: Appointment, actor: Actor) -> None:
    """Nothing is left of a (locked) appointment, in no backup either: its place is free, and its number goes with it."""
    if one.state in (HELD, BOOKED):
        _give_back(one.slot_id)
    Ticket.objects.filter(appointment=one).delete()
    pk = one.pk
    one.delete()
    crypto.shred(pk, actor)


def forget(*, now: datetime, seconds: float) -> tuple[int, bool]:
    """Erase appointments ninety days after their day."""

    def step(one: Appointment, _now: datetime) -> None:
        erase(one, SYSTEM)

    return each(Appointment.objects.filter(starts_at__lt=now - KEPT), "starts_at", step, now=now, seconds=seconds)


def forget_numbers(*, now: datetime) -> int:
    """Remove numbers drawn without an appointment ninety days after their day, and times that nobody has an appointment at; how many
    numbers. What they added up to stays."""
    before = timezone.localdate(now) - KEPT
    old = Ticket.objects.filter(day__lt=before, appointment=None).order_by("day", "pk").values("pk")[:5000]
    removed, _rows = Ticket.objects.filter(pk__in=old).delete()
    Slot.objects.filter(Q(starts_at__lt=now - KEPT - timedelta(days=1)), appointments=None).delete()
    return removed
