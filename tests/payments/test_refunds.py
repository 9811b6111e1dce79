"""Money that goes back: by the institution over its protocol, by the agency with decision and proof, never twice, never too much."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from payments import services
from payments.models import Account, Collection, Order, Refund
from payments.rules import next_refund_ask, who_gives_back
from payments.services import refunding
from payments.services.ledger import balance
from payments.signals import refunded
from portal.access import ANONYMOUS, AccessDenied
from portal.notifications.models import Notification
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests.factories import (
    citizen_actor,
    make_institution,
    make_officer_actor,
    make_order,
    make_person,
    make_position,
    officer_actor,
    paid_report,
    sign_in,
)
from tests.payments.bank import Bank, connect
from tests.payments.institution import Scripted

pytestmark = pytest.mark.django_db


def pay(order: Any, institution: Any, via: str = "callback", **values: Any) -> Collection:
    now = timezone.now()
    attempt = services.begin_attempt(order_code=order.code, institution_code=institution.code, now=now)
    found = services.settle(institution_code=institution.code, report=paid_report(attempt, **values), via=via, now=now)
    assert found.collection is not None
    return found.collection


@pytest.fixture
def bank(demo_data: None, institution: Scripted) -> tuple[Any, Bank]:
    return connect(institution)


@pytest.fixture
def doubled(bank: tuple[Any, Bank]) -> tuple[Refund, Bank]:
    """Paid twice: the second money goes back by rule."""
    row, counter = bank
    order = make_order(payer=make_person())
    now = timezone.now()
    attempts = [services.begin_attempt(order_code=order.code, institution_code=row.code, now=now) for _ in range(2)]
    for attempt in attempts:
        services.settle(institution_code=row.code, report=paid_report(attempt), via="callback", now=now)
    return Refund.objects.get(order=order), counter


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    told: list[Any] = []

    def hear(order: Any, refund: Any, **_: Any) -> None:
        told.append((order.code, refund.amount))

    refunded.connect(hear)
    yield told
    refunded.disconnect(hear)


def accountant(unit: str = "H26.101") -> Any:
    return make_officer_actor(unit=unit, roles=("accounting",))


def operator(code: str = "970418") -> Any:
    return officer_actor(make_position(unit=code, roles=("operating",), place="institution"))


WHO = {"asker": "Nguyễn Văn Ví Dụ", "contact": "+84900000001"}


def asked(order: Any, amount: int | None = None) -> Refund:
    return refunding.ask_money_back(order_code=order.code, amount=amount, words="Nộp nhầm", actor=ANONYMOUS, now=timezone.now(), **WHO)


def balances() -> dict[str, int]:
    """Of all accounts but the counters' cash, which no refund touches."""
    kinds = [kind for kind in Account.Type.values if kind != "cash"]
    assert not Account.objects.filter(type="cash").exists()
    return {kind: sum(balance(one) for one in Account.objects.filter(type=kind)) for kind in kinds}


@pytest.mark.requirement("P-07")
def test_who_gives_back_follows_from_whose_money_it_is() -> None:
    assert {reason.value: who_gives_back(reason) for reason in Refund.Reason} == {
        "double": "institution",
        "over": "institution",
        "under": "institution",
        "closed": "institution",
        "unmatched": "institution",
        "more": "institution",
        "refused": "agency",
        "withdrawn": "agency",
        "asked": "agency",
    }


@given(seconds=st.integers(0, 10**7))
def test_questions_about_a_refund_come_ever_less_often_and_never_end(seconds: int) -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    wait = next_refund_ask(sent_at=now - timedelta(seconds=seconds), now=now) - now
    assert timedelta(seconds=20) <= wait <= timedelta(hours=6)


@pytest.mark.requirement("P-07")
def test_what_was_paid_twice_goes_back_by_the_institution_and_is_told(doubled: tuple[Refund, Bank], heard: list[Any]) -> None:
    refund, bank = doubled
    assert balances()["payers"] == -24_000
    deliver_due()
    refunding.send_refund(refund_id=refund.pk, now=timezone.now())
    refund.refresh_from_db()
    assert (refund.state, refund.proof) == (Refund.CONFIRMED, f"RF{refund.number}")
    assert bank.done == {refund.number: 24_000} and [path for path, _ in bank.asked].count("refunds") == 1
    assert balances() == {"institution": 24_000, "treasury": 0, "revenue": -24_000, "payers": 0, "refunds": 0}
    assert refund.order is not None and refund.order.refunded == 0 and refund.collection.refunded == 24_000
    assert heard == [(refund.order.code, 24_000)]
    assert Notification.objects.filter(party_id=refund.order.party_id, template="payments.refunded", channel="inbox").count() == 1
    assert services.recompute() == []


