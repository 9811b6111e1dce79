"""Paying within a dossier: money asked for with the filing or by an officer, what its coming or not coming does to the dossier.

`payments` makes the order and knows no dossier; what it says is looked up by the order (:func:`follow_order`), so that a signal that
comes twice, late, or after the dossier was answered changes nothing a second time. Whoever holds both rows locks the dossier first.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from dossiers import slips
from dossiers.models import TABLE, Dossier, DossierDocument, PaymentDemand, Standing, State
from dossiers.queries import unit_calendar
from dossiers.services.common import advance, lock_for_officer, move_appointment, notify_parties, write_event
from dossiers.slip_sets.issuing import issue_of
from dossiers.terms import terms_of
from payments import services as payments
from payments.models import Order
from portal.access import SYSTEM, Actor
from portal.states import TransitionRefused
from portal.workdays import Unit, due_at, opening_before, response_due
from procedures import queries as procedures
from procedures.fees import Bill, best

log = logging.getLogger(__name__)

SOURCE = "dossiers"
"""What `payments` keeps as the source of our orders."""
REMIND_BEFORE = 2
"""Working days before the last one: then the parties are reminded, once."""
DEFAULT: dict[str, Any] = {"when": "asked", "days": 5, "unpaid": "stop", "refund": "none", "kind": "LGD.01", "revenue": {}}
"""How an officer's demand is paid where the form says nothing of paying."""


def payment_of(dossier: Dossier) -> dict[str, Any]:
    """How the dossier's form says that it is paid; :data:`DEFAULT` where it says nothing."""
    return {**DEFAULT, **(dossier.form_version.payment or {})}


def lines_of(bill: Bill, revenue: dict[str, str]) -> list[payments.Line]:
    """The charges of a bill as lines of an order."""
    return [
        payments.Line(
            name=charge.name,
            fee_kind=charge.kind or "other",
            unit_amount=charge.unit_amount,
            number=charge.number,
            unit=charge.unit,
            reduction=charge.reduction,
            reason=charge.why,
            revenue_code=revenue.get(charge.name, ""),
        )
        for charge in bill.charges
    ]


def demand_with_filing(dossier: Dossier, bill: Bill, *, actor: Actor, now: datetime) -> PaymentDemand | None:
    """Ask for what a filing costs, in the transaction that sends it: the order is made, reception waits for its money.

    None where nothing is due, the form has it paid otherwise, or the agency has no account into which money could go: it then tells the
    applicant itself how to pay, as before.
    """
    payment = dossier.form_version.payment or {}
    if payment.get("when") != "filing" or bill.total < 1:
        return None
    try:
        demand = make_demand(
            dossier, lines_of(bill, payment["revenue"]), payment, why=PaymentDemand.Why.FILING, key="filing", actor=actor, now=now
        )
    except payments.OrderRefused as refused:
        log.warning("no order for a filing", extra={"dossier": str(dossier.pk), "why": str(refused)})
        return None
    # The answer is due from the day the money has come, or has not (Decree 45/2020: 8 working hours).
    dossier.response_due_at = response_due(demand.until, unit_calendar(dossier.unit_code))
    dossier.save(update_fields=["payment", "pay_until", "response_due_at"])
    return demand


def make_demand(
    dossier: Dossier,
    lines: Sequence[payments.Line],
    payment: dict[str, Any],
    *,
    why: PaymentDemand.Why,
    key: str,
    actor: Actor,
    now: datetime,
    days: int | None = None,
) -> PaymentDemand:
    """The order and the row that ties it to the dossier, of an officer's or another system's asking; sets ``payment`` and ``pay_until`` on
    the locked dossier. ``OrderRefused``."""
    calendar = unit_calendar(dossier.unit_code)
    until = due_at(now, days or payment["days"], Unit.WORKING_DAY, calendar)
    party = people.party(dossier.applicant_id)
    order = payments.create_order(
        source=SOURCE,
        key=f"{key}:{dossier.pk}",
        kind=payment["kind"],
        reference=dossier.code or "",
        description=dossier.procedure_name,
        payer=payments.Payer(party.id, party.name, party.number, party.address),
        payee_unit=dossier.unit_code,
        lines=[line for line in lines if line.unit_amount],
        due_at=until,
        expires_at=until,
        actor=actor,
        now=now,
    )
    remind_at = opening_before(until, REMIND_BEFORE, calendar)
    demand = PaymentDemand.objects.create(
        dossier=dossier,
        number=dossier.demands.count() + 1,
        why=why,
        order=order,
        amount=order.amount,
        when_unpaid=payment["unpaid"],
        asked_at=now,
        until=until,
        remind_at=remind_at if remind_at > now else None,
    )
    dossier.payment, dossier.pay_until = Standing.DUE, until
    return demand


