"""The two clocks of a complaint about an account (Rules art. 13.1): parties told within 24 hours, outcome within 48 of formal receipt.

Plain hours, by night and on holidays too: the Rules say hours, and whose account is misused cannot wait for a working day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TELL_WITHIN = timedelta(hours=24)
ANSWER_WITHIN = timedelta(hours=48)


@dataclass(frozen=True)
class Clock:
    """One clock at a moment."""

    due: datetime
    done_at: datetime | None
    now: datetime

    @property
    def is_late(self) -> bool:
        """Whether it ran out before it was done; at the very moment it is in time."""
        return (self.done_at or self.now) > self.due

    @property
    def runs(self) -> bool:
        """Whether somebody must still do something."""
        return self.done_at is None

    @property
    def left(self) -> timedelta:
        """What is left of it, or was left when it was done; nothing where it ran out."""
        return max(self.due - (self.done_at or self.now), timedelta())


def tell(*, received_at: datetime, told_at: datetime | None, now: datetime) -> Clock:
    """Until when both parties must have been told."""
    return Clock(received_at + TELL_WITHIN, told_at, now)


def answer(*, taken_at: datetime | None, ended_at: datetime | None, now: datetime) -> Clock | None:
    """Until when the outcome must have been told; None before the formal receipt, which begins it."""
    return Clock(taken_at + ANSWER_WITHIN, ended_at, now) if taken_at is not None else None
