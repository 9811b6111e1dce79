"""What the room itself takes: a message by which an engineer tries the line."""

from __future__ import annotations

from portal.exchange.messages.models import Message
from portal.exchange.messages.registry import receives
from portal.exchange.messages.services import send


@receives("sandbox.echo")
def echo(message: Message) -> str:
    """Sent back to where a partner has a door of its own."""
    if message.partner.lines.exists():
        send(partner=message.partner, kind="sandbox.echo", about=message.about, body=message.body, key=f"echo:{message.id}")
    return "echoed"
