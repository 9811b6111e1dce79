"""Reconciliation of an institution and day: step by step, each a transaction; what differs becomes a case (Rules art. 34.2–34.5)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone

from payments.access import may_see
from payments.institutions.base import Outcome, Report
from payments.models import Attempt, Case, Institution, Run, Statement
from payments.rules import FILE_DECIDES_AFTER
from payments.services.cases import note_vanished, open_found
from payments.services.payouts import reckon_settlements
from payments.services.settling import settle
from payments.services.statements_import import SERVING, confirm_given_back, standing
from portal import audit
from portal.access import AccessDenied, Actor
from portal.catalogues.models import BankAccount

log = logging.getLogger(__name__)

SLICE_SECONDS = 20.0
ROWS_AT_ONCE = 20_000
"""Unknown rows of a file that are looked up together."""
SILENT_AFTER = timedelta(minutes=2)
"""A run without a sign of life for so long has lost its worker."""


@transaction.atomic
def start_run(*, institution_code: str, day: date, actor: Actor, now: datetime) -> tuple[Run, bool]:
    """Begin a reconciliation; the one that is under way where there is one. The second value: whether it is new.

    :class:`AccessDenied` for somebody who does not see the institution's money; ``ValueError`` for a day that has not come, or is not over
    and of which the institution has given no file yet. A day that is not over is reconciled again when it is.
    """
    institution = Institution.objects.select_for_update().get(pk=institution_code)
    # An agency's accountant may ask for it, too: the comparison is of all, what they see of it is theirs.
    if not may_see(actor, unit=actor.unit, institution=institution.code):
        raise AccessDenied("payments.read")
    statement = next(iter(standing(side=Statement.Side.INSTITUTION, day=day, institution_code=institution.code)), None)
    if day > timezone.localdate(now) or (day == timezone.localdate(now) and statement is None):
        raise ValueError("a day is reconciled when it is over, or when its file was made early")
    under_way = Run.objects.filter(institution=institution, day=day, finished_at__isnull=True).first()
    if under_way is not None:
        return under_way, False
    last = Run.objects.filter(institution=institution, day=day).aggregate(last=Max("number"))["last"] or 0
    run = Run.objects.create(
        institution=institution,
        day=day,
        number=last + 1,
        statement=statement,
        started_at=now,
        touched_at=now,
        label=actor.label,
        position_id=actor.position_id,
    )
    audit.record(
        actor=actor,
        act="payments.reconcile",
        target="payments.run",
        target_id=str(run.pk),
        details={"institution": institution.code, "day": str(day), "number": run.number},
    )
    return run, True


def continue_run(*, run_id: int, now: datetime, seconds: float = SLICE_SECONDS) -> bool:
    """Work on a run for some seconds (a step that has begun is ended); whether it has finished. Killed, it goes on with its step."""
    began = time.monotonic()
    steps: dict[str, Callable[[Run, datetime], None]] = {
        "compare": _compare,
        "revenue": _revenue,
        "payouts": _payouts,
        "vanished": _vanished,
        "unknown": _unknown,
    }
    while True:
        run = Run.objects.select_related("institution", "statement").get(pk=run_id)
        if run.is_done:
            return True
        if run.step == "settle":
            if not _settle(run, now, until=began + seconds):
                return False
        else:
            with transaction.atomic():
                locked = Run.objects.select_for_update(of=("self",)).select_related("institution", "statement").get(pk=run_id)
                if locked.step == run.step:
                    steps[locked.step](locked, now)
                    _advance(locked, now)
        if time.monotonic() - began >= seconds:
            return Run.objects.get(pk=run_id).is_done


def _advance(run: Run, now: datetime) -> None:
    """To the next step. The caller holds the lock."""
    place = Run.STEPS.index(run.step) + 1
    run.step = Run.STEPS[place] if place < len(Run.STEPS) else ""
    run.place, run.touched_at = 0, timezone.now()
    if not run.step:
        run.finished_at = max(timezone.now(), run.started_at)
    run.save()


def days_to_run(*, now: datetime) -> list[tuple[str, date]]:
    """Institutions whose yesterday has not been reconciled, or not since its file came (task)."""
    yesterday = timezone.localdate(now) - timedelta(days=1)
    wanted = []
    standing_files = Statement.objects.filter(state=Statement.STANDING)
    for institution in Institution.objects.filter(state__in=SERVING).order_by("code"):
        for day in (yesterday - timedelta(days=back) for back in range(7)):
            last = Run.objects.filter(institution=institution, day=day).order_by("-number").first()
            files = standing_files.filter(Q(institution=institution) | Q(side=Statement.Side.AGENCY), day=day)
            newest = files.aggregate(last=Max("stood_at"))["last"]
            if (last is None and (day == yesterday or newest)) or (
                last is not None and last.is_done and (last.is_early or (newest and newest > last.started_at))
            ):
                wanted.append((institution.code, day))
    return wanted


def silent_runs(*, now: datetime) -> list[int]:
    """Runs whose worker is gone (task): by the index of open ones."""
    return list(Run.objects.filter(finished_at__isnull=True, touched_at__lte=now - SILENT_AFTER).values_list("pk", flat=True)[:100])


# Step 1: what is paid and not known here ---------------------------------------------------------------------------------------

_UNKNOWN_ROWS = """
    SELECT r.number, r.reference, r.institution_ref, r.bank_ref, r.amount, r.at FROM payments_statementrow r
    LEFT JOIN payments_collection c ON c.institution_id = %s AND c.institution_ref = r.institution_ref
    WHERE r.statement_id = %s AND r.kind = 'paid' AND r.number > %s AND c.id IS NULL ORDER BY r.number LIMIT %s
