"""What a dashboard says of figures: differences, shares, movers, targets met or not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models

FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST = 5
"""Lines of a list of the worst."""
ENOUGH = 5
"""So many pending make a share of overdue ones mean something."""


class Level(models.TextChoices):
    """Whose dossiers a target is about."""

    ANY = "any", "Mọi cơ quan"
    COUNTRY = "country", "Cả nước"
    CENTRAL = "central", "Bộ, ngành trung ương"
    LOCAL = "local", "Địa phương (tỉnh và xã)"
    PROVINCE = "province", "Cấp tỉnh"
    DISTRICT = "district", "Cấp huyện (đến 30/6/2025)"
    COMMUNE = "commune", "Cấp xã"


class Unit(models.TextChoices):
    """What a target is measured in."""

    PER_CENT = "percent", "%"
    ACCOUNTS = "accounts", "tài khoản"
    MINUTES = "minutes", "phút"
    DOSSIERS = "dossiers", "hồ sơ/người/năm"

    @property
    def is_at_most(self) -> bool:
        """Whether less is better."""
        return self is Unit.MINUTES


def share(part: int, whole: int) -> Decimal | None:
    """Per cent with one decimal, half up; None of nothing."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def rounded(value: Decimal | None) -> Decimal | None:
    """With one decimal, half up."""
    return None if value is None else value.quantize(Decimal("0.1"), ROUND_HALF_UP)


def difference(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | int | None:
    """How much more; None where either is not known."""
    return now - before if now is not None and before is not None else None


def step_of(steps: Mapping[str, Any], year: int) -> Decimal | None:
    """What should have been reached by the end of a year: that of the last year named up to it; None before the first."""
    known = [(int(named), number) for named, number in steps.items() if int(named) <= year]
    return Decimal(str(max(known)[1])) if known else None


def is_met(value: Decimal | int | None, wanted: Decimal | None, unit: str) -> bool | None:
    """Whether a target is reached; None where there is no value or nothing is wanted yet."""
    if value is None or wanted is None:
        return None
    return value <= wanted if Unit(unit).is_at_most else value >= wanted


@dataclass(frozen=True)
class Late:
    """A place (or a procedure) with what is pending and overdue there, now and at the end of the day before."""

    key: str
    pending: int
    overdue: int
    overdue_before: int = 0

    @property
    def share(self) -> Decimal | None:
        """Overdue among the pending, per cent."""
        return share(self.overdue, self.pending)

    @property
    def more(self) -> int:
        """More overdue than at the end of the day before."""
        return self.overdue - self.overdue_before

    @property
    def overdue_less(self) -> int:
        """Fewer overdue than then."""
        return -self.more


def most_overdue(lines: Sequence[Late]) -> list[Late]:
    """The places with most overdue dossiers."""
    return sorted((line for line in lines if line.overdue > 0), key=lambda line: (-line.overdue, line.key))[:MOST]


def highest_share(lines: Sequence[Late]) -> list[Late]:
    """The places where the largest part of what is pending is overdue; where little is pending a share says nothing."""
    known = [line for line in lines if line.overdue > 0 and line.pending >= ENOUGH]
    return sorted(known, key=lambda line: (-(line.share or 0), -line.overdue, line.key))[:MOST]


def movers(lines: Sequence[Late]) -> list[Late]:
    """The places where the number of overdue dossiers moved most since the day before, upward or downward."""
    return sorted((line for line in lines if line.more), key=lambda line: (-abs(line.more), -line.more, line.key))[:MOST]


def days_late(due: date, today: date) -> int:
    """Days past the day of the appointment."""
    return max((today - due).days, 0)
