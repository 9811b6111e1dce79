"""On paper: three pages for a birth, ticks that can be seen, no controls. And what a phone shows of the frame and of the desk."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_officer
from tests.support.processes import Stack

pytestmark = pytest.mark.browser
BOXES = """elements => elements.filter(e => e.offsetParent).map(e => {
    const r = e.getBoundingClientRect();
    return [r.left, r.top, r.width, r.height];
})"""


def printed(page: Page, path: Path) -> tuple[int, str]:
    """How many pages, and their words."""
    page.pdf(path=str(path), format="A4", prefer_css_page_size=True)
    content = path.read_bytes()
    assert shutil.which("pdftotext"), "poppler-utils is missing"
    words = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, text=True).stdout
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", content)), words


def test_a_procedure_on_paper(portal: Stack, open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page(DESK)
    page.goto(portal.url + "/thu-tuc/1.001193/?tich=1&tich=3")
    pages, words = printed(page, tmp_path / "birth.pdf")
    assert pages <= 3
    flat = " ".join(words.split())
    assert "/thu-tuc/1.001193/?tich=1&tich=3 · Nội dung ngày" in flat and "1800 1096" in flat
    for control in (
        "Các khoản khác",
        "Tìm nơi nộp gần bạn",
        "Chép địa chỉ trang này",
        "Nộp hồ sơ trực tuyến",
        "Đăng nhập",
        "Báo nội dung sai",
    ):
        assert control not in flat
    # Each page ends with something to read, not with a heading.
    headings = page.locator("h2, h3").all_inner_texts()
    for one in words.split("\f"):
        lines = [line.strip() for line in one.splitlines() if line.strip()]
        assert not lines or lines[-1] not in headings
    page.emulate_media(media="print")
    ticked, bare = page.locator(".ticks input:checked").first, page.locator(".ticks input:not(:checked)").first
    mark = "e => getComputedStyle(e, '::before').borderBottomWidth"
    assert ticked.evaluate(mark) != "0px" and bare.evaluate(mark) == "0px"
    box, heading = page.locator(".answer").bounding_box(), page.locator("#ai").bounding_box()
    assert box and heading and heading["y"] - (box["y"] + box["height"]) >= 12


def test_the_place_on_paper_without_its_controls(portal: Stack, open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page(DESK)
    page.goto(portal.url + "/thu-tuc/1.001193/?dia-phuong=01")
    _pages, words = printed(page, tmp_path / "place.pdf")
    assert "Thành phố Hà Nội" in words and "Chọn nơi khác" not in words


@pytest.mark.requirement("N-07")
@pytest.mark.parametrize("size", ["", "l", "xl"])
@pytest.mark.parametrize("path", ["/thu-tuc/1.001193/", "/en/thu-tuc/1.001193/"])
def test_the_header_of_a_phone(portal: Stack, open_page: Callable[..., Page], path: str, size: str) -> None:
    page = open_page(PHONE)
    page.goto(portal.url + path)
    page.evaluate("size => localStorage.setItem('co-chu', size)", size)
    page.reload()
    no_sideways_scrolling(page)
    boxes: Any = page.locator("header :is(a, input, button)").evaluate_all(BOXES)
    assert all(height >= 44 and width >= 44 for _left, _top, width, height in boxes)
    # The eye goes as the Tab key does: row by row, from the left.
    rows = [(round(top + height / 2) // 30, left) for left, top, _width, height in boxes]
    assert rows == sorted(rows)
    tops = {round(top + height / 2) // 30 for _left, top, _width, height in boxes}
    assert len(tops) == 3, "name, search, and one row for the account, the size of letters and the language"


def test_what_one_types_can_be_read_on_a_phone(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(PHONE)
    page.goto(portal.url + "/")
    field = page.locator("#q")
    field.fill("mở hộ kinh doanh")
    assert field.evaluate("e => e.scrollWidth <= e.clientWidth") and page.get_by_role("button", name="Tìm").count() == 1
    box = field.bounding_box()
    assert box and box["width"] >= 240


def test_the_desk_on_a_phone(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(DESK)
    sign_in_officer(page, portal, "001080000006")
    page.set_viewport_size(PHONE)
    page.goto(portal.url + "/quan-tri/catalogues/agency/")
    header = page.locator("#header").bounding_box()
    assert header
    for inside in ("#user-tools", ".desk-environment", "#user-tools a >> nth=2"):
        place = page.locator(inside)
        if place.count():
            box = place.bounding_box()
            assert box and box["y"] + box["height"] <= header["y"] + header["height"] and box["x"] + box["width"] <= PHONE["width"]
    assert page.locator(".results").evaluate("e => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX == 'auto'")
    no_sideways_scrolling(page)
