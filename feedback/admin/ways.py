"""Buttons on the page of a petition that other files of the desk bring along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from feedback.models import Petition


@dataclass(frozen=True)
class OwnWay:
    """A button: what it says and where it leads. ``kind``: ``quiet``, ``danger`` or nothing."""

    label: str
    url: str
    kind: str = "quiet"


WayOf = Callable[[HttpRequest, Petition], "OwnWay | None"]
_ways: list[WayOf] = []


def register_way(way: WayOf) -> None:
    """Let a file of the desk offer a button on a petition's page; None where it does not concern the officer or the petition."""
    if way not in _ways:
        _ways.append(way)


def ways_of(request: HttpRequest, petition: Petition) -> list[OwnWay]:
    """The buttons for this officer and petition, in the order of registration."""
    return [found for way in _ways if (found := way(request, petition)) is not None]
