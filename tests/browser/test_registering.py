"""A citizen without an account: registers by phone on a phone, signs in with it; axe finds nothing on the pages between."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.registration.support import CITIZEN
from tests.browser.conftest import PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_citizen
from tests.browser.test_accessible import _findings, _look
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser
PHONE_NUMBER = "+84900000050"


@pytest.mark.requirement("A-01", "A-02", "N-07")
@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without"])
def test_register_by_phone_and_sign_in(portal: Stack, open_page: Callable[..., Page], javascript: bool) -> None:
    page = open_page(PHONE, javascript=javascript)
    findings: list[str] = []

    def look() -> None:
        no_sideways_scrolling(page)
        if javascript:
            findings.extend(_findings(page))

    page.goto(portal.url + "/tai-khoan/dang-nhap/")
    page.get_by_role("link", name="Chưa có tài khoản? Đăng ký").click()
    look()
    page.get_by_role("link", name="Bằng số điện thoại của tôi").click()
    page.get_by_role("button", name="Nhận mã xác nhận").click()
    expect(page.get_by_role("alert")).to_contain_text("Bạn hãy nhập số định danh.")
    look()
    page.get_by_label("Số định danh cá nhân").fill(CITIZEN["id_number"])
    page.get_by_label("Họ, chữ đệm và tên").fill(CITIZEN["full_name"])
    page.get_by_label("Ngày sinh").fill(CITIZEN["birth_date"])
    page.get_by_label("Nữ", exact=True).check()
    page.get_by_label("Số điện thoại di động").fill(CITIZEN["phone"])
    page.get_by_label(re.compile("Tôi đã đọc và đồng ý")).check()
    page.get_by_role("button", name="Nhận mã xác nhận").click()
    expect(page.get_by_role("heading", name="Nhập mã xác nhận")).to_be_visible()
    look()
    code = eventually(lambda: next((found["text"][:6] for found in portal.simulators.outbox(PHONE_NUMBER)), None))
    page.get_by_label("Mã xác nhận").fill(code)
    page.get_by_role("button", name="Xác nhận").click()
    # The page looks again by itself, with a script or without.
    expect(page.get_by_role("heading", name="Bạn đã có tài khoản")).to_be_visible(timeout=60_000)
    look()
    page.get_by_role("link", name="Đăng nhập").last.click()
    sign_in_citizen(page, portal, (CITIZEN["id_number"], PHONE_NUMBER))
    page.goto(portal.url + "/tai-khoan/")
    expect(page.get_by_text(CITIZEN["full_name"]).first).to_be_visible()
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("N-07", "A-08")
def test_axe_finds_nothing_on_the_other_ways(portal: Stack, open_page: Callable[..., Page]) -> None:
    ways = ("bao-hiem/", "giay-to/", "chung-thu/", "nhan/")
    addresses = [f"{language}/tai-khoan/dang-ky/{way}" for way in ways for language in ("", "/en")]
    more = ["/tai-khoan/dang-nhap/giay-to/", "/dieu-khoan/", "/en/tai-khoan/dang-ky/"]
    findings = _look(open_page(PHONE), portal.url, [*addresses, *more])
    assert not findings, "\n".join(sorted(set(findings)))
