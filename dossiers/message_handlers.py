"""What systems of agencies send about dossiers that they handle."""

from __future__ import annotations

from django.utils import timezone

from dossiers.handled.reports import BadReport, read_report
from dossiers.handled.taking import CannotFollow, take_report
from portal.exchange.messages import Message, MessageRefused, receives
from portal.exchange.partners.models import Call


@receives("dossier.report", call=Call.HANDLED)
def report_came(message: Message) -> str:
    """State, request, charge or result of one dossier (``about`` is its code)."""
    now = timezone.now()
    try:
        return take_report(code=message.about, partner=message.partner, told=read_report(message.body, now=now), now=now)
    except BadReport as bad:
        raise MessageRefused(bad.code, bad.name) from None
    except CannotFollow as no:
        raise MessageRefused(no.code, no.words) from None