def asked_lines(dossier: Dossier, counts: Mapping[int, int], free: Sequence[tuple[str, str, int]]) -> list[payments.Line]:
    """What an officer asks for, as lines: fee lines of the dossier's law by their place (how often of each), with what was taken off for
    filing online on the day it was sent; and lines of the officer's own (name, kind, đồng). Three queries.
    """
    terms, revenue = terms_of(dossier), payment_of(dossier)["revenue"]
    declared = procedures.declared_for(terms.procedure_code, terms.field_code, timezone.localdate(dossier.submitted_at))
    reductions = procedures.fee_reductions(procedures.reaching(declared, dossier.unit_code))
    found = []
    for place, number in counts.items():
        fee = terms.fees[place]
        reduction = best(reductions, fee, number)
        off = reduction.saving(fee.amount or 0, number) if reduction else 0
        why = reduction.basis if reduction else ""
        found.append(payments.Line(fee.name, fee.kind or "other", fee.amount or 0, number, fee.per, off, why, revenue.get(fee.name, "")))
    return [*found, *(payments.Line(name, kind, amount, 1, revenue_code=revenue.get(name, "")) for name, kind, amount in free)]


@transaction.atomic
def ask_payment(
    *,
    actor: Actor,
    dossier_id: UUID,
    seen_version: int,
    lines: Sequence[payments.Line],
    days: int,
    reason: str,
    now: datetime,
) -> Dossier:
    """An officer asks for money (state 4 → 6): the order is made, the clock stands still, the applicant is told with the reason.

    ``days``: working days to pay in. ``ValueError`` without a reason; ``OrderRefused`` for lines that are no order;
    ``TransitionRefused`` when somebody was quicker or the decision waits for its signature.
    """
    if not reason.strip():
        raise ValueError("a demand needs a reason")
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.ask_payment", seen_version=seen_version, transition="ask_payment"
    )
    if refusal := TABLE.refusal(dossier, "ask_payment"):
        raise TransitionRefused("ask_payment", dossier.state, refusal)
    payment, number = payment_of(dossier), dossier.demands.count() + 1
    demand = make_demand(dossier, lines, payment, why=PaymentDemand.Why.ASKED, key=f"asked-{number}", actor=actor, now=now, days=days)
    dossier.paused_at = now
    advance(dossier, "ask_payment", actor=actor, now=now, note=reason.strip())
    notify_parties(dossier, "dossiers.payment_due", amount=slips.money(demand.amount), until=slips.moment(demand.until))
    return dossier


@transaction.atomic
def call_off_payment(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """The officer takes a demand back that nobody has paid (state 6 → 4): the order is cancelled, the clock runs on, the applicant is told.

    What is on its way all the same goes back by itself. ``ValueError`` without a reason; ``TransitionRefused`` when somebody was quicker,
    or the money has come.
    """
    if not reason.strip():
        raise ValueError("taking a demand back needs a reason")
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.ask_payment", seen_version=seen_version, transition="call_off_payment"
    )
    if refusal := TABLE.refusal(dossier, "call_off_payment"):
        raise TransitionRefused("call_off_payment", dossier.state, refusal)
    call_off_due(dossier, reason=reason.strip(), actor=actor, now=now)
    _resume(dossier, "call_off_payment", now=now, note=reason.strip(), actor=actor)
    notify_parties(dossier, "dossiers.payment_called_off")
    return dossier


def call_off_due(dossier: Dossier, *, reason: str, actor: Actor, now: datetime) -> None:
    """Nobody is asked any more for what a locked dossier's applicant has not paid. ``TransitionRefused`` where the money has just come."""
    for demand in dossier.demands.filter(standing=Standing.DUE).select_related("order"):
        try:
            payments.cancel_order(order_id=demand.order_id, reason=reason, actor=actor, now=now)
        except payments.OrderRefused as paid:
            raise TransitionRefused("call_off_payment", dossier.state, "Người nộp vừa trả tiền. Tải lại trang để xem.") from paid
        _close(dossier, demand, Standing.UNPAID, now)


