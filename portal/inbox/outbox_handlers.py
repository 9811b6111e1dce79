"""The worker's part: a message that was acknowledged is handled."""

from __future__ import annotations

from uuid import UUID

from portal.inbox import services
from portal.outbox import Message, handler


@handler(services.KIND, queue="soon", lease_seconds=20)
def handle(message: Message) -> None:
    """Handle one message."""
    services.handle(UUID(message.payload["received"]))
