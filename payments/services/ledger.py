"""Booking: one entry with its postings, once for its occasion; past days summed up and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from payments.models import Account, DayBalance, Entry, Posting

T = Account.Type


@dataclass(frozen=True)
class Side:
    """One side of an entry: the account by its natural key; debit positive, credit negative, in đồng."""

    type: str
    amount: int
    institution: str = ""
    unit: str = ""
    kind: str = ""


def _account_ids(sides: Sequence[Side], *, is_test: bool) -> list[int]:
    """The accounts of sides, each opened when it is the first of its name (one query where all are there)."""
    wanted = Q()
    for side in sides:
        wanted |= Q(type=side.type, institution_code=side.institution, unit_code=side.unit, kind=side.kind, is_test=is_test)
    rows = Account.objects.filter(wanted).values_list("type", "institution_code", "unit_code", "kind", "pk")
    known: dict[tuple[str, str, str, str], int] = {(one, two, three, four): pk for one, two, three, four, pk in rows}
    found = []
    for side in sides:
        key = (side.type, side.institution, side.unit, side.kind)
        if key not in known:
            account, _ = Account.objects.get_or_create(
                type=side.type, institution_code=side.institution, unit_code=side.unit, kind=side.kind, is_test=is_test
            )
            known[key] = account.pk
        found.append(known[key])
    return found


def book(
    *,
    key: str,
    event: str,
    sides: Sequence[Side],
    target: str,
    now: datetime,
    note: str = "",
    is_test: bool = False,
    position_id: UUID | None = None,
) -> Entry | None:
    """Book one entry; None where the occasion was booked before. ``ValueError`` for sides that do not balance.

    Dated today in Vietnam, whatever day the money moved: so a day that is over never changes. No row is locked that others want.
    """
    sides = [side for side in sides if side.amount]
    if len(sides) < 2 or sum(side.amount for side in sides) != 0:
        raise ValueError("an entry needs two sides that make zero")
    day = timezone.localdate(now)
    entry = Entry(key=key, event=event, day=day, at=now, target=target, note=note, position_id=position_id)
    with connection.cursor() as cursor:
        # One statement says whether the occasion is new: thousands a second may ask.
        cursor.execute(
            "INSERT INTO payments_entry (id, key, event, day, at, target, note, position_id, xid)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0) ON CONFLICT (key) DO NOTHING",
            [entry.pk, key, event, day, now, target, note, position_id],
        )
        if cursor.rowcount == 0:
            return None
    accounts = _account_ids(sides, is_test=is_test)
    Posting.objects.bulk_create(
        [Posting(entry=entry, account_id=number, day=day, amount=side.amount) for side, number in zip(sides, accounts, strict=True)]
    )
    return entry


SUMS = """
    SELECT account_id, day, coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint,
        coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint, count(DISTINCT entry_id)
    FROM payments_posting WHERE day >= %s AND day <= %s GROUP BY account_id, day
"""


def first_open_day() -> date | None:
    """The first day whose sums are not kept yet; None where nothing was ever booked."""
    last = DayBalance.objects.order_by("-day").values_list("day", flat=True).first()
    if last is not None:
        return last + timedelta(days=1)
    return Entry.objects.order_by("day").values_list("day", flat=True).first()


def keep_balances(*, now: datetime) -> int:
    """Sum up every day that is over and not kept yet; how many rows were written (task, some minutes after midnight).

    A booking is dated before it commits: a day is closed an hour after its end, when none of it is under way any more.
    """
    last = timezone.localdate(now - timedelta(hours=1)) - timedelta(days=1)
    first = first_open_day()
    if first is None or first > last:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('payments.keep_balances'))")
        cursor.execute(
            f"INSERT INTO payments_daybalance (account_id, day, debit, credit, entries) {SUMS} ON CONFLICT (account_id, day) DO NOTHING",
            [first, last],
        )
        return int(cursor.rowcount)


@dataclass(frozen=True)
class Difference:
    """A kept sum that is not what the postings make, or an entry that does not balance."""

    what: str
    kept: tuple[int, int, int] | None
    made: tuple[int, int, int] | None


def recompute() -> list[Difference]:
    """Make every kept balance again from the postings and compare; then entries, collections, paid orders. Empty: all is well."""
    found: list[Difference] = []
    kept = {(row[0], row[1]): row[2:] for row in DayBalance.objects.values_list("account_id", "day", "debit", "credit", "entries")}
    days = [day for _, day in kept]
    with connection.cursor() as cursor:
        made: dict[Any, Any] = {}
        if days:
            cursor.execute(SUMS, [min(days), max(days)])
            made = {(row[0], row[1]): tuple(row[2:]) for row in cursor.fetchall()}
        for key in sorted({*kept, *made}, key=str):
            if kept.get(key) != made.get(key):
                found.append(Difference(f"balance of account {key[0]} on {key[1]}", kept.get(key), made.get(key)))
        cursor.execute("SELECT entry_id FROM payments_posting GROUP BY entry_id HAVING sum(amount) <> 0 LIMIT 100")
        found += [Difference(f"entry {row[0]} does not balance", None, None) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT c.id FROM payments_collection c LEFT JOIN payments_entry e ON e.key = 'collected:' || c.id::text"
            " WHERE e.id IS NULL LIMIT 100"
        )
        found += [Difference(f"collection {row[0]} is not booked", None, None) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT o.id FROM payments_order o WHERE o.state = 'paid' AND NOT EXISTS (SELECT FROM payments_collection c"
            " WHERE c.order_id = o.id AND c.purpose IN ('settles', 'over')) LIMIT 100"
        )
        found += [Difference(f"order {row[0]} is paid without money", None, None) for row in cursor.fetchall()]
    return found


def balance(account: Account) -> int:
    """What stands on an account now: kept days and what is not kept yet (two queries)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH kept AS (SELECT coalesce(sum(debit - credit), 0) AS total FROM payments_daybalance WHERE account_id = %s),"
            " past AS (SELECT coalesce(max(day), '-infinity') AS last FROM payments_daybalance)"
            " SELECT (kept.total + coalesce((SELECT sum(amount) FROM payments_posting"
            " WHERE account_id = %s AND day > past.last), 0))::bigint FROM kept, past",
            [account.pk, account.pk],
        )
        return int(cursor.fetchone()[0])
