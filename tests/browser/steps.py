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

    def password() -> str | None:
        """The newest one since: other messages may come to the same phone meanwhile."""
        since = portal.simulators.outbox(phone)
        fresh = [found["text"][:6] for found in since[: len(since) - before] if re.match(r"\d{6}\b", found["text"])]
        return fresh[0] if fresh else None

    page.get_by_label("Số định danh cá nhân").fill(number)
    page.get_by_role("button", name="Nhận mật khẩu một lần").click()
    page.get_by_label("Mật khẩu một lần").fill(eventually(password, 60))
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page).not_to_have_url(re.compile("/dang-nhap/"))


def fill_in(page: Page, child: str, *, role: str = "Mẹ", born: str = "01/11/2026") -> None:
    """The declaration, from who one is to the last field, as a parent types it; the other parent is the demo's other person."""
    if page.get_by_label(role, exact=True).count():  # not asked again in a draft that knows it
        page.get_by_label(role, exact=True).check()
        page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_label("Họ, chữ đệm, tên của trẻ")).to_be_visible()
    no_sideways_scrolling(page)
    page.get_by_label("Họ, chữ đệm, tên của trẻ").fill(child)
    page.get_by_label("Ngày sinh của trẻ").fill(born)
    page.get_by_label("Nam", exact=True).check()
    page.get_by_label("Nơi sinh").fill("Bệnh viện Ví Dụ, Hà Nội")
    page.get_by_label("Dân tộc của trẻ").fill("Kinh")
    page.get_by_label("Quê quán của trẻ").fill("Phường Hoàn Kiếm, Hà Nội")
    other = "cha" if role == "Mẹ" else "mẹ"
    name, number, day = ("Trần Văn Thử", "001093000002", "02/08/1993") if other == "cha" else ("Nguyễn Thị Mẫu", MOTHER[0], "14031995")
    page.get_by_label(f"Họ, chữ đệm, tên của {other}").fill(name)
    page.get_by_label(f"Số định danh cá nhân của {other}").fill(number)
    page.get_by_label(f"Ngày sinh của {other}").fill(day)
    page.get_by_label(f"Nơi cư trú của {other}").fill("Số 1 phố Thử Nghiệm, phường Hoàn Kiếm, Hà Nội")
    page.get_by_role("button", name="Tiếp tục").click()
    again = page.get_by_label("Tôi đã xem lại, đúng như vậy")
    if again.count():  # the same child as in a journey before this one
        again.check()
        page.get_by_role("button", name="Tiếp tục").click()


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
    """The page fits its window, once it is there."""
    page.wait_for_load_state("domcontentloaded")
    widths: Any = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{page.url} is {widths[0]} px wide in a window of {widths[1]} px"