"""


def _settle(run: Run, now: datetime, *, until: float) -> bool:
    """Settle rows of the file that nobody told us of; whether all are done. One bad row stops nothing."""
    if run.statement_id is not None:
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_UNKNOWN_ROWS, [run.institution_id, run.statement_id, run.place, ROWS_AT_ONCE])
                rows = cursor.fetchall()
            for number, reference, institution_ref, bank_ref, amount, at in rows:
                report = Report(
                    reference, Outcome.PAID, amount=amount, institution_ref=institution_ref, bank_ref=bank_ref, paid_at=at, code="file"
                )
                try:
                    found = settle(institution_code=run.institution_id, report=report, via="file", now=now)
                except Exception:
                    log.exception("a row of a statement could not be settled", extra={"statement": run.statement_id, "row": number})
                    run.totals["unsettled"] = run.totals.get("unsettled", 0) + 1
                else:
                    run.totals["settled"] = run.totals.get("settled", 0) + (found.collection is not None)
                run.place = number
                if number % 100 == 0 and time.monotonic() >= until:
                    _save_place(run)
                    return False
            _save_place(run)
            if len(rows) < ROWS_AT_ONCE:
                break
        _given_back(run, now)
    with transaction.atomic():
        locked = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if locked.step == "settle":
            _advance(locked, now)
    return True


_GIVEN_BACK = """
    SELECT end_to_end, sum(amount)::bigint AS amount, min(institution_ref) AS ref, min(number) AS number, min(at) AS at
    FROM payments_statementrow WHERE statement_id = %s AND kind = 'refunded' AND end_to_end <> '' GROUP BY 1
"""


def _given_back(run: Run, now: datetime) -> None:
    """Confirm the refunds that an account's statement shows as given back by hand."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_BACK, [run.statement_id])
        back = {number: (amount, ref) for number, amount, ref, _, _ in cursor.fetchall()}
    run.totals["given_back"] = run.totals.get("given_back", 0) + confirm_given_back(run.institution_id, back, now=now, report=_stumbled)
    _save_place(run)


def _stumbled(error: Exception) -> None:
    log.error("a refund in a statement could not be confirmed", exc_info=error)


def _save_place(run: Run) -> None:
    Run.objects.filter(pk=run.pk, step="settle").update(place=run.place, totals=run.totals, touched_at=timezone.now())


# Step 2: portal, institution, agency -------------------------------------------------------------------------------------------

