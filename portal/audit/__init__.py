"""Append-only acts, chained and signed. ``audit.record(...)`` writes one; see :mod:`portal.audit.services`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.audit.services import Report, record, seal, verify

__all__ = ["Report", "record", "seal", "verify"]


def __getattr__(name: str) -> Any:
    # Late, because models need ready apps.
    if name in __all__:
        return getattr(import_module("portal.audit.services"), name)
    raise AttributeError(name)
