"""How many people one slot of a unit's counters should take, proposed from what is expected; the administrator takes it over or not."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from dossiers.appointments.rules import times
from portal.workdays import Calendar

MOST = 50
"""People in one slot, as the table of plans has it."""


@dataclass(frozen=True)
class Expected:
    """People expected at the counters of a unit by day, so many that eight of ten days see no more; what it is reckoned from, in words."""

    by_day: Mapping[dt.date, float]
    basis: str


@dataclass(frozen=True)
class Proposal:
    """So many people a slot, for the sake of the fullest day."""

    per_slot: int
    day: dt.date
    people: int
    slots: int
    basis: str


_sources: list[Callable[[str], Expected | None]] = []


def register_expected(source: Callable[[str], Expected | None]) -> None:
    """A room above knows how many will come to a unit (by code); None where it does not."""
    _sources.append(source)


def expected_at(unit_code: str) -> Expected | None:
    """What the rooms above expect; None where none knows."""
    return next((found for source in _sources if (found := source(unit_code)) is not None), None)


def proposed(expected: Expected, calendar: Calendar, closed: Collection[dt.date], minutes: int) -> Proposal | None:
    """The capacity at which the fullest of the days to come is served by appointments; None where no day has any slot."""
    best: Proposal | None = None
    for day, people in sorted(expected.by_day.items()):
        slots = 0 if day in closed else len(times(day, calendar, minutes))
        if not slots:
            continue
        per_slot = min(max(math.ceil(people / slots), 1), MOST)
        if best is None or (per_slot, people) > (best.per_slot, best.people):
            best = Proposal(per_slot, day, math.ceil(people), slots, expected.basis)
    return best