@pytest.mark.requirement("P-07")
def test_a_lost_answer_is_asked_for_and_nothing_is_sent_twice(doubled: tuple[Refund, Bank]) -> None:
    refund, bank = doubled
    bank.lose = 2
    now = timezone.now()
    refunding.send_refund(refund_id=refund.pk, now=now)
    refund.refresh_from_db()
    assert refund.state == Refund.SENT and refund.next_ask_at is not None
    later = now + timedelta(seconds=30)
    assert [pk for pk, _ in refunding.refunds_to_ask(now=later)] == [refund.pk]
    refunding.ask_refund(refund_id=refund.pk, now=later)
    assert refunding.refunds_to_ask(now=later) == []
    refunding.ask_refund(refund_id=refund.pk, now=later + timedelta(minutes=5))
    refund.refresh_from_db()
    assert refund.state == Refund.CONFIRMED
    assert [path for path, _ in bank.asked] == ["refunds", "refunds/query", "refunds/query"]


@pytest.mark.requirement("P-07")
def test_an_order_to_refund_that_never_arrived_is_sent_again_under_the_same_key(doubled: tuple[Refund, Bank]) -> None:
    refund, bank = doubled
    bank.deaf = 1
    now = timezone.now()
    refunding.send_refund(refund_id=refund.pk, now=now)
    # The worker died and the message comes again: it asks first.
    refunding.send_refund(refund_id=refund.pk, now=now + timedelta(seconds=40))
    assert bank.asked == [("refunds", refund.number), ("refunds/query", refund.number), ("refunds", refund.number)]
    refund.refresh_from_db()
    assert refund.state == Refund.CONFIRMED and bank.done == {refund.number: 24_000}


@pytest.mark.requirement("P-07")
def test_a_refused_order_to_refund_comes_to_the_operators_desk(doubled: tuple[Refund, Bank]) -> None:
    refund, bank = doubled
    bank.refuse = 2
    now = timezone.now()
    with pytest.raises(services.RefundRefused):
        refunding.confirm_by_hand(refund_id=refund.pk, proof="UNC 1", actor=operator(), now=now)
    refunding.send_refund(refund_id=refund.pk, now=now)
    refund.refresh_from_db()
    assert refund.state == Refund.DECIDED and refund.events.filter(name="bounce", note="21").exists()
    shown = Client().get(f"/thanh-toan/{refund.order.code}/").content.decode()
    assert "Đơn vị thanh toán chưa hoàn được, đang xử lý" in shown and "Đang hoàn tiền" not in shown
    for unit, role, place in (("970418", "operating", "institution"), ("G22", "steering", "agency")):
        desk, position = Client(), make_position(unit=unit, roles=(role,), place=place)
        sign_in(desk, position.person, position=position)
        for address in ("refund/", "refund/?viec=bi-tu-choi", f"refund/{refund.pk}/change/"):
            assert "Bị từ chối, cần xử lý" in desk.get(f"/quan-tri/payments/{address}").content.decode(), address
        assert "Lệnh hoàn tiền bị từ chối, cần xử lý" in desk.get("/quan-tri/").content.decode()
    with pytest.raises(AccessDenied):
        refunding.send_again(refund_id=refund.pk, actor=operator("TG.vnpay"), now=now)
    refunding.send_again(refund_id=refund.pk, actor=operator(), now=now)
    deliver_due()
    assert [key for path, key in bank.asked] == [refund.number, refund.number + "01"]
    with pytest.raises(services.RefundRefused):
        refunding.confirm_by_hand(refund_id=refund.pk, proof="", actor=operator(), now=now)
    refunding.confirm_by_hand(refund_id=refund.pk, proof="UNC 77/2026", actor=operator(), now=now)
    refund.refresh_from_db()
    assert (refund.state, refund.proof) == (Refund.CONFIRMED, "UNC 77/2026")
    assert balances()["payers"] == 0 and services.recompute() == []


def test_where_the_protocol_has_no_refund_people_give_back(demo_data: None) -> None:
    institution, order = make_institution("970436"), make_order()
    pay(order, institution, via="file", amount=30_000)
    refund = Refund.objects.get()
    refunding.send_refund(refund_id=refund.pk, now=timezone.now())
    refund.refresh_from_db()
    assert refund.state == Refund.DECIDED
    refunding.confirm_by_hand(refund_id=refund.pk, proof="FT 9", actor=operator("970436"), now=timezone.now())
    assert balances() == {"institution": 24_000, "treasury": 0, "revenue": -24_000, "payers": 0, "refunds": 0}


