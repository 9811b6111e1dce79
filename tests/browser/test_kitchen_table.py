"""A parent at a kitchen table: a slow connection, interrupted twice, finished on another device; and the same by keyboard alone."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.services.codes import RESEND_AFTER
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import MOTHER, no_sideways_scrolling, photo, sign_in_citizen
from tests.browser.test_front_door import follow, tab_to
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Slow 3G: milliseconds, and bytes a second."""
PAPER = re.compile("Chọn ảnh hoặc tệp: Giấy chứng sinh")
FATHER = {
    "Họ, chữ đệm, tên của cha": "Trần Văn Thử",
    "Số định danh cá nhân của cha": "001093000002",
    "Ngày sinh của cha": "02/08/1993",
    "Nơi cư trú của cha": "Số 1 phố Thử Nghiệm, phường Hoàn Kiếm, Hà Nội",
}


def child(name: str) -> dict[str, str]:
    return {
        "Họ, chữ đệm, tên của trẻ": name,
        "Ngày sinh của trẻ": "01/11/2026",
        "Nơi sinh": "Bệnh viện Ví Dụ, Hà Nội",
        "Dân tộc của trẻ": "Kinh",
        "Quê quán của trẻ": "Phường Hoàn Kiếm, Hà Nội",
    }


def slow(page: Page) -> None:
    """From now on the page's connection is a slow one."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)


@pytest.mark.requirement("D-01", "D-15", "D-19", "D-21", "N-06")
def test_interrupted_twice_on_a_slow_phone_and_finished_on_another_device(portal: Stack, open_page: Callable[..., Page]) -> None:
    phone = open_page(PHONE)
    phone.context.set_default_timeout(60_000)
    slow(phone)
    phone.goto(portal.url + "/")
    phone.get_by_role("combobox").first.fill("khai sinh")
    phone.get_by_role("combobox").first.press("Enter")
    phone.get_by_role("main").get_by_role("link", name=re.compile("Đăng ký khai sinh")).first.click()
    phone.get_by_role("link", name="Nộp hồ sơ trực tuyến").first.click()
    phone.get_by_role("link", name="Bắt đầu").click()
    sign_in_citizen(phone, portal)
    signed_in = time.monotonic()
    phone.get_by_label("Mẹ", exact=True).check()
    phone.get_by_role("button", name="Tiếp tục").click()
    for label, words in child("Trần Gia Bàn Bếp").items():
        phone.get_by_label(label).fill(words)
    phone.get_by_label("Nữ", exact=True).check()
    no_sideways_scrolling(phone)
    phone.get_by_role("button", name="Lưu nháp").click()
    expect(phone.get_by_text("Đã lưu nháp")).to_be_visible()

    # The first interruption: the phone is put away; an hour later everything is where it was.
    again = phone.context.new_page()
    phone.close()
    slow(again)
    again.goto(portal.url + "/ho-so/")
    no_sideways_scrolling(again)
    again.get_by_role("main").locator("h3 a").first.click()
    expect(again.get_by_label("Họ, chữ đệm, tên của trẻ")).to_have_value("Trần Gia Bàn Bếp")
    for label, words in FATHER.items():
        again.get_by_label(label).fill(words)
    again.get_by_role("button", name="Tiếp tục").click()
    expect(again).to_have_url(re.compile("/giay-to/"))

    # The second one: the connection goes in the middle of a photo, and the battery with it.
    again.wait_for_load_state("load")
    content = photo()
    file = {"name": "giấy chứng sinh.jpg", "mimeType": "image/jpeg", "buffer": content}
    again.route(re.compile("/tai-len/"), lambda route: route.abort("internetdisconnected"))
    again.get_by_label(PAPER).set_input_files(file)
    expect(again.get_by_text("Mất kết nối. Tệp sẽ tự gửi tiếp khi có mạng.")).to_be_visible(timeout=60_000)
    again.close()

    desk = open_page(DESK)
    # A second code is sent to the same phone no sooner.
    time.sleep(max(0.0, signed_in + RESEND_AFTER.total_seconds() + 1 - time.monotonic()))
    desk.goto(portal.url + "/ho-so/")
    sign_in_citizen(desk, portal)
    desk.get_by_role("main").locator("h3 a").first.click()
    # Where something was saved last; all of it is there.
    expect(desk.get_by_label("Họ, chữ đệm, tên của cha")).to_have_value(FATHER["Họ, chữ đệm, tên của cha"])
    desk.get_by_role("button", name="Tiếp tục").click()
    expect(desk).to_have_url(re.compile("/giay-to/"), timeout=30_000)
    desk.get_by_label(PAPER).set_input_files(file)
    expect(desk.get_by_text("Đã nhận tệp giấy chứng sinh.jpg.")).to_be_visible()
    desk.get_by_role("button", name="Tiếp tục").click()
    expect(desk.get_by_text("Trần Gia Bàn Bếp")).to_be_visible()
    send(desk)
    # At once on the page of the receipt: each file with its size and what it is like.
    expect(desk.get_by_text(hashlib.sha256(content).hexdigest())).to_be_visible()
    expect(desk.get_by_text(f"{len(content):,}".replace(",", ".")).first).to_be_visible()


def send(page: Page) -> None:
    """Press until the worker has looked through the photo and the dossier is there."""

    def sent() -> bool:
        with page.expect_navigation():
            page.get_by_role("button", name="Gửi hồ sơ").click()
        return re.search(r"/ho-so/H26", page.url) is not None

    eventually(sent, 60, 1.0)


@pytest.mark.requirement("D-01", "N-07")
def test_a_birth_by_keyboard_and_what_is_announced_alone(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(DESK)
    page.goto(portal.url + "/")
    search = page.get_by_role("combobox").first
    tab_to(page, search)
    page.keyboard.type("dang ky khai sinh")
    page.keyboard.press("Enter")
    follow(page, page.get_by_role("main").get_by_role("link", name=re.compile("^Đăng ký khai sinh$")).first)
    follow(page, page.get_by_role("main").get_by_role("link", name="Nộp hồ sơ trực tuyến").first)
    follow(page, page.get_by_role("link", name="Bắt đầu"))
    number, phone = MOTHER
    before = len(portal.simulators.outbox(phone))
    write(page, "Số định danh cá nhân", number)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Mật khẩu một lần")).to_be_visible()

    def code() -> str | None:
        since = portal.simulators.outbox(phone)
        fresh = [found["text"][:6] for found in since[: len(since) - before] if re.match(r"\d{6}\b", found["text"])]
        return fresh[0] if fresh else None

    write(page, "Mật khẩu một lần", eventually(code, 60))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tờ khai")
    choose(page, "Mẹ")
    follow(page, page.get_by_role("button", name="Tiếp tục"))
    expect(page.get_by_label("Họ, chữ đệm, tên của trẻ")).to_be_visible()
    for label, words in child("Trần Gia Bàn Phím").items():
        write(page, label, words)
        if label == "Ngày sinh của trẻ":
            choose(page, "Nam")
    for label, words in FATHER.items():
        write(page, label, words)
    follow(page, page.get_by_role("button", name="Tiếp tục"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Giấy tờ")
    paper = page.get_by_label(PAPER)
    tab_to(page, paper)
    paper.set_input_files({"name": "giấy chứng sinh.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.get_by_text("Đã nhận tệp giấy chứng sinh.jpg.")).to_be_visible()
    follow(page, page.get_by_role("button", name="Tiếp tục"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Kiểm tra trước khi gửi")

    def sent() -> bool:
        tab_to(page, page.get_by_role("button", name="Gửi hồ sơ"))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return re.search(r"/ho-so/H26", page.url) is not None

    eventually(sent, 60, 1.0)
    # What a screen reader says of the page: that it was sent, under which code.
    expect(page.get_by_role("main")).to_contain_text("Đã gửi, chờ tiếp nhận")


def write(page: Page, label: str, words: str) -> None:
    """Reach a box by Tab and type."""
    tab_to(page, page.get_by_label(label))
    page.keyboard.press("Control+A")
    page.keyboard.type(words)


def choose(page: Page, label: str) -> None:
    """Reach a group of choices by Tab and choose one by Space or the arrows."""
    wanted = page.get_by_label(label, exact=True)
    group = page.locator(f'input[type=radio][name="{wanted.get_attribute("name")}"]')
    expect(wanted).to_have_count(1)
    for _press in range(150):
        if group.evaluate_all("all => all.includes(document.activeElement)"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _press in range(group.count()):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowDown")
    assert wanted.is_checked()
