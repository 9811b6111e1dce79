"""Which room does what about messages of a kind. Apps keep theirs in ``<app>/message_handlers.py``, which is found at start."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from portal.exchange.messages.models import Message
from portal.exchange.partners.models import Call

Function = Callable[[Message], str]
KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", re.ASCII)


class MessageRefused(Exception):
    """The room above says no, for good. ``code``: a stable word; ``words``: one sentence for the other system's engineer, in English,
    without personal data. Both go into the signed receipt."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code)
        self.code, self.words = code[:60], words[:500]


@dataclass(frozen=True)
class Receiver:
    """A kind, what a partner must be allowed to call to send it, the versions that are read, and the function."""

    kind: str
    function: Function
    call: str
    versions: frozenset[int]


_receivers: dict[str, Receiver] = {}


def receives(kind: str, *, call: str = Call.MESSAGES, versions: tuple[int, ...] = (1,)) -> Callable[[Function], Function]:
    """Register the function for messages of a kind that partners send.

    It gets the :class:`Message` (``partner``, ``about``, ``version``, ``body``, ``key``) and answers what came of it, in a word without
    personal data. It runs once for each message that ends well, in the transaction that notes it as handled: rows only, no call to a
    system outside (promise that to the outbox or to ``send``). It may raise :class:`MessageRefused` (what it wrote is undone, the sender is
    told), the outbox's ``RetryLater`` (tried again) or ``GiveUp`` (a dead letter, on the desk). Messages of one partner about one subject
    are handled in the order in which they came. ``call``: the right that a partner must have to send this kind at all. A partner that is
    being tried out (``message.partner.is_test``) reaches the function too: what it sends must count nowhere.
    """
    if not KIND.fullmatch(kind):
        raise ValueError(f"message kind {kind}: words of small letters joined by dots")

    def register(function: Function) -> Function:
        known = _receivers.get(kind)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"message kind {kind} has two receivers")
        _receivers[kind] = Receiver(kind, function, str(call), frozenset(versions))
        return function

    return register


def receiver_of(kind: str) -> Receiver | None:
    """Who handles this kind, or None."""
    return _receivers.get(kind)


def kinds() -> list[Receiver]:
    """All that partners may send, in the order of their names."""
    return [_receivers[kind] for kind in sorted(_receivers)]
