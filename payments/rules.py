"""Rules of payments as pure functions; money in whole đồng."""

from __future__ import annotations

from datetime import datetime, timedelta

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


OWED_BACK = frozenset({"double", "over", "under", "closed", "unmatched"})
"""Money that never became the agency's: it stands at the institution as owed to the payer."""


def who_gives_back(reason: str) -> str:
    """Who gives money back for this reason: ``institution`` what was paid twice, too much or for nothing (Rules art. 34.6a), ``agency``
    everything that was rightly taken for it (art. 34.6b–c)."""
    return "institution" if reason in OWED_BACK else "agency"


def next_refund_ask(*, sent_at: datetime, now: datetime) -> datetime:
    """When to ask about a refund whose outcome is not known: as long again as it has been under way, 20 seconds to six hours."""
    return now + min(max(now - sent_at, timedelta(seconds=20)), timedelta(hours=6))
