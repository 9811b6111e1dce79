"""Handlers: who carries out which kind of message. Apps keep theirs in ``<app>/outbox_handlers.py``, which is found at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.outbox.models import Message

DEFAULT_LEASE_SECONDS = 30
DEFAULT_MAX_ATTEMPTS = 60
MAX_LEASE_SECONDS = 40
"""One task works :data:`portal.outbox.services.RUN_SECONDS`, then ends what it has begun: all that within Celery's time limit."""


class RetryLater(Exception):
    """Not now. ``reason`` is stored and shown on the desk: no personal data. ``delay_seconds`` replaces the usual back-off."""

    def __init__(self, reason: str, delay_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.delay_seconds = delay_seconds


class GiveUp(Exception):
    """Never: a dead letter at once. ``reason`` is stored and shown on the desk: no personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Handler:
    """One kind of message and the function that does it."""

    kind: str
    function: Callable[[Message], None]
    queue: str = "soon"
    lease_seconds: int = DEFAULT_LEASE_SECONDS
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    parallel: bool = False


_handlers: dict[str, Handler] = {}


def handler(
    kind: str,
    *,
    queue: str = "soon",
    lease_seconds: int = DEFAULT_LEASE_SECONDS,
    max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    parallel: bool = False,
) -> Callable[[Callable[[Message], None]], Callable[[Message], None]]:
    """Register a function for a kind of message.

    It runs outside a transaction and must be idempotent: after a crash between effect and note it runs again (give the
    message's id to the outside system as its idempotency key). It may raise :class:`RetryLater` or :class:`GiveUp`; any
    other exception is retried with back-off. It must end within ``lease_seconds`` (at most :data:`MAX_LEASE_SECONDS`, else
    ``ValueError``): it is interrupted then. ``queue`` "now" is for what takes a second at most and waits for no
    system that others' work may have slowed down. ``parallel``: for what mostly waits for an answer from outside; a worker
    then carries out several at once, in threads, where nothing interrupts it: every wait in it must have a limit of its own.
    """
    if lease_seconds > MAX_LEASE_SECONDS:
        raise ValueError(f"outbox kind {kind}: a lease of {lease_seconds} s, more than {MAX_LEASE_SECONDS}")

    def register(function: Callable[[Message], None]) -> Callable[[Message], None]:
        known = _handlers.get(kind)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"outbox kind {kind} has two handlers")
        _handlers[kind] = Handler(kind, function, queue, lease_seconds, max_attempts, parallel)
        return function

    return register


def handler_of(kind: str) -> Handler | None:
    """The handler of a kind, or None: a newer process may know kinds this one does not."""
    return _handlers.get(kind)


def kinds() -> frozenset[str]:
    """All kinds somebody handles."""
    return frozenset(_handlers)


def leases(more: float) -> dict[str, float]:
    """The lease of each kind in seconds, each longer by ``more``."""
    return {kind: known.lease_seconds + more for kind, known in _handlers.items()}
