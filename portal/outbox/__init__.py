"""Rows in PostgreSQL are the truth of every outside effect. See :mod:`portal.outbox.services`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.outbox.handlers import GiveUp, RetryLater, handler
    from portal.outbox.models import Message
    from portal.outbox.services import put

__all__ = ["GiveUp", "Message", "RetryLater", "handler", "put"]

_HOMES = {
    "GiveUp": "portal.outbox.handlers",
    "RetryLater": "portal.outbox.handlers",
    "handler": "portal.outbox.handlers",
    "Message": "portal.outbox.models",
    "put": "portal.outbox.services",
}


def __getattr__(name: str) -> Any:
    # Late, because models need ready apps.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(name)
