"""Refunds: asked for by a person or a room, or owed by rule; decided, sent, confirmed, booked (Rules art. 34.6)."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction

from payments.codes import ALPHABET
from payments.models import Collection, Order, Refund, RefundEvent
from payments.services.ledger import Side, T, book
from portal import audit, outbox
from portal.access import SYSTEM, Actor
from portal.workdays import Unit, due_at, national_calendar

DECISION_DAYS = 3
"""Working days in which a request is decided; what was paid twice goes back without anybody deciding."""


class RefundRefused(Exception):
    """The refund cannot be asked for or changed so. ``message`` is for the person."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def new_number() -> str:
    """A number of a refund: letters and digits, also the key by which an institution knows it."""
    return "HT" + "".join(secrets.choice(ALPHABET) for _ in range(12))


def owe_back(collection: Collection, *, now: datetime) -> Refund:
    """The refund of what an institution took beyond what was owed: decided by rule, sent at once, by the institution (Rules art. 34.6a).

    In the transaction that books the money, which holds the order's lock. The same collection again: the same refund.
    """
    return make(
        collection,
        amount=collection.owed_back,
        by=Refund.By.INSTITUTION,
        reason=collection.purpose,
        key=f"owed:{collection.pk}",
        actor=SYSTEM,
        now=now,
        decided=True,
    )


@transaction.atomic
def request_refund(
    *,
    order_id: UUID,
    amount: int | None,
    reason: str,
    key: str,
    actor: Actor,
    now: datetime,
    words: str = "",
    asker: str = "",
    contact: str = "",
    decided: bool = False,
) -> Refund | None:
    """Ask for the money of a paid order, all that is left of it or ``amount`` đồng, from the agency (Rules art. 34.6b–c).

    ``reason``: one of :class:`Refund.Reason`; ``key`` names the occasion, the same again is the same refund. ``decided``: a rule has
    decided already (a dossier that was not received). None where nothing is left to give back. :class:`RefundRefused` for an order that is
    not paid, or more than is left.
    """
    known = Refund.objects.filter(key=key).first()
    if known is not None:
        return known
    order = Order.objects.select_for_update().get(pk=order_id)
    known = Refund.objects.filter(key=key).first()
    if known is not None:
        return known
    if order.state != Order.PAID:
        raise RefundRefused("Khoản này chưa được thanh toán nên không có gì để hoàn.")
    collection = Collection.objects.select_for_update().get(order=order, purpose__in=["settles", "over"])
    left = collection.amount - collection.refunding
    wanted = left if amount is None else amount
    if wanted == 0:
        return None
    if not 1 <= wanted <= left:
        raise RefundRefused("Số tiền hoàn phải từ 1 đồng đến số còn lại chưa hoàn.", "amount")
    return make(
        collection,
        amount=wanted,
        by=Refund.By.AGENCY,
        reason=reason,
        key=key,
        actor=actor,
        now=now,
        words=words,
        asker=asker,
        contact=contact,
        decided=decided,
    )


def make(
    collection: Collection,
    *,
    amount: int,
    by: str,
    reason: str,
    key: str,
    actor: Actor,
    now: datetime,
    words: str = "",
    asker: str = "",
    contact: str = "",
    decided: bool = False,
    party_id: UUID | None = None,
) -> Refund:
    """The row, its event, the reserved amount. The caller holds the locks."""
    refund = Refund.objects.create(
        number=new_number(),
        key=key,
        collection=collection,
        order_id=collection.order_id,
        amount=amount,
        by=by,
        reason=reason,
        words=words or None,
        asker=asker or None,
        contact=contact or None,
        party_id=actor.party_id if actor.is_citizen else party_id,
        institution_code=collection.institution_id,
        payee_unit=collection.payee_unit,
        requested_at=now,
        due_at=due_at(now, DECISION_DAYS, Unit.WORKING_DAY, national_calendar()),
    )
    collection.refunding += amount
    collection.save(update_fields=["refunding"])
    note_event(refund, "request", before="", actor=actor, now=now)
    audit.record(
        actor=actor,
        act="payments.request_refund",
        target="payments.refund",
        target_id=str(refund.pk),
        unit=collection.payee_unit,
        details={"number": refund.number, "amount": str(amount), "reason": str(reason)},
    )
    if decided:
        decide_by_rule(refund, now=now)
    return refund


def decide_by_rule(refund: Refund, *, now: datetime) -> None:
    """Decide what the rule decides: what was double or over goes back by the institution, without an officer."""
    decide(refund, actor=SYSTEM, now=now)


def decide(refund: Refund, *, actor: Actor, now: datetime, decision: str = "") -> None:
    """The step itself, for who holds the locks: the institution is asked by the outbox, an agency owes the money from now on."""
    before = refund.state
    Refund.table.move(refund, "decide")
    refund.decided_at, refund.decision = now, decision
    refund.version += 1
    refund.save(update_fields=["state", "decided_at", "decision", "version"])
    note_event(refund, "decide", before=before, actor=actor, now=now, note=decision)
    if refund.by == Refund.By.AGENCY:
        collection = refund.collection
        book(
            key=f"refund_decided:{refund.pk}",
            event="refund_decided",
            sides=[
                Side(T.REVENUE, refund.amount, unit=collection.payee_unit, kind=collection.kind),
                Side(T.REFUNDS, -refund.amount, unit=collection.payee_unit),
            ],
            target=f"refund:{refund.pk}",
            now=now,
            is_test=collection.is_test,
            position_id=actor.position_id,
        )
    else:
        outbox.put("payments.refund", key=str(refund.pk), payload={"refund": str(refund.pk)})


def note_event(refund: Refund, name: str, *, before: str, actor: Actor, now: datetime, note: str = "") -> RefundEvent:
    """What happened to a refund, in the act's transaction."""
    return RefundEvent.objects.create(
        refund=refund,
        at=now,
        name=name,
        from_state=before,
        to_state=refund.state,
        note=note,
        position_id=actor.position_id,
        label=actor.label,
    )
