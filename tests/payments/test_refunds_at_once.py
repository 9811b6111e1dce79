"""Refunds and late money at once, each on its own connection."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from payments import services
from payments.models import Entry, Refund
from payments.services import refunding
from tests.dossiers.support import at_once
from tests.factories import make_officer_actor, make_order, paid_report
from tests.payments.bank import connect
from tests.payments.institution import Scripted


@pytest.mark.requirement("P-07")
def test_at_once_more_is_not_promised_than_there_is_and_one_refund_is_booked_once(demo_db: None, institution: Scripted) -> None:
    row, bank = connect(institution)
    order, now, officer = make_order(), timezone.now(), make_officer_actor(roles=("accounting",))
    attempts = [services.begin_attempt(order_code=order.code, institution_code=row.code, now=now) for _ in range(2)]
    services.settle(institution_code=row.code, report=paid_report(attempts[0]), via="callback", now=now)

    def want() -> Refund | None:
        return services.request_refund(order_id=order.pk, amount=16_000, reason="asked", key=str(uuid4()), actor=officer, now=now)

    found = at_once(*[want] * 6)
    assert [isinstance(one, Refund) for one in found].count(True) == 1
    request = Refund.objects.get()
    refunding.decide_refund(refund_id=request.pk, amount=None, decision="", actor=officer, now=now)
    # The second try's money comes while the first one's goes back, told several times.
    late = paid_report(attempts[1])
    jobs = [lambda: refunding.confirm_paid_out(refund_id=request.pk, proof="LC 1", actor=officer, now=now)] * 3
    jobs += [lambda: services.settle(institution_code=row.code, report=late, via="callback", now=now)] * 3  # type: ignore[list-item]
    at_once(*jobs)
    double = Refund.objects.get(reason="double")
    at_once(*[lambda: refunding.send_refund(refund_id=double.pk, now=timezone.now())] * 4)
    double.refresh_from_db()
    order.refresh_from_db()
    assert (double.state, order.refunded, bank.done) == (Refund.CONFIRMED, 16_000, {double.number: 24_000})
    assert sorted(Entry.objects.values_list("event", flat=True)) == [
        "collected", "collected", "refund_decided", "refund_paid", "refunded",
    ]  # fmt: skip
    assert services.recompute() == []
