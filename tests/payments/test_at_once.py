"""What comes at the same moment: a hundred deliveries of one payment, two ways to pay, a refund beside late money."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from payments import services
from payments.models import Account, Collection, Entry, Order, Posting, Refund
from payments.services.settling import note_return
from tests.factories import make_institution, make_order, paid_report


def all_at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    def run(job: Callable[[], Any]) -> Any:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(run, jobs))


def begin(order: Any, institution: Any) -> Any:
    return services.begin_attempt(order_code=order.code, institution_code=institution.code, now=timezone.now())


@pytest.mark.requirement("P-05")
def test_a_hundred_deliveries_at_once_settle_once(demo_db: None) -> None:
    institution, order = make_institution(), make_order()
    report = paid_report(begin(order, institution))

    def deliver(via: str) -> str:
        return str(services.settle(institution_code=institution.code, report=report, via=via, now=timezone.now()).verdict)

    verdicts = all_at_once([lambda via=via: deliver(via) for via in ("callback", "query", "file", "callback") * 25])
    assert sorted(verdicts) == ["already"] * 99 + ["confirmed"]
    assert (Collection.objects.count(), Entry.objects.count()) == (1, 1)
    # Nor is anything added to what was booked before, though it balances.
    entry, account = Entry.objects.get(), Account.objects.get(type="institution")
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.bulk_create([Posting(entry=entry, account=account, day=entry.day, amount=amount) for amount in (5, -5)])


@pytest.mark.requirement("P-05", "P-07")
def test_two_institutions_that_both_took_the_money_settle_once_and_owe_one_back(demo_db: None) -> None:
    one, other = make_institution(), make_institution("TG.momo")
    orders = [make_order() for _ in range(10)]
    pairs = [(order, begin(order, one), begin(order, other)) for order in orders]
    jobs: list[Callable[[], Any]] = []
    for _, first, second in pairs:
        for attempt in (first, second):
            report = paid_report(attempt)
            for _ in range(2):
                jobs.append(
                    lambda attempt=attempt, report=report: services.settle(
                        institution_code=attempt.institution_id, report=report, via="callback", now=timezone.now()
                    )
                )
    all_at_once(jobs)
    assert Order.objects.filter(state=Order.PAID).count() == 10
    assert sorted(Collection.objects.values_list("purpose", flat=True)) == ["double"] * 10 + ["settles"] * 10
    assert Refund.objects.filter(reason="double", amount=24_000).count() == 10
    assert services.recompute() == []


def test_cancelling_beside_late_money_loses_no_dong(demo_db: None) -> None:
    institution = make_institution()
    orders = [make_order() for _ in range(10)]
    attempts = [begin(order, institution) for order in orders]

    def cancel(order: Any) -> None:
        from portal.access import SYSTEM

        with contextlib.suppress(services.OrderRefused):
            services.cancel_order(order_id=order.pk, reason="Rút hồ sơ", actor=SYSTEM, now=timezone.now())

    jobs: list[Callable[[], Any]] = []
    for order, attempt in zip(orders, attempts, strict=True):
        report = paid_report(attempt)
        jobs.append(lambda order=order: cancel(order))
        jobs.append(lambda report=report: services.settle(institution_code="TG.vnpay", report=report, via="callback", now=timezone.now()))
    all_at_once(jobs)
    for order in Order.objects.filter(pk__in=[one.pk for one in orders]):
        money = order.collections.get()
        assert (order.state, money.purpose) in {("paid", "settles"), ("cancelled", "closed")}
        assert money.refunds.count() == (1 if money.purpose == "closed" else 0)
    assert services.recompute() == []


def test_a_callback_and_a_browser_that_comes_back_do_not_block_each_other(demo_db: None) -> None:
    institution = make_institution()
    orders = [make_order() for _ in range(20)]
    attempts = [begin(order, institution) for order in orders for _ in range(2)]
    jobs: list[Callable[[], Any]] = []
    for attempt in attempts:
        report = paid_report(attempt)
        jobs.append(lambda report=report: services.settle(institution_code="TG.vnpay", report=report, via="callback", now=timezone.now()))
        jobs.append(lambda report=report: note_return(reference=report.reference, institution_code="TG.vnpay", now=timezone.now()))
    all_at_once(jobs)
    assert Order.objects.filter(state=Order.PAID).count() == 20
