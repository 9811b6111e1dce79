"""Each connection to a system outside and each integrated service: is it there, since when, whose is it.

Rooms register what they know of their own (nothing here imports upward); agencies see those that name one of their units.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from portal.access.rules import covers

logger = logging.getLogger(__name__)


class State(enum.StrEnum):
    """What is known of a connection."""

    UP = "up"
    DOWN = "down"
    SILENT = "silent"
    """It calls us, and has not for longer than it should."""
    OFF = "off"
    """Switched off by us, or never set up."""
    UNKNOWN = "unknown"
    """Nobody asked it lately."""


@dataclass(frozen=True)
class Connection:
    """One connection. ``units``: identifier codes of the agencies whose it is; ``url``: a page of the desk about it, or empty."""

    code: str
    name: str
    state: State
    kind: str
    units: tuple[str, ...] = ()
    last_at: datetime | None = None
    """When it answered or called last."""
    note: str = ""
    url: str = ""


_sources: dict[str, Callable[[datetime], Sequence[Connection]]] = {}


def register_connections(name: str, read: Callable[[datetime], Sequence[Connection]]) -> None:
    """Let a room tell of its connections at a moment: constant queries, nothing asked outside. Once, in ``ready()``."""
    _sources[name] = read


def connections(now: datetime) -> list[Connection]:
    """All, the broken ones first. A room that cannot tell is left out, and said in the log."""
    found: list[Connection] = []
    for name, read in _sources.items():
        try:
            found += read(now)
        except Exception as error:
            # One room's trouble hides no other's connection.
            logger.warning("connections cannot be read", extra={"room": name, "error": type(error).__name__})
    order = {State.DOWN: 0, State.SILENT: 1, State.UP: 2, State.UNKNOWN: 3, State.OFF: 4}
    return sorted(sorted(found, key=attrgetter("name", "code")), key=lambda one: order[one.state])


def of_unit(found: Iterable[Connection], unit: str) -> list[Connection]:
    """Those of an agency or of one below it."""
    return [one for one in found if any(covers(unit, own) for own in one.units)]
