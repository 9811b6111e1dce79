"""Reading the rows of a registry's answer: a row that is not what it should be makes the whole answer a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from portal.exchange.errors import OutsideUnavailable

T = TypeVar("T")


def texts(service: str, row: Any, names: Iterable[str]) -> dict[str, str]:
    """These keys of a row, which are all texts. ``OutsideUnavailable`` (wrong_answer) otherwise."""
    if not isinstance(row, dict):
        raise OutsideUnavailable(service, "wrong_answer")
    found = {name: row.get(name) for name in names}
    if not all(isinstance(value, str) for value in found.values()):
        raise OutsideUnavailable(service, "wrong_answer")
    return {name: str(value) for name, value in found.items()}


def day(service: str, row: dict[str, Any], name: str) -> date:
    """A day as ``YYYY-MM-DD``. ``OutsideUnavailable`` (wrong_answer) otherwise."""
    try:
        return date.fromisoformat(row[name])
    except (KeyError, TypeError, ValueError):
        raise OutsideUnavailable(service, "wrong_answer") from None


def listed(service: str, answer: dict[str, Any], name: str, read: Callable[[Any], T]) -> tuple[T, ...]:
    """The rows of a list, each read. ``OutsideUnavailable`` (wrong_answer) where there is no list."""
    rows = answer.get(name)
    if not isinstance(rows, list):
        raise OutsideUnavailable(service, "wrong_answer")
    return tuple(read(row) for row in rows)
