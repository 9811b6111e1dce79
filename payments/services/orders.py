"""Orders: made, cancelled, run out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from payments.codes import new_code
from payments.models import Order, OrderLine
from payments.models.orders import MOST
from portal import audit, outbox
from portal.access import SYSTEM, Actor
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency, BankAccount


class OrderRefused(Exception):
    """The order cannot be made or changed so. ``message`` is for the person."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class Payer:
    """Who owes. ``number``: identity number or tax code, for the voucher."""

    party_id: UUID | None
    name: str
    number: str = ""
    address: str = ""


@dataclass(frozen=True)
class Line:
    """One line of an order, in đồng."""

    name: str
    fee_kind: str
    unit_amount: int
    number: int
    unit: str = ""
    reduction: int = 0
    reason: str = ""
    revenue_code: str = ""

    @property
    def amount(self) -> int:
        """What is owed for it."""
        return self.unit_amount * self.number - self.reduction


def account_of(unit_code: str) -> BankAccount | None:
    """The account into which an agency is paid, at the treasury if it has one there; that of the nearest agency above where it has none."""
    code = unit_code
    while code:
        found = sorted(catalogues.bank_accounts(code), key=lambda one: (one.kind != BankAccount.Kind.TREASURY, one.code))
        if found:
            account: BankAccount = found[0]
            return account
        code = code.rpartition(".")[0]
    return None


@transaction.atomic
def create_order(
    *,
    source: str,
    key: str,
    kind: str,
    reference: str,
    description: str,
    payer: Payer,
    payee_unit: str,
    lines: Sequence[Line],
    due_at: datetime,
    expires_at: datetime,
    actor: Actor,
    now: datetime,
    is_test: bool = False,
) -> Order:
    """Make an order (Rules art. 31.2a–b, 34.1). The same ``key`` of the same ``source`` is the same order, left as it is.

    ``description`` is shown to whoever has the code: no personal data. :class:`OrderRefused` for amounts that do not add up to 1 đồng or
    more, an unknown kind of transaction or agency, an agency without an account, times out of order.
    """
    known = Order.objects.filter(source=source, source_key=key).first()
    if known is not None:
        return known
    total = sum(line.amount for line in lines)
    if any(line.amount < 0 or line.number < 1 or line.unit_amount < 0 or line.reduction < 0 for line in lines):
        raise OrderRefused("Mức thu, số lượng và miễn giảm không được âm; miễn giảm không lớn hơn số phải nộp.", "lines")
    if not 1 <= total <= MOST:
        raise OrderRefused("Tổng số tiền phải từ 1 đồng đến 1.000 tỷ đồng.", "lines")
    if not now <= due_at <= expires_at:
        raise OrderRefused("Hạn nộp phải sau lúc này và không muộn hơn ngày hết hiệu lực.", "due_at")
    if not catalogues.transaction_kinds().filter(code=kind).exists():
        raise OrderRefused(f"Không có loại giao dịch {kind}.", "kind")
    try:
        agency = catalogues.agency(payee_unit)
    except Agency.DoesNotExist:
        raise OrderRefused(f"Không có cơ quan {payee_unit}.", "payee_unit") from None
    account = account_of(payee_unit)
    if account is None:
        raise OrderRefused(f"{agency.name} chưa có tài khoản thụ hưởng trong danh mục.", "payee_unit")
    order = Order(
        code=new_code(),
        source=source,
        source_key=key,
        kind=kind,
        reference=reference[:100],
        description=description[:300],
        party_id=payer.party_id,
        payer_name=payer.name[:300],
        payer={"number": payer.number, "address": payer.address},
        payee_unit=payee_unit,
        payee_name=agency.name,
        payee_account={
            "code": account.code,
            "number": account.number,
            "kind": account.kind,
            "holder": account.name,
            "bank": account.institution.code if account.institution else "",
            "bank_name": account.institution.name if account.institution else "",
            "treasury_office": account.treasury_office,
        },
        amount=total,
        due_at=due_at,
        expires_at=expires_at,
        is_test=is_test,
        created_at=now,
        created_by=actor.label if actor.is_officer else "",
        position_id=actor.position_id,
    )
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError:
        # Somebody was quicker with the same key.
        return Order.objects.get(source=source, source_key=key)
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                position=position,
                name=line.name[:300],
                fee_kind=line.fee_kind,
                unit_amount=line.unit_amount,
                number=line.number,
                unit=line.unit,
                reduction=line.reduction,
                reason=line.reason[:500],
                amount=line.amount,
                revenue_code=line.revenue_code,
            )
            for position, line in enumerate(lines, 1)
        ]
    )
    audit.record(
        actor=actor,
        act="payments.create_order",
        target="payments.order",
        target_id=str(order.pk),
        unit=payee_unit,
        details={"code": order.code, "amount": str(total), "source": source},
    )
    return order


@transaction.atomic
def cancel_order(*, order_id: UUID, reason: str, actor: Actor, now: datetime) -> Order:
    """Cancel an order that nobody has paid; money that still comes is owed back. Again: no change. :class:`OrderRefused` once paid."""
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.state == Order.CANCELLED:
        return order
    if order.state == Order.PAID:
        raise OrderRefused("Khoản này đã được thanh toán nên không hủy được. Muốn trả lại tiền, hãy lập khoản hoàn trả.")
    Order.table.move(order, "cancel")
    order.closed_at, order.close_reason = now, reason[:300]
    order.save(update_fields=["state", "closed_at", "close_reason"])
    audit.record(
        actor=actor,
        act="payments.cancel_order",
        target="payments.order",
        target_id=str(order.pk),
        unit=order.payee_unit,
        details={"code": order.code, "reason": reason[:300]},
    )
    return order


@transaction.atomic
def postpone_order(*, order_id: UUID, until: datetime, now: datetime) -> bool:
    """Let an open order be paid until another moment: an incident of ours must not cost its payer the term (Rules art. 29.4).

    Whether it was still open. Tries that are under way keep their own time. ``ValueError`` for a moment before the order was made.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.state != Order.OPEN:
        return False
    if until < order.created_at:
        raise ValueError("an order cannot end before it was made")
    before = order.due_at
    order.due_at, order.expires_at = until, max(until, until + (order.expires_at - order.due_at))
    order.save(update_fields=["due_at", "expires_at"])
    audit.record(
        actor=SYSTEM,
        act="payments.postpone_order",
        target="payments.order",
        target_id=str(order.pk),
        unit=order.payee_unit,
        details={"code": order.code, "from": before.isoformat(), "to": until.isoformat()},
    )
    return True


@transaction.atomic
def expire_order(*, order_id: UUID, now: datetime) -> bool:
    """Let an order run out whose time is over, unless a try is still not known: then it waits for that. Whether it ran out."""
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.state != Order.OPEN or now < order.expires_at:
        return False
    if any(attempt.is_unknown for attempt in order.attempts.all()):
        return False
    Order.table.move(order, "expire")
    order.closed_at = now
    order.save(update_fields=["state", "closed_at"])
    outbox.put("payments.tell", key=f"expired:{order.pk}", payload={"order": str(order.pk), "signal": "expired"})
    return True


def expire_orders(*, now: datetime, limit: int = 500) -> int:
    """Let run out what is over (task); how many did. By the index of open orders, oldest first."""
    due = Order.objects.filter(state=Order.OPEN, expires_at__lte=now).order_by("expires_at").values_list("pk", flat=True)
    return sum(expire_order(order_id=pk, now=now) for pk in list(due[:limit]))
