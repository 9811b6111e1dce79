"""The grandmother at the commune's kiosk: what she needs, a number; another day a filing that she takes home to a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import OneTimePassword, Person
from dossiers.kiosk import devices, handing
from dossiers.models import Draft
from tests.browser.conftest import PHONE
from tests.browser.steps import MOTHER, no_sideways_scrolling, sign_in_citizen
from tests.browser.test_accessible import _findings
from tests.factories import citizen_actor, make_officer_actor
from tests.support.processes import Stack, eventually

pytestmark = [pytest.mark.browser, pytest.mark.requirement("D-23", "N-07")]
SCREEN = {"width": 1080, "height": 1280}


def press(page: Page, digits: str) -> None:
    """The pad's keys, one after the other, then the last one."""
    for digit in digits:
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Xong", exact=True).last.click()


def looked_at(page: Page, findings: list[str]) -> None:
    findings += _findings(page)
    no_sideways_scrolling(page)


def test_a_grandmother_takes_a_number_and_another_day_her_filing_home(portal: Stack, open_page: Callable[..., Page]) -> None:
    actor, now, findings = make_officer_actor(roles=("administrator",)), timezone.now(), list[str]()
    device = devices.register(actor=actor, name="Sảnh", now=now)
    page = open_page(SCREEN)
    page.goto(portal.url + "/kiosk/may/")
    looked_at(page, findings)
    press(page, devices.new_code(actor=actor, device_id=device.pk, now=now))
    expect(page.get_by_role("heading", name="Bạn cần làm gì?")).to_be_visible()
    # There is no Vietnamese voice here: the button is not there.
    expect(page.get_by_role("button", name="Đọc to")).to_have_count(0)
    looked_at(page, findings)
    page.get_by_role("link", name="Tìm theo việc trong đời").click()
    looked_at(page, findings)
    page.locator(".kiosk-tile").first.click()
    looked_at(page, findings)
    page.goto(portal.url + "/kiosk/thu-tuc/1.001193/")
    expect(page.get_by_text("Giấy chứng sinh").first).to_be_visible()
    looked_at(page, findings)
    page.get_by_role("link", name="Lấy số gặp cán bộ").click()
    looked_at(page, findings)
    page.get_by_role("button", name="Lấy số", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"Số của bạn: \d+"))).to_be_visible()
    looked_at(page, findings)

    # Another day: her number by the pad, the password from her telephone.
    page.goto(portal.url + "/kiosk/thu-tuc/1.001193/")
    page.get_by_role("link", name="Nộp hồ sơ tại máy này").click()
    looked_at(page, findings)
    number, phone = MOTHER
    before = len(portal.simulators.outbox(phone))
    press(page, number)
    expect(page.get_by_role("heading", name="Mật khẩu một lần")).to_be_visible()

    def password() -> str | None:
        since: list[dict[str, Any]] = portal.simulators.outbox(phone)
        fresh = [one["text"][:6] for one in since[: len(since) - before] if re.match(r"\d{6}\b", one["text"])]
        return fresh[0] if fresh else None

    press(page, eventually(password, 60))
    expect(page).to_have_url(re.compile("/nop-ho-so/1.001193/to-khai/"))
    looked_at(page, findings)
    # A field is filled in by the keys on the screen; what she began she takes home.
    page.get_by_label("Mẹ", exact=True).check()
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Họ, chữ đệm, tên của trẻ").click()
    keys = page.get_by_role("group", name="Bàn phím")
    for key in ("t", "r", "â", "n"):
        keys.get_by_role("button", name=key, exact=True).click()
    expect(page.get_by_label("Họ, chữ đệm, tên của trẻ")).to_have_value("trân")
    keys.get_by_role("button", name="Ẩn bàn phím").click()
    page.get_by_role("link", name="Làm tiếp trên điện thoại").click()
    page.get_by_role("button", name="Hiện mã QR").click()
    expect(page.get_by_role("region", name="Mã cho điện thoại")).to_be_visible()
    looked_at(page, findings)

    # Nobody touches the screen: a warning that can be put off, then the start, and nothing of hers is left.
    page.evaluate("localStorage.setItem('la', 'x')")
    page.clock.install()
    page.reload()
    page.clock.run_for(61_000)
    warning = page.get_by_role("alertdialog")
    expect(warning).to_be_visible()
    looked_at(page, findings)
    warning.get_by_role("button", name="Tôi còn dùng").click()
    expect(warning).to_be_hidden()
    page.clock.run_for(82_000)
    expect(page).to_have_url(re.compile(r"/kiosk/$"))
    names = {one["name"] for one in page.context.cookies()}
    assert "phien" not in names and "may-quen" not in names and devices.COOKIE in names
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    kept = page.evaluate("caches.open('kiosk-public').then(one => one.keys()).then(all => all.map(one => new URL(one.url).pathname))")
    assert all(path.startswith(("/kiosk/", "/static/")) for path in kept) and "/kiosk/dang-nhap/" not in kept
    page.goto(portal.url + "/ho-so/")
    expect(page).to_have_url(re.compile("/kiosk/dang-nhap/"))
    assert findings == []

    # On her granddaughter's phone: the link of the code, her own sign-in, and the draft as she left it.
    person = Person.objects.get(full_name="Nguyễn Thị Mẫu")
    draft = Draft.objects.get(party_id=person.pk, procedure_code="1.001193")
    token = handing.hand_over(actor=citizen_actor(person), draft=draft, device=device, now=timezone.now())
    # A minute later: a second password is not sent at once.
    OneTimePassword.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    mobile = open_page(PHONE)
    mobile.goto(f"{portal.url}/kiosk/tiep/{token}/")
    no_sideways_scrolling(mobile)
    mobile.get_by_role("main").get_by_role("link", name="Đăng nhập").click()
    sign_in_citizen(mobile, portal)
    mobile.get_by_role("button", name="Làm tiếp").click()
    expect(mobile).to_have_url(re.compile("/nop-ho-so/1.001193/to-khai/"))
