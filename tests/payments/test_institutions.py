"""An institution's life: licence, connection, joint test with found evidence, opened, suspended; its own page, health, public pages."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings as portal_settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from payments import demo, queries, services, tasks
from payments.models import Attempt, Institution, JointTest, Order, SettlementContact
from payments.services import health, institutions
from payments.services.health import Health, judge
from payments.services.institutions import address_problem
from portal.exchange.errors import OutsideUnavailable
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from portal.settings.guard import problems
from tests.factories import make_institution, make_officer_actor, make_order, make_position, paid_report, sign_in
from tests.payments.bank import connect
from tests.payments.institution import Scripted, scripted
from tests.simulators.payment_clients import press
from tests.simulators.running import TOKENS, Simulators, start_simulators

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]
DESK = "/quan-tri/payments/institution/"


def at_desk(unit: str, roles: tuple[str, ...], place: str = "agency") -> Client:
    client = Client()
    position = make_position(unit=unit, roles=roles, place=place)
    sign_in(client, position.person, position=position)
    return client


@pytest.fixture
def vpcp() -> Client:
    return at_desk("G22", ("steering",))


def day(days: int) -> str:
    return f"{timezone.localdate() + timedelta(days=days):%d/%m/%Y}"


def entry(**changed: str) -> dict[str, str]:
    return {
        "code": "TG.payoo",
        "adapter": "vnpay",
        "licence_number": "12/GP-NHNN",
        "licence_from": day(-30),
        "licence_to": day(400),
        "reason": "Công văn đề nghị",
    } | changed


@pytest.mark.requirement("P-14")
def test_an_institution_is_entered_only_with_its_licence_and_from_the_catalogue(vpcp: Client) -> None:
    assert vpcp.get(f"{DESK}add/").status_code == 200
    for wrong in (
        {"licence_number": ""},
        {"licence_from": day(3)},
        {"licence_to": day(-1)},
        {"licence_from": "hôm qua"},
        {"code": "TG.khong-co"},
        {"code": "TG.vnpay"},
        {"adapter": "x"},
    ):
        assert vpcp.post(f"{DESK}add/", entry(**wrong)).status_code == 422, wrong
    assert vpcp.post(f"{DESK}add/", entry()).status_code == 302
    row = Institution.objects.get(pk="TG.payoo")
    assert (row.state, row.short_name, row.is_tested) == (Institution.ENTERED, "Payoo", False)
    assert list(row.events.values_list("name", "reason")) == [("enter", "Công văn đề nghị")]
    for client in (at_desk("H26.101", ("accounting",)), at_desk("TG.payoo", ("operating",), "institution")):
        assert client.post(f"{DESK}add/", entry()).status_code == 403
    assert vpcp.post(f"{DESK}TG.payoo/open/").status_code == 422
    assert vpcp.get(f"{DESK}TG.payoo/open/")["Location"] == f"{DESK}TG.payoo/change/"
    assert "mới khai báo" in vpcp.get(f"{DESK}TG.payoo/change/").content.decode()
    assert vpcp.post(f"{DESK}TG.payoo/test/").status_code == 302
    assert vpcp.post(f"{DESK}TG.payoo/open/").status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE payments_institution SET state = 'open' WHERE code = 'TG.payoo'")


@pytest.mark.parametrize(
    ("url", "plain", "fine"),
    [
        ("https://sandbox.vnpayment.vn/paymentv2/vpcpay.html", False, True),
        ("http://sandbox.vnpayment.vn/", False, False),
        ("http://localhost:8001/payments", True, True),
        ("http://localhost:8001/payments", False, False),
        ("https://localhost/x", False, False),
        ("https://10.0.0.5/x", False, False),
        ("https://10.0.0.5/x", True, False),
        ("https://169.254.169.254/latest", False, False),
        ("https://[::1]/x", False, False),
        ("https://may-chu/x", False, False),
        ("https://kho.internal/x", False, False),
        ("https://a:b@vnpayment.vn/x", False, False),
        ("https://vnpayment.vn:99999/x", False, False),
        ("ftp://vnpayment.vn/x", True, False),
        ("javascript:alert(1)", True, False),
    ],
)
def test_an_institution_is_reached_at_a_public_https_address_only(url: str, plain: bool, fine: bool) -> None:
    assert (address_problem(url, plain_http=plain) == "") is fine


def test_production_refuses_plain_http() -> None:
    assert any("PAYMENT_PLAIN_HTTP" in problem for problem in problems({"PAYMENT_PLAIN_HTTP": True}))
    assert not any("PAYMENT_PLAIN_HTTP" in problem for problem in problems({}))


def wanted(**changed: str) -> dict[str, str]:
    """The form of a connection, as the demo has it."""
    reached = demo.connections()["970418"]
    names = {name: reached.get(name, "") for name in ("merchant", "endpoint", "page", "certificate", "secret", "private_key")}
    return {"adapter": "bank_jws", **names, "file_base": reached["files"], "account_bank": "", **changed}


@pytest.mark.requirement("P-09", "P-14")
def test_a_changed_connection_suspends_and_secrets_are_never_shown(vpcp: Client) -> None:
    row = make_institution("970418")
    address = f"{DESK}970418/connection/"
    bad = vpcp.post(address, wanted(endpoint="http://10.0.0.1/", secret="bi-mat-moi", private_key="KHOA-RIENG"))
    assert bad.status_code == 422 and "https" in bad.content.decode()
    assert "bi-mat-moi" not in bad.content.decode() and "KHOA-RIENG" not in bad.content.decode()
    assert vpcp.post(address, wanted(certificate="x")).status_code == 422
    assert vpcp.post(address, wanted(secret="bi-mat-moi", seen="0")).status_code == 422
    row.refresh_from_db()
    assert row.state == Institution.OPEN
    assert vpcp.post(address, wanted(secret="bi-mat-moi", seen=str(row.version))).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.tested_at, row.secret, row.is_tested) == (Institution.SUSPENDED, None, "bi-mat-moi", False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM payments_institution WHERE code = '970418'")
        assert b"bi-mat-moi" not in bytes(cursor.fetchone()[0])
    for page in (f"{DESK}970418/change/", address):
        assert "bi-mat-moi" not in vpcp.get(page).content.decode()
    assert vpcp.post(f"{DESK}970418/readmit/", {"reason": "x"}).status_code == 422
    # Sent with nothing in the secret fields they stay as they are, and nothing has changed.
    changed_at = row.connection_changed_at
    kept = {name: getattr(row, name) for name in institutions.CONNECTION if name != "files"}
    assert vpcp.post(address, {**kept, "file_base": row.files, "secret": "", "private_key": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.secret, row.connection_changed_at) == ("bi-mat-moi", changed_at)


@pytest.fixture(scope="module")
def site_and_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scripted, Simulators]]:
    with scripted() as site, start_simulators(tmp_path_factory.mktemp("joint-test"), env={"SITE_URL": site.url}) as running:
        yield site, running


@pytest.mark.requirement("P-14")
def test_a_joint_test_finds_its_evidence_and_only_then_opens(
    vpcp: Client, site_and_outside: tuple[Scripted, Simulators], settings: Any
) -> None:
    site, outside = site_and_outside
    settings.SITE_URL, settings.SIMULATORS_URL, settings.VAR = site.url, outside.url, outside.var
    settings.DEMO_PAYMENT_SECRET, settings.TRUSTED_ROOTS = TOKENS["DEMO_PAYMENT_SECRET"], str(outside.var / "demo" / "test-root.pem")
    settings.OUTSIDE_TIMEOUT_SECONDS = 10.0
    code = "970418"
    make_institution(code)
    site.answer = lambda _: (503, "", b"")
    assert vpcp.post(f"{DESK}{code}/connection/", wanted()).status_code == 302
    assert institutions.run_joint_test(code=code, now=timezone.now()) is False

    assert vpcp.post(f"{DESK}{code}/joint-test/pay/").status_code == 302
    attempt = Attempt.objects.get(order__is_test=True)
    assert (attempt.order.payee_unit, attempt.amount) == ("G22", 10_000)
    assert attempt.page_url in vpcp.get(f"{DESK}{code}/joint-test/").content.decode().replace("&amp;", "&")
    assert Client().get(f"/thanh-toan/{attempt.order.code}/").status_code == 404
    pressed = press(requests.get(attempt.page_url, timeout=10), "paid")
    home = urlsplit(pressed.headers["Location"])
    assert vpcp.get(f"{home.path}?{home.query}")["Location"] == f"{DESK}{code}/joint-test/"
    until = time.monotonic() + 15
    while not site.seen and time.monotonic() < until:
        time.sleep(0.05)
    news = site.seen[0]
    told = Client().post(urlsplit(news.path).path, news.body, content_type=news.headers["Content-Type"])
    assert told.status_code == 200
    order = Order.objects.get(pk=attempt.order_id)
    assert order.state == Order.PAID
    deliver_due()
    assert institutions.run_joint_test(code=code, now=timezone.now()) is False
    missing = {row.check_name for row in institutions.last_tests(Institution.objects.get(pk=code)).values() if not row.passed}
    assert missing == {"refund", "statement"}

    assert vpcp.post(f"{DESK}{code}/joint-test/{order.pk}/refund/").status_code == 302
    deliver_due()
    outside.payments("/close", institution=code, day=timezone.localdate().isoformat())
    assert vpcp.post(f"{DESK}{code}/joint-test/look/").status_code == 302
    deliver_due()
    row = Institution.objects.get(pk=code)
    assert row.is_tested, {one.check_name: one.evidence for one in institutions.last_tests(row).values() if not one.passed}
    page = vpcp.get(f"{DESK}{code}/joint-test/").content.decode()
    assert page.count("<strong>Đạt</strong>") == 6 and "sha256" in page
    assert vpcp.post(f"{DESK}{code}/readmit/", {"reason": "Đã đạt kiểm thử"}).status_code == 302
    row.refresh_from_db()
    assert row.state == Institution.OPEN
    # Money of tests counts nowhere.
    assert services.recompute() == []
    assert attempt.reference not in vpcp.get("/quan-tri/payments/collection/").content.decode()
    with pytest.raises(Exception, match="pgtrigger"), transaction.atomic():
        JointTest.objects.filter(institution=code).update(passed=True)


@pytest.mark.requirement("P-14")
def test_a_new_institution_is_entered_tested_and_opened_by_what_its_own_side_shows(
    vpcp: Client, site_and_outside: tuple[Scripted, Simulators], settings: Any
) -> None:
    site, outside = site_and_outside
    settings.SITE_URL, settings.SIMULATORS_URL, settings.VAR = site.url, outside.url, outside.var
    settings.TRUSTED_ROOTS, settings.OUTSIDE_TIMEOUT_SECONDS = str(outside.var / "demo" / "test-root.pem"), 10.0
    site.answer = lambda _: (503, "", b"")
    shown = requests.get(f"{outside.url}/control/payments/", timeout=10).text
    told = dict(re.findall(r"<dt>([^<]+)</dt><dd><code>([^<]+)</code></dd>", shown))
    code = "TG.vnpt-pay"
    assert code in shown and vpcp.post(f"{DESK}add/", entry(code=code)).status_code == 302
    form = vpcp.get(f"{DESK}{code}/connection/").context["form"]
    labels = {field.label: name for name, field in form.fields.items()}
    said = {labels[label]: value for label, value in told.items()}
    said["adapter"] = next(name for name, label in form.fields["adapter"].choices if label == said["adapter"])
    assert vpcp.post(f"{DESK}{code}/connection/", said).status_code == 302
    assert vpcp.post(f"{DESK}{code}/test/").status_code == 302
    assert vpcp.post(f"{DESK}{code}/open/").status_code == 422

    assert vpcp.post(f"{DESK}{code}/joint-test/pay/").status_code == 302
    attempt = Attempt.objects.get(order__is_test=True, institution=code)
    press(requests.get(attempt.page_url, timeout=10), "paid")
    until = time.monotonic() + 15
    while not (news := [one for one in site.seen if code in one.path]) and time.monotonic() < until:
        time.sleep(0.05)
    assert json.loads(Client().get(news[0].path).content)["RspCode"] == "00"
    deliver_due()
    assert vpcp.post(f"{DESK}{code}/joint-test/{attempt.order_id}/refund/").status_code == 302
    deliver_due()
    outside.payments("/close", day=timezone.localdate().isoformat())
    assert vpcp.post(f"{DESK}{code}/joint-test/look/").status_code == 302
    deliver_due()
    row = Institution.objects.get(pk=code)
    assert row.is_tested, {one.check_name: one.evidence for one in institutions.last_tests(row).values() if not one.passed}
    assert vpcp.post(f"{DESK}{code}/open/").status_code == 302
    assert "VNPT Pay" in Client().get(f"/thanh-toan/{make_order().code}/").content.decode()


@pytest.mark.requirement("P-09")
def test_a_suspended_institution_is_offered_to_nobody_and_what_is_under_way_is_finished(vpcp: Client) -> None:
    row, order, other = make_institution(), make_order(), make_order()
    attempt = services.begin_attempt(order_code=order.code, institution_code=row.code, now=timezone.now())
    address = f"{DESK}{row.code}/suspend/"
    assert vpcp.post(address, {"reason": ""}).status_code == 422
    assert at_desk(row.code, ("operating",), "institution").post(address, {"reason": "x"}).status_code == 403
    assert vpcp.post(address, {"reason": "Nhiều phản ánh mất tiền"}).status_code == 302
    assert row.code not in {choice.institution.code for choice in queries.choices_for(other)}
    with pytest.raises(services.AttemptRefused):
        services.begin_attempt(order_code=other.code, institution_code=row.code, now=timezone.now())
    assert "Tạm ngừng phục vụ" in Client().get("/thanh-toan/don-vi/").content.decode()
    services.settle(institution_code=row.code, report=paid_report(attempt), via="callback", now=timezone.now())
    order.refresh_from_db()
    assert order.state == Order.PAID
    assert vpcp.post(f"{DESK}{row.code}/readmit/", {"reason": "Đã khắc phục"}).status_code == 302
    assert vpcp.post(f"{DESK}{row.code}/stop/", {"reason": "Đơn vị xin dừng"}).status_code == 302
    last = services.begin_attempt
    with pytest.raises(services.AttemptRefused):
        last(order_code=other.code, institution_code=row.code, now=timezone.now())
    assert [one.name for one in row.events.order_by("id") if one.name != "demo"] == ["suspend", "readmit", "stop"]
    assert row.events.get(name="suspend").reason == "Nhiều phản ánh mất tiền"


@pytest.mark.requirement("P-14")
def test_vpcp_is_warned_before_a_licence_ends_and_then_it_serves_nobody(vpcp: Client) -> None:
    row = make_institution()
    today = timezone.localdate()
    Institution.objects.filter(pk=row.pk).update(licence_to=today + timedelta(days=61))
    assert "Giấy phép sắp hết hạn" not in vpcp.get("/quan-tri/").content.decode()
    Institution.objects.filter(pk=row.pk).update(licence_to=today + timedelta(days=60))
    assert "Giấy phép sắp hết hạn" in vpcp.get("/quan-tri/").content.decode()
    assert institutions.suspend_unlicensed(now=timezone.now() + timedelta(days=60)) == 0
    assert institutions.suspend_unlicensed(now=timezone.now() + timedelta(days=61)) == 1
    row.refresh_from_db()
    assert row.state == Institution.SUSPENDED
    said = {"licence_number": "13/GP", "licence_from": day(-1), "licence_to": day(900), "seen": str(row.version)}
    assert vpcp.post(f"{DESK}{row.code}/licence/", said).status_code == 302
    row.refresh_from_db()
    assert row.licence_number == "13/GP"


def published(**changed: str) -> dict[str, str]:
    return {
        "fee_fixed": "1.000", "fee_rate": "20", "fee_least": "2.000", "fee_most": "9.000", "least": "1.000", "most": "1.000.000",
        "methods": "Thẻ", "process": "Chọn thẻ, nhập OTP", "website": "https://vi-du.example/", "contact_name": "Phòng đối soát",
        "contact_phone": "1900 0001", "contact_email": "a@vi-du.example", "contact_hours": "8 giờ đến 17 giờ", **changed,
    }  # fmt: skip


@pytest.mark.requirement("P-10")
def test_an_institutions_own_people_publish_and_see_no_other(vpcp: Client) -> None:
    row = make_institution()
    own, other = at_desk(row.code, ("operating",), "institution"), at_desk("TG.momo", ("operating",), "institution")
    address, fee = f"{DESK}{row.code}/published/", row.fee_fixed
    assert own.get(f"{DESK}{row.code}/change/").status_code == own.get(address).status_code == 200
    for page in ("change", "published", "connection", "licence", "joint-test", "suspend"):
        assert other.get(f"{DESK}{row.code}/{page}/").status_code == 404
        assert at_desk("H26.101", ("accounting",)).get(f"{DESK}{row.code}/{page}/").status_code in (403, 404)
    for page in ("connection", "licence", "joint-test", "suspend", "joint-test/pay"):
        assert own.get(f"{DESK}{row.code}/{page}/").status_code == 403
    for wrong in (
        {"fee_most": "1.000"},
        {"most": "10"},
        {"fee_rate": "-1"},
        {"methods": ""},
        {"fee_fixed": "1,5"},
        {"contact_phone": "abc"},
        {"contact_phone": "12"},
    ):
        assert own.post(address, published(**wrong)).status_code == 422, wrong
    assert own.post(address, published(seen="0")).status_code == 422
    assert own.post(address, published(seen=str(row.version))).status_code == 302
    row.refresh_from_db()
    event = row.events.get(name="publish")
    assert f"phí cố định (đồng): {fee} → 1000" in event.reason
    page = Client().get("/thanh-toan/don-vi/").content.decode()
    # 1.000 + 0,2 % of the amount, between 2.000 and 9.000; of 5.000.000 đồng nothing is taken.
    for words in ("phí 2.000", "trả 5.000.000", "không nhận", "Phòng đối soát", "Chọn thẻ, nhập OTP"):
        assert words in page.replace("\xa0", " "), words
    assert Client().get("/en/thanh-toan/don-vi/").status_code == 200


@pytest.mark.requirement("P-15")
def test_an_agency_publishes_its_contacts_and_everybody_finds_them(vpcp: Client) -> None:
    own, other = at_desk("H26.101", ("accounting",)), at_desk("H26.202", ("accounting",))
    desk = "/quan-tri/payments/settlementcontact/"
    said = {"unit_code": "H26.101", "purpose": "tracing", "name": "Kế toán trưởng", "phone": "1900 1234", "email": "", "hours": ""}
    assert other.post(f"{desk}add/", said).status_code == 422
    assert own.post(f"{desk}add/", said | {"phone": ""}).status_code == 422
    assert own.post(f"{desk}add/", said).status_code == 302
    row = SettlementContact.objects.get(unit_code="H26.101", purpose="tracing", withdrawn_at=None)
    assert (row.name, row.phone) == ("Kế toán trưởng", "1900 1234")
    found = Client().get("/thanh-toan/dau-moi/?q=hoan+kiem").content.decode()
    assert "Kế toán trưởng" in found and "Cửa Nam" not in found
    assert "Không có cơ quan nào" in Client().get("/thanh-toan/dau-moi/?q=zzz").content.decode()
    assert Client().get("/en/thanh-toan/dau-moi/?q=H26.101").status_code == 200
    for act in ("change", "edit", "withdraw"):
        assert other.get(f"{desk}{row.pk}/{act}/").status_code == 404
    assert vpcp.get(f"{desk}{row.pk}/change/").status_code == 200
    assert vpcp.get(f"{desk}{row.pk}/edit/").status_code == 403
    assert own.get(f"{desk}{row.pk}/edit/").status_code == 200
    assert own.post(f"{desk}{row.pk}/withdraw/").status_code == 302
    assert "Kế toán trưởng" not in Client().get("/thanh-toan/dau-moi/?q=hoan+kiem").content.decode()


def test_who_does_not_answer_is_left_alone_for_a_while_and_tried_again_by_one(institution: Scripted, settings: Any) -> None:
    row, bank = connect(institution)
    order = make_order()
    attempt = services.begin_attempt(order_code=order.code, institution_code=row.code, now=timezone.now())
    bank.deaf = health.FAILURES
    for _ in range(health.FAILURES):
        with pytest.raises(OutsideUnavailable):
            services.ask_attempt(attempt_id=attempt.pk, now=timezone.now())
    asked = len(bank.asked)
    assert asked == health.FAILURES and health.health_of([row.code]) == {row.code: Health.DOWN}
    with pytest.raises(OutsideUnavailable, match="resting"):
        services.ask_attempt(attempt_id=attempt.pk, now=timezone.now())
    assert len(bank.asked) == asked
    # A question that was not put does not make the payer wait longer for the next one, and the next one is another message.
    waiting = Attempt.objects.get(pk=attempt.pk)
    assert waiting.asks == health.FAILURES
    assert waiting.next_ask_at is not None and waiting.next_ask_at <= timezone.now() + timedelta(seconds=health.REST_SECONDS)
    for _ in range(2):
        Attempt.objects.filter(pk=attempt.pk).update(next_ask_at=F("next_ask_at") - timedelta(minutes=1))
        put = Message.objects.filter(kind="payments.ask").count()
        assert tasks.ask() == tasks.ask() == 1
        assert Message.objects.filter(kind="payments.ask").count() == put + 1
    other = make_order()
    with pytest.raises(services.AttemptRefused, match="gián đoạn"):
        services.begin_attempt(order_code=other.code, institution_code=row.code, now=timezone.now())
    assert "Đang gián đoạn" in Client().get("/thanh-toan/don-vi/").content.decode()
    page = Client().get(f"/thanh-toan/{other.code}/").content.decode()
    assert "Đang gián đoạn" in page and re.search(rf'value="{row.code}" disabled', page)
    assert Client().post(f"/thanh-toan/{other.code}/", {"institution": row.code}).status_code == 422
    # The rest is over: it is still said to be down, one may try, the others wait for it.
    _redis().delete(f"payments:breaker:{row.code}:rest")
    for key in _redis().keys(f"payments:health:{row.code}:*"):
        _redis().delete(key)
    assert health.present_of([row.code]) == {row.code: health.Present(Health.DOWN)}
    desk = at_desk("G22", ("steering",)).get(f"{DESK}{row.code}/change/").content.decode()
    page = Client().get(f"/thanh-toan/{other.code}/").content.decode()
    assert "Đang gián đoạn" in desk and "Đang gián đoạn" in page and "disabled" not in page
    assert [health.allows(row.code) for _ in range(3)] == [True, False, False]
    _redis().delete(f"payments:breaker:{row.code}:trial")
    services.ask_attempt(attempt_id=attempt.pk, now=timezone.now())
    assert [health.allows(row.code) for _ in range(3)] == [True, True, True]


def test_vpcp_reads_why_a_test_order_could_not_be_made(vpcp: Client, institution: Scripted) -> None:
    row, _ = connect(institution)
    Institution.objects.filter(pk=row.pk).update(state=Institution.SUSPENDED)
    for status, words in ((403, "http_403"), (503, "máy chủ của đơn vị báo lỗi (mã server_error)")):
        institution.answer = lambda _, status=status: (status, "text/plain", b"")
        answer = vpcp.post(f"{DESK}{row.code}/joint-test/pay/")
        assert answer.status_code == 422 and words in answer.content.decode()
        assert "Bạn chọn đơn vị khác" not in answer.content.decode()


def test_without_redis_everybody_may_be_asked(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert health.allows("970418") and health.health_of(["970418"]) == {}
    with pytest.raises(OutsideUnavailable), health.watching("970418"):
        raise OutsideUnavailable("970418", "timeout")


def test_health_follows_from_counts() -> None:
    assert [judge(*counts) for counts in ((0, 0, 0), (50, 1, 5_000), (50, 13, 9_000), (3, 3, 100), (0, 2, 100), (10, 0, 40_000))] == [
        Health.FINE, Health.FINE, Health.SLOW, Health.DOWN, Health.SLOW, Health.SLOW,
    ]  # fmt: skip


def test_the_demo_can_be_loaded_twice_and_leaves_alone_what_the_desk_changed(settings: Any) -> None:
    demo.load()
    before = list(Institution.objects.order_by("code").values_list("code", "version", "connection_changed_at"))
    assert len(before) == 4 and Order.objects.filter(source="payments.demo", state=Order.OPEN).count() == 3
    demo.load()
    assert list(Institution.objects.order_by("code").values_list("code", "version", "connection_changed_at")) == before
    settings.SIMULATORS_URL = "http://localhost:9999"
    actor = make_officer_actor(unit="G22", roles=("steering",))
    institutions.change_connection(code="TG.vnpay", values={"merchant": "X"}, secrets={}, actor=actor, now=timezone.now())
    assert demo.connect(now=timezone.now()) == 3
    assert Institution.objects.get(pk="TG.vnpay").merchant == "X"
    assert Institution.objects.get(pk="TG.momo").endpoint.startswith("http://localhost:9999/")


def _redis() -> Any:
    import redis

    return redis.Redis.from_url(portal_settings.REDIS_URL)