_PAIR = """
    CREATE TEMP TABLE pair ON COMMIT DROP AS
    SELECT r.number, coalesce(r.institution_ref, c.institution_ref) AS ref, coalesce(r.reference, '') AS their_reference,
        r.amount AS theirs, r.at, coalesce(r.unit_code, '') AS their_unit, coalesce(r.transaction_kind, '') AS their_kind,
        coalesce(r.account, '') AS their_account, c.id AS collection_id, coalesce(c.reference, '') AS our_reference, c.amount AS ours,
        c.owed_back, coalesce(c.payee_unit, '') AS unit, coalesce(c.kind, '') AS kind, c.purpose,
        coalesce(c.is_test, false) AS is_test, c.attempt_id, c.day, c.paid_at, c.refunding,
        coalesce(c.more, 0) AS more, false AS again
    FROM (SELECT * FROM payments_statementrow WHERE statement_id = %s AND kind = 'paid') r
    FULL JOIN (
        SELECT k.*, m.more FROM payments_collection k
        LEFT JOIN (SELECT corrects_id, sum(amount)::bigint AS more FROM payments_collection WHERE corrects_id IS NOT NULL GROUP BY 1) m
            ON m.corrects_id = k.id
        WHERE k.institution_id = %s AND k.day = %s AND k.corrects_id IS NULL) c ON c.institution_ref = r.institution_ref
"""
_PAIR_OF_OTHER_DAYS = """
    UPDATE pair SET collection_id = c.id, our_reference = c.reference, ours = c.amount, owed_back = c.owed_back, unit = c.payee_unit,
        kind = c.kind, purpose = c.purpose, is_test = c.is_test, attempt_id = c.attempt_id, day = c.day, paid_at = c.paid_at,
        refunding = c.refunding,
        more = coalesce((SELECT sum(m.amount) FROM payments_collection m WHERE m.corrects_id = c.id), 0)
    FROM payments_collection c WHERE pair.collection_id IS NULL AND c.institution_id = %s AND c.institution_ref = pair.ref
"""
_PAIR_AGAIN = """
    UPDATE pair SET again = true FROM (SELECT collection_id, min(number) AS first FROM pair
        WHERE number IS NOT NULL AND collection_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1) d
    WHERE pair.collection_id = d.collection_id AND pair.number > d.first
"""
"""A file that writes one movement in several rows says so much on its own side; on ours there is one collection still."""
_ROW_FACTS = (
    "jsonb_strip_nulls(jsonb_build_object('row', number, 'institution_ref', ref, 'reference', nullif(their_reference, ''), 'at', at,"
    " 'unit', nullif(their_unit, ''), 'account', nullif(their_account, ''), 'statement', %s::bigint))"
)


