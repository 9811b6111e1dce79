"""Classes of retention of payments (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "Order": "payment",
    "OrderLine": "payment",
    "Attempt": "payment",
    "AttemptEvent": "payment",
    "Collection": "payment",
    "Case": "payment",
    "CaseEvent": "payment",
    "Account": "payment",
    "Entry": "payment",
    "Posting": "payment",
    "DayBalance": "payment",
    "Statement": "payment",
    "StatementRow": "payment",
    "Run": "payment",
    "RunTotal": "payment",
    "DayRevenue": "payment",
    "Settlement": "payment",
    "Payout": "payment",
    "PenaltyRate": "payment",
    "Minutes": "payment",
    "ClosedMonth": "payment",
    "Refund": "payment",
    "RefundEvent": "payment",
    "TraceRequest": "payment",
    "TraceEvent": "payment",
    "Voucher": "payment",
    "ReceiptSeries": "payment",
    "AskedOrder": "payment",
    "Merchant": {"*": "reference", "secret": "payment"},
    "Institution": {"*": "reference", "secret": "payment", "private_key": "payment"},
    "InstitutionEvent": "reference",
    "JointTest": "reference",
    "SettlementContact": "reference",
}
