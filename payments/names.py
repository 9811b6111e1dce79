"""What the audit trail calls the things of this room: ids → names, one query each."""

from __future__ import annotations

from collections.abc import Iterable

from payments.models import Institution, Order, Refund, TraceRequest
from portal.audit.words import register_names, uuids


def orders(ids: Iterable[str]) -> dict[str, str]:
    """Payment codes."""
    return {str(pk): code for pk, code in Order.objects.filter(pk__in=uuids(ids)).values_list("pk", "code")}


def refunds(ids: Iterable[str]) -> dict[str, str]:
    """Numbers of refunds."""
    return {str(pk): number for pk, number in Refund.objects.filter(pk__in=uuids(ids)).values_list("pk", "number")}


def traces(ids: Iterable[str]) -> dict[str, str]:
    """Numbers of requests to trace."""
    return {str(pk): number for pk, number in TraceRequest.objects.filter(pk__in=uuids(ids)).values_list("pk", "number")}


def institutions(ids: Iterable[str]) -> dict[str, str]:
    """Short names of institutions."""
    return dict(Institution.objects.filter(pk__in=list(ids)).values_list("pk", "short_name"))


def register() -> None:
    """Once, in ``ready()``."""
    register_names("payments.order", orders)
    register_names("payments.refund", refunds)
    register_names("payments.tracerequest", traces)
    register_names("payments.institution", institutions)
