"""The code of a dossier (requirement D-07)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

AHEAD = 1_000
"""How far numbers jump after a restore: more than a unit gives in the time that one loses."""
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def next_code(*, unit_code: str, day: date) -> str:
    """The next code of the unit on that (Vietnamese) day: ``H26.101-261120-0001``. Call inside the dossier's transaction.

    The counter's row stays locked until the transaction ends: whoever comes second waits, and a roll-back gives the
    number back. So codes have no holes and no repeats. Source: Decree 61/2018, domain.md §2.2.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a dossier code is taken in the transaction that writes the dossier")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dossiers_codecounter AS c (unit_code, day, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (unit_code, day) DO UPDATE SET last = c.last + 1 RETURNING last",
            [unit_code, day],
        )
        ((number,),) = cursor.fetchall()
    return f"{unit_code}-{day:%y%m%d}-{number:04d}"


def jump_ahead(restored_to: datetime, now: datetime) -> str:
    """After a restore: the numbers of every day since that moment begin beyond those that people may hold a receipt of.

    Every unit that ever gave a number jumps: in the time that was lost it may have given its first of a day.
    """
    first, last = restored_to.astimezone(VIETNAM).date(), now.astimezone(VIETNAM).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dossiers_codecounter AS c (unit_code, day, last)"
            " SELECT unit_code, day, %(ahead)s FROM (SELECT DISTINCT unit_code FROM dossiers_codecounter) units,"
            " unnest(%(days)s::date[]) AS day"
            " ON CONFLICT (unit_code, day) DO UPDATE SET last = c.last + %(ahead)s",
            {"ahead": AHEAD, "days": days},
        )
        return f"{cursor.rowcount} counters of {len(days)} days jumped by {AHEAD}"
