"""How long a draft that nobody changes is kept: warned, put away, erased. Rules of days, without tables; the law leaves them to the portal.

Three months after the last change it is put away, not without a warning two weeks before; for thirty days its owner can have it back as
it was; then its key is destroyed. Days count as in the Civil Code 2015 (art. 147.2, 148.5): the day of the change or warning does not
count, the last day counts to its end.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from portal.workdays import ZONE, last_day_over, month_later

MONTHS = 3
WARNED_BEFORE = timedelta(days=14)
RESTORED_WITHIN = timedelta(days=30)


def kept_until(changed: date, warned: date) -> date:
    """The last day of a draft in its owner's list: never less than two weeks after the warning, however late that went out."""
    return max(month_later(changed, MONTHS), warned + WARNED_BEFORE)


def restorable_until(removed: date) -> date:
    """The last day on which a draft that was put away can be had back."""
    return removed + RESTORED_WITHIN


def _day_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZONE)


def to_warn(today: date) -> datetime:
    """Owners of drafts last changed before this moment are to be warned today."""
    return _day_after(last_day_over(today + WARNED_BEFORE + timedelta(days=1), MONTHS))


def to_remove(today: date) -> tuple[datetime, datetime]:
    """Drafts last changed before the first moment, whose owners were warned before the second, are to be put away today."""
    return _day_after(last_day_over(today, MONTHS)), datetime.combine(today - WARNED_BEFORE, time(), tzinfo=ZONE)


def to_erase(today: date) -> datetime:
    """Drafts put away before this moment are to be erased today."""
    return datetime.combine(today - RESTORED_WITHIN, time(), tzinfo=ZONE)
