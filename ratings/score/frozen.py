"""Which years are frozen: who freezes them says so here (Rules art. 30.3). What is counted of a frozen year is not touched again."""

from __future__ import annotations

from collections.abc import Callable

_ask: list[Callable[[int], bool]] = []


def register_frozen(ask: Callable[[int], bool]) -> None:
    """Let ``ask`` say whether a year is frozen, once, in ``ready()``."""
    if ask not in _ask:
        _ask.append(ask)


def is_frozen(year: int) -> bool:
    """Whether the figures of a year stand for good."""
    return any(ask(year) for ask in _ask)
