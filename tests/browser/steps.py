"""Steps of journeys, each as its user would take it."""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.support.processes import Stack, eventually

MOTHER = ("001195000001", "+84900000001")
OFFICER = "001185000003"
LEADER = "001075000004"
ELSEWHERE = "001188000005"
PIN = "12345678"


def photo() -> bytes:
    """A photo as a phone takes it: a paper with some writing."""
    image = Image.new("RGB", (900, 1200), "#f3efe6")
    draw = ImageDraw.Draw(image)
    for line in range(12):
        draw.line((80, 120 + 80 * line, 780 - 30 * (line % 3), 120 + 80 * line), fill="#333", width=4)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def sign_in_citizen(page: Page, portal: Stack, who: tuple[str, str] = MOTHER) -> None:
    """On the sign-in page: identity number, then the code out of the SMS."""
    number, phone = who
    before = len(portal.simulators.outbox(phone))
    page.get_by_label("Số định danh cá nhân").fill(number)
    page.get_by_role("button", name="Nhận mật khẩu một lần").click()
    messages = eventually(lambda: found if len(found := portal.simulators.outbox(phone)) > before else None)
    page.get_by_label("Mật khẩu một lần").fill(messages[0]["text"][:6])
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page).not_to_have_url(re.compile("/dang-nhap/"))


def authorise_at_signing_service(page: Page, number: str = "") -> None:
    """At the remote signing service's own page: who one is where it does not know, and the PIN."""
    expect(page).to_have_url(re.compile("/csc/v2/oauth2/authorize"))
    if number:
        page.locator("input[name=account]").fill(number)
    page.locator("input[name=pin]").fill(PIN)
    page.get_by_role("button", name="Ký", exact=True).click()


def sign_in_officer(page: Page, portal: Stack, number: str = OFFICER) -> None:
    """From the desk's door to the desk, by certificate."""
    page.goto(portal.url + "/quan-tri/")
    page.get_by_role("button", name="Tiếp tục đến dịch vụ ký số").click()
    authorise_at_signing_service(page, number)
    expect(page).to_have_url(re.compile("/quan-tri/"), timeout=20_000)


def sign_out(page: Page, portal: Stack) -> None:
    """By the page that asks."""
    page.goto(portal.url + "/tai-khoan/dang-xuat/")
    page.get_by_role("button", name="Đăng xuất").click()


def no_sideways_scrolling(page: Page) -> None:
    """The page fits its window."""
    widths: Any = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{page.url} is {widths[0]} px wide in a window of {widths[1]} px"
