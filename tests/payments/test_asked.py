"""Payments that other systems ask for: PayPlat byte by byte, our API, and what they hear of it (P-01, the third way)."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connections
from django.test import Client
from django.utils import timezone

from payments import services
from payments.models import AskedOrder, Merchant, Order
from payments.services.merchants import add_merchant, new_secret
from payments.services.orders import expire_orders
from portal.access import SYSTEM
from portal.exchange.messages import Message as Exchanged
from portal.exchange.partners import services as partners
from portal.exchange.partners.models import Call
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from portal.simulators import payplat as province
from tests.exchange.support import basic, make_partner
from tests.factories import make_institution, paid_report
from tests.simulators.running import Simulators, start_simulators

ADDRESS, ORDERS = "/api/dvcqg/v1/payplat", "/api/v1/payments/orders"
SECRET = hashlib.sha256(b"test-payment-secret:payplat:PP.H26").hexdigest()
REFERENCE = "dvcH26101261201000120261201090000"


@pytest.fixture(scope="session")
def simulators_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with start_simulators(tmp_path_factory.mktemp("outside")) as running:
        yield running


@pytest.fixture
def outside(simulators_process: Simulators) -> Iterator[Simulators]:
    simulators_process.reset()
    yield simulators_process
    simulators_process.reset()


def agreed(*, confirm_url: str = "", is_test: bool = False) -> tuple[Merchant, str]:
    """A system with its agreement; and its password for the API."""
    Merchant.objects.filter(code="PP.H26").delete()  # the demo's
    password = make_partner("H26", calls=[Call.PAYMENTS, Call.MESSAGES], units=["H26.101"], is_test=is_test)
    merchant, _ = add_merchant(
        partner="H26", code="PP.H26", actor=SYSTEM, now=timezone.now(), return_url="https://mot-cua.vi-du.example/ve"
    )
    merchant.secret, merchant.confirm_url = SECRET, confirm_url
    merchant.save()
    return merchant, password


def say(message: dict[str, Any] | bytes) -> Any:
    body = message if isinstance(message, bytes) else json.dumps(message)
    return Client().post(ADDRESS, body, content_type="application/json")


def init(**values: Any) -> dict[str, Any]:
    return province.init(SECRET, **{"reference": REFERENCE, "dossier": "H26.101-261201-0001", "amount": 24_000, **values})


def pay(order: Order) -> None:
    make_institution()
    attempt = services.begin_attempt(order_code=order.code, institution_code="TG.vnpay", now=timezone.now())
    services.settle(
        institution_code="TG.vnpay", report=paid_report(attempt, institution_ref="14000001"), via="callback", now=timezone.now()
    )


@pytest.mark.django_db
@pytest.mark.requirement("P-01")
def test_a_provinces_payer_pays_here_and_the_province_hears_of_it(demo_data: None, outside: Simulators) -> None:
    agreed(confirm_url=f"{outside.url}/province/payplat/confirm")
    reply = say(init()).json()
    assert reply["error_code"] == "0"
    url = json.loads(reply["message"])["UrlThanhToan"]
    order = Order.objects.get(source="partners")
    assert url.endswith(f"/thanh-toan/{order.code}/") and (order.amount, order.payee_unit) == (24_000, "H26.101")
    assert order.lines.get().fee_kind == "charge" and order.payer["number"] == "001195000001"
    page = Client().get(f"/thanh-toan/{order.code}/").content.decode()
    assert "https://mot-cua.vi-du.example/ve?MaThamChieu=" in page and "Nguyễn Thị Mẫu" not in page
    assert say(province.question("QUERY", SECRET, REFERENCE)).json()["TrangThaiGD"] == "khoi-tao"

    pay(order)
    outside.faults("payplat", "down", times=1)
    deliver_due()
    assert AskedOrder.objects.get().told == ""
    outside.faults("payplat", "wrong", times=1)
    again()
    assert AskedOrder.objects.get().told == "", "a reply that is not signed by them takes nothing"
    again()
    assert AskedOrder.objects.get().told == "paid"
    [heard] = requests.get(f"{outside.url}/province/payplat/confirmations", timeout=10).json()["confirmations"]
    text = "|".join(
        (
            "CONFIRM",
            "00",
            "PP.H26",
            REFERENCE,
            "24000",
            "VND",
            "14000001",
            "TG.vnpay",
            heard["ThoiGianGD"],
            f"Thanh toan {order.code}",
            SECRET,
        )
    )
    assert heard["MaXacThuc"] == hashlib.sha256(text.encode()).hexdigest() and heard["times"] == 2

    asked = say(province.question("QUERY", SECRET, REFERENCE)).json()
    assert (asked["TrangThaiGD"], asked["MaGiaoDich"], asked["SoTien"]) == ("thanh-cong", "14000001", "24000")
    assert say(province.question("GET_BILL", SECRET, REFERENCE)).json()["MaLoi"] == "05", "the receipt is being made"
    assert say(init()).json()["message"] == reply["message"], "asked again after payment it is the same order"


@pytest.mark.django_db
@pytest.mark.requirement("P-01")
def test_a_province_asks_for_taxes_and_fines_too(demo_data: None, outside: Simulators) -> None:
    agreed(confirm_url=f"{outside.url}/province/payplat/confirm")
    message = {name: value for name, value in init().items() if name != "MaXacThuc"}
    names = {"Thuế thu nhập cá nhân": 20_000, "Tiền chậm nộp": 3_000, "Tiền sử dụng đất": 1_000}
    message["ThongTinBienLai"]["PhiLePhi"] = [
        {"LoaiPhiLePhi": "", "MaPhiLePhi": "", "TenPhiLePhi": name, "SoTien": str(amount)} for name, amount in names.items()
    ]
    assert say(province.signed("INIT", message, SECRET)).json()["error_code"] == "0"
    order = Order.objects.get(source="partners")
    assert {line.name: (line.fee_kind, line.amount) for line in order.lines.all()} == {
        "Thuế thu nhập cá nhân": ("tax", 20_000), "Tiền chậm nộp": ("fine", 3_000), "Tiền sử dụng đất": ("other", 1_000),
    }  # fmt: skip
    pay(order)
    deliver_due()
    order.refresh_from_db()
    assert order.state == Order.PAID and AskedOrder.objects.get().told == "paid"


def again() -> None:
    """Let what waits for another try be due now."""
    Message.objects.filter(kind="payments.tell_partner", done_at=None).update(available_at=timezone.now() - timedelta(seconds=1))
    deliver_due()


@pytest.mark.django_db
@pytest.mark.requirement("P-01")
def test_what_is_asked_wrongly_makes_no_order(demo_data: None) -> None:
    merchant, _ = agreed()
    message = init()
    for name, value in message.items():
        if name in ("MaXacThuc", "ThongTinBienLai"):
            continue
        other = {**message, name: "PP.H27" if name == "MaDoiTac" else f"{value}1"}
        assert say(other).json().get("error_code", "03") in ("97", "03"), name
    assert say({**message, "MaXacThuc": "0" * 64}).json()["error_code"] == "97"
    assert say(province.init("another", reference=REFERENCE, dossier="x", amount=1)).json()["error_code"] == "97"
    assert say(b"\xff{").json()["MaLoi"] == "03" and say({"LoaiBanTin": "REFUND"}).json()["MaLoi"] == "03"
    assert say(init(unit="H27.101")).json()["error_code"] == "04", "another province's agency"
    assert say(init(at="20200101000000")).json()["error_code"] == "06"
    receipt = {**message["ThongTinBienLai"], "TKThuHuong": "999999"}
    assert say({**message, "ThongTinBienLai": receipt}).json()["error_code"] == "04", "no account but the catalogue's"
    assert say({**message, "ThongTinBienLai": {**message["ThongTinBienLai"], "PhiLePhi": "x"}}).json()["error_code"] == "03"
    assert not Order.objects.filter(source="partners").exists()

    assert say(message).json()["error_code"] == "0"
    assert say(init(amount=1_000)).json()["error_code"] == "02", "the same reference with another amount"
    assert say(province.question("QUERY", SECRET, "dvcunknown")).json()["MaLoi"] == "01"
    assert Client().get(ADDRESS).status_code == 405
    changed = new_secret(merchant_id=merchant.pk, actor=SYSTEM, now=timezone.now())
    assert say(province.question("QUERY", SECRET, REFERENCE)).json()["MaLoi"] == "97"
    assert say(province.question("QUERY", changed, REFERENCE)).json()["TrangThaiGD"] == "khoi-tao"
    partners.suspend(code="H26", reason="thử", actor=SYSTEM, now=timezone.now())
    assert say(province.question("QUERY", changed, REFERENCE)).json()["MaLoi"] == "08"


@pytest.mark.requirement("P-01")
def test_one_reference_at_once_is_one_order(demo_db: None) -> None:
    agreed()
    found: list[str] = []

    def ask(amount: int) -> None:
        try:
            found.append(say(init(amount=amount)).json()["error_code"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(amount,)) for amount in (24_000, 24_000, 24_000, 1_000)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    order = Order.objects.get(source="partners")
    assert sorted(found) == (["0", "0", "0", "02"] if order.amount == 24_000 else ["0", "02", "02", "02"])
    assert AskedOrder.objects.count() == 1


def api_order(**values: Any) -> dict[str, Any]:
    return {
        "reference": "hs_0001", "dossier_code": "H26.101-261201-0001", "description": "Cấp bản sao trích lục", "agency": "H26.101",
        "amount": 16_000, "lines": [{"name": "Lệ phí bản sao", "kind": "charge", "unit_amount": 8_000, "number": 2}],
        "payer": {"name": "Trần Văn Giả Định", "number": "001195000001"}, **values,
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.requirement("P-01")
def test_the_api_asks_once_looks_and_cancels(demo_data: None) -> None:
    _, password = agreed()
    headers = basic("H26", password)

    def call(path: str, body: Any = None, **more: Any) -> Any:
        if body is None and not more:
            return Client().get(ORDERS + path, headers=headers)
        return Client().post(ORDERS + path, json.dumps(body or {}), content_type="application/json", headers=headers)

    made = call("", api_order())
    assert made.status_code == 200 and made.json()["state"] == "waiting" and "/thanh-toan/DVC" in made.json()["pay_url"]
    assert call("", api_order()).json() == made.json()
    assert call("", api_order(payer={"name": "Người khác"})).json()["code"] == "key_used"
    assert call("", api_order(reference="hs_2", amount=1)).status_code == 422
    assert call("", api_order(reference="hs_2", agency="H27.101")).status_code == 422
    assert call("/hs_0001").json()["amount"] == 16_000 and call("/hs_9").status_code == 404
    assert call("/hs_0001/receipt").status_code == 404
    assert call("/hs_0001/play", {"outcome": "paid"}).status_code == 422, "a true order is not played"
    assert call("/hs_0001/cancel", {}, post=True).json()["state"] == "failed"
    other = make_partner("H27", calls=[Call.DOSSIERS])
    assert Client().get(f"{ORDERS}/hs_0001", headers=basic("H27", other)).status_code == 403
    # A payer who did not pay in time.
    call("", api_order(reference="hs_3"))
    expire_orders(now=timezone.now() + timedelta(days=2))
    deliver_due()
    [told] = Exchanged.objects.filter(kind="payments.order")
    assert (told.body["reference"], told.body["state"]) == ("hs_3", "failed")
    assert call("/hs_3").json()["state"] == "failed"


@pytest.mark.django_db
@pytest.mark.requirement("P-01")
def test_who_tries_their_system_out_plays_payments_that_nobody_books(demo_data: None, outside: Simulators) -> None:
    _, password = agreed(confirm_url=f"{outside.url}/province/payplat/confirm", is_test=True)
    assert say(init()).json()["error_code"] == "0"
    order = Order.objects.get(source="partners")
    assert order.is_test and Client().get(f"/thanh-toan/{order.code}/").status_code == 404
    answer = Client().post(
        f"{ORDERS}/{REFERENCE}/play", '{"outcome": "failed"}', content_type="application/json", headers=basic("H26", password)
    )
    assert answer.json()["state"] == "failed"
    deliver_due()
    [heard] = requests.get(f"{outside.url}/province/payplat/confirmations", timeout=10).json()["confirmations"]
    assert heard["MaLoi"] == "01" and say(province.question("QUERY", SECRET, REFERENCE)).json()["TrangThaiGD"] == "that-bai"
