"""A citizen on a phone: from home in three steps to what is needed, without JavaScript and by keyboard alone; the same in English."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling
from tests.browser.test_accessible import _look
from tests.support.processes import Stack

pytestmark = pytest.mark.browser

FRONT = [
    "/su-kien/",
    "/su-kien/co-con-nho/",
    "/linh-vuc/",
    "/co-quan/",
    "/co-quan/H26.101/",
    "/thu-tuc/1.001612/",
    "/thu-tuc/1.001193/?dia-phuong=01&xa=00070&tich=1",
    "/thu-tuc/1.001193/?xa=tan+lap",
    "/bao-loi/?thu-tuc=1.001193",
    "/ho-tro/nop-tien/",
    "/ho-tro/buu-chinh/",
    "/chu-lon/",
    "/en/",
    "/en/thu-tuc/1.001193/",
    "/en/su-kien/khoi-su-kinh-doanh/",
]


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse does."""
    expect(target).to_have_count(1)
    for _ in range(150):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


def follow(page: Page, target: Locator) -> None:
    """One step by keyboard."""
    tab_to(page, target)
    page.keyboard.press("Enter")


def write_place(page: Page, label: str, name: str) -> None:
    """Say where one lives, and send with Enter."""
    tab_to(page, page.get_by_label(label))
    page.keyboard.type(name)
    page.keyboard.press("Enter")


@pytest.mark.requirement("C-08", "C-20", "N-07")
def test_what_a_birth_in_hanoi_needs_in_three_steps(portal: Stack, open_page: Callable[..., Page]) -> None:
    phone = open_page(PHONE, javascript=False)
    phone.goto(portal.url + "/")
    follow(phone, phone.get_by_role("link", name="Có con nhỏ"))
    follow(phone, phone.get_by_role("link", name="Đăng ký khai sinh", exact=True))
    expect(phone.get_by_role("heading", level=1)).to_have_text("Đăng ký khai sinh")
    expect(phone.get_by_label("Giấy chứng sinh")).to_be_visible()
    # The old name of the ward: Trúc Bạch went into Ba Đình.
    write_place(phone, "Xã, phường, đặc khu", "phuong truc bach, ha noi")
    expect(phone.get_by_text("Phường Ba Đình, Thành phố Hà Nội")).to_be_visible()
    expect(phone).to_have_url(re.compile(r"dia-phuong=01&xa=00004"))
    no_sideways_scrolling(phone)


@pytest.mark.requirement("C-08", "N-07")
def test_what_a_household_business_needs_in_three_steps_and_on_paper(portal: Stack, open_page: Callable[..., Page]) -> None:
    phone = open_page(PHONE, javascript=False)
    phone.goto(portal.url + "/")
    follow(phone, phone.get_by_role("link", name="Khởi sự kinh doanh"))
    follow(phone, phone.locator("a[href='/thu-tuc/1.001612/']"))
    expect(phone.get_by_role("heading", name="Giấy tờ cần có")).to_be_visible()
    first = phone.get_by_role("checkbox").first
    tab_to(phone, first)
    phone.keyboard.press("Space")
    follow(phone, phone.get_by_role("button", name="Lưu các ô đã đánh dấu"))
    expect(phone).to_have_url(re.compile(r"\?tich=1"))
    expect(phone.get_by_role("checkbox").first).to_be_checked()
    no_sideways_scrolling(phone)
    phone.emulate_media(media="print")
    expect(phone.get_by_role("checkbox").first).to_be_visible()
    expect(phone.get_by_role("button", name="Xem nơi nộp")).to_be_hidden()


@pytest.mark.requirement("C-22")
def test_the_same_in_english(portal: Stack, open_page: Callable[..., Page]) -> None:
    phone = open_page(PHONE, javascript=False)
    phone.goto(portal.url + "/")
    follow(phone, phone.get_by_role("link", name="English"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("What do you need to do?")
    follow(phone, phone.locator("a[href='/en/su-kien/co-con-nho/']"))
    follow(phone, phone.locator("a[href='/en/thu-tuc/1.001193/']"))
    expect(phone.get_by_role("heading", name="Papers you need")).to_be_visible()
    write_place(phone, "Commune, ward or special zone", "hoan kiem, ha noi")
    follow(phone, phone.get_by_role("link", name="Tiếng Việt"))
    expect(phone.get_by_role("heading", level=1)).to_have_text(re.compile("Đăng ký khai sinh|Bạn ở đâu"))


def test_with_javascript_the_ticks_go_into_the_address_by_themselves(portal: Stack, open_page: Callable[..., Page]) -> None:
    desk = open_page(DESK)
    desk.goto(portal.url + "/thu-tuc/1.001193/?dia-phuong=01")
    desk.get_by_label("Giấy chứng sinh").check()
    expect(desk).to_have_url(re.compile(r"dia-phuong=01&tich=2"))
    expect(desk.get_by_role("button", name="In", exact=True)).to_be_visible()
    expect(desk.get_by_role("button", name="Chép đường dẫn")).to_be_visible()


@pytest.mark.requirement("N-07")
def test_axe_finds_nothing_on_the_pages_of_the_front(portal: Stack, open_page: Callable[..., Page]) -> None:
    findings = _look(open_page(PHONE), portal.url, FRONT) + _look(open_page(DESK), portal.url, FRONT[:8])
    assert not findings, "\n".join(sorted(set(findings)))