def _compare(run: Run, now: datetime) -> None:
    """Both pairs with the institution, both with agencies, and the sums by agency and kind."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute(_PAIR, [run.statement_id, run.institution_id, run.day])
        cursor.execute(_PAIR_OF_OTHER_DAYS, [run.institution_id])
        cursor.execute(_PAIR_AGAIN)
        cursor.execute("ANALYZE pair")
    if run.statement_id is not None:
        _differences_with_institution(run, now)
        _differences_of_refunds(run, now)
    agencies = _differences_with_agencies(run, now)
    _sums(run, agencies)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE pair, booked")


def _differences_with_institution(run: Run, now: datetime) -> None:
    code, day, statement = run.institution_id, run.day, run.statement_id
    opened: dict[str, int] = {}

    def put(type_: str, query: str, *parameters: Any) -> None:
        opened[type_] = opened.get(type_, 0) + open_found(query, parameters, now=now, run_id=run.pk)

    # Also in the file of the day before or after: a payment at midnight is no difference.
    put(
        "only_here",
        "SELECT 'only_here:' || %s || ':' || ref, 'only_here', %s::date, %s, unit, attempt_id, collection_id, ours, NULL::bigint,"
        " 'institution', jsonb_build_object('institution_ref', ref, 'reference', our_reference) FROM pair"
        " WHERE number IS NULL AND NOT is_test AND NOT EXISTS (SELECT FROM payments_statementrow o JOIN payments_statement s"
        " ON s.id = o.statement_id WHERE o.reference = our_reference AND o.institution_ref = ref AND o.kind = 'paid'"
        " AND s.institution_id = %s AND s.state = 'standing' AND s.side = 'institution')"
        # Written there as failed or given back: that is a difference of state, not a payment that is missing.
        " AND NOT EXISTS (SELECT FROM payments_statementrow f WHERE f.reference = our_reference AND f.statement_id = %s"
        " AND (f.kind = 'failed' OR f.kind = 'refunded' AND f.institution_ref = ref))"
        # What was taken after the file was made (of a day that is not over) cannot stand in it.
        " AND paid_at < %s",
        code, day, code, code, statement, run.statement.taken_at if run.statement is not None else now,
    )  # fmt: skip
    put(
        "state",
        "SELECT 'state:' || %s || ':' || our_reference || ':' || ref || ':failed', 'state', %s::date, %s, unit, attempt_id, collection_id,"
        " ours, 0::bigint, 'institution', jsonb_build_object('row', f.number, 'institution_ref', f.institution_ref,"
        " 'reference', f.reference, 'at', f.at, 'state', 'failed', 'statement', f.statement_id) FROM pair"
        " JOIN payments_statementrow f ON f.reference = our_reference"
        " AND f.kind = 'failed' AND f.statement_id = %s WHERE pair.number IS NULL AND NOT is_test",
        code, day, code, statement,
    )  # fmt: skip
    put(
        "only_there",
        f"SELECT 'only_there:' || %s || ':' || ref, 'only_there', %s::date, %s, left(their_unit, 40), NULL::uuid, collection_id,"
        f" NULL::bigint, theirs, 'institution', {_ROW_FACTS} FROM pair"
        " WHERE number IS NOT NULL AND (collection_id IS NULL OR purpose = 'unmatched' AND refunding = 0)",
        code, day, code, statement,
    )  # fmt: skip
    put(
        "amount",
        f"SELECT 'amount:' || %s || ':' || our_reference || ':' || ref || ':' || theirs, 'amount', %s::date, %s, unit, attempt_id,"
        f" collection_id, ours, theirs, 'institution', {_ROW_FACTS} FROM pair WHERE number IS NOT NULL AND ours <> theirs"
        " AND ours + more <> theirs",
        code, day, code, statement,
    )  # fmt: skip
    put(
        "duplicate",
        f"SELECT 'duplicate:' || %s || ':' || their_reference || ':' || ref || ':' || theirs, 'duplicate', %s::date, %s, unit,"
        f" coalesce((SELECT a.id FROM payments_attempt a WHERE a.reference = their_reference), attempt_id),"
        f" collection_id, ours, theirs, 'institution', {_ROW_FACTS} FROM pair WHERE number IS NOT NULL AND purpose <> 'unmatched'"
        " AND their_reference <> '' AND left(their_reference, 34) <> our_reference",
        code, day, code, statement,
    )  # fmt: skip
    put(
        "duplicate",
        f"SELECT 'twice:' || %s || ':' || ref, 'duplicate', %s::date, %s, unit, attempt_id, collection_id, ours, theirs, 'institution',"
        f" {_ROW_FACTS} FROM pair WHERE number IS NOT NULL AND ref IN"
        " (SELECT ref FROM pair WHERE number IS NOT NULL GROUP BY ref HAVING count(*) > 1)",
        code, day, code, statement,
    )  # fmt: skip
    put(
        "wrong_payee",
        f"SELECT 'wrong_payee:' || %s || ':' || ref, 'wrong_payee', %s::date, %s, unit, attempt_id, collection_id, ours, theirs,"
        f" 'institution', {_ROW_FACTS} FROM pair WHERE number IS NOT NULL AND unit <> '' AND NOT is_test"
        " AND (their_unit NOT IN ('', unit) OR (unit, their_account) IN (SELECT * FROM unnest(%s::text[], %s::text[])))",
        code, day, code, statement, *_wrong_accounts(),
    )  # fmt: skip
    run.totals["new_cases"] = {name: count for name, count in opened.items() if count}


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _wrong_accounts() -> tuple[list[str], list[str]]:
    """Agencies and accounts that stand together in the file although the account is none of theirs, nor of an agency above."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT unit, their_account FROM pair WHERE number IS NOT NULL AND unit <> '' AND their_account <> ''")
        pairs = cursor.fetchall()
    holders: dict[str, set[str]] = {}
    for holder, number in BankAccount.objects.values_list("holder__code", "number"):
        holders.setdefault(holder, set()).add(_digits(number))
    wrong = [(unit, account) for unit, account in pairs if not _is_account_of(unit, _digits(account), holders)]
    return [unit for unit, _ in wrong], [account for _, account in wrong]


