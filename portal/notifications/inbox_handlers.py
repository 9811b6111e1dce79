"""What is done about what comes back."""

from __future__ import annotations

from portal.exchange import bounces
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
