"""The desk of payments, one subject a file."""

from payments.admin import (
    cases,
    contacts,
    institutions,
    ledger,
    merchants,
    minutes,
    months,
    orders,
    refunds,
    runs,
    settlements,
    statements,
    traces,
)

__all__ = [
    "cases",
    "contacts",
    "institutions",
    "ledger",
    "merchants",
    "minutes",
    "months",
    "orders",
    "refunds",
    "runs",
    "settlements",
    "statements",
    "traces",
]
