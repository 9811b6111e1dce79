"""Handlers: what is done about the messages of a source. Apps keep theirs in ``<app>/inbox_handlers.py``, which is found at start."""

from __future__ import annotations

from collections.abc import Callable

Handler = Callable[[bytes], str]

_handlers: dict[str, Handler] = {}


def receiver(source: str) -> Callable[[Handler], Handler]:
    """Register the function for a source. It gets the exact bytes and answers what came of them, in a word without personal data.

    It runs once for each message that ends well, in the transaction that notes it as handled: rows only, no call to a system outside
    (promise that to the outbox). It may raise the outbox's ``RetryLater`` or ``GiveUp``; what it wrote is undone then.
    """

    def register(function: Handler) -> Handler:
        known = _handlers.get(source)
        if known is not None and known.__qualname__ != function.__qualname__:
            raise ValueError(f"inbox source {source} has two handlers")
        _handlers[source] = function
        return function

    return register


def handler_of(source: str) -> Handler | None:
    """The handler of a source, or None: a newer process may know sources this one does not."""
    return _handlers.get(source)


def sources() -> frozenset[str]:
    """All sources whose messages somebody handles."""
    return frozenset(_handlers)
