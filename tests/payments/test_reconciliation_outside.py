"""Reconciliation against the institutions' simulator: a real process, files over HTTP, differences that it plants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from payments import demo, services, tasks
from payments.models import Case, Collection, Entry, Institution, Order, Payout, Refund, Run, Settlement, Statement, StatementRow
from payments.services import reconciling, statements_import
from payments.services.payouts import book_payouts
from portal.outbox.models import Message
from tests.factories import make_order, paid_report
from tests.payments.support import TREASURY, UNIT, at, day_before, operator, run_day

pytestmark = pytest.mark.django_db
VNPAY, TRANSFER = "TG.vnpay", "970436"
DESK = "/quan-tri/payments/"


@pytest.fixture
def connected(demo_data: None, outside: Any, settings: Any) -> Any:
    """The demo's institutions, pointed to this worker's simulators."""
    settings.SIMULATORS_URL = outside.url
    settings.DEMO_PAYMENT_SECRET = outside.env.get("DEMO_PAYMENT_SECRET", settings.DEMO_PAYMENT_SECRET)
    demo.connect(now=timezone.now())
    outside.payments("/beneficiaries", prefix="DVC", unit=UNIT, account=TREASURY)
    return outside


def begun(code: str, day: Any, count: int) -> list[Any]:
    """Tries of a day at an institution, not known here."""
    orders = [make_order(now=at(day, 8)) for _ in range(count)]
    return [services.begin_attempt(order_code=one.code, institution_code=code, now=at(day, 9)) for one in orders]


def begun_now(code: str, count: int) -> list[Any]:
    """Tries of this moment."""
    now = timezone.now()
    return [services.begin_attempt(order_code=make_order(now=now).code, institution_code=code, now=now) for _ in range(count)]


def happened(outside: Any, code: str, attempts: list[Any], day: Any) -> None:
    """The payments as the institution took them."""
    movements = [
        {"reference": one.reference, "amount": one.amount, "paid_at": at(day, 10, number).isoformat()}
        for number, one in enumerate(attempts)
    ]
    outside.payments("/movements", institution=code, movements=movements)


def told(attempt: Any, institution_ref: str, day: Any) -> None:
    """The institution's own report reached us."""
    report = paid_report(attempt, institution_ref=institution_ref, paid_at=at(day, 10))
    services.settle(institution_code=attempt.institution_id, report=report, via="callback", now=at(day, 10))


def fetched(code: str, day: Any) -> Statement | None:
    statement = statements_import.fetch_statement(institution_code=code, day=day, now=timezone.now())
    while statement is not None and not statements_import.load_statement(statement_id=statement.pk, now=timezone.now()):
        pass
    return statement and Statement.objects.get(pk=statement.pk)


@pytest.mark.requirement("P-02", "P-05", "P-06")
def test_a_night_with_every_institution(connected: Any) -> None:
    day = day_before()
    for code in (VNPAY, "TG.momo", "970418", TRANSFER):
        happened(connected, code, begun(code, day, 3), day)
    for code in (VNPAY, "TG.momo", "970418", TRANSFER):
        statement = fetched(code, day)
        assert statement is not None and (statement.state, statement.rows) == (Statement.STANDING, 3), (code, statement)
        run = run_day(Institution.objects.get(pk=code), day)
        assert (run.totals["settled"], run.totals["matched"]) == (3, 3), code
    assert Order.objects.filter(state="paid").count() == 12 and not Case.objects.exists()
    assert services.recompute() == []


@pytest.mark.requirement("P-06")
def test_planted_differences_are_found(connected: Any) -> None:
    day = day_before()
    attempts = begun(VNPAY, day, 6)
    happened(connected, VNPAY, attempts, day)
    assert fetched(VNPAY, day) is not None
    refs = dict(StatementRow.objects.values_list("reference", "institution_ref"))
    for attempt in attempts:
        told(attempt, refs[attempt.reference], day)
    for kind in ("missing", "amount", "state", "duplicate"):
        connected.payments("/plant", institution=VNPAY, day=day.isoformat(), kind=kind)
    connected.payments("/plant", institution=VNPAY, day=day.isoformat(), kind="wrong_payee", unit="H26.102", account="9999999999")
    connected.payments("/plant", institution=VNPAY, day=day.isoformat(), kind="extra", amount=99_000)
    assert fetched(VNPAY, day) is not None
    institution = Institution.objects.get(pk=VNPAY)
    run_day(institution, day)
    found = sorted(Case.objects.values_list("type", flat=True))
    assert found == ["amount", "duplicate", "only_here", "only_there", "state", "wrong_payee"]
    before = Case.objects.count()
    call_command("reconcile", institution=VNPAY, day=day.isoformat())
    assert Case.objects.count() == before and Run.objects.count() == 2


