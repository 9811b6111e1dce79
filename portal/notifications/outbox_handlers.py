"""What the worker does for notices."""

from __future__ import annotations

from uuid import UUID

from portal.exchange.errors import OutsideUnavailable
from portal.notifications import services
from portal.outbox import Message, RetryLater, handler


@handler("notifications.sms", queue="soon", lease_seconds=20, parallel=True)
def send_sms(message: Message) -> None:
    """Hand one SMS to the gateway; try again while it does not answer."""
    try:
        services.send_sms(UUID(message.payload["notification"]))
    except OutsideUnavailable as unavailable:
        raise RetryLater("sms gateway does not answer") from unavailable


@handler("notifications.email", queue="soon", lease_seconds=30, parallel=True)
def send_email(message: Message) -> None:
    """Hand one letter to the mail server; try again while it does not answer or says "later"."""
    try:
        services.send_email(UUID(message.payload["notification"]))
    except OutsideUnavailable as unavailable:
        raise RetryLater(f"mail server: {unavailable.code}") from unavailable