# What comes of it ----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def follow_order(*, order_id: UUID, now: datetime) -> PaymentDemand | None:
    """Bring a dossier up to what its order is by now: paid, run out, called off, given back. Called by signals and by the task.

    Idempotent; None for an order that is no dossier's.
    """
    found = PaymentDemand.objects.filter(order=order_id).values_list("dossier_id", flat=True).first()
    if found is None:
        return None
    dossier = Dossier.objects.select_for_update().get(pk=found)
    demand = PaymentDemand.objects.select_related("order").get(order=order_id)
    order = demand.order
    if order.state == Order.PAID and demand.standing in (Standing.DUE, Standing.UNPAID):
        _paid(dossier, demand, now)
    elif order.state in (Order.EXPIRED, Order.CANCELLED) and demand.standing == Standing.DUE:
        _unpaid(dossier, demand, now)
    if demand.standing == Standing.PAID and order.refunded >= order.amount:
        _close(dossier, demand, Standing.REFUNDED, now)
        dossier.save(update_fields=["payment", "pay_until", "version"])
        write_event(dossier, "refunded", before=dossier.state, actor=SYSTEM, now=now, note=slips.money(order.refunded))
    return demand


def _close(dossier: Dossier, demand: PaymentDemand, standing: Standing, now: datetime) -> bool:
    """Answer a demand; the dossier stands as its newest one does. Whether it was the newest."""
    demand.standing, demand.remind_at = standing, None
    demand.closed_at = demand.closed_at or now
    demand.save(update_fields=["standing", "remind_at", "closed_at", "settled_at"])
    newest = not dossier.demands.filter(number__gt=demand.number).exists()
    if newest:
        dossier.payment, dossier.pay_until = standing, None
    dossier.version += 1
    return newest


def _paid(dossier: Dossier, demand: PaymentDemand, now: datetime) -> None:
    """The money has come: in time, or after it was called unpaid."""
    was_due = demand.standing == Standing.DUE
    demand.settled_at = demand.order.settled_at or now
    _close(dossier, demand, Standing.PAID, now)
    words = slips.money(demand.amount)
    if was_due and dossier.state == State.PAYMENT_DUE:
        _resume(dossier, "paid", now=now, note=words)
    else:
        if was_due and dossier.state == State.SUBMITTED:
            dossier.response_due_at = response_due(now, unit_calendar(dossier.unit_code))
        dossier.save()
        write_event(dossier, "paid", before=dossier.state, actor=SYSTEM, now=now, note=words)
    notify_parties(dossier, "dossiers.paid", amount=words)
    if dossier.state in (State.REFUSED, State.WITHDRAWN, State.STOPPED):
        # It came on the way: refused or withdrawn meanwhile.
        give_back(dossier, reason="refused" if dossier.state == State.REFUSED else "withdrawn", actor=SYSTEM, now=now)


def _unpaid(dossier: Dossier, demand: PaymentDemand, now: datetime) -> None:
    """Nobody paid in time: a new dossier is left to reception, one in hand goes on or is stopped as its procedure has it."""
    _close(dossier, demand, Standing.UNPAID, now)
    words = slips.money(demand.amount)
    if dossier.state == State.PAYMENT_DUE and demand.when_unpaid == PaymentDemand.Unpaid.STOP:
        _stop(dossier, demand, now)
    elif dossier.state == State.PAYMENT_DUE:
        _resume(dossier, "unpaid", now=now, note=words)
    else:
        if dossier.state == State.SUBMITTED:
            dossier.response_due_at = response_due(now, unit_calendar(dossier.unit_code))
        dossier.save()
        write_event(dossier, "unpaid", before=dossier.state, actor=SYSTEM, now=now, note=words)


def _resume(dossier: Dossier, transition: str, *, now: datetime, note: str, actor: Actor = SYSTEM) -> None:
    """The clock runs on: the appointment moves by the working time that it stood still; the first one stays what it was."""
    move_appointment(dossier, now, unit_calendar(dossier.unit_code))
    dossier.paused_at = None
    advance(dossier, transition, actor=actor, now=now, note=note)


