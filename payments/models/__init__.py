"""Tables of payments, a concept a file."""

from payments.models.attempts import Attempt, AttemptEvent, Collection, Via
from payments.models.cases import Case, CaseEvent
from payments.models.contacts import SettlementContact
from payments.models.institutions import Institution, InstitutionEvent, JointTest
from payments.models.ledger import Account, DayBalance, Entry, Posting
from payments.models.merchants import AskedOrder, Merchant
from payments.models.orders import FeeKind, Order, OrderLine
from payments.models.reconciliation import (
    ClosedMonth,
    DayRevenue,
    Minutes,
    Payout,
    PenaltyRate,
    Run,
    RunTotal,
    Settlement,
    Statement,
    StatementRow,
)
from payments.models.refunds import Refund, RefundEvent
from payments.models.traces import TraceEvent, TraceRequest
from payments.models.vouchers import ReceiptSeries, Voucher

__all__ = [
    "Account",
    "AskedOrder",
    "Attempt",
    "AttemptEvent",
    "Case",
    "CaseEvent",
    "ClosedMonth",
    "Collection",
    "DayBalance",
    "DayRevenue",
    "Entry",
    "FeeKind",
    "Institution",
    "InstitutionEvent",
    "JointTest",
    "Merchant",
    "Minutes",
    "Order",
    "OrderLine",
    "Payout",
    "PenaltyRate",
    "Posting",
    "ReceiptSeries",
    "Refund",
    "RefundEvent",
    "Run",
    "RunTotal",
    "Settlement",
    "SettlementContact",
    "Statement",
    "StatementRow",
    "TraceEvent",
    "TraceRequest",
    "Via",
    "Voucher",
]
