"""Rules of payments as pure functions; money in whole đồng."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.workdays import Calendar, is_working_day

ATTEMPT_LIFETIME = timedelta(minutes=15)
"""How long an institution takes money for one try."""
TRANSFER_LIFETIME = timedelta(hours=24)
"""A transfer is made in another app, sometimes over night."""
ASK_AFTER = (20, 40, 60, 120, 300, 600, 1800)
"""Seconds to wait before each question about an attempt; then an hour, and every six hours after a day."""
FILE_DECIDES_AFTER = timedelta(days=3)
"""An attempt that neither the institution nor three nightly files know was never paid."""


def institution_fee(amount: int, *, fixed: int, rate: int, least: int, most: int | None) -> int:
    """What an institution takes from the payer for ``amount``: fixed part and ``rate`` hundredths of a percent, within its bounds.

    Rounded up to whole đồng, as institutions do; zero stays zero where neither part is asked.
    """
    fee = fixed + -(-amount * rate // 10_000)
    fee = max(fee, least)
    return min(fee, most) if most is not None else fee


def next_ask(asks: int, *, created_at: datetime, now: datetime) -> datetime:
    """When to ask about an attempt after so many questions."""
    if asks < len(ASK_AFTER):
        return now + timedelta(seconds=ASK_AFTER[asks])
    return now + (timedelta(hours=1) if now - created_at < timedelta(days=1) else timedelta(hours=6))


def may_be_given_up(*, expires_at: datetime, now: datetime) -> bool:
    """Whether an attempt of which the institution knows nothing may be called unpaid: its time is over, and an hour more."""
    return now >= expires_at + timedelta(hours=1)


OWED_BACK = frozenset({"double", "over", "under", "closed", "unmatched", "more"})
"""Money that never became the agency's: it stands at the institution as owed to the payer."""


def who_gives_back(reason: str) -> str:
    """Who gives money back for this reason: ``institution`` what was paid twice, too much or for nothing (Rules art. 34.6a), ``agency``
    everything that was rightly taken for it (art. 34.6b–c)."""
    return "institution" if reason in OWED_BACK else "agency"


def next_refund_ask(*, sent_at: datetime, now: datetime) -> datetime:
    """When to ask about a refund whose outcome is not known: as long again as it has been under way, 20 seconds to six hours."""
    return now + min(max(now - sent_at, timedelta(seconds=20)), timedelta(hours=6))


RATE_BASE = 100_000
"""A rate of late settlement is so many parts of this a day: 30 is 0.03 %."""


def settlement_due(day: date, calendar: Calendar) -> date:
    """The last day on which money of ``day`` reaches the agency's account: T+1, or the next day on which banks settle (art. 33.4a)."""
    due = day + timedelta(days=1)
    while not is_working_day(due, calendar):
        due += timedelta(days=1)
    return due


@dataclass(frozen=True)
class Lateness:
    """How late one day's money was, or is."""

    paid: int
    paid_day: date | None
    """When the whole of it had arrived; None while some is missing."""
    days: int
    """Days after the due day until the last part came, or until today."""
    penalty: int


def lateness(expected: int, parts: Sequence[tuple[date, int]], *, due: date, today: date, rate: int) -> Lateness:
    """How late ``expected`` đồng came in ``parts`` (value day, amount), and what it costs at ``rate`` (see :data:`RATE_BASE`).

    Each part that comes after ``due`` pays for each calendar day; what is still missing pays until ``today``. More than expected is not
    late. The penalty is rounded down to whole đồng once, at the end.
    """
    left, cost, last, days = expected, 0, None, 0
    for on, amount in sorted(parts):
        used = min(amount, left)
        if not used:
            break
        late = max((on - due).days, 0)
        left, cost, last, days = left - used, cost + used * late * rate, on, max(days, late)
    if left:
        late = max((today - due).days, 0)
        return Lateness(sum(amount for _, amount in parts), None, late, (cost + left * late * rate) // RATE_BASE)
    return Lateness(sum(amount for _, amount in parts), last or due, days, cost // RATE_BASE)
