"""What follows when an order's money has been taken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from payments.models import Collection, Order, Voucher
from payments.references import has_way_back
from portal import outbox
from portal.notifications.services import notify


def money(amount: int) -> str:
    """An amount as people read it: ``24.000 đồng``."""
    return f"{amount:,}".replace(",", ".") + " đồng"


@transaction.atomic
def after_settlement(*, order_id: UUID | str, now: datetime) -> None:
    """Tell the payer, ask for the voucher, tell the rooms above (worker). A second time changes nothing."""
    order = Order.objects.get(pk=order_id)
    collection = Collection.objects.get(order=order, purpose__in=["settles", "over"])
    voucher, made = Voucher.objects.get_or_create(
        order=order, kind=Voucher.Kind.INSTITUTION, part="", defaults={"collection": collection, "created_at": now}
    )
    if made:
        outbox.put("payments.voucher", key=str(voucher.pk), payload={"voucher": str(voucher.pk)})
    outbox.put("payments.tell", key=f"settled:{order.pk}", payload={"order": str(order.pk), "signal": "settled"})
    if order.party_id is not None and not order.is_test:
        notify(
            party_id=order.party_id,
            template="payments.paid",
            context={"code": order.code, "amount": money(order.amount), "unit": order.payee_name, "reference": order.reference},
            key=f"payments.paid:{order.pk}",
            link=f"/thanh-toan/{order.code}/",
            # The room that asked for the money tells of it, too, by whatever way one chose: one message is enough.
            channels=("inbox",) if has_way_back(order) else None,
        )
