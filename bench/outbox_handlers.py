"""What the messages of `make bench-outbox` ask for: nothing."""

from __future__ import annotations

from portal.outbox.handlers import handler
from portal.outbox.models import Message


@handler("bench.nothing")
def nothing(message: Message) -> None:
    """Nothing."""
