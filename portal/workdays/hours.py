"""When people are awake."""

from __future__ import annotations

from datetime import datetime

from portal.workdays.calendar import ZONE

AWAKE_FROM, AWAKE_UNTIL = 8, 20
"""Hours of the day."""


def is_decent_hour(now: datetime) -> bool:
    """Whether nobody is woken by a message that could wait."""
    return AWAKE_FROM <= now.astimezone(ZONE).hour < AWAKE_UNTIL