@pytest.mark.requirement("P-06")
def test_a_day_that_was_closed_early_is_fetched_and_reconciled_from_the_desk(connected: Any) -> None:
    today = timezone.localdate()
    attempts = begun_now(VNPAY, 3)
    moments = [{"reference": one.reference, "amount": one.amount, "paid_at": timezone.now().isoformat()} for one in attempts]
    connected.payments("/movements", institution=VNPAY, movements=moments)
    connected.payments("/plant", institution=VNPAY, day=today.isoformat(), kind="extra", amount=99_000)
    client, _ = operator()
    page = f"{DESK}run/fetch/?institution={VNPAY}&day={today}"
    said = {"institution": VNPAY, "day": f"{today:%d/%m/%Y}"}
    assert client.get(page).status_code == 200
    assert client.post(f"{DESK}run/add/", said).status_code == 422, "today has no file yet"
    assert client.post(page, {**said, "day": f"{today + timedelta(days=1):%d/%m/%Y}"}).status_code == 422
    assert client.post(page, {**said, "institution": "970418"}).status_code == 422, "not theirs"

    sent = client.post(page, said)
    assert sent.status_code == 302 and "lấy tệp" in client.get(sent["Location"]).content.decode()
    tasks.fetch_day(VNPAY, today.isoformat())
    assert "chưa có tệp của ngày này" in client.get(page).content.decode() and not Run.objects.exists()

    connected.payments("/close", institution=VNPAY, day=today.isoformat())
    tasks.fetch_day(VNPAY, today.isoformat())
    statement = Statement.objects.get()
    tasks.load_and_reconcile(statement.pk)
    # Told here only after the file was made: nothing that is missing in it.
    services.settle(
        institution_code=VNPAY, report=paid_report(begun_now(VNPAY, 1)[0], paid_at=timezone.now()), via="callback", now=timezone.now()
    )
    run = Run.objects.get()
    tasks.reconcile(run.pk)
    run.refresh_from_db()
    assert run.is_done and run.is_early and run.totals["theirs"] == [4, 99_000 + sum(one.amount for one in attempts)]
    assert list(Case.objects.values_list("type", flat=True)) == ["only_there"] and run.totals["matched"] == 4
    shown = client.get(page).content.decode()
    assert f"Đã nhận tệp số {statement.pk}" in shown and f"run/{run.pk}/change/" in shown
    shown = client.get(f"{DESK}run/{run.pk}/change/").content.decode()
    assert "Ngày này chưa hết" in shown and "Lấy tệp của ngày này" in shown and "Lập biên bản" not in shown

    # The day is over: its file is fetched again, and it is reconciled again.
    tomorrow = timezone.now() + timedelta(days=1)
    assert (VNPAY, today) in statements_import.statements_to_fetch(now=tomorrow)
    assert (VNPAY, today) in reconciling.days_to_run(now=tomorrow)
    again = statements_import.fetch_statement(institution_code=VNPAY, day=today, now=tomorrow)
    assert again is not None and again.pk == statement.pk and not again.is_early
    assert (VNPAY, today) not in statements_import.statements_to_fetch(now=tomorrow)
    run_day(Institution.objects.get(pk=VNPAY), today, now=tomorrow)


def test_a_broken_file_is_refused_and_asked_for_again(connected: Any) -> None:
    day = day_before()
    happened(connected, VNPAY, begun(VNPAY, day, 5), day)
    connected.payments("/plant", institution=VNPAY, day=day.isoformat(), kind="broken", break_="truncated")
    statement = fetched(VNPAY, day)
    assert statement is not None and statement.state == Statement.REFUSED and not StatementRow.objects.exists()
    assert (VNPAY, day) in statements_import.statements_to_fetch(now=timezone.now())