@pytest.mark.requirement("P-07")
def test_the_agency_decides_in_part_the_treasury_pays_and_the_rest_can_be_asked_for_again(demo_data: None, heard: list[Any]) -> None:
    payer = make_person()
    order = make_order(payer=payer)
    pay(order, make_institution("970418"))
    now = timezone.now()
    request = refunding.ask_money_back(order_code=order.code, amount=None, words="Nhầm", actor=citizen_actor(payer), now=now)
    with pytest.raises(services.RefundRefused):
        asked(order)
    refunding.hand_on_refund(refund_id=request.pk, reason="Tiền đã trả đúng cho cơ quan", actor=operator(), now=now)
    with pytest.raises(AccessDenied):
        refunding.decide_refund(refund_id=request.pk, amount=None, decision="", actor=accountant("H26.102"), now=now)
    request.refresh_from_db()
    with pytest.raises(services.RefundRefused):
        refunding.decide_refund(refund_id=request.pk, amount=None, decision="", actor=accountant(), now=now, seen=request.version - 1)
    part = refunding.decide_refund(refund_id=request.pk, amount=8_000, decision="Một bản chưa cấp", actor=accountant(), now=now)
    request.refresh_from_db()
    assert (request.state, part.state, part.amount, part.party_id) == (Refund.REJECTED, Refund.DECIDED, 8_000, payer.id)
    assert balances() == {"institution": 24_000, "treasury": 0, "revenue": -16_000, "payers": 0, "refunds": -8_000}
    refunding.confirm_paid_out(refund_id=part.pk, proof="Lệnh chi 12/2026", actor=accountant(), now=now)
    with pytest.raises(services.RefundRefused):
        refunding.confirm_paid_out(refund_id=part.pk, proof="Lệnh chi 13/2026", actor=accountant(), now=now)
    order.refresh_from_db()
    assert (order.refunded, order.state) == (8_000, Order.PAID)
    assert balances() == {"institution": 24_000, "treasury": -8_000, "revenue": -16_000, "payers": 0, "refunds": 0}
    again = asked(order)
    assert again.amount == 16_000
    refunding.reject_refund(refund_id=again.pk, reason="Đã cấp đủ", actor=accountant(), now=now)
    assert Collection.objects.get().refunding == 8_000
    deliver_due()
    assert heard == [(order.code, 8_000)]
    assert Notification.objects.filter(party_id=payer.id, template="payments.refund_answered", channel="inbox").count() == 1
    assert services.recompute() == []


def test_nobody_decides_about_money_of_their_own(demo_data: None) -> None:
    officer = make_position(unit="H26.101", roles=("accounting",))
    order = make_order(payer=officer.person)
    pay(order, make_institution())
    request = asked(order)
    with pytest.raises(services.RefundRefused, match="chính bạn"):
        refunding.decide_refund(refund_id=request.pk, amount=None, decision="", actor=officer_actor(officer), now=timezone.now())


def test_what_a_rule_decided_is_the_agencys_debt_at_once(demo_data: None) -> None:
    order = make_order()
    pay(order, make_institution())
    services.request_refund(order_id=order.pk, amount=None, reason="refused", key="d", actor=ANONYMOUS, now=timezone.now(), decided=True)
    assert balances()["refunds"] == -24_000 and not Message.objects.filter(kind="payments.refund").exists()


@pytest.mark.requirement("P-07")
@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["ask", "decide", "reject", "confirm"]), st.integers(1, 24_000)), max_size=14))
def test_whatever_is_done_in_whatever_order_no_more_goes_back_than_came(demo_data: None, steps: list[tuple[str, int]]) -> None:
    order, actor, now = make_order(), accountant(), timezone.now()
    collection = pay(order, make_institution())
    for step, amount in steps:
        last = Refund.objects.filter(order=order).order_by("-requested_at", "-pk").first()
        try:
            if step == "ask":
                asked(order, amount)
            elif last is None:
                continue
            elif step == "decide":
                refunding.decide_refund(refund_id=last.pk, amount=min(amount, last.amount), decision="x", actor=actor, now=now)
            elif step == "reject":
                refunding.reject_refund(refund_id=last.pk, reason="x", actor=actor, now=now)
            else:
                refunding.confirm_paid_out(refund_id=last.pk, proof="x", actor=actor, now=now)
        except services.RefundRefused:
            pass
    collection.refresh_from_db()
    order.refresh_from_db()
    rows = list(Refund.objects.filter(order=order).values_list("state", "amount"))
    assert collection.refunding == sum(amount for state, amount in rows if state != Refund.REJECTED) <= 24_000
    assert collection.refunded == order.refunded == sum(amount for state, amount in rows if state == Refund.CONFIRMED)
    assert services.recompute() == []
