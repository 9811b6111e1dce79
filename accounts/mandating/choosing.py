"""Procedures that a mandate can be limited to: an upper room knows them, this one asks by words and by code."""

from __future__ import annotations

from collections.abc import Callable, Iterable

FOUND = 15
"""Procedures that a search shows."""
Find = Callable[[str], list[tuple[str, str]]]
Names = Callable[[Iterable[str]], dict[str, str]]
_find: Find | None = None
_names: Names | None = None


def register_procedures(*, find: Find, names: Names) -> None:
    """Let an upper room (``dossiers``) say which procedures words mean, and their names by code. Once, in ``ready()``."""
    global _find, _names
    _find, _names = find, names


def find(words: str) -> list[tuple[str, str]]:
    """Code and name of the procedures that words mean, best first."""
    return _find(words)[:FOUND] if _find is not None and words.strip() else []


def names(codes: Iterable[str]) -> dict[str, str]:
    """Names of procedures by code; one that nobody knows is left out."""
    wanted = sorted(set(codes))
    return _names(wanted) if _names is not None and wanted else {}
