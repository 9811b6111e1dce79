"""What the helpdesk shows on the first page of an account, holds about a party, and why somebody cannot leave yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owner.lines import Holding, Line, Part, register_account_lines, register_holdings
from helpdesk import queries
from helpdesk.models import Ticket
from portal.access import Actor

SHOWN = dt.timedelta(days=14)


def lines(request: HttpRequest, actor: Actor, now: dt.datetime) -> Iterable[Line]:
    """Tickets of the party that were answered these days (one query)."""
    if actor.procedures is not None:
        return
    rows = queries.own_tickets(actor).filter(state=Ticket.State.ANSWERED, answered_at__gte=now - SHOWN)
    for row in rows.only("code", "answered_at")[:3]:
        yield Line(Part.WAITING, _("Yêu cầu hỗ trợ %(code)s") % {"code": row.code}, "/ho-tro/cua-toi/", _("Đã có trả lời"), None, "good")


def tickets_held(actor: Actor) -> Iterator[Mapping[str, Any]]:
    """Every ticket as it was sent, with what was answered."""
    for row in queries.own_tickets(actor).select_related("kind").prefetch_related("steps").iterator(chunk_size=200):
        yield {
            "Mã": row.code,
            "Loại": str(row.kind),
            "Nội dung": row.words,
            "Liên lạc": row.contact,
            "Tình trạng": str(row.get_state_display()),
            "Gửi lúc": row.created_at,
            "Trả lời": [step.words for step in row.steps.all() if step.name == "answer"],
        }


def register() -> None:
    """Once, in ``ready()``."""
    register_account_lines(lines)
    register_holdings(Holding("support", gettext_lazy("Yêu cầu hỗ trợ"), tickets_held))
