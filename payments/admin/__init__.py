"""The desk of payments, one subject a file."""

from payments.admin import contacts, institutions, orders, refunds, traces

__all__ = ["contacts", "institutions", "orders", "refunds", "traces"]
