"""What operations promise outside."""

from __future__ import annotations

from django.utils import timezone

from portal.operations import security
from portal.operations.models import SecurityEvent
from portal.outbox import Message, RetryLater, handler


@handler(security.HAND_ON, queue="soon", max_attempts=400, parallel=True)
def hand_on(message: Message) -> None:
    """Hand a security event to who watches the state's networks; tried until it is taken (a fortnight), then a dead letter on the desk."""
    event = SecurityEvent.objects.filter(pk=message.payload["event"]).first()
    if event is None or event.taken_at is not None:
        return
    try:
        security.send(security.syslog_of(event))
    except security.NotTaken as refused:
        raise RetryLater(refused.reason) from None
    SecurityEvent.objects.filter(pk=event.pk).update(taken_at=timezone.now())