def _is_account_of(unit: str, digits: str, holders: dict[str, set[str]]) -> bool:
    while unit:
        if unit in holders:
            return digits in holders[unit]
        unit = unit.rpartition(".")[0]
    # Nobody wrote down its account: there is nothing to compare with.
    return True


def _differences_of_refunds(run: Run, now: datetime) -> None:
    """Money that the institution gave back and nobody here knows of, and refunds that it confirmed and did not make."""
    code, day = run.institution_id, run.day
    opened = open_found(
        "SELECT 'state:' || %s || ':' || r.reference || ':' || r.institution_ref || ':' || r.amount, 'state', %s::date, %s, c.payee_unit,"
        " c.attempt_id, c.id, c.amount, -r.amount, 'institution', jsonb_build_object('row', r.number, 'institution_ref', r.institution_ref,"
        " 'reference', r.reference, 'at', r.at, 'state', 'refunded', 'statement', r.statement_id)"
        " FROM payments_statementrow r JOIN payments_collection c ON c.institution_id = %s AND c.reference = left(r.reference, 34)"
        " AND r.reference <> '' WHERE r.statement_id = %s AND r.kind = 'refunded' AND c.purpose <> 'unmatched'"
        # Given back by hand under a refund's number: compared below by that number.
        " AND NOT EXISTS (SELECT FROM payments_refund n WHERE n.number = r.end_to_end AND n.institution_code = c.institution_id)"
        " AND NOT EXISTS"
        " (SELECT FROM payments_refund f WHERE f.collection_id IN (SELECT id FROM payments_collection x WHERE x.institution_id = %s"
        " AND x.reference = c.reference) AND f.amount = r.amount AND f.state IN ('decided', 'sent', 'confirmed'))",
        [code, day, code, code, run.statement_id, code],
        now=now,
        run_id=run.pk,
    )
    opened += open_found(
        "SELECT 'refund:' || %s || ':' || f.number, 'state', %s::date, %s, f.payee_unit, c.attempt_id, c.id, f.amount, NULL::bigint,"
        " 'institution', jsonb_build_object('refund', f.number, 'reference', c.reference, 'state', 'refund_missing')"
        " FROM payments_refund f JOIN payments_collection c ON c.id = f.collection_id WHERE f.institution_code = %s"
        " AND f.state = 'confirmed' AND f.sent_at IS NOT NULL AND f.confirmed_at >= %s AND f.confirmed_at < %s AND NOT EXISTS"
        " (SELECT FROM payments_statementrow r JOIN payments_statement s ON s.id = r.statement_id WHERE r.reference = c.reference"
        " AND r.kind = 'refunded' AND r.amount = f.amount AND s.institution_id = %s AND s.state = 'standing')",
        # A refund of the last hour may stand in the next file: it is looked for tomorrow.
        [code, day, code, code, *(_midnight(day + timedelta(days=more)) - timedelta(hours=1) for more in (0, 1)), code],
        now=now,
        run_id=run.pk,
    )
    other_amount = open_found(
        "SELECT 'refund_amount:' || %s || ':' || f.number || ':' || b.amount, 'amount', %s::date, %s, f.payee_unit, c.attempt_id, c.id,"
        " f.amount, b.amount, 'institution', jsonb_build_object('row', b.number, 'refund', f.number, 'institution_ref', b.ref,"
        " 'reference', c.reference, 'at', b.at, 'statement', %s::bigint)"
        f" FROM ({_GIVEN_BACK}) b JOIN payments_refund f ON f.number = b.end_to_end AND f.institution_code = %s"
        " JOIN payments_collection c ON c.id = f.collection_id WHERE b.amount <> f.amount",
        [code, day, code, run.statement_id, run.statement_id, code],
        now=now,
        run_id=run.pk,
    )
    if other_amount:
        new = run.totals.get("new_cases", {})
        run.totals["new_cases"] = {**new, "amount": new.get("amount", 0) + other_amount}
    if opened:
        run.totals["new_cases"] = {**run.totals.get("new_cases", {}), "state": opened}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


