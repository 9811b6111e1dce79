"""What payments does outside its transactions: tell the rooms above, ask institutions, fetch vouchers."""

from __future__ import annotations

from django.utils import timezone

from payments import signals
from payments.models import Order, Refund
from payments.services.after import after_settlement
from payments.services.attempts import ask_attempt
from portal.exchange.errors import OutsideUnavailable
from portal.outbox import Message, RetryLater, handler


@handler("payments.settled", queue="soon")
def settled(message: Message) -> None:
    """The payer is told, the voucher is asked for, the rooms above hear of it; each by a message of its own: none waits for another."""
    after_settlement(order_id=message.payload["order"], now=timezone.now())


@handler("payments.tell", queue="soon")
def tell(message: Message) -> None:
    """Send one signal; a receiver that fails is tried again."""
    order = Order.objects.get(pk=message.payload["order"])
    more = {"refund": Refund.objects.get(pk=message.payload["refund"])} if "refund" in message.payload else {}
    getattr(signals, message.payload["signal"]).send(sender=Order, order=order, **more)


@handler("payments.ask", queue="soon", parallel=True)
def ask(message: Message) -> None:
    """Ask about one try. A silent institution is asked again at the time that stands in the row, not by this message."""
    try:
        ask_attempt(attempt_id=message.payload["attempt"], now=timezone.now())
    except OutsideUnavailable:
        return


@handler("payments.voucher", queue="bulk", parallel=True)
def voucher(message: Message) -> None:
    """Fetch the institution's signed voucher."""
    from payments.services.vouchers import fetch_voucher

    try:
        if not fetch_voucher(voucher_id=message.payload["voucher"], now=timezone.now()):
            raise RetryLater("the voucher is not there yet")
    except OutsideUnavailable as error:
        raise RetryLater("the institution does not answer") from error


@handler("payments.refund", queue="soon", parallel=True)
def refund(message: Message) -> None:
    """Send one decided refund; what is lost on the way is asked about at the time that stands in its row."""
    from payments.services.refunding import send_refund

    send_refund(refund_id=message.payload["refund"], now=timezone.now(), after=message.payload.get("after", 0))


@handler("payments.ask_refund", queue="soon", parallel=True)
def ask_about_refund(message: Message) -> None:
    """Ask what became of a refund."""
    from payments.services.refunding import ask_refund

    ask_refund(refund_id=message.payload["refund"], now=timezone.now())


@handler("payments.trace", queue="soon", parallel=True)
def trace(message: Message) -> None:
    """Ask the institution what a payer asks; a silent one is asked again until people have answered."""
    from payments.services.traces import look_into

    try:
        look_into(trace_id=message.payload["trace"], now=timezone.now())
    except OutsideUnavailable as error:
        raise RetryLater("the institution does not answer") from error


@handler("payments.trace_answer", queue="soon", parallel=True)
def trace_answer(message: Message) -> None:
    """Tell one who asked without signing in that the answer is there."""
    from payments.services.traces import tell_stranger

    try:
        tell_stranger(trace_id=message.payload["trace"])
    except OutsideUnavailable as error:
        raise RetryLater("no way out for the answer") from error


@handler("payments.joint_test", queue="bulk", parallel=True)
def joint_test(message: Message) -> None:
    """Look for the evidence of a joint test."""
    from uuid import UUID

    from payments.services.institutions import run_joint_test

    position = message.payload["position"]
    run_joint_test(
        code=message.payload["institution"],
        now=timezone.now(),
        position_id=UUID(position) if position else None,
        label=message.payload["label"],
    )


@handler("payments.tell_partner", queue="soon", parallel=True)
def tell_partner(message: Message) -> None:
    """Tell the system that asked for an order what became of it."""
    from payments.services.telling_partners import send

    send(asked_id=message.payload["asked"], what=message.payload["what"], now=timezone.now())
