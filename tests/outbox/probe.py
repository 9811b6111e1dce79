"""Handlers for the tests. What they did is read from a table or a list, in this process."""

from __future__ import annotations

from collections.abc import Callable

from portal.outbox.handlers import handler
from portal.outbox.models import Message

calls: list[str] = []
behaviour: dict[str, Callable[[Message], None]] = {}


@handler("test.probe", queue="now", lease_seconds=2, max_attempts=3)
def probe(message: Message) -> None:
    """Does what the test says."""
    calls.append(message.key)
    if "do" in behaviour:
        behaviour["do"](message)


@handler("test.side_by_side", queue="bulk", lease_seconds=5, parallel=True)
def side_by_side(message: Message) -> None:
    """Does what the test says, in a thread."""
    probe(message)
