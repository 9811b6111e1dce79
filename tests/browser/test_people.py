"""Accounts by hand: what their owners and officers see of them, on a phone and at a desk; axe finds nothing on any of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import authorise_at_signing_service, no_sideways_scrolling, sign_in_citizen, sign_in_officer
from tests.browser.test_accessible import _findings, _look
from tests.support.processes import Stack

pytestmark = pytest.mark.browser
FATHER = ("001093000002", "+84900000002")
DIRECTOR = ("001079000010", "+84900000010")
STEERING, ADMINISTRATOR = "001080000006", "001181000029"

OF_STRANGERS = (
    "dang-nhap/ung-dung/", "dang-nhap/khoa/", "dang-nhap/giay-to/", "chung-thu/tep/", "chung-thu/thiet-bi/", "mat-dien-thoai/",
    "mo-khoa/", "khieu-nai/", "khieu-nai/theo-doi/", "dang-ky/", "dang-ky/to-chuc/",
)  # fmt: skip
OF_OWNERS = (
    "", "thong-tin/", "du-lieu/", "khoa/", "khieu-nai/", "dong/", "phien/", "phien/lich-su/", "cach-dang-nhap/", "ung-dung/", "dien-thoai/",
    "uy-quyen/", "uy-quyen/moi/", "uy-quyen/giam-ho/", "uy-quyen/da-lam/", "vai-tro/", "lien-lac/", "khoa-truy-cap/", "khoa-truy-cap/them/",
    "thong-bao/",
)  # fmt: skip
OF_DESKS = (
    "position/", "position/add/", "position/on/", "highlevelaccount/", "highlevelaccount/add/", "countercontract/", "countercontract/add/",
    "registration/", "registration/open/", "registration/find/", "accountcomplaint/", "guardianrequest/", "terms/",
)  # fmt: skip


@pytest.mark.requirement("N-07")
def test_pages_of_accounts(portal: Stack, open_page: Callable[..., Page]) -> None:
    stranger = open_page(PHONE)
    findings = _look(stranger, portal.url, [f"/tai-khoan/{page}" for page in OF_STRANGERS])

    citizen = open_page(PHONE)
    citizen.goto(portal.url + "/tai-khoan/dang-nhap/")
    sign_in_citizen(citizen, portal, FATHER)
    for language in ("", "/en"):
        findings += _look(
            citizen, portal.url, [f"{language}/tai-khoan/{page}" for page in OF_OWNERS if not language or page in ("", "phien/")]
        )

    director = open_page(PHONE)
    director.goto(portal.url + "/tai-khoan/dang-nhap/?next=/tai-khoan/vai-tro/")
    sign_in_citizen(director, portal, DIRECTOR)
    director.goto(portal.url + "/tai-khoan/vai-tro/")
    director.get_by_role("radio", name=re.compile("Công ty")).first.check()
    director.get_by_role("button", name="Dùng tư cách này").click()
    findings += _look(
        director, portal.url, [f"/tai-khoan/{page}" for page in ("", "du-lieu/", "uy-quyen/", "uy-quyen/moi/", "uy-quyen/da-lam/")]
    )
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("N-07")
@pytest.mark.parametrize("officer", [STEERING, ADMINISTRATOR], ids=["government-office", "ministry"])
def test_the_desk_of_accounts(portal: Stack, open_page: Callable[..., Page], officer: str) -> None:
    desk = open_page(DESK)
    sign_in_officer(desk, portal, officer)
    findings: list[str] = []
    seen = 0
    for page in OF_DESKS:
        answer = desk.goto(f"{portal.url}/quan-tri/accounts/{page}")
        assert answer is not None and answer.status in (200, 403, 302)
        if answer.status == 403:
            continue
        seen += 1
        findings += _findings(desk)
        first = desk.locator("#result_list tbody a").first
        if first.count():
            findings += _look(desk, portal.url, [str(first.get_attribute("href"))])
    assert seen >= 3
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("A-03", "A-08", "A-10")
def test_two_devices_one_owner(portal: Stack, open_page: Callable[..., Page]) -> None:
    """Signed in twice; one ends the other; a page that needs more asks for it and comes back; a complaint."""
    phone, other = open_page(PHONE), open_page(DESK)
    phone.goto(portal.url + "/tai-khoan/dang-nhap/")
    sign_in_citizen(phone, portal, FATHER)
    other.goto(portal.url + "/tai-khoan/chung-thu/")
    other.get_by_role("button", name="Tiếp tục đến dịch vụ ký số").click()
    authorise_at_signing_service(other, FATHER[0])
    expect(other).to_have_url(re.compile("/ho-so/$"), timeout=60_000)
    phone.goto(portal.url + "/tai-khoan/phien/")
    phone.get_by_role("button", name="Kết thúc mọi phiên khác").click()
    other.goto(portal.url + "/tai-khoan/thong-tin/")
    expect(other).to_have_url(re.compile("/dang-nhap/"))

    phone.goto(portal.url + "/tai-khoan/khoa-truy-cap/")
    expect(phone.get_by_role("heading", name="Cần xác thực thêm")).to_be_visible()
    phone.get_by_role("link", name=re.compile("Chứng thư số")).first.click()
    phone.get_by_role("button", name="Tiếp tục đến dịch vụ ký số").click()
    authorise_at_signing_service(phone, FATHER[0])
    expect(phone).to_have_url(re.compile("/tai-khoan/khoa-truy-cap/$"), timeout=60_000)
    phone.goto(portal.url + "/tai-khoan/thong-tin/")
    expect(phone.get_by_text("mức bảo đảm cao")).to_be_visible()

    phone.goto(portal.url + "/tai-khoan/khieu-nai/")
    phone.get_by_role("button", name="Gửi khiếu nại").click()
    expect(phone.get_by_role("alert").first).to_be_visible()
    no_sideways_scrolling(phone)
    phone.get_by_label("Chuyện gì đã xảy ra?").fill("Có người gọi điện xưng là cán bộ và đọc đúng số hồ sơ của tôi.")
    phone.get_by_label("Có người dùng tài khoản của tôi").check()
    phone.get_by_role("button", name="Gửi khiếu nại").click()
    expect(phone).to_have_url(re.compile("/tai-khoan/khieu-nai/[^/]+/"))
    no_sideways_scrolling(phone)
