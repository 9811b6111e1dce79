"""Ways on from a dossier that ended, offered by the rooms above, which dossiers do not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Ended:
    """A dossier as its owner sees it, filed here or handled elsewhere, that has ended."""

    code: str
    state: str
    ended_on: date


@dataclass(frozen=True)
class WayOn:
    """A link: why, and what it says."""

    text: str
    label: str
    url: str


Offer = Callable[[Ended], "WayOn | None"]
_offers: list[Offer] = []


def register_way_on(offer: Offer) -> None:
    """Let a room above offer a link on the page of a dossier that ended; None where it has none. Once, in ``ready()``."""
    if offer not in _offers:
        _offers.append(offer)


def ways_on(code: str, state: str, ended_on: date | None) -> list[WayOn]:
    """The links for the owner of a dossier; none while it has not ended."""
    if ended_on is None:
        return []
    return [found for offer in _offers if (found := offer(Ended(code, state, ended_on))) is not None]
