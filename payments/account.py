"""What payments say on the first page of an account, in a copy of data, to who asks who looked, and to who wants to leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owner.lines import (
    Holding,
    Line,
    Part,
    Watched,
    register_account_lines,
    register_holdings,
    register_obstacle,
    register_watched,
)
from payments.models import Order, Refund
from payments.queries import own_orders
from portal.access import Actor

MOST = 20
LOOKED_AT = 1000


def lines(request: HttpRequest, actor: Actor, now: datetime) -> Iterator[Line]:
    """What is to be paid and hangs on no dossier, which says so itself (one query)."""
    if not actor.is_citizen:
        return
    rows = own_orders(actor).filter(state=Order.OPEN, expires_at__gt=now).exclude(source="dossiers")
    for row in rows.only("code", "description", "due_at", "payee_name").order_by("-created_at", "id")[:MOST]:
        page = reverse("payment-order", args=[row.code])
        yield Line(Part.WAITING, row.description, page, _("Nộp tiền"), row.due_at, "bad" if row.due_at < now else "wait", "vi")


def orders_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every order and what became of it."""
    for row in own_orders(actor).order_by("created_at", "id").iterator(chunk_size=500):
        yield {
            "Mã thanh toán": row.code,
            "Nội dung": row.description,
            "Cơ quan thụ hưởng": row.payee_name,
            "Người nộp": row.payer_name,
            "Thông tin người nộp": row.payer,
            "Số tiền (đồng)": row.amount,
            "Đã hoàn (đồng)": row.refunded,
            "Tình trạng": row.STATES[row.state],
            "Lập lúc": row.created_at,
            "Đã thu lúc": row.settled_at,
        }


def watched_things(actor: Actor) -> dict[str, tuple[str, str]]:
    """The newest orders by id, with code and page."""
    rows = own_orders(actor).order_by("-created_at", "id").values_list("pk", "code")[:LOOKED_AT]
    return {str(pk): (code, reverse("payment-order", args=[code])) for pk, code in rows}


def still_needed(actor: Actor) -> Iterable[str]:
    """Money on its way back."""
    open_refunds = Refund.objects.filter(order__in=own_orders(actor)).exclude(state__in=Refund.table.terminal)
    if open_refunds.exists():
        yield _("Có khoản tiền đang được hoàn cho bạn.")


def register() -> None:
    """Once, in ``ready()``."""
    register_account_lines(lines)
    register_holdings(Holding("payments", gettext_lazy("Khoản phải nộp, đã nộp"), orders_held))
    register_watched(Watched("payments.order", ("payments.read_order",), gettext_lazy("Thanh toán"), watched_things))
    register_obstacle(still_needed)
