"""From what institutions say to money in the ledger, by every way, in any order, at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from payments import services
from payments.institutions.base import Outcome, Report, Verdict
from payments.models import Account, Attempt, Case, Collection, Entry, Order, Posting, Refund
from payments.services.ledger import Side, T, balance
from tests.factories import make_institution, make_order, paid_report

pytestmark = pytest.mark.django_db


def begun(order: Any, institution: Any) -> Attempt:
    return services.begin_attempt(order_code=order.code, institution_code=institution.code, now=timezone.now())


def settle(institution: Any, report: Report, via: str = "callback") -> services.Settled:
    return services.settle(institution_code=institution.code, report=report, via=via, now=timezone.now())


@pytest.fixture
def paid(demo_data: None) -> tuple[Any, Any, Attempt, Report]:
    institution, order = make_institution(), make_order()
    attempt = begun(order, institution)
    report = paid_report(attempt)
    assert settle(institution, report).verdict is Verdict.CONFIRMED
    return institution, order, attempt, report


@pytest.mark.requirement("P-05", "P-12")
def test_the_same_news_by_every_way_settles_once(paid: Any) -> None:
    institution, order, attempt, report = paid
    for via in ("callback", "query", "file", "callback"):
        assert settle(institution, report, via).verdict is Verdict.ALREADY
    assert settle(institution, Report(attempt.reference, Outcome.FAILED)).verdict is Verdict.ALREADY
    order.refresh_from_db()
    assert (order.state, Collection.objects.count(), Entry.objects.count()) == (Order.PAID, 1, 1)
    assert sorted(Posting.objects.values_list("account__type", "amount")) == [("institution", 24_000), ("revenue", -24_000)]
    assert services.recompute() == []


@pytest.mark.requirement("P-05")
def test_money_after_a_failure_or_after_the_time_is_still_money(demo_data: None) -> None:
    institution, order = make_institution(), make_order()
    attempt = begun(order, institution)
    settle(institution, Report(attempt.reference, Outcome.FAILED))
    later = timezone.now() + timedelta(days=6)
    assert services.expire_orders(now=later) == 1
    assert settle(institution, paid_report(attempt)).verdict is Verdict.CONFIRMED
    order.refresh_from_db()
    assert order.state == Order.PAID and order.closed_at is None


@pytest.mark.requirement("P-05", "P-07")
def test_a_second_try_that_is_paid_too_goes_back_by_itself(demo_data: None) -> None:
    institution, other, order = make_institution(), make_institution("TG.momo"), make_order()
    first, second = begun(order, institution), begun(order, other)
    settle(institution, paid_report(first))
    found = settle(other, paid_report(second))
    assert found.collection is not None and found.collection.purpose == "double"
    refund = Refund.objects.get()
    assert (refund.amount, refund.by, refund.reason, refund.state) == (24_000, "institution", "double", Refund.DECIDED)
    assert balance(Account.objects.get(type="payers")) == -24_000


@pytest.mark.requirement("P-05")
def test_another_amount_settles_nothing_and_is_a_case(demo_data: None) -> None:
    institution, order = make_institution(), make_order()
    attempt = begun(order, institution)
    for amount in (23_999, 24_001, 0, -24_000, 10**13):
        assert settle(institution, paid_report(attempt, amount=amount)).verdict is Verdict.WRONG_AMOUNT
    order.refresh_from_db()
    assert order.state == Order.OPEN and not Collection.objects.exists()
    assert set(Case.objects.values_list("type", flat=True)) == {"amount"}


def test_a_transfer_of_more_or_less_is_booked_and_what_is_over_goes_back(demo_data: None) -> None:
    institution = make_institution("970436")
    more, less = make_order(), make_order()
    assert settle(institution, paid_report(begun(more, institution), amount=30_000), "file").verdict is Verdict.CONFIRMED
    assert settle(institution, paid_report(begun(less, institution), amount=20_000), "file").verdict is Verdict.CONFIRMED
    assert [Order.objects.get(pk=one.pk).state for one in (more, less)] == [Order.PAID, Order.OPEN]
    assert sorted(Refund.objects.values_list("reason", "amount")) == [("over", 6_000), ("under", 20_000)]
    assert services.recompute() == []


def test_the_number_of_another_payment_settles_nothing(paid: Any) -> None:
    institution, _, _, report = paid
    other = begun(make_order(), institution)
    assert settle(institution, paid_report(other, institution_ref=report.institution_ref)).verdict is Verdict.NOT_FOUND
    assert Case.objects.get().type == "duplicate"


def test_no_reference_of_ours_is_not_found_but_a_file_books_the_money(demo_data: None) -> None:
    institution = make_institution()
    stranger = Report("DVC000000000000099", Outcome.PAID, amount=5_000, institution_ref="77", paid_at=timezone.now())
    assert settle(institution, stranger).verdict is Verdict.NOT_FOUND
    assert settle(institution, stranger, "file").verdict is Verdict.CONFIRMED
    assert settle(institution, stranger, "file").verdict is Verdict.ALREADY
    assert Collection.objects.get().purpose == "unmatched" and Case.objects.get().type == "only_there"


@pytest.mark.requirement("P-12")
def test_the_database_keeps_the_ledger_balanced_and_append_only(paid: Any) -> None:
    _, _, _, _ = paid
    entry, account = Entry.objects.get(), Account.objects.filter(type="institution").get()
    for statement in (
        "UPDATE payments_posting SET amount = amount + 1",
        "DELETE FROM payments_posting",
        "DELETE FROM payments_entry",
        "UPDATE payments_entry SET note = 'x'",
        "DELETE FROM payments_collection",
        "UPDATE payments_collection SET amount = amount + 1",
        "UPDATE payments_order SET state = 'open', settled_at = NULL",
    ):
        with pytest.raises(Exception, match="pgtrigger"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        Posting.objects.create(entry=entry, account=account, day=entry.day, amount=5)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(ValueError, match="two sides"):
        services.book(key="x", event="corrected", sides=[Side(T.PAYERS, 5, institution="TG.vnpay")], target="x", now=timezone.now())
