"""Telling another system what became of the payment that it asked for: PayPlat's Confirm, or a message (Rules art. 31.2c)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from payments import payplat, signals
from payments.models import AskedOrder, Order
from payments.services import asked as services
from payments.services.asked import FAILED, PAID, Standing, standing_of
from portal.exchange import http
from portal.exchange.errors import OutsideError
from portal.exchange.messages import send as send_message
from portal.exchange.partners.models import Call
from portal.outbox import RetryLater

SERVICE, KIND = "payplat", "payments.order"
NOT_PAID = "01"
"""``MaLoi`` of a payment that did not come about: run out, or played so."""


def confirm_of(asked: AskedOrder, standing: Standing) -> payplat.Confirm:
    """The message of what became of an order."""
    is_paid = standing.state == PAID
    return payplat.Confirm(
        code=payplat.SUCCESS if is_paid else NOT_PAID,
        partner=asked.merchant.code,
        reference=asked.reference,
        amount=asked.order.amount,
        transaction=standing.transaction if is_paid else "",
        bank=standing.institution,
        at=standing.at,
        content=f"Thanh toan {asked.order.code}",
    )


def send(*, asked_id: int, what: str, now: datetime) -> bool:
    """Tell once more (worker); whether the other system took it, or there is nothing to tell. :class:`RetryLater` until it does.

    Sent again it is the same message: the other side knows it by its reference and state. One who is suspended hears it when let in again.
    """
    asked = AskedOrder.objects.select_related("order", "merchant__partner").get(pk=asked_id)
    standing = standing_of(asked)
    if standing.state != what or asked.told == what:
        # Money that came after its time has been told of, or will be, by a message of its own.
        return True
    merchant = asked.merchant
    if asked.door == AskedOrder.API:
        _by_message(asked, standing, now)
        return True
    if not merchant.confirm_url:
        return True
    if merchant.partner.suspended_at is not None:
        raise RetryLater("the partner is suspended", delay_seconds=600)
    body = payplat.build(confirm_of(asked, standing), merchant.secret or "")
    try:
        data = http.post(SERVICE, merchant.confirm_url, body, content_type="application/json")
        reply = payplat.read(payplat.ConfirmReply, data, merchant.secret or "")
    except OutsideError as error:
        raise RetryLater(f"the partner does not take it: {error.code}") from None
    except payplat.BadPayPlat as error:
        raise RetryLater(f"the partner's reply is none: {error.code}") from None
    if (reply.partner, reply.reference) != (merchant.code, asked.reference) or reply.code != payplat.SUCCESS:
        raise RetryLater("the partner refused the confirmation")
    with transaction.atomic():
        AskedOrder.objects.filter(pk=asked.pk).update(told=what, told_at=now)
    return True


@transaction.atomic
def _by_message(asked: AskedOrder, standing: Standing, now: datetime) -> None:
    """Who asked by the API hears by a message of the exchange, which goes on by itself; who takes none asks."""
    partner = asked.merchant.partner
    if Call.MESSAGES not in partner.calls:
        return
    body = {
        "reference": asked.reference,
        "code": asked.order.code,
        "state": standing.state,
        "amount": asked.order.amount,
        "at": standing.at,
        "transaction": standing.transaction,
        "institution": standing.institution,
    }
    send_message(partner=partner, kind=KIND, about=asked.reference, body=body, key=f"{KIND}:{standing.state}:{asked.pk}")
    AskedOrder.objects.filter(pk=asked.pk).update(told=standing.state, told_at=now)


def _tell(order: Order, what: str) -> None:
    found = AskedOrder.objects.filter(order=order).first() if order.source == services.SOURCE else None
    if found is not None:
        with transaction.atomic():
            services.tell(found, what)


def on_settled(order: Order, **_: Any) -> None:
    """Money was taken."""
    _tell(order, PAID)


def on_expired(order: Order, **_: Any) -> None:
    """Nobody paid in time."""
    _tell(order, FAILED)


def connect() -> None:
    """Hear of what becomes of orders."""
    signals.settled.connect(on_settled, dispatch_uid="payments.partners.settled")
    signals.expired.connect(on_expired, dispatch_uid="payments.partners.expired")
