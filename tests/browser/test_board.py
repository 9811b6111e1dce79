"""The morning of the Government Office: the dashboard, live without moving anything, down to an agency, the targets, and on one sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_officer
from tests.browser.test_accessible import _findings
from tests.browser.test_print import printed
from tests.ratings.board.support import dossier, tell
from tests.support.processes import Stack

pytestmark = [pytest.mark.browser, pytest.mark.requirement("R-08", "R-13")]

STEERING, OVERSEEING = "001080000006", "001082000024"
NUMBER = ".stat:has(a:text('hồ sơ đang quá hạn')) .stat-value"


def test_the_morning_of_the_government_office(portal: Stack, open_page: Callable[..., Page], tmp_path: Path) -> None:
    tell(dossier(3, timezone.localdate(), received=-30, due=-20))
    page = open_page(DESK)
    sign_in_officer(page, portal, STEERING)
    page.clock.install()
    page.get_by_role("link", name="Hồ sơ quá hạn, xem bảng điều hành").click()
    expect(page.get_by_role("heading", name="Điều hành: Cả nước", level=1)).to_be_visible()
    before = int(page.locator(NUMBER).inner_text().replace(".", ""))

    # What happens is seen without a hand: where one stands one stays, and what changed is said once.
    link = page.get_by_role("region", name="Chậm nhất trước").get_by_role("link").first
    link.focus()
    name = link.inner_text()
    tell(dossier(1, timezone.localdate(), received=-30, due=-20))
    page.clock.run_for(31_000)
    expect(page.locator(NUMBER)).to_have_text(f"{before + 1:,}".replace(",", "."))
    assert page.evaluate("document.activeElement.textContent") in (name, link.inner_text())
    assert page.evaluate("document.activeElement.tagName") == "A"
    expect(page.get_by_role("status")).to_contain_text("hồ sơ đang quá hạn")
    page.get_by_role("link", name="Tạm dừng").click()
    expect(page.get_by_text("Đang tạm dừng cập nhật.")).to_be_visible()
    tell(dossier(2, timezone.localdate(), received=-30, due=-20))
    page.clock.run_for(65_000)
    expect(page.locator(NUMBER)).to_have_text(f"{before + 1:,}".replace(",", "."))

    # On paper: one sheet, when and by whom.
    page.goto(portal.url + "/dieu-hanh/")
    pages, words = printed(page, tmp_path / "morning.pdf")
    flat = " ".join(words.split())
    assert pages == 1 and "In lúc" in flat and "Người in:" in flat and "Chậm nhất trước" in flat and "Tạm dừng" not in flat

    # Down to a province, its figures, and up again.
    page.get_by_role("region", name="Các cơ quan bên dưới").get_by_role("link", name="Ủy ban nhân dân thành phố Hà Nội").click()
    expect(page.get_by_role("heading", name="Điều hành: Ủy ban nhân dân thành phố Hà Nội", level=1)).to_be_visible()
    pages, _words = printed(page, tmp_path / "province.pdf")
    assert pages == 1
    page.get_by_role("link", name="tiếp nhận hôm nay").click()
    expect(page).to_have_url(f"{portal.url}/dieu-hanh/thong-ke/?ky={timezone.localdate()}&cot=tiep-nhan&co-quan=H26")
    page.go_back()
    page.get_by_role("link", name="Bảng chỉ tiêu").click()
    expect(page.get_by_role("heading", name="Bảng chỉ tiêu: Ủy ban nhân dân thành phố Hà Nội")).to_be_visible()
    page.get_by_role("navigation", name="Đường dẫn").get_by_role("link", name="Điều hành").click()
    page.get_by_role("navigation", name="Đường dẫn").get_by_role("link", name="Cả nước").click()
    expect(page.get_by_role("heading", name="Điều hành: Cả nước", level=1)).to_be_visible()


@pytest.mark.requirement("N-07")
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_dashboards_are_open_to_everybody_who_may_see_them(portal: Stack, open_page: Callable[..., Page], size: Any) -> None:
    page = open_page(size)
    sign_in_officer(page, portal, STEERING)
    findings: list[str] = []
    for address in ("/dieu-hanh/?dung=1", "/dieu-hanh/H26/", "/dieu-hanh/H26.101/", "/dieu-hanh/muc-tieu/", "/dieu-hanh/H26/muc-tieu/",
                    "/quan-tri/ratings/target/", "/quan-tri/ratings/target/add/"):  # fmt: skip
        page.goto(portal.url + address)
        findings += _findings(page)
        no_sideways_scrolling(page)
    assert not findings, "\n".join(findings)


def test_without_a_script_an_agency_sees_itself(portal: Stack, open_page: Callable[..., Page]) -> None:
    plain = open_page(PHONE, javascript=False)
    sign_in_officer(plain, portal, OVERSEEING)
    plain.goto(portal.url + "/dieu-hanh/")
    expect(plain.get_by_role("heading", name="Điều hành: Ủy ban nhân dân thành phố Hà Nội")).to_be_visible()
    plain.get_by_role("link", name="Tạm dừng").click()
    expect(plain.get_by_text("Đang tạm dừng cập nhật.")).to_be_visible()
    no_sideways_scrolling(plain)
    answer = plain.goto(portal.url + "/dieu-hanh/H17/")
    assert answer is not None and answer.status == 404
