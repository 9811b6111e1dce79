"""Messages of the outbox that this room carries out. Leases are short so that a killed worker's document is taken up within a minute."""

from __future__ import annotations

from uuid import UUID

from portal.documents import steps
from portal.outbox import Message, handler


@handler("documents.render", queue="soon", lease_seconds=30)
def render(message: Message) -> None:
    """Make the PDF."""
    steps.render(UUID(message.payload["document"]))


@handler("documents.sign", queue="soon", lease_seconds=40)
def sign(message: Message) -> None:
    """Have it signed."""
    steps.sign(UUID(message.payload["document"]), int(message.payload["attempt"]))
