"""The desk of payments, one subject a file."""

from payments.admin import cases, contacts, institutions, ledger, orders, reconciliation, refunds, traces

__all__ = ["cases", "contacts", "institutions", "ledger", "orders", "reconciliation", "refunds", "traces"]