@pytest.mark.requirement("P-05")
def test_a_transfer_of_today_is_known_by_its_account_within_minutes(connected: Any) -> None:
    [attempt] = begun(TRANSFER, timezone.localdate(), 1)
    movement = {"reference": attempt.reference, "amount": attempt.amount, "paid_at": (timezone.now() - timedelta(seconds=5)).isoformat()}
    connected.payments("/movements", institution=TRANSFER, movements=[movement])
    assert tasks.watch_transfers() == 1 and tasks.watch_transfers() == 0
    assert Collection.objects.get().via == "file" and not Statement.objects.exists()


def transferred(outside: Any, attempt: Any, *amounts: int) -> list[Refund]:
    """Transfers of today under one reference, seen in the account; the refunds of what was too much."""
    now = (timezone.now() - timedelta(seconds=5)).isoformat()
    movements = [{"reference": attempt.reference, "amount": amount, "paid_at": now} for amount in amounts]
    outside.payments("/movements", institution=TRANSFER, movements=movements)
    assert tasks.watch_transfers() == len(amounts)
    return list(Refund.objects.filter(order=attempt.order_id).order_by("amount"))


def returned(outside: Any, refund: Refund, amount: int) -> None:
    outside.payments("/return", institution_ref=refund.collection.institution_ref, key=refund.number, amount=amount)


@pytest.mark.requirement("P-07", "P-06")
def test_a_transfer_that_was_given_back_by_hand_is_confirmed_by_the_account(connected: Any) -> None:
    one, two, three = begun_now(TRANSFER, 3)
    [double] = transferred(connected, one, one.amount, one.amount)
    [over] = transferred(connected, two, two.amount + 20_000)
    [short] = transferred(connected, three, three.amount - 1_000)
    assert {refund.state for refund in (double, over, short)} == {Refund.DECIDED}
    client, _ = operator(TRANSFER)
    page = client.get(f"{DESK}refund/{double.pk}/change/").content.decode()
    assert "chuyển lại bằng tay 24.000" in page and f"ghi nội dung {double.number}" in page and "Xác nhận đã hoàn" in page

    returned(connected, double, double.amount)
    returned(connected, over, 15_000)
    assert (tasks.watch_transfers(), tasks.watch_transfers()) == (1, 0)
    double.refresh_from_db()
    assert double.state == Refund.CONFIRMED and double.proof and Entry.objects.filter(key=f"refunded:{double.pk}").count() == 1
    assert Message.objects.filter(key=f"refunded:{double.pk}").count() == 1

    # The file of the day: the third went back, of the second too little did.
    returned(connected, short, short.amount)
    statement = fetched(TRANSFER, timezone.localdate())
    assert statement is not None and statement.state == Statement.STANDING
    institution = Institution.objects.get(pk=TRANSFER)
    for _ in range(2):
        run = run_day(institution, timezone.localdate())
    short.refresh_from_db()
    over.refresh_from_db()
    assert (short.state, over.state) == (Refund.CONFIRMED, Refund.DECIDED) and run.totals["given_back"] == 0
    case = Case.objects.get()
    assert (case.type, case.ours, case.theirs, case.facts["refund"]) == ("amount", 20_000, 15_000, over.number)
    assert services.recompute() == []


@pytest.mark.requirement("P-06", "P-08")
def test_what_reached_the_agency_is_fetched_and_booked(connected: Any) -> None:
    day = day_before() - timedelta(days=4)
    happened(connected, VNPAY, begun(VNPAY, day, 2), day)
    assert fetched(VNPAY, day) is not None
    run_day(Institution.objects.get(pk=VNPAY), day)
    wanted = statements_import.beneficiary_statements_to_fetch(now=timezone.now())
    arrived = day + timedelta(days=1)
    assert (UNIT, TREASURY, arrived) in wanted and all(one[2] > day for one in wanted)
    statement = statements_import.fetch_beneficiary_statement(unit_code=UNIT, account=TREASURY, day=arrived, now=timezone.now())
    assert statement is not None and statements_import.load_statement(statement_id=statement.pk, now=timezone.now())
    assert book_payouts(statement_id=statement.pk, now=timezone.now()) == 1
    assert book_payouts(statement_id=statement.pk, now=timezone.now()) == 0
    owed, payout = Settlement.objects.get(), Payout.objects.get()
    assert (owed.paid, owed.expected, owed.late_days) == (48_000, 48_000, 0) and payout.settlement_day == day
    assert (UNIT, TREASURY, arrived) not in statements_import.beneficiary_statements_to_fetch(now=timezone.now())
