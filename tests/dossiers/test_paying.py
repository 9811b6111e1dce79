"""Paying within a dossier: with the filing, when an officer asks, in time and not, refused and withdrawn; news twice and late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from dossiers import services
from dossiers.forms_data import shipped_form
from dossiers.models import Dossier, DossierDocument, PaymentDemand, Standing, State
from dossiers.services import publish_form
from payments import services as payments
from payments import signals
from payments.models import Order, Refund
from portal.access import AccessDenied
from portal.catalogues.models import BankAccount
from portal.documents.rendering import document_html
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from portal.workdays import response_due
from tests.dossiers.support import ZONE, mother, pay
from tests.dossiers.test_kinds import DESK, EXTRACT, desk, order_copies, words
from tests.factories import make_institution, make_officer_actor, paid_report, sign_in
from tests.procedures.test_reductions import declare

pytestmark = pytest.mark.usefixtures("demo_data")
REASON = "Trích lục kèm bản dịch theo yêu cầu, thu theo biểu phí."


@pytest.fixture
def mothers() -> Client:
    client = Client()
    sign_in(client, mother())
    return client


def told(template: str) -> int:
    return Notification.objects.filter(template=template, channel="inbox").count()


def names(dossier: Dossier) -> list[str]:
    return [event.name for event in dossier.events.all()]


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


def due(dossier: Dossier) -> PaymentDemand:
    return dossier.demands.select_related("order").get(standing="due")


def in_hand(client: Client) -> tuple[Dossier, Client]:
    """A dossier of copies, paid and received, and the desk of who handles it."""
    dossier = order_copies(client, copies="1")
    pay(dossier)
    officer, _position = desk("H26.101", "reception", "handling")
    assert officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version}).status_code == 302
    return fresh(dossier), officer


def demand(officer: Client, dossier: Dossier, **values: Any) -> Any:
    body = {
        "seen": dossier.version,
        "reason": REASON,
        "days": "5",
        "fee_0": "2",
        "name_1": "Bản dịch",
        "kind_1": "fee",
        "amount_1": "50.000",
    }
    return officer.post(f"{DESK}{dossier.id}/ask_payment/", body | values)


def asked(client: Client) -> tuple[Dossier, Client]:
    dossier, officer = in_hand(client)
    assert demand(officer, dossier).status_code == 302
    return fresh(dossier), officer


def expire(dossier: Dossier) -> datetime:
    """Let the time to pay run out; the moment at which it was noticed."""
    later = due(dossier).until + timedelta(minutes=1)
    assert payments.expire_orders(now=later) == 1
    return later


@pytest.mark.requirement("P-01", "P-03", "D-06")
def test_what_is_due_with_the_filing_is_told_paid_and_then_received(mothers: Client) -> None:
    dossier = order_copies(mothers)
    order = due(dossier).order
    assert (order.amount, order.reference, order.payee_unit, order.party_id) == (24_000, dossier.code, "H26.101", mother().id)
    line = order.lines.get()
    assert (line.unit_amount, line.number, line.unit, line.fee_kind) == (8000, 3, "bản", "fee")
    page = words(mothers.get(f"/ho-so/{dossier.code}/?da-gui=1"))
    assert "Còn một việc: nộp tiền" in page and "Bạn nộp 24.000 đ trước" in page and "Chờ bạn nộp phí, lệ phí" in page
    assert f'href="/thanh-toan/{order.code}/"' in mothers.get(f"/ho-so/{dossier.code}/").content.decode()
    assert "Chờ bạn nộp phí, lệ phí" in words(mothers.get("/ho-so/"))
    assert told("dossiers.submitted_to_pay") == 1 and told("dossiers.submitted") == 0

    officer, _ = desk("H26.101", "reception", "handling")
    listed = words(officer.get(f"{DESK}?viec=cho-nop-tien"))
    assert str(dossier.code) in listed and "Chờ nộp tiền đến" in listed
    assert str(dossier.code) not in words(officer.get(f"{DESK}?viec=moi"))
    shown = words(officer.get(f"{DESK}{dossier.id}/change/"))
    assert "Tiếp nhận hồ sơ" not in shown and "Chờ nộp tiền" in shown and "Từ chối tiếp nhận" in shown
    early = officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version})
    assert early.status_code == 409 and "đang chờ người nộp trả phí" in words(early)

    pay(dossier)
    dossier = fresh(dossier)
    assert (dossier.payment, dossier.pay_until, dossier.state) == (Standing.PAID, None, State.SUBMITTED)
    assert dossier.response_due_at - response_due(timezone.now()) < timedelta(minutes=1), "the answer is due from the money on"
    assert names(dossier) == ["submit", "paid"] and told("dossiers.paid") == 1
    page = words(mothers.get(f"/ho-so/{dossier.code}/"))
    assert "Bạn nộp 24.000 đ" not in page and "Đã nộp" in page and "Đã nhận được tiền" in page, "the button has gone"
    assert officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version}).status_code == 302
    assert fresh(dossier).state == State.PROCESSING


def test_the_news_of_money_may_come_twice_late_and_by_signals(mothers: Client) -> None:
    dossier = order_copies(mothers, copies="1")
    order = pay(dossier, tell=False)
    assert fresh(dossier).payment == Standing.DUE
    for _ in range(3):
        signals.settled.send(sender=Order, order=order)
    signals.expired.send(sender=Order, order=order)
    assert names(dossier) == ["submit", "paid"] and told("dossiers.paid") == 1
    assert services.follow_order(order_id=dossier.id, now=timezone.now()) is None, "an order of somebody else's"


@pytest.mark.requirement("D-06")
def test_what_nobody_paid_in_time_is_left_to_reception_and_may_still_come(mothers: Client) -> None:
    dossier = order_copies(mothers, copies="1")
    order = due(dossier).order
    later = expire(dossier)
    assert services.follow_late_orders(now=later) == 1, "the task finds it though no signal came"
    dossier = fresh(dossier)
    assert (dossier.payment, dossier.state, names(dossier)) == (Standing.UNPAID, State.SUBMITTED, ["submit", "unpaid"])
    assert dossier.response_due_at == response_due(later)
    officer, _ = desk("H26.101", "reception")
    assert str(dossier.code) in words(officer.get(f"{DESK}?viec=chua-nop-tien"))
    assert officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version}).status_code == 302
    assert "Chưa nộp tiền" in words(officer.get(f"{DESK}{dossier.id}/change/"))

    Order.objects.filter(pk=order.pk).update(state=Order.PAID, settled_at=later)  # a try that was under way
    services.follow_order(order_id=order.pk, now=later)
    assert fresh(dossier).payment == Standing.PAID and names(dossier)[-1] == "paid" and fresh(dossier).state == State.PROCESSING


@pytest.mark.requirement("P-01", "D-06")
def test_an_officer_asks_the_clock_stands_still_and_runs_on_when_the_money_has_come(mothers: Client) -> None:
    dossier, officer = in_hand(mothers)
    first, before = dossier.due_first, dossier.due_at
    form = officer.get(f"{DESK}{dossier.id}/ask_payment/")
    assert "8.000 đ/bản sao" in words(form) and "Khoản ngoài danh mục" in words(form)
    done = demand(officer, dossier, name_1="Thuế thu nhập cá nhân", kind_1="tax")
    assert done.status_code == 302, words(done)
    dossier = fresh(dossier)
    assert (dossier.state, dossier.payment) == (State.PAYMENT_DUE, Standing.DUE) and dossier.paused_at is not None
    order = due(dossier).order
    assert [(line.name, line.amount, line.fee_kind) for line in order.lines.all()] == [
        ("Bản sao trích lục hộ tịch, bản sao Giấy khai sinh", 16_000, "fee"),
        ("Thuế thu nhập cá nhân", 50_000, "tax"),
    ]
    page = words(mothers.get(f"/ho-so/{dossier.code}/"))
    assert "Bạn nộp 66.000 đ trước" in page and REASON in page and "Thời hạn giải quyết tạm dừng" in page
    assert told("dossiers.payment_due") == 1
    assert str(dossier.code) not in words(officer.get(f"{DESK}?viec=qua-han"))

    Dossier.objects.filter(pk=dossier.pk).update(
        paused_at=datetime(2026, 12, 1, 9, 0, tzinfo=ZONE), due_at=datetime(2026, 12, 1, 17, 0, tzinfo=ZONE)
    )
    payments.settle(
        institution_code=make_institution().code,
        report=paid_report(payments.begin_attempt(order_code=order.code, institution_code="TG.vnpay", now=timezone.now())),
        via="callback",
        now=timezone.now(),
    )
    services.follow_order(order_id=order.pk, now=datetime(2026, 12, 3, 10, 0, tzinfo=ZONE))
    dossier = fresh(dossier)
    assert (dossier.state, dossier.payment, dossier.paused_at) == (State.PROCESSING, Standing.PAID, None)
    assert timezone.localtime(dossier.due_at) == datetime(2026, 12, 4, 8, 0, tzinfo=ZONE), "two days and an hour of work later"
    assert dossier.due_first == first != before or dossier.due_first == first
    assert names(dossier)[-2:] == ["ask_payment", "paid"] and "Đã nộp" in words(mothers.get(f"/ho-so/{dossier.code}/"))


def test_a_mistaken_demand_is_taken_back_while_nobody_has_paid(mothers: Client) -> None:
    dossier, officer = in_hand(mothers)
    assert demand(officer, dossier).status_code == 302
    dossier, order = fresh(dossier), due(dossier).order
    address = f"{DESK}{dossier.id}/call_off_payment/"
    assert "Lý do rút yêu cầu" in words(officer.get(address))
    assert officer.post(address, {"seen": dossier.version, "reason": ""}).status_code == 422
    assert officer.post(address, {"seen": dossier.version, "reason": "Ghi nhầm số tiền"}).status_code == 302
    dossier = fresh(dossier)
    assert (dossier.state, dossier.payment, dossier.paused_at) == (State.PROCESSING, Standing.UNPAID, None)
    order.refresh_from_db()
    assert order.state == order.CANCELLED and told("dossiers.payment_called_off") == 1
    page = words(mothers.get(f"/ho-so/{dossier.code}/"))
    assert "Cơ quan rút yêu cầu nộp tiền" in page and "Ghi nhầm số tiền" in page and "Bạn nộp" not in page
    # The news of the cancelled order comes later and changes nothing.
    services.follow_order(order_id=order.pk, now=timezone.now())
    assert fresh(dossier).state == State.PROCESSING
    assert officer.post(address, {"seen": dossier.version, "reason": "Lần nữa"}).status_code == 409


def test_money_that_has_come_is_not_called_off(mothers: Client) -> None:
    dossier, officer = in_hand(mothers)
    demand(officer, dossier)
    dossier, order = fresh(dossier), due(dossier).order
    attempt = payments.begin_attempt(order_code=order.code, institution_code=make_institution().code, now=timezone.now())
    payments.settle(institution_code="TG.vnpay", report=paid_report(attempt), via="callback", now=timezone.now())
    late = officer.post(f"{DESK}{dossier.id}/call_off_payment/", {"seen": dossier.version, "reason": "Nhầm"})
    assert late.status_code == 409 and "vừa trả tiền" in words(late)


def test_what_is_wrong_with_a_demand_stands_in_its_form(mothers: Client) -> None:
    dossier, officer = in_hand(mothers)
    wrong: list[tuple[dict[str, str], str]] = [
        ({"reason": ""}, "Hãy nêu lý do"),
        ({"fee_0": "", "name_1": "", "amount_1": ""}, "Hãy ghi ít nhất một khoản"),
        ({"amount_1": ""}, "Hãy ghi số tiền của khoản này"),
        ({"name_1": ""}, "Hãy ghi tên khoản"),
        ({"fee_0": "-1"}, "không được âm"),
        ({"days": "0"}, "Ít nhất 1 ngày"),
        ({"amount_1": "nhiều"}, "Số tiền không đúng"),
    ]
    for typed, said in wrong:
        page = demand(officer, dossier, **typed)
        assert page.status_code == 422 and said in words(page), (typed, words(page))
    assert fresh(dossier).state == State.PROCESSING and not Order.objects.filter(source_key__startswith="asked").exists()
    with pytest.raises(AccessDenied):
        services.ask_payment(
            actor=make_officer_actor(roles=("reception",)), dossier_id=dossier.id, seen_version=dossier.version,
            lines=[payments.Line("x", "fee", 1000, 1)], days=5, reason="x", now=timezone.now(),
        )  # fmt: skip


@pytest.mark.requirement("D-06")
def test_what_is_not_paid_after_being_asked_for_stops_the_dossier_with_a_notice(mothers: Client) -> None:
    dossier, officer = asked(mothers)
    later = expire(dossier)
    order = due(dossier).order
    services.follow_order(order_id=order.pk, now=later)
    dossier = fresh(dossier)
    assert (dossier.state, dossier.payment, dossier.stopped_at) == (State.STOPPED, Standing.UNPAID, later)
    assert Order.objects.get(pk=order.pk).state == Order.CANCELLED, "money that still comes goes back by itself"
    issued = dossier.documents.get(role=DossierDocument.Role.STOP)
    text = document_html(issued.document, at=later)
    for part in (dossier.code, "Quá hạn nộp phí, lệ phí 66.000 đồng", "bạn nộp hồ sơ mới", "Thông báo dừng giải quyết hồ sơ"):
        assert str(part) in text
    page = words(mothers.get(f"/ho-so/{dossier.code}/"))
    assert "Đã dừng giải quyết" in page and "Quá hạn nộp phí, lệ phí 66.000 đồng" in page and "đang lập" in page
    assert told("dossiers.stopped") == 1 and "Dừng xử lý" in words(officer.get(f"{DESK}{dossier.id}/change/"))
    services.follow_order(order_id=order.pk, now=later)
    assert names(dossier)[-2:] == ["ask_payment", "stop_unpaid"]


def test_a_procedure_may_go_on_unpaid(mothers: Client) -> None:
    form = shipped_form(EXTRACT)
    publish_form(procedure_code=EXTRACT, now=timezone.now(), document={**form, "payment": {**form["payment"], "unpaid": "continue"}})
    dossier, _officer = asked(mothers)
    services.follow_order(order_id=due(dossier).order_id, now=expire(dossier))
    assert (fresh(dossier).state, fresh(dossier).payment, fresh(dossier).paused_at) == (State.PROCESSING, Standing.UNPAID, None)


@pytest.mark.requirement("D-20")
def test_who_has_not_paid_is_reminded_once_two_working_days_before(mothers: Client) -> None:
    dossier, _officer = asked(mothers)
    remind_at = due(dossier).remind_at
    assert remind_at is not None and services.remind_of_payments(now=remind_at - timedelta(seconds=1)) == 0
    assert services.remind_of_payments(now=remind_at) == 1 and services.remind_of_payments(now=remind_at) == 0
    assert told("dossiers.payment_reminder") == 1
    paid, _ = asked(mothers)
    pay(paid)
    assert services.remind_of_payments(now=timezone.now() + timedelta(days=60)) == 0


@pytest.mark.requirement("P-01")
def test_refused_or_withdrawn_what_is_not_paid_is_called_off_and_what_is_paid_goes_back(mothers: Client) -> None:
    unpaid, paid, refused = order_copies(mothers, copies="1"), order_copies(mothers, copies="2"), order_copies(mothers)
    first = due(unpaid).order
    ask = words(mothers.get(f"/ho-so/{unpaid.code}/rut/"))
    assert "Khoản 8.000 đ chưa nộp được hủy" in ask
    assert mothers.post(f"/ho-so/{unpaid.code}/rut/", {"seen": unpaid.version}).status_code == 302
    assert Order.objects.get(pk=first.pk).state == Order.CANCELLED and fresh(unpaid).payment == Standing.UNPAID
    assert "Không nộp" in words(mothers.get(f"/ho-so/{unpaid.code}/"))

    order = pay(paid)
    assert "16.000 đ đã nộp được cơ quan hoàn lại" in words(mothers.get(f"/ho-so/{paid.code}/rut/"))
    assert mothers.post(f"/ho-so/{paid.code}/rut/", {"seen": fresh(paid).version}).status_code == 302
    refund = Refund.objects.get(order=order)
    assert (refund.amount, refund.reason, refund.state) == (16_000, "withdrawn", Refund.REQUESTED)
    order.refunded = 16_000
    order.save(update_fields=["refunded"])
    signals.refunded.send(sender=Order, order=order, refund=refund)
    assert fresh(paid).payment == Standing.REFUNDED and "Đã hoàn tiền" in words(mothers.get(f"/ho-so/{paid.code}/"))

    other = pay(refused, tell=False)  # paid, and the news has not come yet
    officer, _ = desk("H26.101", "reception")
    page = words(officer.get(f"{DESK}{refused.id}/refuse/"))
    assert "Khoản 24.000 đ chưa nộp được hủy" in page
    body = {"seen": refused.version, "reason": "Không thuộc thẩm quyền", "basis": "Luật Hộ tịch 2014"}
    assert officer.post(f"{DESK}{refused.id}/refuse/", body).status_code == 302
    assert Refund.objects.get(order=other).reason == "refused" and fresh(refused).payment == Standing.PAID
    services.follow_order(order_id=other.pk, now=timezone.now())
    assert names(refused) == ["submit", "paid", "refuse"] and Refund.objects.filter(order=other).count() == 1


def test_a_procedure_may_keep_the_money(mothers: Client) -> None:
    form = shipped_form(EXTRACT)
    publish_form(procedure_code=EXTRACT, now=timezone.now(), document={**form, "payment": {**form["payment"], "refund": "none"}})
    dossier = order_copies(mothers, copies="1")
    pay(dossier)
    assert "8.000 đ đã nộp không được hoàn lại" in words(mothers.get(f"/ho-so/{dossier.code}/rut/"))
    assert mothers.post(f"/ho-so/{dossier.code}/rut/", {"seen": fresh(dossier).version}).status_code == 302
    assert not Refund.objects.exists()


def test_while_the_agency_waits_for_money_one_may_withdraw(mothers: Client) -> None:
    dossier, _officer = asked(mothers)
    order = due(dossier).order
    assert mothers.post(f"/ho-so/{dossier.code}/rut/", {"seen": dossier.version}).status_code == 302
    assert fresh(dossier).state == State.WITHDRAWN and Order.objects.get(pk=order.pk).state == Order.CANCELLED


def test_an_agency_without_an_account_tells_the_applicant_itself(mothers: Client) -> None:
    BankAccount.objects.filter(holder__code="H26.101").update(effective_to=timezone.localdate())
    dossier = order_copies(mothers, copies="1")
    assert dossier.payment == Standing.NONE and not dossier.demands.exists() and told("dossiers.submitted") == 1
    assert "Cơ quan giải quyết báo bạn cách nộp" in words(mothers.get(f"/ho-so/{dossier.code}/"))


def test_what_is_free_is_not_asked_for(mothers: Client) -> None:
    declare(percent=100)
    dossier = order_copies(mothers, copies="1")
    assert dossier.payment == Standing.NONE and not Order.objects.filter(reference=dossier.code).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"when": "later"}, {"days": 0}, {"days": "3"}, {"days": True}, {"unpaid": "shrug"}, {"refund": "half"}, {"kind": "LGD.77"},
        {"revenue": {"x": "12"}}, {"revenue": {"x": "0001"}}, {"more": 1},
    ],
)  # fmt: skip
def test_a_form_that_says_of_paying_what_cannot_be_done_is_refused(wrong: dict[str, Any]) -> None:
    form = shipped_form(EXTRACT)
    with pytest.raises(ValidationError):
        publish_form(procedure_code=EXTRACT, now=timezone.now(), document={**form, "payment": {**form["payment"], **wrong}})


@pytest.mark.parametrize(
    "wrong", [{"payment": "due"}, {"payment": "maybe"}, {"state": "6"}, {"state": "8"}, {"pay_until": datetime(2026, 12, 1, tzinfo=ZONE)}]
)
def test_the_database_refuses_a_standing_without_its_facts(mothers: Client, wrong: dict[str, Any]) -> None:
    dossier, _officer = in_hand(mothers)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dossier.objects.filter(pk=dossier.pk).update(**wrong)


def test_only_one_demand_is_due_at_a_time(mothers: Client) -> None:
    dossier, _officer = asked(mothers)
    with pytest.raises(TransitionRefused):
        services.ask_payment(
            actor=make_officer_actor(), dossier_id=dossier.id, seen_version=dossier.version,
            lines=[payments.Line("x", "fee", 1000, 1)], days=5, reason="x", now=timezone.now(),
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        dossier.demands.update(standing="due", settled_at=None, closed_at=None)


def test_who_files_for_themself_is_the_payer_and_sees_no_number_in_the_description() -> None:
    client = Client()
    sign_in(client, mother())
    order = due(order_copies(client, copies="1")).order
    assert order.payer["number"] == "001195000001" and "001195000001" not in order.description