_BOOKED = """
    CREATE TEMP TABLE booked ON COMMIT DROP AS
    SELECT r.id, r.number, s.id AS statement_id, s.unit_code AS side_unit, r.institution_ref AS ref, r.reference, r.amount, r.at,
        CASE WHEN r.unit_code = s.unit_code OR r.unit_code LIKE s.unit_code || '.%%'
            THEN left(r.unit_code, 40) ELSE s.unit_code END AS unit,
        left(r.transaction_kind, 64) AS kind, p.ref AS matched, p.collection_id, p.ours, p.owed_back, p.purpose, p.theirs, p.attempt_id
    FROM payments_statementrow r JOIN payments_statement s ON s.id = r.statement_id
    LEFT JOIN payments_attempt a ON a.reference = r.reference
    LEFT JOIN LATERAL (SELECT * FROM pair WHERE pair.ref = r.institution_ref LIMIT 1) p ON true
    WHERE s.side = 'agency' AND s.state = 'standing' AND s.day = %s AND r.kind = 'paid' AND CASE
        WHEN p.ref IS NOT NULL THEN true
        WHEN r.institution_code IN (SELECT code FROM payments_institution) THEN r.institution_code = %s
        ELSE coalesce(a.institution_id, %s) = %s END
"""


def _differences_with_agencies(run: Run, now: datetime) -> list[str]:
    """Compare with those agencies that gave a file; their codes. Where one gave none there is nothing to agree with."""
    code, day = run.institution_id, run.day
    units = [one.unit_code for one in standing(side=Statement.Side.AGENCY, day=day)]
    with connection.cursor() as cursor:
        if units:
            cursor.execute("CREATE INDEX ON pair (ref)")
        cursor.execute(_BOOKED, [day, code, code, code])
        cursor.execute("ANALYZE booked")
    if not units:
        return []
    facts = (
        "jsonb_strip_nulls(jsonb_build_object('row', number, 'institution_ref', ref, 'reference', nullif(reference, ''), 'at', at,"
        " 'unit', unit, 'statement', statement_id, 'at_institution', theirs))"
    )
    found = {
        "only_agency": open_found(
            f"SELECT 'only_agency:' || %s || ':' || side_unit || ':' || ref, 'only_agency', %s::date, %s, unit, attempt_id, NULL::uuid,"
            f" NULL::bigint, amount, 'agency', {facts} FROM booked WHERE matched IS NULL",
            [code, day, code],
            now=now,
            run_id=run.pk,
        ),
        "amount": open_found(
            f"SELECT 'amount:agency:' || %s || ':' || ref || ':' || amount, 'amount', %s::date, %s, unit, attempt_id, collection_id,"
            f" ours, amount, 'agency', {facts} FROM booked WHERE matched IS NOT NULL AND amount <> coalesce(ours - owed_back, theirs)"
            " AND amount <> coalesce(ours, theirs)",
            [code, day, code],
            now=now,
            run_id=run.pk,
        ),
        "not_at_agency": open_found(
            "SELECT 'not_at_agency:' || %s || ':' || p.ref, 'not_at_agency', %s::date, %s, p.unit, p.attempt_id, p.collection_id,"
            " p.ours - p.owed_back, NULL::bigint, 'agency', jsonb_strip_nulls(jsonb_build_object('institution_ref', p.ref, 'reference',"
            " p.our_reference, 'at_institution', p.theirs)) FROM pair p WHERE p.purpose IN ('settles', 'over') AND NOT p.is_test"
            " AND p.day = %s AND EXISTS (SELECT FROM unnest(%s::text[]) u WHERE p.unit = u OR p.unit LIKE u || '.%%')"
            " AND NOT EXISTS (SELECT FROM booked b WHERE b.ref = p.ref)",
            [code, day, code, day, units],
            now=now,
            run_id=run.pk,
        ),
    }
    new = run.totals.get("new_cases", {})
    for name, count in found.items():
        if count:
            new[name] = new.get(name, 0) + count
    run.totals["new_cases"] = new
    return units


