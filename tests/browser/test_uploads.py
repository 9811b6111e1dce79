"""A phone on a bad line: papers are sent when they are chosen, go on after the line was gone, and say what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE
from tests.browser.steps import fill_in, no_sideways_scrolling, photo, sign_in_citizen
from tests.files.making import pdf
from tests.support.processes import Stack

pytestmark = pytest.mark.browser
LINE = 60_000
"""Milliseconds that a bad line may take: the page waits longer after each loss."""
FORM, PAPERS, CHECK = (f"/nop-ho-so/1.001193/{page}/" for page in ("to-khai", "giay-to", "kiem-tra"))


def _file(name: str, content: bytes, kind: str = "application/pdf") -> Any:
    return {"name": name, "mimeType": kind, "buffer": content}


@pytest.mark.requirement("D-01", "N-06")
def test_papers_go_by_themselves_over_a_bad_line(portal: Stack, open_page: Callable[..., Page]) -> None:
    phone = open_page(PHONE)
    phone.goto(portal.url + FORM)
    sign_in_citizen(phone, portal)
    fill_in(phone, "Trần Gia Gửi Dần")
    expect(phone).to_have_url(re.compile(PAPERS))
    card = phone.locator("#giay-giay-chung-sinh")
    picker = card.locator("input[type=file]")

    cut = {"left": 2}

    def bad_line(route: Route) -> None:
        if route.request.method == "PUT" and cut["left"]:
            cut["left"] -= 1
            route.abort("connectionreset")
        else:
            route.continue_()

    phone.route(re.compile(r"/tai-len/[0-9a-f-]{36}/"), bad_line)
    picker.set_input_files(_file("dài.pdf", pdf() + b"%" + bytes(range(32, 127)) * 30_000))
    expect(card.get_by_text("Mất kết nối")).to_be_visible(timeout=LINE)
    expect(card.get_by_role("link", name="dài.pdf")).to_be_visible(timeout=LINE)
    assert cut["left"] == 0
    no_sideways_scrolling(phone)
    # Checked a moment later, and the page says so without being loaded anew.
    expect(card.get_by_text("Đã kiểm tra")).to_be_visible(timeout=LINE)

    picker.set_input_files(
        [_file("trống.pdf", b""), _file("chạy.exe", b"MZ" + bytes(900)), _file("cũ.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900))]
    )
    expect(card.get_by_text("trống.pdf: Tệp này trống")).to_be_visible(timeout=LINE)
    expect(card.get_by_text(re.compile("chạy.exe: Loại tệp này chưa nhận được"))).to_be_visible(timeout=LINE)
    expect(card.get_by_text(re.compile("cũ.doc: .*Word kiểu cũ"))).to_be_visible(timeout=LINE)
    no_sideways_scrolling(phone)

    # "Tiếp tục" is pressed while photos are on their way: it waits for them.
    picker.set_input_files([_file("trang một.jpg", photo(), "image/jpeg"), _file("trang hai.jpg", photo(), "image/jpeg")])
    phone.get_by_role("button", name="Tiếp tục").click()
    expect(phone).to_have_url(re.compile(CHECK), timeout=LINE)
    for name in ("dài.pdf", "trang một.jpg", "trang hai.jpg"):
        expect(phone.get_by_text(name).first).to_be_visible()
    expect(phone.get_by_text("chạy.exe")).to_have_count(0)
