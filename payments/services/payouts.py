"""Payouts: what institutions paid into agencies' accounts, by the accounts' own statements; what is owed, late, and what it costs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from payments.models import Case, Institution, Payout, PenaltyRate, Settlement, Statement, StatementRow
from payments.rules import lateness, settlement_due
from payments.services.cases import note_vanished, open_found
from payments.services.ledger import Side, T, book
from portal import audit
from portal.access import Actor, require
from portal.workdays import national_calendar

FOLLOWED = timedelta(days=120)
"""How far back what is unpaid is looked at again each night."""
_END_TO_END = re.compile(r"^(?P<institution>.+?)\.(?P<day>\d{8})\.(?P<unit>[A-Z]\d+(?:\.\d+)*)$")


def read_end_to_end(text: str) -> tuple[str, date, str] | None:
    """Institution, settlement day and agency of a payout, from what stands in the credit; None for any other credit."""
    found = _END_TO_END.match(text.strip())
    if found is None:
        return None
    try:
        day = datetime.strptime(found["day"], "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
    return found["institution"], day, found["unit"]


def book_payouts(*, statement_id: int, now: datetime) -> int:
    """Book the payouts of a beneficiary account's statement, each once: Dr the agency's account, Cr the institution; how many were new.

    Only credits that name an institution of ours, a day and an agency are payouts; others are the agency's own business.
    """
    statement = Statement.objects.get(pk=statement_id)
    if statement.side != Statement.Side.BENEFICIARY or statement.state != Statement.STANDING:
        return 0
    rows = StatementRow.objects.filter(statement=statement, kind=StatementRow.Kind.PAID).exclude(end_to_end="").order_by("number")
    known = set(Institution.objects.values_list("code", flat=True))
    booked, touched = 0, defaultdict(set)
    for row in rows.iterator(chunk_size=2000):
        named = read_end_to_end(row.end_to_end)
        if named is None or named[0] not in known:
            continue
        institution, day, unit = named
        with transaction.atomic():
            payout = Payout(
                id=uuid4(),
                key=f"{statement.account}:{row.institution_ref}",
                institution_id=institution,
                unit_code=unit[:40],
                settlement_day=day,
                value_day=statement.day,
                amount=row.amount,
                account=statement.account,
                bank_ref=row.institution_ref,
                statement=statement,
            )
            Payout.objects.bulk_create([payout], ignore_conflicts=True)
            if not Payout.objects.filter(pk=payout.pk).exists():
                continue
            payout.entry = book(
                key=f"paid_out:{payout.pk}",
                event="paid_out",
                sides=[Side(T.TREASURY, row.amount, unit=payout.unit_code), Side(T.INSTITUTION, -row.amount, institution=institution)],
                target=f"payout:{payout.pk}",
                note=f"Chuyển tiền thu ngày {day:%d/%m/%Y}",
                now=now,
            )
            payout.save(update_fields=["entry"])
        booked += 1
        touched[institution].add((unit, day))
    for institution, pairs in touched.items():
        with transaction.atomic():
            evaluate(institution_code=institution, also=pairs, now=now)
    return booked


def reckon_settlements(*, institution_code: str, day: date, now: datetime) -> dict[str, int]:
    """What an institution owes each agency for a day, and how it stands with all that it owes. In the caller's transaction."""
    due = settlement_due(day, national_calendar())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_settlement (institution_id, unit_code, day, due_day, expected, paid, late_days, penalty)"
            " SELECT %s, payee_unit, %s, %s, sum(amount - owed_back)::bigint, 0, 0, 0 FROM payments_collection"
            " WHERE institution_id = %s AND day = %s AND purpose IN ('settles', 'over') AND NOT is_test GROUP BY payee_unit"
            " ON CONFLICT (institution_id, unit_code, day) DO UPDATE SET expected = EXCLUDED.expected"
            " WHERE payments_settlement.expected <> EXCLUDED.expected",
            [institution_code, day, due, institution_code, day],
        )
    pairs = set(Settlement.objects.filter(institution=institution_code, day=day).values_list("unit_code", "day"))
    return evaluate(institution_code=institution_code, also=pairs, now=now)


