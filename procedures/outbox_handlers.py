"""What the catalogue does outside its transactions: tell the rooms that look again when procedures change."""

from __future__ import annotations

from portal.outbox import Message, handler
from procedures.models import Announcement
from procedures.signals import procedures_changed


@handler("procedures.changed", queue="soon")
def changed(message: Message) -> None:
    """Send the signal; a receiver that fails is tried again."""
    row = Announcement.objects.get(pk=message.payload["announcement"])
    procedures_changed.send(Announcement, announcement=row, codes=message.payload["codes"])
