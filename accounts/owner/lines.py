"""What upper rooms say of somebody on the first page of their account, in their copy of data, and when they want to leave.

``accounts`` knows no dossier, no payment and no petition: each room registers in its ``ready()`` what it has to say, and whose things it
finds by ``belonging_to`` and the actor it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from portal.access import Actor

Words = str | Promise


class Part(StrEnum):
    """Parts of the first page, in their order."""

    WAITING = "waiting"
    """Somebody waits for me."""
    ENDING = "ending"
    """What ends on a day, or is due to me."""
    NEXT = "next"
    """What I can do."""


@dataclass(frozen=True)
class Line:
    """One thing: what it is, where it leads, what goes with it, by when. ``tag``: "wait" presses, "bad" is late, "good" is done."""

    part: Part
    title: Words
    link: str
    hint: Words = ""
    by: datetime | date | None = None
    tag: str = ""
    lang: str = ""
    """Language of the title where it is not the page's."""


LineProvider = Callable[[HttpRequest, Actor, datetime], Iterable[Line]]
_lines: list[LineProvider] = []


def register_account_lines(provider: LineProvider) -> None:
    """Let a room say what waits for, ends for, or is likely wanted by who looks at their account. Once, in ``ready()``.

    It makes the same number of queries however much there is, and gives twenty lines at most.
    """
    if provider not in _lines:
        _lines.append(provider)


def lines_for(request: HttpRequest, actor: Actor, now: datetime) -> dict[Part, list[Line]]:
    """All lines by part; within a part what has a day first, the earliest on top."""
    found: dict[Part, list[Line]] = {part: [] for part in Part}
    for provider in _lines:
        for line in provider(request, actor, now):
            found[line.part].append(line)
    for part in (Part.WAITING, Part.ENDING):
        found[part].sort(key=lambda line: (line.by is None, _day(line.by)))
    return found


def _day(by: datetime | date | None) -> date:
    return date.max if by is None else by.date() if isinstance(by, datetime) else by


@dataclass(frozen=True)
class Holding:
    """One kind of rows that a room holds about a party: its key in the copy, its title there, and the rows as plain values.

    Keys of a row are words for people (``Mã hồ sơ``): they stand in the PDF as they are, and the JSON has the same.
    """

    key: str
    title: Words
    rows: Callable[[Actor], Iterable[Mapping[str, Any]]]


_holdings: dict[str, Holding] = {}


def register_holdings(*holdings: Holding) -> None:
    """Let a room say what it holds about a party, for the copy of their data. Once, in ``ready()``."""
    for one in holdings:
        _holdings[one.key] = one


def holdings() -> list[Holding]:
    """All of them, in the order of registration."""
    return list(_holdings.values())


@dataclass(frozen=True)
class Watched:
    """Things of a party whose looks by officers are in the audit trail."""

    target: str
    """As the trail names it (``dossiers.dossier``)."""
    acts: Sequence[str]
    """Acts that are looks, not work."""
    title: Words
    things: Callable[[Actor], Mapping[str, tuple[str, str]]]
    """Id as text → (name, address), of the party's newest things."""


_watched: dict[str, Watched] = {}


def register_watched(watched: Watched) -> None:
    """Let a room say whose looks its owners may see. Once, in ``ready()``."""
    _watched[watched.target] = watched


def watched() -> list[Watched]:
    """All of them, in the order of registration."""
    return list(_watched.values())


Obstacle = Callable[[Actor], Iterable[Words]]
_obstacles: list[Obstacle] = []


def register_obstacle(obstacle: Obstacle) -> None:
    """Let a room say why an account cannot be closed yet, in sentences for the person; none: it can. Once, in ``ready()``."""
    if obstacle not in _obstacles:
        _obstacles.append(obstacle)


def obstacles(actor: Actor) -> list[str]:
    """Why the account of this actor cannot be closed now; empty: it can."""
    return [str(sentence) for obstacle in _obstacles for sentence in obstacle(actor)]


Farewell = Callable[[Actor], None]
_farewells: list[Farewell] = []


def register_farewell(farewell: Farewell) -> None:
    """Let a room throw away what is only its owner's (drafts) when they leave, within the transaction. Once, in ``ready()``."""
    if farewell not in _farewells:
        _farewells.append(farewell)


def say_farewell(actor: Actor) -> None:
    """Have every room throw away what is only the leaving person's."""
    for farewell in _farewells:
        farewell(actor)