def evaluate(*, institution_code: str, also: Iterable[tuple[str, date]], now: datetime) -> dict[str, int]:
    """Compare what is owed with what came, for all that is unpaid and for ``also``; too late and not at all are cases.

    Nobody is called late where no statement of the account says what came until the due day. In the caller's transaction.
    """
    today = timezone.localdate(now)
    since = today - FOLLOWED
    seen = _statements_since(since)
    lately = Settlement.objects.filter(institution=institution_code, day__gte=since)
    told_units = [unit for unit in lately.order_by().values_list("unit_code", flat=True).distinct() if _told(unit, since, seen)]
    wanted = Q(paid__lt=F("expected"), day__gte=since, unit_code__in=told_units)
    for unit, day in also:
        wanted |= Q(unit_code=unit, day=day)
    # Money for a day of which we know nothing: that, too, must be seen.
    for unit, day in also:
        Settlement.objects.get_or_create(
            institution_id=institution_code,
            unit_code=unit,
            day=day,
            defaults={"due_day": settlement_due(day, national_calendar()), "expected": 0},
        )
    rows = list(Settlement.objects.select_for_update().filter(wanted, institution=institution_code).order_by("id")[:50_000])
    if not rows:
        return {"late": 0, "missing": 0}
    parts: dict[tuple[str, date], list[tuple[date, int]]] = defaultdict(list)
    days = {row.day for row in rows}
    paid = Payout.objects.filter(institution=institution_code, settlement_day__in=days)
    for unit, day, on, amount in paid.values_list("unit_code", "settlement_day", "value_day", "amount"):
        parts[unit, day].append((on, amount))
    rates = Rates()
    late, missing, more, settled = [], [], [], []
    for row in rows:
        rate = rates.at(row.unit_code, row.due_day)
        found = lateness(row.expected, parts[row.unit_code, row.day], due=row.due_day, today=today, rate=rate or 0)
        told = _told(row.unit_code, row.due_day, seen)
        row.paid, row.paid_day, row.rate = found.paid, found.paid_day, rate
        if found.paid_day is not None or told:
            row.late_days, row.penalty = found.days, found.penalty
        if found.paid_day is None and found.days and told:
            missing.append(row)
        if found.paid_day is not None and found.days:
            late.append(row)
        if found.paid > row.expected:
            more.append(row)
        if found.paid_day is not None:
            settled.append(row)
    Settlement.objects.bulk_update(rows, ["paid", "paid_day", "late_days", "penalty", "rate"], batch_size=1000)
    _open(Case.Type.NOT_PAID_OUT, "not_paid_out", missing, now)
    _open(Case.Type.LATE, "late", late, now)
    _open(Case.Type.AMOUNT, "amount:payout", more, now)
    note_vanished(
        "key = ANY(%s)",
        [[f"not_paid_out:{row.institution_id}:{row.unit_code}:{row.day}" for row in settled]],
        now=now,
        note="Tiền đã về đủ tài khoản của cơ quan.",
    )
    return {"late": len(late), "missing": len(missing)}


def _statements_since(day: date) -> dict[str, date]:
    """The last day of which each agency's account has told since a day (one query)."""
    rows = Statement.objects.filter(side=Statement.Side.BENEFICIARY, state=Statement.STANDING, day__gte=day)
    return dict(rows.order_by().values_list("unit_code").annotate(Max("day")))


def _told(unit: str, day: date, seen: dict[str, date]) -> bool:
    """Whether the account of the agency, or of one above, has told what came until a day."""
    while unit:
        if unit in seen:
            return seen[unit] >= day
        unit = unit.rpartition(".")[0]
    return False


def _open(type_: Case.Type, name: str, rows: list[Settlement], now: datetime) -> None:
    if rows:
        open_found(
            "SELECT %s || ':' || institution_id || ':' || unit_code || ':' || day, %s, day, institution_id, unit_code, NULL::uuid,"
            " NULL::uuid, expected, paid, 'institution', jsonb_strip_nulls(jsonb_build_object('due_day', due_day, 'paid_day', paid_day,"
            " 'late_days', late_days, 'penalty', penalty)) FROM payments_settlement WHERE id = ANY(%s)",
            [name, str(type_), [row.pk for row in rows]],
            now=now,
        )


class Rates:
    """The agencies' rates for late settlement (one query)."""

    def __init__(self) -> None:
        self.known: dict[str, list[tuple[date, int]]] = defaultdict(list)
        for unit, since, rate in PenaltyRate.objects.order_by("effective_from").values_list("unit_code", "effective_from", "rate"):
            self.known[unit].append((since, rate))

    def at(self, unit: str, day: date) -> int | None:
        """That of the agency, or of the nearest above, on a day; None where nobody has set one."""
        while unit:
            held = [rate for since, rate in self.known.get(unit, []) if since <= day]
            if held:
                return held[-1]
            unit = unit.rpartition(".")[0]
        return None


@transaction.atomic
def set_penalty_rate(*, unit_code: str, effective_from: date, rate: int, basis: str, actor: Actor, now: datetime) -> PenaltyRate:
    """Set the agency's rate for late settlement from a day on (hundred-thousandths a day). ``ValueError`` for a rate out of bounds,
    without its basis, or for a day that has one."""
    require(actor, "payments.solve", unit_code)
    if not 0 <= rate <= 10_000 or not basis.strip():
        raise ValueError("a rate lies between 0 and 10 % a day and has a basis")
    row, made = PenaltyRate.objects.get_or_create(
        unit_code=unit_code,
        effective_from=effective_from,
        defaults={"rate": rate, "basis": basis.strip(), "entered_at": now, "label": actor.label, "position_id": actor.position_id},
    )
    if not made:
        raise ValueError("the day has a rate")
    audit.record(
        actor=actor,
        act="payments.set_penalty_rate",
        target="payments.penaltyrate",
        target_id=str(row.pk),
        unit=unit_code,
        details={"rate": rate, "from": str(effective_from), "basis": basis.strip()},
    )
    return row
