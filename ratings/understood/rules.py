"""When something got worse: one rule, pure. What the pages say of it stands in :data:`RULE`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, lgamma

WEEK = timedelta(days=7)
WEEKS_BEFORE = 8
LEAST, LEAST_BEFORE = 5, 20
"""So many complaints this week, so many comments in the weeks before, at least: below nobody can tell chance from change, nor may know."""
POINTS = 10.0
"""So much the share must have risen, in points of per cent."""
CHANCE = 0.01
RULE = (
    f"Bảy ngày qua so với {WEEKS_BEFORE} tuần trước đó: tỷ lệ ý kiến chê tăng ít nhất {POINTS:.0f} điểm, có từ {LEAST} ý kiến chê trong "
    f"bảy ngày và từ {LEAST_BEFORE} ý kiến trước đó, và khả năng tăng do ngẫu nhiên không quá 1 % (kiểm định chính xác Fisher, một phía)."
)


@dataclass(frozen=True)
class Share:
    """Complaints among comments."""

    bad: int = 0
    all: int = 0

    @property
    def per_cent(self) -> float | None:
        """None without a comment."""
        return round(100 * self.bad / self.all, 1) if self.all else None


@dataclass(frozen=True)
class Span:
    """The week that is looked at and the weeks before it, whole days."""

    first: date
    last: date
    before: date
    """First day of the weeks before; they end on the day before ``first``."""


def span_of(today: date) -> Span:
    """The seven days up to yesterday, and the eight weeks before them."""
    last = today - timedelta(days=1)
    first = last - WEEK + timedelta(days=1)
    return Span(first, last, first - WEEKS_BEFORE * WEEK)


def chance_of(now: Share, before: Share) -> float:
    """Fisher's exact test, one-sided: how likely at least so many complaints would fall into this week were nothing different."""
    every, bad, drawn = now.all + before.all, now.bad + before.bad, now.all
    return min(1.0, sum(exp(_log_of(found, every, bad, drawn)) for found in range(now.bad, min(bad, drawn) + 1)))


def _log_of(found: int, every: int, bad: int, drawn: int) -> float:
    if drawn - found > every - bad:
        return -1e9
    return _choose(bad, found) + _choose(every - bad, drawn - found) - _choose(every, drawn)


def _choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)


def got_worse(now: Share, before: Share) -> float | None:
    """How likely chance alone would have done it, where something got worse by the rule; else None."""
    if now.bad < LEAST or before.all < LEAST_BEFORE or now.per_cent is None or before.per_cent is None:
        return None
    if now.per_cent - before.per_cent < POINTS:
        return None
    chance = chance_of(now, before)
    return chance if chance <= CHANCE else None
