"""What a new or updated installation loads: each room registers its loader, ``manage.py prepare`` runs them in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Loader:
    """One idempotent loading step; returns a line that says what there is now."""

    name: str
    load: Callable[[], str]
    order: int
    demo: bool


_loaders: dict[str, Loader] = {}


def register_loader(name: str, load: Callable[[], str], *, order: int, demo: bool = False) -> None:
    """Register a step, once, in ``ready()``. ``demo`` steps run only where simulators are allowed."""
    _loaders[name] = Loader(name=name, load=load, order=order, demo=demo)


def loaders() -> list[Loader]:
    """All steps in order."""
    return sorted(_loaders.values(), key=lambda loader: (loader.order, loader.name))
