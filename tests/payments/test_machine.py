"""The whole machine of payments, driven in any order: deliveries, questions, files, refunds, crashes, a bank that loses its answers.

After each step the ledger balances, no order has two payments or two vouchers, no đồng is lost; at the end nothing is unknown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, assume
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from payments import services
from payments.institutions.base import Outcome, Report
from payments.models import Account, Attempt, Collection, Entry, Order, Refund, Voucher
from payments.services import refunding
from payments.services.after import after_settlement
from payments.services.ledger import balance
from portal.access import SYSTEM
from portal.exchange.errors import OutsideUnavailable
from tests.factories import make_order
from tests.payments.bank import Bank, connect
from tests.payments.institution import Scripted

pytestmark = [pytest.mark.django_db, pytest.mark.long]
CODE = "970418"
_bank: Bank | None = None


class Crash(Exception):
    """The process dies here; what its transaction wrote is gone."""


class Payments(RuleBasedStateMachine):
    """One bank, some orders. ``taken``: what really left payers' accounts, by the bank's number."""

    orders = Bundle("orders")
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        assert _bank is not None
        self.bank = _bank
        self.bank.orders.clear()
        self.bank.done.clear()
        self.bank.lose = self.bank.deaf = self.bank.refuse = 0
        self.savepoint = transaction.savepoint()
        self.now = timezone.now()
        self.taken: dict[str, tuple[Attempt, int]] = {}
        self.number = 0

    def teardown(self) -> None:
        """Everything comes in at last: then nothing is unknown and every đồng is somewhere."""
        self.bank.lose = self.bank.deaf = 0
        self.now += timedelta(days=4)
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()  # the bank has rested long enough
        for attempt in Attempt.objects.filter(state__in=["created", "sent", "asking"]):
            services.ask_attempt(attempt_id=attempt.pk, now=self.now)
        self.file_of_the_day()
        for _ in range(3):
            for refund in Refund.objects.filter(state__in=["decided", "sent"], by="institution"):
                self._send(refund)
        self.nothing_is_wrong()
        assert not Attempt.objects.filter(state__in=["created", "sent", "asking"]).exists()
        assert set(Collection.objects.values_list("institution_ref", "amount")) == {
            (ref, amount) for ref, (_, amount) in self.taken.items()
        }
        sent_back = sum(self.bank.done.values())
        owed = {refund.pk: refund.amount for refund in Refund.objects.filter(by="institution", state="confirmed")}
        assert sent_back == sum(owed.values())
        transaction.savepoint_rollback(self.savepoint)

    # What people do ---------------------------------------------------------------------------------------------------------

    @rule(target=orders, amount=st.integers(1, 10**12))
    def order(self, amount: int) -> Any:
        return make_order(amount=amount, now=self.now)

    @rule(target=attempts, order=orders)
    def begin(self, order: Order) -> Attempt:
        try:
            return services.begin_attempt(order_code=order.code, institution_code=CODE, now=self.now)
        except services.AttemptRefused:
            assume(False)
            raise

    @rule(attempt=attempts, twice=st.booleans())
    def pay(self, attempt: Attempt, twice: bool) -> None:
        """The money leaves the payer's account, also after the bank had said otherwise; some pay twice."""
        for _ in range(2 if twice else 1):
            self.number += 1
            ref = f"T{self.number}"
            self.taken[ref] = (attempt, attempt.amount)
            self.bank.took(attempt, ref)

    @rule(order=orders)
    def cancel(self, order: Order) -> None:
        try:
            services.cancel_order(order_id=order.pk, reason="Thử", actor=SYSTEM, now=self.now)
        except services.OrderRefused:
            assert Order.objects.get(pk=order.pk).state == Order.PAID

    @rule(hours=st.integers(0, 60))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        services.expire_orders(now=self.now)

    # What the bank says -----------------------------------------------------------------------------------------------------

    @rule(attempt=attempts, times=st.integers(1, 3), crash=st.booleans())
    def callback(self, attempt: Attempt, times: int, crash: bool) -> None:
        """The truth, any number of times; the process may die before it commits."""
        for report in self._truth(attempt):
            if crash:
                with pytest.raises(Crash), transaction.atomic():
                    self._settle(report, "callback")
                    raise Crash
            for _ in range(times):
                self._settle(report, "callback")

    @rule(attempt=attempts)
    def news_of_before(self, attempt: Attempt) -> None:
        """ "Failed", sent before the payer tried once more, comes late or out of order."""
        self._settle(Report(attempt.reference, Outcome.FAILED), "callback")

    @rule(attempt=attempts, amount=st.sampled_from([0, -1, 1, 10**13]))
    def wrong_amount(self, attempt: Attempt, amount: int) -> None:
        assume(amount != attempt.amount)
        before = Collection.objects.count()
        self.number += 1
        self._settle(
            Report(attempt.reference, Outcome.PAID, amount=amount, institution_ref=f"W{self.number}", paid_at=self.now), "callback"
        )
        assert Collection.objects.count() == before

    @rule(attempt=attempts, other=attempts)
    def another_payments_number(self, attempt: Attempt, other: Attempt) -> None:
        known = Collection.objects.filter(attempt=other).first()
        assume(known is not None and other.pk != attempt.pk)
        assert known is not None
        before = Collection.objects.count()
        self._settle(
            Report(attempt.reference, Outcome.PAID, amount=attempt.amount, institution_ref=known.institution_ref, paid_at=self.now),
            "callback",
        )
        assert Collection.objects.count() == before

    @rule(attempt=attempts, deaf=st.booleans(), lose=st.booleans())
    def question(self, attempt: Attempt, deaf: bool, lose: bool) -> None:
        self.bank.deaf, self.bank.lose = int(deaf), int(lose)
        try:
            services.ask_attempt(attempt_id=attempt.pk, now=self.now)
        except OutsideUnavailable:
            fresh = Attempt.objects.get(pk=attempt.pk)
            assert fresh.next_ask_at is not None
        self.bank.deaf = self.bank.lose = 0

    @rule()
    def file_of_the_day(self) -> None:
        for ref, (attempt, amount) in self.taken.items():
            self._settle(Report(attempt.reference, Outcome.PAID, amount=amount, institution_ref=ref, paid_at=self.now, code="00"), "file")

    # What follows -----------------------------------------------------------------------------------------------------------

    @rule(times=st.integers(1, 2))
    def work(self, times: int) -> None:
        """The worker's part after a settlement, perhaps more than once."""
        for order in Order.objects.filter(state=Order.PAID, source="tests"):
            for _ in range(times):
                after_settlement(order_id=order.pk, now=self.now)

    @rule(lose=st.booleans(), deaf=st.booleans(), refuse=st.booleans())
    def refunds(self, lose: bool, deaf: bool, refuse: bool) -> None:
        self.bank.lose, self.bank.deaf, self.bank.refuse = int(lose), int(deaf), int(refuse)
        for refund in Refund.objects.filter(state__in=["decided", "sent"], by="institution"):
            self._send(refund)
        self.bank.lose = self.bank.deaf = self.bank.refuse = 0

    @rule(order=orders, part=st.integers(1, 10**12))
    def ask_back(self, order: Order, part: int) -> None:
        """A payer asks for a part: only of what was paid, never more than is left."""
        with contextlib.suppress(services.RefundRefused):
            services.request_refund(order_id=order.pk, amount=part, reason="asked", key=f"{order.pk}:{part}", actor=SYSTEM, now=self.now)

    def _send(self, refund: Refund) -> None:
        refunding.send_refund(refund_id=refund.pk, now=self.now, after=refunding.bounces(refund))

    def _settle(self, report: Report, via: str) -> None:
        services.settle(institution_code=CODE, report=report, via=via, now=self.now)

    def _truth(self, attempt: Attempt) -> Iterator[Report]:
        for ref, (payer, amount) in self.taken.items():
            if payer.pk == attempt.pk:
                yield Report(attempt.reference, Outcome.PAID, amount=amount, institution_ref=ref, paid_at=self.now, code="00")

    # What always holds ------------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert services.recompute() == []
        collections = list(Collection.objects.all())
        settling = [one.order_id for one in collections if one.purpose in ("settles", "over")]
        assert len(settling) == len(set(settling))
        assert set(settling) == set(Order.objects.filter(state=Order.PAID).values_list("pk", flat=True))
        assert {one.institution_ref for one in collections} <= set(self.taken)
        assert (
            Voucher.objects.filter(kind="institution").count()
            == Voucher.objects.filter(kind="institution").values("order").distinct().count()
        )
        booked = sum(one.amount for one in collections) - sum(
            one.amount for one in Refund.objects.filter(state="confirmed", by="institution")
        )
        account = Account.objects.filter(type="institution", institution_code=CODE, is_test=False).first()
        assert (balance(account) if account else 0) == booked
        assert all(one.refunded <= one.refunding <= one.amount for one in collections)
        assert Entry.objects.filter(event="collected").count() == len(collections)


def test_nothing_that_can_happen_loses_or_doubles_money(demo_data: None, institution: Scripted) -> None:
    global _bank
    _, _bank = connect(institution)
    run_state_machine_as_test(
        Payments,
        settings=hypothesis_settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
        ),
    )
