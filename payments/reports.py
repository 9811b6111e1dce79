"""Sums for the desk and for files: the ledger against what was collected, accounts with their days, revenue by account and code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import BigIntegerField, Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from payments.access import seen_by
from payments.models import Account, Collection, DayBalance, DayRevenue, Posting
from portal.access import Actor


@dataclass(frozen=True)
class Compared:
    """One agency and kind on one day: what its orders' money makes, and what the ledger says."""

    unit: str
    kind: str
    collected: int
    booked: int

    @property
    def agrees(self) -> bool:
        """To the đồng."""
        return self.collected == self.booked


def _hours(day: date) -> tuple[datetime, datetime]:
    start = timezone.make_aware(datetime.combine(day, time()))
    return start, timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


def compared(actor: Actor, day: date) -> list[Compared]:
    """What became agencies' money on a day by the collections, beside the ledger's revenue of that day (three queries).

    Corrections and refunds are entries of their own and stand in the accounts; here are the takings only.
    """
    hours = _hours(day)
    settled = Q(purpose__in=["settles", "over"], is_test=False)
    when = Q(allocated_at__isnull=True, booked_at__gte=hours[0], booked_at__lt=hours[1])
    allocated = Q(allocated_at__gte=hours[0], allocated_at__lt=hours[1])
    sums: dict[tuple[str, str], list[int]] = {}
    for condition in (when, allocated):
        rows = seen_by(actor, Collection.objects.filter(settled, condition), institution="")
        for unit, kind, taken, back in rows.values_list("payee_unit", "kind").annotate(Sum("amount"), Sum("owed_back")).order_by():
            sums.setdefault((unit, kind), [0, 0])[0] += taken - back
    takings = Q(entry__event="collected") | Q(entry__event="corrected", entry__key__startswith="allocated:")
    accounts = seen_by(actor, Account.objects.filter(type=Account.Type.REVENUE, is_test=False), unit="unit_code", institution="")
    booked = Posting.objects.filter(takings, account__in=accounts.values("pk"), day=day)
    for unit, kind, amount in booked.values_list("account__unit_code", "account__kind").annotate(Sum("amount")).order_by():
        sums.setdefault((unit, kind), [0, 0])[1] -= amount
    return [Compared(unit, kind, *pair) for (unit, kind), pair in sorted(sums.items())]


def with_balance(rows: QuerySet[Account]) -> QuerySet[Account]:
    """Accounts with what stands on them: kept days and what is not kept yet (subqueries of the rows that are shown)."""
    kept = DayBalance.objects.filter(account=OuterRef("pk")).order_by().values("account")
    last = DayBalance.objects.order_by("-day").values("day")[:1]
    since = Posting.objects.filter(account=OuterRef("pk"), day__gt=Coalesce(Subquery(last), date(2000, 1, 1))).order_by().values("account")
    return rows.annotate(
        balance=Coalesce(Subquery(kept.annotate(n=Sum("debit") - Sum("credit")).values("n"), output_field=BigIntegerField()), 0)
        + Coalesce(Subquery(since.annotate(n=Sum("amount")).values("n"), output_field=BigIntegerField()), 0)
    )


def days_of(account: Account, *, limit: int = 62) -> list[tuple[date, int, int, int]]:
    """The last days of an account: day, debit, credit, entries; those not kept yet are summed now (two queries)."""
    kept = list(DayBalance.objects.filter(account=account).order_by("-day").values_list("day", "debit", "credit", "entries")[:limit])
    last = DayBalance.objects.order_by("-day").values_list("day", flat=True).first()
    fresh = Posting.objects.filter(account=account, **({"day__gt": last} if last else {}))
    sums = fresh.values("day").annotate(
        debit=Sum("amount", filter=Q(amount__gt=0)), credit=Sum("amount", filter=Q(amount__lt=0)), number=Count("entry_id", distinct=True)
    )
    days = [(row["day"], row["debit"] or 0, -(row["credit"] or 0), row["number"]) for row in sums.order_by("-day")]
    return [*days, *kept][:limit]


REVENUE_HEADER = ["Kỳ", "Đơn vị thanh toán", "Mã cơ quan", "Tài khoản thụ hưởng", "Mã Kho bạc", "Loại giao dịch", "Mã nội dung kinh tế",
                  "Số khoản", "Số tiền (đồng)"]  # fmt: skip


def revenue(actor: Actor, *, first: date, last: date, by_month: bool) -> Iterator[list[Any]]:
    """What was taken by account and budget code, by day or month; rows of a table, in a fixed order (one query)."""
    rows = seen_by(actor, DayRevenue.objects.filter(day__range=(first, last)), unit="unit_code")
    names = ("institution_id", "unit_code", "account", "treasury_office", "kind", "revenue_code")
    if by_month:
        sums = rows.annotate(period=TruncMonth("day")).values("period", *names)
        form = "%m/%Y"
    else:
        sums = rows.values("day", *names)
        form = "%Y-%m-%d"
    period = "period" if by_month else "day"
    for row in sums.annotate(n=Sum("payments"), total=Sum("amount")).order_by(period, *names).iterator(chunk_size=2000):
        yield [row[period].strftime(form), *(row[name] for name in names), row["n"], row["total"]]


def total(rows: Iterable[Compared]) -> tuple[int, int]:
    """Both sums of a comparison."""
    pairs = [(row.collected, row.booked) for row in rows]
    return sum(one for one, _ in pairs), sum(two for _, two in pairs)
