"""Notices of changes of the catalogue to systems that asked for them: signed messages, one for each decision (Rules art. 23)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from portal.exchange.messages import send, subscribers
from portal.exchange.partners.models import Call
from procedures.models import Announcement
from procedures.signals import procedures_changed

KIND = "catalogue.changed"


def body_of(row: Announcement) -> dict[str, Any]:
    """What a decision changed, and where each record is read."""
    base = f"{settings.SITE_URL}/api/v1/procedures"
    return {
        "decision": {
            "number": row.number,
            "agency": row.unit_code,
            "signed_on": row.signed_on,
            "effective_on": row.effective_on,
            "summary": row.summary,
        },
        "state": row.state,
        "published_at": row.published_at,
        "changes": [
            {"code": one.procedure_code, "kind": one.kind, "url": f"{base}/{one.procedure_code}"} for one in row.changes.order_by("pk")
        ],
        "changes_url": f"{base}/changes",
    }


def on_changed(announcement: Announcement, **_: Any) -> None:
    """A decision was published or taken back: every system that asked hears of it once, by the row's number of changes."""
    with transaction.atomic():
        for partner in subscribers(KIND):
            if Call.CATALOGUES in partner.calls:
                send(partner=partner, kind=KIND, body=body_of(announcement), key=f"{KIND}:{announcement.pk}:{announcement.seen}")


def connect() -> None:
    """Hear of changes."""
    procedures_changed.connect(on_changed, dispatch_uid="procedures.notices")
