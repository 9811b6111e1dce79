"""What changed in the API, and what will leave it: data, shown on the developers' page and told in every answer (RFC 9745, RFC 8594)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from portal.api_support import Deprecation

FILE = Path(__file__).parent / "data" / "changes.json"
LEAST_NOTICE_DAYS = 180
"""An operation stays at least so long after it was said to leave."""


@dataclass(frozen=True)
class Change:
    """One change, in both languages."""

    day: date
    vi: str
    en: str


@dataclass(frozen=True)
class Leaving:
    """An operation that will leave."""

    method: str
    path: str
    told: Deprecation


def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def changes() -> list[Change]:
    """The newest first."""
    rows = [Change(date.fromisoformat(one["day"]), one["vi"], one["en"]) for one in _data()["changes"]]
    return sorted(rows, key=lambda one: one.day, reverse=True)


def leaving() -> list[Leaving]:
    """Operations that will leave, the next one first. ``ValueError`` where one is given less time than :data:`LEAST_NOTICE_DAYS`."""
    found = []
    for one in _data()["leaving"]:
        told = Deprecation(datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["sunset"]), one["instead"])
        if (told.sunset - told.since).days < LEAST_NOTICE_DAYS:
            raise ValueError(f"{one['path']}: at least {LEAST_NOTICE_DAYS} days between since and sunset")
        found.append(Leaving(one["method"], one["path"], told))
    return sorted(found, key=lambda one: one.told.sunset)


def deprecations() -> dict[tuple[str, str], Deprecation]:
    """As :class:`portal.api_support.PortalAPI` takes them."""
    return {(one.method, one.path): one.told for one in leaving()}