_SUMS = """
    INSERT INTO payments_runtotal
        (run_id, institution_id, day, unit_code, kind, ours_count, ours, owed_back, theirs_count, theirs, agency_count, agency)
    WITH p AS (SELECT coalesce(nullif(unit, ''), left(their_unit, 40)) AS unit, coalesce(nullif(kind, ''), their_kind) AS kind,
            count(*) FILTER (WHERE day = %(day)s AND NOT again) AS ours_count,
            coalesce(sum(ours + more) FILTER (WHERE day = %(day)s AND NOT again), 0)::bigint AS ours,
            coalesce(sum(owed_back + more) FILTER (WHERE day = %(day)s AND NOT again), 0)::bigint AS owed_back,
            count(number) AS theirs_count,
            coalesce(sum(theirs), 0)::bigint AS theirs
        FROM pair WHERE NOT is_test GROUP BY 1, 2),
    a AS (SELECT unit, kind, count(*) AS agency_count, sum(amount)::bigint AS agency FROM booked GROUP BY 1, 2),
    -- An agency that gave a file and booked nothing says nought; one that gave none says nothing.
    both_sides AS (SELECT *, EXISTS (SELECT FROM unnest(%(units)s::text[]) u WHERE unit = u OR unit LIKE u || '.%%') AS told
        FROM p FULL JOIN a USING (unit, kind))
    SELECT %(run)s, %(code)s, %(day)s, unit, kind, coalesce(ours_count, 0), coalesce(ours, 0), coalesce(owed_back, 0),
        coalesce(theirs_count, 0), coalesce(theirs, 0), CASE WHEN told THEN coalesce(agency_count, 0) END,
        CASE WHEN told THEN coalesce(agency, 0) END FROM both_sides
"""


def _sums(run: Run, agencies: list[str]) -> None:
    """The sums by agency and kind, and those of the whole run."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"run": run.pk, "code": run.institution_id, "day": run.day, "units": agencies})
        cursor.execute(
            "SELECT coalesce(sum(ours_count), 0)::bigint, coalesce(sum(ours), 0)::bigint, coalesce(sum(theirs_count), 0)::bigint,"
            " coalesce(sum(theirs), 0)::bigint, sum(agency_count)::bigint, sum(agency)::bigint FROM payments_runtotal WHERE run_id = %s",
            [run.pk],
        )
        ours_count, ours, theirs_count, theirs, agency_count, agency = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM pair WHERE number IS NOT NULL AND collection_id IS NOT NULL AND theirs IN (ours, ours + more)"
            " AND NOT is_test AND NOT again"
        )
        [matched] = cursor.fetchone()
    run.totals |= {
        "ours": [ours_count, ours],
        "theirs": [theirs_count, theirs] if run.statement_id is not None else None,
        "agency": [agency_count, agency] if agencies else None,
        "agencies": agencies[:500],
        "matched": matched,
        "refunded": run.statement.refunded if run.statement is not None else 0,
    }


# Steps 3 to 6 ------------------------------------------------------------------------------------------------------------------


def _revenue(run: Run, now: datetime) -> None:
    """What was taken by account and budget code, made anew; of agencies whose month is closed nothing changes."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        closed = (
            "EXISTS (SELECT FROM payments_closedmonth m WHERE m.month = date_trunc('month', %s::date)::date"
            " AND (m.unit_code = '' OR {0} = m.unit_code OR {0} LIKE m.unit_code || '.%%'))"
        )
        cursor.execute(
            f"DELETE FROM payments_dayrevenue d WHERE institution_id = %s AND day = %s AND NOT {closed.format('d.unit_code')}",
            [run.institution_id, run.day, run.day],
        )
        cursor.execute(
            "INSERT INTO payments_dayrevenue"
            " (institution_id, day, unit_code, account, treasury_office, kind, revenue_code, payments, amount)"
            " SELECT %s, %s, g.* FROM (SELECT c.payee_unit, left(coalesce(o.payee_account->>'number', ''), 40),"
            " left(coalesce(o.payee_account->>'treasury_office', ''), 4), c.kind, l.revenue_code, count(*), sum(l.amount)::bigint"
            " FROM payments_collection c JOIN payments_order o ON o.id = c.order_id JOIN payments_orderline l ON l.order_id = o.id"
            " WHERE c.institution_id = %s AND c.day = %s AND c.purpose IN ('settles', 'over') AND NOT c.is_test GROUP BY 1, 2, 3, 4, 5) g"
            f" WHERE NOT {closed.format('g.payee_unit')}",
            [run.institution_id, run.day, run.institution_id, run.day, run.day],
        )