def _stop(dossier: Dossier, demand: PaymentDemand, now: datetime) -> None:
    """End the dossier without a result (state 8), with the notice that says why and what to do (Circular 03/2025, slip 05)."""
    if demand.order.state != Order.CANCELLED:
        # What still comes goes back by itself.
        payments.cancel_order(order_id=demand.order_id, reason="Hồ sơ đã dừng giải quyết", actor=SYSTEM, now=now)
    dossier.stopped_at, dossier.paused_at = now, None
    reason = slips.unpaid_reason(demand.amount, demand.until)
    advance(dossier, "stop_unpaid", actor=SYSTEM, now=now, note=reason)
    issue_of(
        dossier,
        DossierDocument.Role.STOP,
        kind=slips.STOP,
        key=f"dossiers.stop:{dossier.id}",
        context=slips.stop_context(dossier, reason=reason),
        actor=SYSTEM,
        now=now,
        # The set of 2018 has no such slip.
        before="documents/stop_notice.html",
    )
    notify_parties(dossier, "dossiers.stopped")


# Refused, withdrawn --------------------------------------------------------------------------------------------------------------


def call_off(dossier: Dossier, *, reason: str, actor: Actor, now: datetime) -> None:
    """What becomes of the money of a locked dossier that is refused (``reason``: ``refused``) or withdrawn (``withdrawn``): what is not
    paid yet is not owed any more; what is paid goes back where the procedure says so. The caller saves the dossier.
    """
    words = "Hồ sơ không được tiếp nhận" if reason == "refused" else "Người nộp đã rút hồ sơ"
    for demand in dossier.demands.filter(standing__in=[Standing.DUE, Standing.UNPAID]).select_related("order"):
        try:
            # Also what had run out: money that still comes for it is then owed back by itself.
            payments.cancel_order(order_id=demand.order_id, reason=words, actor=actor, now=now)
        except payments.OrderRefused:
            # Paid at this moment: the news of it has not come here yet.
            demand.order.refresh_from_db()
            demand.settled_at = demand.order.settled_at or now
            _close(dossier, demand, Standing.PAID, now)
            write_event(dossier, "paid", before=dossier.state, actor=SYSTEM, now=now, note=slips.money(demand.amount))
        else:
            _close(dossier, demand, Standing.UNPAID, now)
    dossier.paused_at = None
    give_back(dossier, reason=reason, actor=actor, now=now)


def give_back(dossier: Dossier, *, reason: str, actor: Actor, now: datetime) -> None:
    """Have what was paid for a dossier given back, as its procedure says; nothing where nothing was paid, or a second time."""
    if payment_of(dossier)["refund"] != "all":
        return
    # What was paid in cash is given back in cash, by a counter-entry at the counter.
    for demand in dossier.demands.filter(standing=Standing.PAID, cash__isnull=True):
        payments.request_refund(
            order_id=demand.order_id,
            amount=None,
            reason=reason,
            key=f"{SOURCE}:{demand.pk}:{reason}",
            actor=actor,
            now=now,
            # The procedure's rule has decided where the agency did not take the dossier.
            decided=reason == "refused",
        )


def remind_of_payments(*, now: datetime, limit: int = 200) -> int:
    """Remind of what is due in two working days, once each (task, by the index of what is to be reminded of). How many were reminded."""
    due = PaymentDemand.objects.filter(remind_at__lte=now).order_by("remind_at").values_list("pk", flat=True)[:limit]
    return sum(_remind(pk, now) for pk in list(due))


@transaction.atomic
def _remind(demand_id: int, now: datetime) -> bool:
    demand = PaymentDemand.objects.select_for_update(skip_locked=True).filter(pk=demand_id, remind_at__lte=now).first()
    if demand is None:
        return False
    demand.remind_at = None
    demand.save(update_fields=["remind_at"])
    if demand.standing != Standing.DUE or demand.until <= now:
        return False
    notify_parties(
        demand.dossier,
        "dossiers.payment_reminder",
        about=f"demand-{demand.pk}",
        amount=slips.money(demand.amount),
        until=slips.moment(demand.until),
    )
    return True


def follow_late_orders(*, now: datetime, limit: int = 200) -> int:
    """Bring up to date what should have been answered by now, should the news of it be lost (task). How many were looked at."""
    late = PaymentDemand.objects.filter(standing=Standing.DUE, until__lte=now).exclude(order__state=Order.OPEN)
    found = list(late.order_by("until").values_list("order_id", flat=True)[:limit])
    for order_id in found:
        follow_order(order_id=order_id, now=now)
    return len(found)
