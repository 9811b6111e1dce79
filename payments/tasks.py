"""Regular work of payments, in slices."""

from __future__ import annotations

import logging
from datetime import date

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments import services
from payments.institutions import adapter_of
from payments.models import Institution, Statement
from payments.services import casework, fetching, statements_import
from payments.services.attempts import attempts_to_ask
from payments.services.institutions import suspend_unlicensed
from payments.services.payouts import book_payouts
from payments.services.reconciling import SILENT_AFTER, continue_run, days_to_run, silent_runs, start_run
from payments.services.refunding import refunds_to_ask
from payments.services.statements_import import SERVING, beneficiary_statements_to_fetch, statements_to_fetch
from payments.services.traces import answer_what_is_known, escalate_traces
from portal import outbox
from portal.access import SYSTEM

log = logging.getLogger(__name__)


@shared_task(name="payments.ask")
def ask() -> int:
    """Have every try asked about that is not known and whose time has come; side by side, by the outbox."""
    found = attempts_to_ask(now=timezone.now())
    with transaction.atomic():
        for number, at in found:
            outbox.put("payments.ask", key=f"{number}:{at.isoformat()}", payload={"attempt": str(number)})
    return len(found)


@shared_task(name="payments.expire")
def expire() -> int:
    """Let orders run out."""
    return services.expire_orders(now=timezone.now())


@shared_task(name="payments.keep_balances")
def keep_balances() -> int:
    """Sum up the days that are over."""
    return services.keep_balances(now=timezone.now())


@shared_task(name="payments.ask_refunds")
def ask_refunds() -> int:
    """Have every refund asked about that is under way and whose time has come."""
    found = refunds_to_ask(now=timezone.now())
    with transaction.atomic():
        for number, at in found:
            outbox.put("payments.ask_refund", key=f"{number}:{at.isoformat()}", payload={"refund": str(number)})
    return len(found)


@shared_task(name="payments.traces")
def traces() -> int:
    """Answer the requests that what has come since answers; note which are late."""
    now = timezone.now()
    return answer_what_is_known(now=now) + escalate_traces(now=now)


@shared_task(name="payments.connect_demo")
def connect_demo() -> int:
    """Point the demo's institutions to the simulators as they are now; scheduled only where simulators are allowed."""
    from payments import demo

    return demo.connect(now=timezone.now()) if getattr(settings, "SIMULATORS_ALLOWED", False) else 0


@shared_task(name="payments.licences")
def licences() -> int:
    """Suspend institutions whose licence has ended."""
    return suspend_unlicensed(now=timezone.now())


@shared_task(name="payments.fetch_statements")
def fetch_statements() -> int:
    """Ask for the files of past days that are not here yet, each in a task of its own."""
    wanted = statements_to_fetch(now=timezone.now())
    for code, day in wanted:
        fetch_statement.apply_async((code, day.isoformat()), queue="bulk")
    return len(wanted)


@shared_task(name="payments.fetch_statement")
def fetch_statement(code: str, day: str) -> None:
    """Fetch one file and have it loaded."""
    statement = statements_import.fetch_statement(institution_code=code, day=date.fromisoformat(day), now=timezone.now())
    if statement is not None:
        load_statement.apply_async((statement.pk,), queue="bulk")


@shared_task(name="payments.fetch_day")
def fetch_day(code: str, day: str) -> None:
    """Fetch an institution's file because somebody wants it now; once it stands, the day is reconciled."""
    statement = statements_import.fetch_statement(institution_code=code, day=date.fromisoformat(day), now=timezone.now())
    words = fetching.came_of(statement)
    if statement is None or words:
        fetching.note(code, date.fromisoformat(day), words, now=timezone.now())
        return
    load_and_reconcile.apply_async((statement.pk,), queue="bulk")


@shared_task(name="payments.load_and_reconcile")
def load_and_reconcile(number: int) -> None:
    """A slice of loading a file that somebody waits for; then its day is reconciled."""
    now = timezone.now()
    if not statements_import.load_statement(statement_id=number, now=now):
        load_and_reconcile.apply_async((number,), queue="bulk")
        return
    statement = Statement.objects.get(pk=number)
    code = statement.institution_id
    if code is None:
        return
    words = fetching.came_of(statement)
    if not words:
        run, _ = start_run(institution_code=code, day=statement.day, actor=SYSTEM, now=now)
        reconcile.apply_async((run.pk,), queue="bulk")
        words = f"Đã nhận tệp số {number}, đang đối soát lần {run.number}."
    fetching.note(code, statement.day, words, now=now)


@shared_task(name="payments.fetch_beneficiary_statements")
def fetch_beneficiary_statements() -> int:
    """Ask for the statements of agencies' accounts that are wanted, each in a task of its own."""
    wanted = beneficiary_statements_to_fetch(now=timezone.now())
    for unit, account, day in wanted:
        fetch_beneficiary_statement.apply_async((unit, account, day.isoformat()), queue="bulk")
    return len(wanted)


@shared_task(name="payments.fetch_beneficiary_statement")
def fetch_beneficiary_statement(unit: str, account: str, day: str) -> None:
    """Fetch the statement of one agency's account and have it loaded."""
    statement = statements_import.fetch_beneficiary_statement(
        unit_code=unit, account=account, day=date.fromisoformat(day), now=timezone.now()
    )
    if statement is not None:
        load_statement.apply_async((statement.pk,), queue="bulk")


@shared_task(name="payments.load_statement")
def load_statement(number: int) -> None:
    """A slice of loading a file; what a beneficiary account's shows is booked, what an institution's or agency's shows is compared."""
    if not statements_import.load_statement(statement_id=number, now=timezone.now()):
        load_statement.apply_async((number,), queue="bulk")
        return
    book_payouts(statement_id=number, now=timezone.now())


@shared_task(name="payments.watch_transfers")
def watch_transfers() -> int:
    """Look into the collecting accounts of today: a transfer is known by nothing else."""
    codes = [one.code for one in Institution.objects.filter(state__in=SERVING).exclude(files="") if adapter_of(one.adapter).is_transfer]
    return sum(statements_import.settle_from_today(institution_code=code, now=timezone.now(), report=_tell) for code in codes)


def _tell(error: Exception) -> None:
    log.error("a row of a collecting account could not be settled", exc_info=error)


@shared_task(name="payments.reconcile_days")
def reconcile_days() -> int:
    """Begin the reconciliations that are due, and take up those whose worker is gone and files that were left half-loaded."""
    now = timezone.now()
    for number in Statement.objects.filter(state=Statement.LOADING, taken_at__lte=now - SILENT_AFTER).values_list("pk", flat=True)[:100]:
        load_statement.apply_async((number,), queue="bulk")
    numbers = silent_runs(now=now)
    for code, day in days_to_run(now=now):
        run, made = start_run(institution_code=code, day=day, actor=SYSTEM, now=now)
        if made:
            numbers.append(run.pk)
    for number in numbers:
        reconcile.apply_async((number,), queue="bulk")
    return len(numbers)


@shared_task(name="payments.reconcile")
def reconcile(number: int) -> None:
    """A slice of one reconciliation; the next one goes on."""
    if not continue_run(run_id=number, now=timezone.now()):
        reconcile.apply_async((number,), queue="bulk")


@shared_task(name="payments.escalate_cases")
def escalate_cases() -> int:
    """Tell VPCP of differences that are past their time."""
    return casework.escalate_cases(now=timezone.now())
