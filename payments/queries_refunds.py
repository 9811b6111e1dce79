"""What a payer sees of money that goes back and of questions about money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from payments.models import Order, Refund, RefundEvent, TraceRequest


@dataclass(frozen=True)
class Asking:
    """Refunds and traces of one order, and what may be asked for now."""

    refunds: list[Refund]
    traces: list[TraceRequest]
    may_ask_back: bool
    may_trace: bool


def with_refusals(rows: QuerySet[Refund]) -> QuerySet[Any]:
    """The same rows with ``is_refused``: the institution did not carry out the order to refund, and people must find another way."""
    bounced = Exists(RefundEvent.objects.filter(refund=OuterRef("pk"), name="bounce"))
    return rows.annotate(is_refused=bounced & Q(state=Refund.DECIDED, by=Refund.By.INSTITUTION))


def refunds_of(order: Order) -> list[Refund]:
    """The refunds of an order, oldest first (one query), with ``is_refused``."""
    return list(with_refusals(order.refunds.order_by("requested_at", "id")))


def asking_of(order: Order) -> Asking:
    """What the page of an order shows of refunds and traces (three queries)."""
    refunds = refunds_of(order)
    waits = any(one.reason == Refund.Reason.ASKED and one.state in (Refund.REQUESTED, Refund.HANDED_ON) for one in refunds)
    promised = sum(one.amount for one in refunds if one.by == Refund.By.AGENCY and one.state != Refund.REJECTED)
    return Asking(
        refunds=refunds,
        traces=list(order.traces.order_by("asked_at", "id")),
        may_ask_back=order.state == Order.PAID and not waits and promised < order.amount,
        may_trace=order.attempts.exists(),
    )
