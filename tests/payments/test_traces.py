"""A payer asks what became of their money: the machine asks at once, people answer in time, strangers are told too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from payments import services
from payments.models import Attempt, Order, Refund, TraceRequest
from payments.services import refunding, traces
from payments.services.traces import Facts, answer_by_rule
from payments.views.paying import WRONG_CODES
from portal.access import ANONYMOUS, AccessDenied
from portal.notifications.models import Notification
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests.factories import make_institution, make_order, make_person, make_position, officer_actor, paid_report, sign_in
from tests.payments.bank import Bank, connect
from tests.payments.institution import Scripted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]
DESK = "/quan-tri/payments/tracerequest/"


def begun(order: Order, code: str = "970418") -> Attempt:
    return services.begin_attempt(order_code=order.code, institution_code=code, now=timezone.now())


@pytest.fixture
def bank(demo_data: None, institution: Scripted) -> Bank:
    return connect(institution)[1]


def said(attempt: Attempt, **changed: str) -> dict[str, str]:
    return {"topic": "taken", "attempt": str(attempt.number), "words": "Tài khoản đã trừ tiền", "contact": "0900 000 001"} | changed


def client_of(unit: str, roles: tuple[str, ...], place: str = "agency") -> Client:
    client = Client()
    position = make_position(unit=unit, roles=roles, place=place)
    sign_in(client, position.person, position=position)
    return client


@pytest.mark.requirement("P-11")
def test_money_that_the_institution_confirms_is_answered_by_the_machine(bank: Bank) -> None:
    payer = make_person()
    order = make_order(payer=payer)
    attempt = begun(order)
    client = Client()
    sign_in(client, payer)
    page = client.get(f"/thanh-toan/{order.code}/tra-soat/").content.decode()
    assert "contact" not in page
    answer = client.post(f"/thanh-toan/{order.code}/tra-soat/", said(attempt))
    assert answer.status_code == 302 and answer["Location"] == f"/thanh-toan/{order.code}/"
    trace = TraceRequest.objects.get()
    assert "Đang tra soát" in client.get(answer["Location"]).content.decode()
    bank.took(attempt, "FT26333")
    deliver_due()
    trace.refresh_from_db()
    order.refresh_from_db()
    assert (trace.state, order.state, trace.answered_by) == (TraceRequest.ANSWERED, Order.PAID, "Hệ thống")
    assert "FT26333" in (trace.answer or "") and "FT26333" in client.get(answer["Location"]).content.decode()
    assert Notification.objects.filter(party_id=payer.id, template="payments.traced", channel="inbox").count() == 1


@pytest.mark.requirement("P-11")
def test_also_a_try_that_was_called_unpaid_is_asked_about_again(bank: Bank) -> None:
    order = make_order()
    attempt = begun(order)
    from payments.institutions.base import Outcome, Report

    services.settle(institution_code="970418", report=Report(attempt.reference, Outcome.FAILED), via="query", now=timezone.now())
    bank.took(attempt, "FT1")
    traces.request_trace(
        order_code=order.code, attempt_id=None, topic="taken", words="", contact="a@vi-du.example", actor=ANONYMOUS, now=timezone.now()
    )
    deliver_due()
    trace = TraceRequest.objects.get()
    order.refresh_from_db()
    assert (trace.state, order.state) == (TraceRequest.ANSWERED, Order.PAID)
    assert Message.objects.filter(kind="payments.trace_answer", payload__trace=str(trace.pk)).exists()


@pytest.mark.requirement("P-11")
def test_what_the_institution_denies_its_people_answer_or_hand_on(bank: Bank) -> None:
    order = make_order()
    attempt = begun(order)
    stranger = Client()
    assert stranger.post(f"/thanh-toan/{order.code}/tra-soat/", said(attempt, contact="")).status_code == 422
    assert stranger.post(f"/thanh-toan/{order.code}/tra-soat/", said(attempt, contact="abc")).status_code == 422
    assert stranger.post(f"/thanh-toan/{order.code}/tra-soat/", said(attempt)).status_code == 302
    assert stranger.post(f"/thanh-toan/{order.code}/tra-soat/", said(attempt)).status_code == 302
    trace = TraceRequest.objects.get()
    assert trace.contact == "+84900000001"
    deliver_due()
    trace.refresh_from_db()
    assert trace.state == TraceRequest.AT_INSTITUTION

    own, other = client_of("970418", ("operating",), "institution"), client_of("TG.vnpay", ("operating",), "institution")
    agency, elsewhere, vpcp = client_of("H26.101", ("accounting",)), client_of("H26.102", ("accounting",)), client_of("G22", ("steering",))
    page = f"{DESK}{trace.pk}/"
    for client in (own, agency, vpcp):
        assert client.get(f"{page}change/").status_code == 200
    for client in (other, elsewhere):
        assert client.get(f"{page}change/").status_code == 404
        assert client.post(f"{page}answer/", {"words": "x"}).status_code == 404
    assert agency.post(f"{page}answer/", {"words": "x"}).status_code == 403
    assert vpcp.post(f"{page}answer/", {"words": "x"}).status_code == 403
    assert own.post(f"{page}hand-on/", {"reason": "", "seen": "1"}).status_code == 422
    assert own.post(f"{page}hand-on/", {"reason": "Tiền đã chuyển cho cơ quan", "seen": str(trace.version)}).status_code == 302
    assert own.post(f"{page}answer/", {"words": "x"}).status_code == 403
    trace.refresh_from_db()
    assert "Tra soát chờ trả lời" in agency.get("/quan-tri/").content.decode()
    assert agency.post(f"{page}answer/", {"words": "Đã nhận tiền.", "seen": "0"}).status_code == 422
    assert agency.post(f"{page}answer/", {"words": "Đã nhận tiền.", "seen": str(trace.version)}).status_code == 302
    assert "Đã nhận tiền." in stranger.get(f"/thanh-toan/{order.code}/").content.decode()
    assert Message.objects.filter(kind="payments.trace_answer").count() == 1


def test_who_may_answer_is_asked_by_the_service_too() -> None:
    order = make_order()
    begun(order, make_institution().code)
    trace = traces.request_trace(
        order_code=order.code, attempt_id=None, topic="other", words="x", contact="+84900000001", actor=ANONYMOUS, now=timezone.now()
    )
    for unit, roles, place in (("H26.101", ("accounting",), "agency"), ("TG.momo", ("operating",), "institution")):
        with pytest.raises(AccessDenied):
            actor = officer_actor(make_position(unit=unit, roles=roles, place=place))
            traces.answer_trace(trace_id=trace.pk, words="x", actor=actor, now=timezone.now())


@pytest.mark.requirement("P-11")
def test_what_is_late_is_noted_once_and_shown_to_vpcp() -> None:
    order = make_order()
    begun(order, make_institution().code)
    now = timezone.now()
    trace = traces.request_trace(
        order_code=order.code, attempt_id=None, topic="other", words="x", contact="+84900000001", actor=ANONYMOUS, now=now
    )
    assert timedelta(days=2) < trace.due_at - now < timedelta(days=8)
    assert traces.escalate_traces(now=trace.due_at - timedelta(minutes=1)) == 0
    assert traces.escalate_traces(now=trace.due_at + timedelta(minutes=1)) == 1
    assert traces.escalate_traces(now=trace.due_at + timedelta(minutes=2)) == 0
    assert list(trace.events.values_list("name", flat=True)) == ["ask", "escalate"]


def test_what_came_by_another_way_answers_too() -> None:
    order, institution = make_order(), make_institution()
    attempt = begun(order, institution.code)
    traces.request_trace(
        order_code=order.code, attempt_id=None, topic="taken", words="", contact="+84900000001", actor=ANONYMOUS, now=timezone.now()
    )
    assert traces.answer_what_is_known(now=timezone.now()) == 0
    services.settle(institution_code=institution.code, report=paid_report(attempt), via="file", now=timezone.now())
    assert traces.answer_what_is_known(now=timezone.now()) == 1


def test_one_order_has_few_open_requests_and_one_address_sends_few() -> None:
    order = make_order()
    attempt = begun(order, make_institution().code)
    client = Client()
    answers = [
        client.post(f"/thanh-toan/{order.code}/tra-soat/", said(attempt, topic=topic, words=topic)).status_code
        for topic in ("taken", "twice", "amount", "voucher", "other", "other")
    ]
    assert answers == [302, 302, 302, 422, 422, 429]
    unpaid = make_order()
    assert "Chưa có lần trả nào" in client.get(f"/thanh-toan/{unpaid.code}/tra-soat/").content.decode()
    assert client.get("/thanh-toan/DVC0000000000000/tra-soat/").status_code == 404
    guesses = {client.get(f"/thanh-toan/DVC{number:013d}/hoan-tien/").status_code for number in range(WRONG_CODES + 1)}
    assert guesses == {404, 429}


@given(
    topic=st.sampled_from(TraceRequest.Topic.values),
    is_paid=st.booleans(),
    taken=st.integers(0, 3),
    refunds=st.integers(0, 2),
    has_voucher=st.booleans(),
)
def test_the_machine_never_says_more_than_it_found(topic: str, is_paid: bool, taken: int, refunds: int, has_voucher: bool) -> None:
    now = timezone.now()
    facts = Facts(
        tuple(("BIDV", 1_000 * (one + 1), f"FT{one}", now) for one in range(taken)),
        1_000,
        is_paid,
        tuple((f"HT{one}", 1_000, "Đã quyết định hoàn") for one in range(refunds)),
        has_voucher,
    )
    words = answer_by_rule(topic, facts)
    if not taken and topic != "voucher":
        assert words == ""
    if topic == "other" or (topic == "voucher" and not has_voucher):
        assert words == ""
    for one in range(3):
        assert (f"FT{one}" in words) <= (one < taken)
        assert (f"HT{one}" in words) <= (one < refunds)


@pytest.mark.requirement("P-07")
def test_whoever_has_the_code_asks_for_money_back_and_sees_what_became_of_it() -> None:
    order, institution = make_order(), make_institution()
    stranger = Client()
    page = f"/thanh-toan/{order.code}/hoan-tien/"
    who = {"asker": "Nguyễn Văn Ví Dụ", "contact": "0900 000 001"}
    assert "Chưa có gì để hoàn thêm" in stranger.get(page).content.decode()
    assert stranger.post(page, {"words": "Nhầm"}).status_code == 422
    services.settle(
        institution_code=institution.code, report=paid_report(begun(order, institution.code)), via="callback", now=timezone.now()
    )
    for wrong in ({"words": ""}, {"words": "Nhầm", "amount": "99.000"}, {"words": "Nhầm", "amount": "1,5"}):
        assert stranger.post(page, wrong | who).status_code == 422
    stranger = Client(REMOTE_ADDR="198.51.100.7")
    said = {"words": "Nộp nhầm người", "amount": ""}
    for wrong in ({"asker": ""}, {"contact": ""}, {"contact": "12"}):
        assert stranger.post(page, said | who | wrong).status_code == 422
    other = Client()
    sign_in(other, make_person())
    assert other.post(page, said).status_code == 422
    assert "tiền chỉ về lại nơi đã trả" in stranger.get(page).content.decode()
    assert stranger.post(page, said | who).status_code == 302
    refund = Refund.objects.get()
    assert (refund.asker, refund.contact) == ("Nguyễn Văn Ví Dụ", "+84900000001")
    with connection.cursor() as cursor:
        cursor.execute("SELECT asker, contact FROM payments_refund")
        assert all("Ví Dụ".encode() not in bytes(one) and b"+84" not in bytes(one) for one in cursor.fetchone())
    assert (refund.amount, refund.words, refund.party_id, refund.state) == (24_000, "Nộp nhầm người", None, Refund.REQUESTED)
    shown = stranger.get(f"/thanh-toan/{order.code}/").content.decode()
    assert "Đang xem xét" in shown and "Nộp nhầm người" not in shown and "Ví Dụ" not in shown
    desk = Client()
    position = make_position(unit="H26.101", roles=("accounting",))
    sign_in(desk, position.person, position=position)
    seen = desk.get(f"/quan-tri/payments/refund/{refund.pk}/change/").content.decode()
    assert "Nguyễn Văn Ví Dụ" in seen and "+84900000001" in seen
    accountant = officer_actor(make_position(unit="H26.101", roles=("accounting",)))
    refunding.reject_refund(refund_id=refund.pk, reason="Đã cấp bản sao.", actor=accountant, now=timezone.now())
    shown = stranger.get(f"/thanh-toan/{order.code}/").content.decode()
    assert "Không hoàn" in shown and "Đã cấp bản sao." in shown and "Đề nghị hoàn tiền" in shown


def test_a_signed_in_payer_is_the_one_who_asked() -> None:
    payer = make_person()
    order, institution = make_order(payer=payer), make_institution()
    services.settle(
        institution_code=institution.code, report=paid_report(begun(order, institution.code)), via="callback", now=timezone.now()
    )
    client = Client()
    sign_in(client, payer)
    page = f"/thanh-toan/{order.code}/hoan-tien/"
    assert 'name="contact"' not in client.get(page).content.decode()
    assert client.post(page, {"words": "x"}).status_code == 302
    refund = Refund.objects.get()
    assert (refund.party_id, refund.asker, refund.contact) == (payer.id, None, None)
