"""The board of targets: each with its value, what is wanted, the difference, its course, and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from ratings.board.rules import Unit, difference, is_met, step_of
from ratings.board.sources import SOURCES, Reading, Room, Source
from ratings.models import Target


@dataclass(frozen=True)
class Line:
    """One target as an agency sees it."""

    target: Target
    wanted: Decimal | None
    """By the end of this year; None before its first year."""
    source: Source | None
    """None: nothing counts it yet."""
    reading: Reading | None

    @property
    def value(self) -> Decimal | int | None:
        """What there is this year."""
        return self.reading.value if self.reading is not None else None

    @property
    def gap(self) -> Decimal | int | None:
        """How much more than wanted."""
        return difference(self.value, self.wanted)

    @property
    def is_met(self) -> bool | None:
        """None where it cannot be said."""
        return is_met(self.value, self.wanted, self.target.unit)

    @property
    def unit(self) -> str:
        """What it is measured in, in words."""
        return str(Unit(self.target.unit).label)


def board(agency: str, today: date) -> list[Line]:
    """The targets that hold today and concern the agency, in their order. Up to fourteen queries."""
    room = Room(agency, today)
    rows = Target.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), valid_from__lte=today).order_by("position", "code")
    found = []
    for target in rows:
        if not room.applies(target.level):
            continue
        source = SOURCES.get(target.source)
        reading = source.read(room, target.level) if source is not None else None
        if source is not None and reading is None:
            continue
        found.append(Line(target, step_of(target.steps, today.year), source, reading))
    return found


def wanted_by_level(source: str, year: int) -> dict[str, Decimal]:
    """What the newest versions of the targets of a source want of each level by the end of a year, also of a level that has ended (one
    query)."""
    rows = Target.objects.filter(source=source).order_by("level", "valid_from")
    steps = {row.level: step_of(row.steps, year) for row in rows}
    return {level: wanted for level, wanted in steps.items() if wanted is not None}
