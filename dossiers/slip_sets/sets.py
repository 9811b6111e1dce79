"""Which set of slips is in force on a day, read from `dossiers/data/slips` once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "data" / "slips"


@dataclass(frozen=True)
class SlipSet:
    """The slips that one circular has, and those in local use beside them."""

    name: str
    circular: str
    since: date
    numbered: tuple[Mapping[str, Any], ...]
    local: tuple[Mapping[str, Any], ...]

    def slip(self, kind: str) -> Mapping[str, Any] | None:
        """The slip that a kind of document is in this set; None where it has none."""
        return next((one for one in (*self.numbered, *self.local) if one["kind"] == kind), None)


@cache
def all_sets() -> tuple[SlipSet, ...]:
    """Every set there has been, the oldest first."""
    said = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    found = [
        SlipSet(one["set"], one["circular"], date.fromisoformat(one["from"]), tuple(one["slips"]), tuple(one.get("local", ())))
        for one in said
    ]
    return tuple(sorted(found, key=lambda one: one.since))


def set_on(day: date) -> SlipSet:
    """The set in force on a day; of days before the first, the first."""
    sets = all_sets()
    return next((one for one in reversed(sets) if one.since <= day), sets[0])
