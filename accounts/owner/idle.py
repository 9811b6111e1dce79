"""Two years without activity: a notice a month for two months, then the lock (Rules art. 13.2). Rules of days, without tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.workdays import month_later

YEARS = 2
NOTICES = 2


def first_look(last_active: date) -> date:
    """The first day after two whole years: the day of the last activity does not count (Civil Code 2015 art. 147.2, 148.5)."""
    return month_later(last_active, YEARS * 12) + timedelta(days=1)


class Step(StrEnum):
    """What is to happen."""

    NOTHING = "nothing"
    NOTICE = "notice"
    LOCK = "lock"


@dataclass(frozen=True)
class Due:
    """What is to happen today, and when to look again; None: never, it is locked then."""

    step: Step
    look_on: date | None


def due(*, look_on: date, notices: int, today: date) -> Due:
    """What is due for an account that is to be looked at on ``look_on`` and whose owner was told ``notices`` times.

    A notice that goes out late moves what follows: between two notices, and between the last and the lock, lies a whole month.
    """
    if today < look_on:
        return Due(Step.NOTHING, look_on)
    if notices < NOTICES:
        return Due(Step.NOTICE, month_later(today, 1))
    return Due(Step.LOCK, None)
