"""The registry of adapters: each wire format one file in this package (requirement P-02)."""

from __future__ import annotations

from payments.institutions.base import Adapter

_adapters: dict[str, Adapter] = {}


def register_adapter(adapter: Adapter) -> None:
    """Make a wire format known, once, in ``ready()``; another one of the same name is a programming error (``ValueError``)."""
    known = _adapters.setdefault(adapter.name, adapter)
    if type(known) is not type(adapter):
        raise ValueError(f"two adapters are named {adapter.name}")


def adapter_of(name: str) -> Adapter:
    """The adapter of this name. ``KeyError`` for one nobody registered."""
    return _adapters[name]


def adapters() -> dict[str, Adapter]:
    """All registered adapters by name (a copy)."""
    return dict(_adapters)
