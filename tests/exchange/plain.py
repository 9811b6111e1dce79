"""What an engineer counts from what their own system sent, with nothing of the portal's: to be compared with what the portal shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from portal.simulators.province import ZONE, Life

_ENDS = {"3": "refused_at", "7": "withdrawn_at", "8": "stopped_at", "9": "finished_at", "10": "finished_at"}
_WAYS = {"1": "received_in_person", "2": "received_online", "3": "received_by_post"}


def counted(lives: Iterable[Life], first: str, last: str, today: str, key: Callable[[Life], str] = lambda life: "") -> dict[str, Any]:
    """Figures by the names of the statistics API, of each key; days as ISO texts."""
    found: dict[str, Counter[str]] = {}
    at = min(last, today)
    for life in lives:
        state, facts = life.reports[-1]
        days = {name: moment.astimezone(ZONE).date().isoformat() for name, moment in facts.items()}
        received, due, end = days.get("received_at", ""), days.get("due_at", ""), days.get(_ENDS.get(state, ""), "")
        count = found.setdefault(key(life), Counter())
        if received and first <= received <= last:
            count["received"] += 1
            count[_WAYS[life.channel]] += 1
            count["supplemented"] += "asked" in facts
            count["paid_online"] += life.paid in ("1", "2")
        if end and first <= end <= last:
            how = "late" if end > due else "early" if end < due else "on_time"
            count["refused" if state == "3" else "withdrawn" if state == "7" else f"resolved_{how}"] += 1
        if received and received <= at and not (end and end <= at):
            count["pending_overdue" if at > due else "pending_in_time"] += 1
    return {name: +count for name, count in found.items() if +count}


def said(figures: dict[str, Any]) -> Counter[str]:
    """What the API said of one place, without zeros and without what the sender cannot know."""
    skipped = ("key", "name", "received_end_to_end", "resolved_undated")
    return +Counter({name: number for name, number in figures.items() if name not in skipped})
