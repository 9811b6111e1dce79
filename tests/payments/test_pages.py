"""Paying as a payer does it: pages, callbacks, papers."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from payments import services
from payments.codes import clean_code, new_code, reference_in, reference_of
from payments.institutions.base import Outcome, Report
from payments.models import Attempt, Collection, Order, Voucher
from portal.access import Actor
from portal.inbox.models import Received
from portal.outbox.services import deliver_due
from tests.factories import make_institution, make_order, make_person, paid_report, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.django_db
PAGE = "https://vnpay.example/paymentv2/vpcpay.html"


def text(answer: Any) -> str:
    return answer.content.decode()


@pytest.fixture
def order(demo_data: None) -> Any:
    make_institution(page=PAGE, fee_fixed=1_100)
    return make_order()


def ipn(attempt: Attempt, **changes: str) -> str:
    """A VNPay notification of success, signed here and not by our adapter."""
    said = {
        "vnp_Amount": str(attempt.amount * 100),
        "vnp_BankCode": "NCB",
        "vnp_BankTranNo": "VNP14600000",
        "vnp_CardType": "ATM",
        "vnp_OrderInfo": "Thanh toan",
        "vnp_PayDate": f"{timezone.localtime():%Y%m%d%H%M%S}",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": "DVCQG001",
        "vnp_TransactionNo": "14600000",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": attempt.reference,
        **changes,
    }
    query = "&".join(f"{name}={quote_plus(value)}" for name, value in sorted(said.items()))
    return f"{query}&vnp_SecureHash={hmac.new(b'khoa-gia-dinh', query.encode(), hashlib.sha512).hexdigest()}"


@pytest.mark.requirement("P-01")
def test_a_passer_by_pays_by_code_without_an_account(order: Any, client: Client) -> None:
    typed = f"{order.code[:7].lower()} {order.code[7:11]}-{order.code[11:]}"
    assert client.get("/thanh-toan/", {"ma": typed})["Location"] == f"/thanh-toan/{order.code}/"
    page = client.get(f"/thanh-toan/{order.code}/")
    assert "24.000" in text(page) and "N••• V••• Q••• Đ•••" in text(page) and "Qua Đường" not in text(page)
    assert "Phí dịch vụ 1.100" in text(page)
    assert "https://vnpay.example" in page["Content-Security-Policy"]
    chosen = client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.vnpay"})
    assert chosen.status_code == 302 and chosen["Location"].startswith(PAGE)
    sent = dict(parse_qsl(urlsplit(chosen["Location"]).query))
    attempt = Attempt.objects.get()
    assert (sent["vnp_TxnRef"], sent["vnp_Amount"]) == (attempt.reference, "2400000")
    told = client.get(f"/vao/thanh-toan/TG.vnpay/?{ipn(attempt)}")
    assert told.json()["RspCode"] == "00"
    back = client.get("/thanh-toan/ve/TG.vnpay/?" + ipn(attempt))
    assert back["Location"] == f"/thanh-toan/{order.code}/lan/1/"
    assert "Đã thanh toán" in text(client.get(back["Location"]))
    assert "Đã thanh toán" in text(client.get(f"/thanh-toan/{order.code}/"))


@pytest.mark.requirement("P-05")
def test_money_that_comes_while_the_page_is_made_is_not_asked_for_again(order: Any, client: Client) -> None:
    client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.vnpay"})
    attempt, come = Attempt.objects.get(), list[str]()

    def settle_before_the_tries_are_read(execute: Any, sql: str, *more: Any) -> Any:
        if 'FROM "payments_attempt"' in sql and not come:
            come.append("now")
            services.settle(institution_code="TG.vnpay", report=paid_report(attempt), via="callback", now=timezone.now())
        return execute(sql, *more)

    for address in (f"/thanh-toan/{order.code}/lan/1/", f"/thanh-toan/{order.code}/"):
        with transaction.atomic(), connection.execute_wrapper(settle_before_the_tries_are_read):
            page = text(client.get(address))
            assert come and "Đã thanh toán" in page and "Nộp lại" not in page, address
            transaction.set_rollback(True)
        come.clear()


@pytest.mark.requirement("P-05")
def test_a_callback_is_answered_by_the_protocols_verdict_and_kept_byte_for_byte(order: Any, client: Client) -> None:
    client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.vnpay"})
    attempt = Attempt.objects.get()

    def said(query: str) -> str:
        return str(client.get(f"/vao/thanh-toan/TG.vnpay/?{query}").json()["RspCode"])

    good = ipn(attempt)
    flipped = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert said(flipped) == "97" and not Received.objects.exists()
    assert said(ipn(attempt, vnp_Amount="2400100")) == "04"
    assert said(ipn(attempt, vnp_TxnRef=reference_of(new_code(), 1))) == "01"
    assert not Collection.objects.exists()
    assert [said(good) for _ in range(3)] == ["00", "02", "02"]
    kept = Received.objects.get(outcome="confirmed")
    assert kept.times == 3 and bytes(kept.digest) == hashlib.sha256(good.encode()).digest() and kept.body_sealed
    assert said(ipn(attempt, vnp_ResponseCode="24", vnp_TransactionStatus="02")) == "02"
    assert Collection.objects.count() == 1
    assert client.post("/vao/thanh-toan/TG.khong-co/").status_code == 404


def test_a_browser_that_comes_back_is_believed_nothing(order: Any, client: Client) -> None:
    client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.vnpay"})
    attempt = Attempt.objects.get()
    client.get("/thanh-toan/ve/TG.vnpay/?" + ipn(attempt))
    attempt.refresh_from_db()
    assert attempt.state == Attempt.ASKING and not Collection.objects.exists()
    page = text(client.get(f"/thanh-toan/{order.code}/lan/1/"))
    assert "đừng nộp lại" in page and "data-look-again" in page and "http-equiv" in page
    again = client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.vnpay"})
    assert again.status_code in (409, 422) and Attempt.objects.count() == 1


@pytest.mark.parametrize("typed", ["", "DVC", "DVC0000000000000", "x" * 300, "DVC'; --", "\0"])
def test_a_wrong_code_is_told_beside_the_field(demo_data: None, client: Client, typed: str) -> None:
    page = client.get("/thanh-toan/", {"ma": typed})
    assert page.status_code == 422 and 'aria-invalid="true"' in text(page)
    assert client.get("/thanh-toan/DVC0000000000000/").status_code == 404


def test_guessing_codes_is_stopped(demo_data: None, client: Client) -> None:
    answers = [client.get(f"/thanh-toan/{new_code()}/", REMOTE_ADDR="203.0.113.77").status_code for _ in range(32)]
    assert answers[0] == 404 and answers[-1] == 429


def test_codes_are_checked_and_found_in_what_banks_make_of_them() -> None:
    code = new_code()
    for place in range(3, 16):
        wrong = code[:place] + ("0" if code[place] != "0" else "1") + code[place + 1 :]
        assert clean_code(wrong) == ""
    words = f"MBVCB.3278907687.{reference_of(code, 7).lower()}.CT tu 0011 toi 9970"
    assert reference_in(words) == f"{code}07"
    assert reference_in("khong co gi ca") == ""


@pytest.mark.requirement("P-03")
def test_the_payer_is_told_and_papers_are_made_when_wanted(order: Any, client: Client) -> None:
    payer = make_person()
    mine = make_order(payer=payer)
    institution = make_institution()
    attempt = services.begin_attempt(order_code=mine.code, institution_code=institution.code, now=timezone.now())
    assert client.post(f"/thanh-toan/{mine.code}/bien-lai/le-phi/").status_code == 409
    sign_in(client, payer)
    services.settle(institution_code=institution.code, report=paid_report(attempt), via="query", now=timezone.now())
    deliver_due()
    page = text(client.get(f"/thanh-toan/{mine.code}/"))
    assert "Biên lai thu tiền lệ phí" in page and "Xác nhận thanh toán" in page and "Biên lai thu tiền phí" not in page
    for _ in range(2):
        assert client.post(f"/thanh-toan/{mine.code}/bien-lai/le-phi/").status_code == 302
    receipt = Voucher.objects.get(part="le-phi")
    assert receipt.number.endswith("-0000001") and receipt.document is not None
    assert receipt.document.context["total_words"] == "Hai mươi bốn nghìn đồng"
    assert "Đang lập" in text(client.get(f"/thanh-toan/{mine.code}/bien-lai/le-phi/"))
    assert client.get(f"/thanh-toan/{mine.code}/bien-lai/phi/").status_code == 404
    assert client.get(f"/thanh-toan/{mine.code}/chung-tu.pdf").status_code == 404


def test_a_receipt_names_the_payer_and_is_shown_to_who_knows_their_number(order: Any, client: Client) -> None:
    institution = make_institution()
    payer = services.Payer(None, "Nguyễn Văn Qua Đường", "001099000000", "Số 0 phố Ví Dụ")
    other = make_order(lines=[services.Line("Tiền phí", "fee", 9_000, 1)], owed_by=payer)
    attempt = services.begin_attempt(order_code=other.code, institution_code=institution.code, now=timezone.now())
    services.settle(institution_code=institution.code, report=paid_report(attempt), via="query", now=timezone.now())
    address = f"/thanh-toan/{other.code}/bien-lai/phi/"
    for wrong in ("", "001099000001", "x" * 20):
        answer = client.post(address, {"number": wrong})
        assert answer.status_code == 422 and "Qua Đường" not in text(answer)
    assert "Số định danh" in text(client.get(address)) and not Voucher.objects.filter(part="phi").exists()
    assert client.post(address, {"number": "001 099 000000"})["Location"] == address
    assert "Đang lập" in text(client.get(address)) and Voucher.objects.filter(part="phi").exists()
    assert "Số định danh" in text(Client().get(address))
    client.post(f"/thanh-toan/{other.code}/bien-lai/xac-nhan/")
    confirmed = Voucher.objects.get(part="xac-nhan").document
    assert confirmed is not None and confirmed.context["payer"] == "N••• V••• Q••• Đ•••" and not confirmed.context["payer_address"]


def test_an_old_try_does_not_invite_to_pay_what_is_settled(order: Any, client: Client) -> None:
    make_institution("970436", account_bank="970436", account_number="0123456789", account_holder="CONG DVC")
    for code in ("TG.vnpay", "970436"):
        client.post(f"/thanh-toan/{order.code}/", {"institution": code})
    again = client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.vnpay"})
    assert again["Location"].startswith(PAGE) and Attempt.objects.count() == 2
    first, transfer = Attempt.objects.order_by("number")
    services.settle(institution_code="TG.vnpay", report=paid_report(first), via="callback", now=timezone.now())
    page = text(client.get(f"/thanh-toan/{order.code}/lan/{transfer.number}/"))
    assert "Bạn đừng trả lần này" in page and '<svg class="qr-code"' not in page


def test_too_little_is_said_where_one_pays(demo_data: None, client: Client) -> None:
    make_institution("970436", account_bank="970436", account_number="0123456789", account_holder="CONG DVC")
    order = make_order()
    answer = client.post(f"/thanh-toan/{order.code}/", {"institution": "970436"})
    report = paid_report(Attempt.objects.get(), amount=20_000)
    services.settle(institution_code="970436", report=report, via="file", now=timezone.now())
    assert "Chưa đủ tiền" in text(client.get(f"/thanh-toan/{order.code}/"))
    page = text(client.get(answer["Location"]))
    assert "20.000" in page and "Nộp lại đủ số tiền" in page and "Xem chứng từ" not in page


def test_a_transfer_shows_its_code_and_says_what_was_too_much(demo_data: None, client: Client) -> None:
    institution = make_institution("970436", account_bank="970436", account_number="0123456789", account_holder="CONG DVC QUOC GIA")
    order = make_order()
    answer = client.post(f"/thanh-toan/{order.code}/", {"institution": "970436"})
    page = text(client.get(answer["Location"]))
    attempt = Attempt.objects.get()
    assert attempt.reference in page and "0123456789" in page and "<svg" in page
    services.settle(institution_code=institution.code, report=paid_report(attempt, amount=30_000), via="file", now=timezone.now())
    page = text(client.get(answer["Location"]))
    assert "6.000" in page and "hoàn về nơi bạn đã trả" in page


def test_what_has_run_out_or_was_cancelled_cannot_be_paid(order: Any, client: Client) -> None:
    Order.objects.filter(pk=order.pk).update(due_at=order.created_at, expires_at=order.created_at + timedelta(microseconds=1))
    assert "Đã hết hạn nộp" in text(client.get(f"/thanh-toan/{order.code}/"))
    assert client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.vnpay"}).status_code in (409, 422)
    other = make_order()
    services.cancel_order(order_id=other.pk, reason="Lập nhầm", actor=Actor(), now=timezone.now())
    assert "đã được hủy" in text(client.get(f"/thanh-toan/{other.code}/"))


def test_a_silent_institution_costs_nothing(order: Any, client: Client) -> None:
    make_institution("TG.momo", endpoint="http://127.0.0.1:9", access="a")
    answer = client.post(f"/thanh-toan/{order.code}/", {"institution": "TG.momo"})
    assert answer.status_code == 503 and "chưa trả lời" in text(answer)
    attempt = Attempt.objects.get()
    assert attempt.is_unknown and attempt.next_ask_at is not None
    absent = Report(attempt.reference, Outcome.ABSENT)
    services.settle(institution_code="TG.momo", report=absent, via="query", now=timezone.now() + timedelta(hours=3))
    attempt.refresh_from_db()
    assert attempt.state == Attempt.EXPIRED


def test_the_page_of_an_order_asks_a_constant_number_of_queries(order: Any, client: Client) -> None:
    from django.db import connection

    address = f"/thanh-toan/{order.code}/"
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for code in ("TG.momo", "970418"):
        make_institution(code, endpoint="https://x.example")
    for _ in range(4):
        attempt = services.begin_attempt(order_code=order.code, institution_code="TG.vnpay", now=timezone.now())
        services.settle(institution_code="TG.vnpay", report=Report(attempt.reference, Outcome.FAILED), via="callback", now=timezone.now())
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
