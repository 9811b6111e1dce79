"""What can be done with payments. Each verb is one transaction that checks state and right and writes its event."""

from payments.services.attempts import AttemptRefused, ask_attempt, begin_attempt, send_attempt
from payments.services.cases import open_case
from payments.services.cash import CashRefused, cash_on_hand, give_back_cash, hand_in_cash, take_cash
from payments.services.ledger import book, keep_balances, recompute
from payments.services.orders import Line, OrderRefused, Payer, cancel_order, create_order, expire_orders
from payments.services.refunds import RefundRefused, request_refund
from payments.services.settling import Settled, settle

__all__ = [
    "AttemptRefused",
    "CashRefused",
    "Line",
    "OrderRefused",
    "Payer",
    "RefundRefused",
    "Settled",
    "ask_attempt",
    "begin_attempt",
    "book",
    "cancel_order",
    "cash_on_hand",
    "create_order",
    "expire_orders",
    "give_back_cash",
    "hand_in_cash",
    "keep_balances",
    "open_case",
    "recompute",
    "request_refund",
    "send_attempt",
    "settle",
    "take_cash",
]
