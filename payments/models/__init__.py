"""Tables of payments, a concept a file."""

from payments.models.attempts import Attempt, AttemptEvent, Collection, Via
from payments.models.cases import Case, CaseEvent
from payments.models.contacts import SettlementContact
from payments.models.institutions import Institution, InstitutionEvent, JointTest
from payments.models.ledger import Account, DayBalance, Entry, Posting
from payments.models.orders import FeeKind, Order, OrderLine
from payments.models.refunds import Refund, RefundEvent
from payments.models.traces import TraceEvent, TraceRequest
from payments.models.vouchers import ReceiptSeries, Voucher

__all__ = [
    "Account",
    "Attempt",
    "AttemptEvent",
    "Case",
    "CaseEvent",
    "Collection",
    "DayBalance",
    "Entry",
    "FeeKind",
    "Institution",
    "InstitutionEvent",
    "JointTest",
    "Order",
    "OrderLine",
    "Posting",
    "ReceiptSeries",
    "Refund",
    "RefundEvent",
    "SettlementContact",
    "TraceEvent",
    "TraceRequest",
    "Via",
    "Voucher",
]
