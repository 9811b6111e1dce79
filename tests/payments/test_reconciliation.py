"""The daily reconciliation: files of every side, each difference found, typed and owned, again without change."""

from __future__ import annotations

import io
import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments import services
from payments.institutions.base import Verdict
from payments.models import (
    Attempt,
    Case,
    CaseEvent,
    Collection,
    Entry,
    Order,
    Payout,
    PenaltyRate,
    Run,
    RunTotal,
    Settlement,
    Statement,
    StatementRow,
)
from payments.services import reconciling, statements_import
from payments.services.ledger import balance
from payments.services.statements_import import StatementRefused
from payments.statements import REFUNDED
from portal.access import SYSTEM
from tests.factories import make_institution, make_order, paid_report
from tests.payments.support import TREASURY, UNIT, at, camt_of, csv_of, day_before, line_of, make_payment, run_day, take

pytestmark = pytest.mark.django_db


def of_institution(content: bytes, institution: Any, day: Any) -> Statement:
    return take(content, day, side="institution", institution=institution)


def types() -> list[str]:
    return sorted(Case.objects.values_list("type", flat=True))


def unchanged() -> dict[str, int]:
    """What a second run must leave as it is."""
    return {model.__name__: model._default_manager.count() for model in (Case, CaseEvent, Collection, Entry, Payout, Settlement)}