def _payouts(run: Run, now: datetime) -> None:
    run.totals["payouts"] = reckon_settlements(institution_code=run.institution_id, day=run.day, now=now)


COMPARED = (
    Case.Type.ONLY_HERE,
    Case.Type.ONLY_THERE,
    Case.Type.AMOUNT,
    Case.Type.STATE,
    Case.Type.DUPLICATE,
    Case.Type.WRONG_PAYEE,
    Case.Type.ONLY_AGENCY,
    Case.Type.NOT_AT_AGENCY,
)


def _vanished(run: Run, now: datetime) -> None:
    """Differences that an earlier run found and this one no longer does: their people are told on the case."""
    if run.statement_id is None:
        return
    run.totals["vanished"] = note_vanished(
        "institution_id = %s AND day = %s AND type = ANY(%s) AND last_run_id < %s",
        [run.institution_id, run.day, [str(one) for one in COMPARED], run.pk],
        now=now,
        note=f"Lần đối soát {run.number} không còn thấy chênh lệch này.",
    )


def _unknown(run: Run, now: datetime) -> None:
    run.totals["given_up"] = give_up_unknown(institution_code=run.institution_id, now=now)


def give_up_unknown(*, institution_code: str, now: datetime, limit: int = 5000) -> int:
    """Give up tries that are not known for long and stand in no file of their days, of which all must be there; how many."""
    unknown = Attempt.objects.filter(
        institution=institution_code,
        state__in=[Attempt.CREATED, Attempt.SENT, Attempt.ASKING],
        created_at__lte=now - FILE_DECIDES_AFTER,
        expires_at__lte=now - FILE_DECIDES_AFTER / 3,
        next_ask_at__isnull=False,
    )
    rows = list(unknown.order_by("next_ask_at").values_list("reference", "created_at", "expires_at")[:limit])
    if not rows:
        return 0
    days = set(
        Statement.objects.filter(side=Statement.Side.INSTITUTION, institution=institution_code, state=Statement.STANDING).values_list(
            "day", flat=True
        )
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.reference FROM payments_statementrow r JOIN payments_statement s ON s.id = r.statement_id"
            " WHERE r.reference = ANY(%s) AND s.institution_id = %s AND s.state = 'standing'",
            [[reference for reference, _, _ in rows], institution_code],
        )
        written = {reference for (reference,) in cursor.fetchall()}
    count = 0
    for reference, created_at, expires_at in rows:
        first, last = timezone.localdate(created_at), timezone.localdate(expires_at)
        own = {first + timedelta(days=more) for more in range((last - first).days + 1)}
        if reference in written or not own <= days:
            continue
        report = Report(reference, Outcome.ABSENT, code="no_file")
        settle(institution_code=institution_code, report=report, via="file", now=now)
        count += 1
    return count
