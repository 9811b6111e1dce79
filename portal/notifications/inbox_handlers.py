"""What is done about what comes back."""

from __future__ import annotations

from uuid import UUID

from portal.exchange import bounces, sms
from portal.inbox.handlers import receiver
from portal.notifications import services


@receiver("mail.returned")
def returned(body: bytes) -> str:
    """A letter that could not be delivered: noted, and the address counts no more where nobody is there."""
    fates = bounces.read(body)
    if not fates:
        return "no letter of ours"
    known = [services.note_bounce(notification_id=one.number, address=one.address, status=one.status) for one in fates if one.failed]
    if not known:
        return "only delayed"
    return "noted" if any(known) else "letter unknown"


@receiver("sms.report")
def reported(body: bytes) -> str:
    """What became of an SMS; the steps on its way are not noted."""
    report = sms.read_report(body)
    if report is None or report.status not in (sms.DELIVERED, sms.IMPOSSIBLE):
        return "on its way"
    try:
        number = UUID(report.correlator)
    except ValueError:
        return "no message of ours"
    return "noted" if services.note_delivery(notification_id=number, reached=report.status == sms.DELIVERED) else "message unknown"
