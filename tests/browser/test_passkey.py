"""An officer binds a passkey after a sign-in by certificate and signs in with it; Chromium's virtual authenticator holds it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK
from tests.browser.steps import MOTHER, sign_in_citizen, sign_in_officer
from tests.support.processes import Stack

pytestmark = pytest.mark.browser


def _virtual_authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip


@pytest.mark.requirement("A-03", "A-12")
def test_passkey_bound_by_certificate_opens_the_desk(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(DESK)
    _virtual_authenticator(page)
    sign_in_officer(page, portal)
    page.goto(portal.url + "/tai-khoan/khoa-truy-cap/")
    page.get_by_role("link", name="Gắn khóa truy cập trên thiết bị này").click()
    page.get_by_label("Tên để bạn nhận ra khóa này").fill("Máy thử nghiệm")
    page.get_by_role("button", name="Gắn khóa").click()
    expect(page.get_by_role("heading", name="Máy thử nghiệm")).to_be_visible()

    page.goto(portal.url + "/tai-khoan/dang-xuat/")
    page.get_by_role("main").get_by_role("button", name="Đăng xuất").click()
    page.goto(portal.url + "/quan-tri/")
    page.get_by_role("button", name="Đăng nhập bằng khóa truy cập").click()
    expect(page).to_have_url(re.compile("/quan-tri/$"))
    expect(page.get_by_text("Phạm Thị Minh Họa").first).to_be_visible()


@pytest.mark.requirement("A-07")
def test_a_one_time_password_binds_no_passkey(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(DESK)
    page.goto(portal.url + "/tai-khoan/dang-nhap/")
    sign_in_citizen(page, portal, MOTHER)
    page.goto(portal.url + "/tai-khoan/khoa-truy-cap/them/")
    expect(page.get_by_role("heading", name="Cần xác thực thêm")).to_be_visible()