@pytest.mark.requirement("P-06")
def test_a_day_that_agrees(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid = [make_payment(institution, day, amount=10_000 + number) for number in range(5)]
    of_institution(csv_of(line_of(one) for one in paid), institution, day)
    run = run_day(institution, day)
    assert run.totals["ours"] == run.totals["theirs"] == [5, 50_010] and run.totals["matched"] == 5
    assert run.totals["agency"] is None, "nobody agrees who has said nothing"
    total = RunTotal.objects.get(run=run)
    assert (total.unit_code, total.kind, total.ours, total.theirs, total.agency) == (UNIT, "LGD.01", 50_010, 50_010, None)
    assert not Case.objects.exists()


@pytest.mark.requirement("P-06", "P-08")
def test_one_of_each_difference_is_found_typed_and_owned_and_a_second_run_changes_nothing(demo_data: None) -> None:
    institution = make_institution()
    # Far enough back that what is due on the next working day is over, too.
    day = day_before() - timedelta(days=9)
    good, amount, here, payee, reversed_, twice, missing = (make_payment(institution, day, amount=24_000) for _ in range(7))
    late_day = day - timedelta(days=7)
    late = make_payment(institution, late_day)
    stranger = line_of(good, reference="DVC000000000000099", institution_ref="strange-1", amount=7_000, unit="")
    lines = [
        line_of(good),
        line_of(amount, amount=25_000),
        line_of(payee, unit="H26.102"),
        line_of(reversed_),
        line_of(reversed_, institution_ref="back-1", state=REFUNDED),
        line_of(twice),
        line_of(twice),
        line_of(missing),
        stranger,
    ]
    of_institution(csv_of(lines), institution, day)
    known_to_agency = [good, amount, here, payee, reversed_, twice]
    booked_alone = line_of(good, institution_ref="agency-only", reference="", amount=3_000)
    take(csv_of([*(line_of(one) for one in known_to_agency), booked_alone]), day, side="agency", unit_code=UNIT)
    of_institution(csv_of([line_of(late)]), institution, late_day)
    run_day(institution, late_day)
    arrived = day + timedelta(days=6)
    credit = (f"TG.vnpay.{late_day:%Y%m%d}.{UNIT}", "KB-1", late.amount)
    take(camt_of(TREASURY, arrived, [credit]), arrived, side="beneficiary", unit_code=UNIT, account=TREASURY, file_format="camt.053")
    first = run_day(institution, day)

    found = dict(Case.objects.values_list("type", "side"))
    assert found == {
        "only_here": "institution",
        "only_there": "institution",
        "amount": "institution",
        "state": "institution",
        "duplicate": "institution",
        "wrong_payee": "institution",
        "late": "institution",
        "not_paid_out": "institution",
        "only_agency": "agency",
        "not_at_agency": "agency",
    }
    assert Case.objects.count() == 10, types()
    case = Case.objects.get(type="only_here")
    assert case.collection_id == here.pk and case.payee_unit == UNIT and case.due_at > timezone.now()
    assert Case.objects.get(type="not_at_agency").collection_id == missing.pk
    assert (Case.objects.get(type="amount").ours, Case.objects.get(type="amount").theirs) == (24_000, 25_000)
    assert Collection.objects.get(purpose="unmatched").amount == 7_000
    assert first.totals["agency"] == [7, 6 * 24_000 + 3_000]
    assert services.recompute() == []

    before = unchanged()
    second = run_day(institution, day)
    assert unchanged() == before and second.number == 2
    for name in ("ours", "theirs", "agency", "matched"):
        assert second.totals[name] == first.totals[name]
    assert not second.totals["new_cases"]


@pytest.mark.requirement("P-06")
def test_a_row_that_stands_twice_in_a_file_multiplies_nothing_on_our_side(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid, other = make_payment(institution, day, amount=278_000), make_payment(institution, day, amount=55_000)
    stranger = line_of(other, reference="DVC999999999999901", institution_ref="strange-1", amount=5_000, unit="", kind="")
    of_institution(csv_of([line_of(paid), line_of(other), line_of(other), line_of(other), stranger, stranger]), institution, day)
    run = run_day(institution, day)
    assert run.totals["ours"] == [3, 338_000] and run.totals["matched"] == 3
    assert run.totals["theirs"] == [6, 278_000 + 3 * 55_000 + 2 * 5_000], "what the file says is shown as it says it"
    total = RunTotal.objects.get(run=run, unit_code=UNIT)
    assert (total.ours_count, total.ours, total.theirs_count) == (2, 333_000, 4)
    assert RunTotal.objects.get(run=run, unit_code="").owed_back == 5_000
    assert types() == ["duplicate", "duplicate", "only_there"]


@pytest.mark.requirement("P-06")
def test_a_difference_that_vanishes_is_noted_and_both_files_are_kept(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid, other = make_payment(institution, day), make_payment(institution, day)
    wrong = of_institution(csv_of([line_of(paid, amount=1_000), line_of(other)]), institution, day)
    run_day(institution, day)
    case = Case.objects.get()
    right = of_institution(csv_of([line_of(paid), line_of(other)]), institution, day)
    run_day(institution, day)
    case.refresh_from_db()
    assert case.state == Case.OPEN and case.vanished_at is not None
    assert list(case.events.values_list("name", flat=True)) == ["open", "vanished"]
    wrong.refresh_from_db()
    assert (wrong.state, right.state) == (Statement.REPLACED, Statement.STANDING)
    # The first file once more: it holds again, and the difference is there again, as the same case.
    again = of_institution(csv_of([line_of(paid, amount=1_000), line_of(other)]), institution, day)
    assert again.pk == wrong.pk and again.state == Statement.STANDING
    run_day(institution, day)
    case.refresh_from_db()
    assert Case.objects.count() == 1 and case.vanished_at is None


@pytest.mark.requirement("P-05", "P-06")
def test_what_the_file_shows_and_nobody_told_is_settled_and_one_bad_row_stops_nothing(demo_data: None, monkeypatch: Any) -> None:
    institution, day = make_institution(), day_before()
    orders = [make_order(now=at(day, 8)) for _ in range(3)]
    tries = [services.begin_attempt(order_code=one.code, institution_code=institution.code, now=at(day, 9)) for one in orders]
    reports = [paid_report(one, paid_at=at(day, 10)) for one in tries]
    known = make_payment(institution, day)
    lines = [
        line_of(known, reference=one.reference, institution_ref=one.institution_ref, amount=one.amount, at=one.paid_at) for one in reports
    ]
    settle = reconciling.settle

    def stumble(**values: Any) -> Any:
        if values["report"].institution_ref == reports[1].institution_ref:
            raise RuntimeError("anything")
        return settle(**values)

    of_institution(csv_of([*lines, line_of(known)]), institution, day)
    monkeypatch.setattr(reconciling, "settle", stumble)
    run = run_day(institution, day)
    assert (run.totals["settled"], run.totals["unsettled"]) == (2, 1)
    assert [Order.objects.get(pk=one.pk).state for one in orders] == ["paid", "open", "paid"]
    assert Collection.objects.filter(via="file").count() == 2
    assert types() == ["only_there"], "what could not be settled is a difference until it is"
    monkeypatch.undo()
    run_day(institution, day)
    assert Order.objects.get(pk=orders[1].pk).state == "paid" and Case.objects.get().vanished_at is not None


def test_nothing_of_a_broken_file_goes_in_and_bad_rows_are_told(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid, other = make_payment(institution, day), make_payment(institution, day)
    whole = csv_of([line_of(paid), line_of(other)])
    for broken, words in (
        (whole[:-70], "bị cắt"),
        (whole.replace(b"24000", b"24001"), "mã kiểm tra"),
        (b"khong,phai\n", "các cột"),
        (csv_of([line_of(paid, at=at(day - timedelta(days=3)))]), "không có giao dịch nào của ngày"),
    ):
        statement = of_institution(broken, institution, day)
        assert statement.state == Statement.REFUSED and words in statement.problems[0][1], statement.problems
        assert not StatementRow.objects.filter(statement=statement).exists()
    strange = line_of(other, at=at(day + timedelta(days=1)))
    statement = of_institution(csv_of([line_of(paid), strange, line_of(other)]), institution, day)
    assert (statement.state, statement.rows, statement.bad_rows) == (Statement.STANDING, 2, 1)
    assert statement.problems[0][0] == 2 and "ngày giao dịch" in statement.problems[0][1]
    assert of_institution(csv_of([line_of(paid), strange, line_of(other)]), institution, day).pk == statement.pk
    assert StatementRow.objects.count() == 2
    wrong_account = camt_of("9999", day, [])
    refused = take(wrong_account, day, side="beneficiary", unit_code=UNIT, account=TREASURY, file_format="camt.053")
    assert refused.state == Statement.REFUSED and "tài khoản khác" in refused.problems[0][1]


def test_a_load_that_was_killed_goes_on_where_it_stood(demo_data: None, monkeypatch: Any) -> None:
    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    lines = [line_of(paid, institution_ref=f"r{number}", reference="") for number in range(50)]
    monkeypatch.setattr(statements_import, "BATCH", 7)
    now = timezone.now()

    statement = statements_import.take_statement(
        side="institution", institution=institution, day=day, source=io.BytesIO(csv_of(lines)), actor=SYSTEM, now=now
    )
    slices = 0
    while not statements_import.load_statement(statement_id=statement.pk, now=now, seconds=0):
        slices += 1
        assert StatementRow.objects.filter(statement=statement).count() == min(50, 7 * slices)
    statement.refresh_from_db()
    assert slices == 8 and (statement.rows, statement.state) == (50, Statement.STANDING)
    assert list(StatementRow.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 51))


def test_a_run_that_was_killed_goes_on_with_its_step(demo_data: None, monkeypatch: Any) -> None:
    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    of_institution(csv_of([line_of(paid, amount=1)]), institution, day)
    run, _ = reconciling.start_run(institution_code=institution.code, day=day, actor=SYSTEM, now=timezone.now())
    for step in Run.STEPS[1:]:
        assert not reconciling.continue_run(run_id=run.pk, now=timezone.now(), seconds=0)
        run.refresh_from_db()
        assert run.step == step
        # Asked for again meanwhile: the same run.
        assert reconciling.start_run(institution_code=institution.code, day=day, actor=SYSTEM, now=timezone.now()) == (run, False)
    later = timezone.now() + timedelta(minutes=5)
    assert reconciling.silent_runs(now=later) == [run.pk]
    assert reconciling.continue_run(run_id=run.pk, now=timezone.now(), seconds=0)
    assert Case.objects.get().type == "amount" and RunTotal.objects.count() == 1


@pytest.mark.requirement("P-06")
def test_without_a_file_nothing_is_called_different(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    make_payment(institution, day)
    run = run_day(institution, day)
    assert run.totals["theirs"] is None and not Case.objects.exists()


@pytest.mark.requirement("P-05")
def test_what_no_file_knows_is_given_up_after_three_days(demo_data: None) -> None:
    institution, now = make_institution(), timezone.now()
    day = timezone.localdate(now) - timedelta(days=5)
    order = make_order(now=at(day, 8))
    attempt = services.begin_attempt(order_code=order.code, institution_code=institution.code, now=at(day, 9))
    assert reconciling.give_up_unknown(institution_code=institution.code, now=now) == 0, "its day has no file"
    of_institution(csv_of([line_of(make_payment(institution, day))]), institution, day)
    assert reconciling.give_up_unknown(institution_code=institution.code, now=now) == 1
    attempt.refresh_from_db()
    assert attempt.state == Attempt.EXPIRED
    # Money that comes to light after that is money all the same.
    late = services.settle(institution_code=institution.code, report=paid_report(attempt, paid_at=at(day, 9)), via="query", now=now)
    assert late.verdict is Verdict.CONFIRMED


@pytest.mark.requirement("P-06", "P-08", "P-12")
def test_payouts_are_booked_once_and_late_ones_cost_what_the_agency_set(demo_data: None) -> None:
    institution = make_institution()
    PenaltyRate.objects.create(unit_code="H26", effective_from="2026-01-01", rate=30, basis="Quy định thử", entered_at=timezone.now())
    day = day_before() - timedelta(days=20)
    paid = make_payment(institution, day, amount=10_000_000)
    run_day(institution, day)
    owed = Settlement.objects.get()
    arrived = owed.due_day + timedelta(days=2)
    statement = camt_of(TREASURY, arrived, [(f"TG.vnpay.{day:%Y%m%d}.{UNIT}", "KB-9", paid.amount), ("khac", "KB-10", 5)])
    for _ in range(2):
        take(statement, arrived, side="beneficiary", unit_code=UNIT, account=TREASURY, file_format="camt.053")
        run_day(institution, day)
    owed.refresh_from_db()
    assert (owed.paid, owed.paid_day, owed.late_days, owed.penalty) == (10_000_000, arrived, 2, 6_000)
    assert Payout.objects.count() == 1
    entry = Payout.objects.get().entry
    assert entry is not None
    assert sorted(entry.postings.values_list("account__type", "amount")) == [("institution", -10_000_000), ("treasury", 10_000_000)]
    assert sum(balance(posting.account) for posting in entry.postings.select_related("account")) == 10_000_000
    assert types() == ["late"] and Case.objects.get().facts["penalty"] == 6_000
    assert services.recompute() == []


def test_nobody_is_called_late_where_no_statement_of_the_account_tells(demo_data: None) -> None:
    institution = make_institution()
    day = day_before() - timedelta(days=20)
    make_payment(institution, day)
    run_day(institution, day)
    assert Settlement.objects.get().late_days == 0 and not Case.objects.exists()


@pytest.mark.requirement("P-06")
def test_two_hundred_thousand_rows(demo_data: None) -> None:
    institution, day = make_institution(), day_before()
    paid = make_payment(institution, day)
    rows = 200_000
    several = (
        line_of(paid, institution_ref=f"n{number}", reference="", amount=1_000, unit="H26.201", state=REFUNDED)
        for number in range(rows - 1)
    )
    content = csv_of(itertools.chain([line_of(paid)], several))
    with pytest.raises(StatementRefused, match="quá lớn"):
        of_institution(content, institution, day)
    # What an institution's server gives may be longer than what a person uploads.
    statement = take(content, day, institution=institution, how="fetched")
    assert (statement.rows, statement.total, statement.refunded) == (rows, 24_000, (rows - 1) * 1_000)
    run = run_day(institution, day)
    assert run.totals["matched"] == 1 and run.totals["refunded"] == (rows - 1) * 1_000 and not Case.objects.exists()
