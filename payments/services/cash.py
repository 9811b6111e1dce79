"""Cash at a counter in the ledger: taken for an order, given back, handed in to the agency's account (Decree 61/2018 art. 3, 17)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from payments.models import Account, Order
from payments.services.ledger import Side, T, balance, book
from payments.services.orders import OrderRefused, cancel_order
from portal import audit
from portal.access import Actor


class CashRefused(Exception):
    """An act with cash that cannot be; its text is for the officer, ``field`` what it is about."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def take_cash(*, order_id: UUID, receipt: str, unit_code: str, actor: Actor, now: datetime) -> None:
    """Book what an order asked for as taken in cash at the counter of ``unit_code``; the order is closed, so that nobody pays it twice.

    ``receipt``: the number on the paper given for it. :class:`OrderRefused` where it was paid online meanwhile, or is closed already.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.state == Order.CANCELLED:
        raise OrderRefused("Khoản này đã hủy nên không thu được.")
    cancel_order(order_id=order_id, reason=f"Đã thu tiền mặt, biên lai {receipt}", actor=actor, now=now)
    _book("cash_taken", order, unit_code, order.amount, receipt, actor, now)


@transaction.atomic
def give_back_cash(*, order_id: UUID, receipt: str, unit_code: str, actor: Actor, now: datetime) -> None:
    """Book what was taken in cash for an order as given back; the entry of its taking stays as it is."""
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    _book("cash_returned", order, unit_code, -order.amount, receipt, actor, now)


def _book(event: str, order: Order, unit_code: str, amount: int, receipt: str, actor: Actor, now: datetime) -> None:
    book(
        key=f"{event}:{order.pk}",
        event=event,
        sides=[Side(T.CASH, amount, unit=unit_code), Side(T.REVENUE, -amount, unit=order.payee_unit, kind=order.kind)],
        target=f"order:{order.pk}",
        note=receipt,
        now=now,
        is_test=order.is_test,
        position_id=actor.position_id,
    )


def cash_on_hand(unit_code: str) -> int:
    """What a unit's counters hold in cash by the ledger, in đồng (three queries at most)."""
    account = Account.objects.filter(type=T.CASH, unit_code=unit_code, is_test=False).first()
    return balance(account) if account is not None else 0


@transaction.atomic
def hand_in_cash(*, unit_code: str, amount: int, paper: str, actor: Actor, now: datetime) -> None:
    """Book cash of a unit's counters as paid into its agency's account, against the paper of bank or treasury.

    :class:`CashRefused` for more than is there, without a paper, or for a paper that was booked before. The right is the caller's affair.
    """
    paper = " ".join(paper.split())[:60]
    if not paper:
        raise CashRefused("Bạn ghi số giấy nộp tiền.", "paper")
    with connection.cursor() as cursor:
        # Two officers who hand in the same money: one after the other, and the second finds less.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"payments.cash:{unit_code}"])
    there = cash_on_hand(unit_code)
    if not 1 <= amount <= there:
        raise CashRefused(f"Sổ còn {there:,} đồng tiền mặt; số nộp phải từ 1 đồng đến số đó.".replace(",", "."), "amount")
    entry = book(
        key=f"cash_handed_in:{unit_code}:{paper}",
        event="cash_handed_in",
        sides=[Side(T.TREASURY, amount, unit=unit_code), Side(T.CASH, -amount, unit=unit_code)],
        target=f"cash:{unit_code}",
        note=paper,
        now=now,
        position_id=actor.position_id,
    )
    if entry is None:
        raise CashRefused("Giấy nộp tiền này đã được ghi sổ.", "paper")
    audit.record(
        actor=actor,
        act="payments.hand_in_cash",
        target="payments.entry",
        target_id=str(entry.pk),
        unit=unit_code,
        details={"amount": str(amount), "paper": paper},
    )
