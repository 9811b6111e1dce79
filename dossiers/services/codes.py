"""The code of a dossier (requirement D-07)."""

from __future__ import annotations

from datetime import date

from django.db import connection


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
