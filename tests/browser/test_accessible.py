"""axe on every named page for each role (WCAG 2.2 AA), once a page and role; and no page scrolls sideways on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from portal.launcher.common import ROOT
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_citizen, sign_in_officer
from tests.browser.test_way import file_birth, receive_and_decide
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
# What is wrong alone: of all that is right axe would write selectors, too, for most of its time. Style sheets are loaded once more only
# for the rule on locked orientation, which `test_nothing_locks_the_orientation` asks of the sheets themselves.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "selectors": False,
    "preload": False,
}
RUN = "rules => axe.run(document, rules).then(result => result.violations)"
ANONYMOUS = [
    "/",
    "/thu-tuc/",
    "/thu-tuc/1.001193/",
    "/tim-kiem/?q=khai+sinh",
    "/tim-kiem/?q=khong+co+gi+nhu+the",
    "/nop-ho-so/1.001193/",
    "/tai-khoan/dang-nhap/",
    "/tai-khoan/can-bo/",
    "/he-thiet-ke/",
    "/ho-tro/",
    "/dieu-khoan/",
    "/thong-bao/",
    "/ho-tro/yeu-cau/",
    "/ho-tro/theo-doi/",
    "/ho-tro/vuong-mac/",
    "/bao-tri/",
    "/thanh-toan/",
    "/thanh-toan/?ma=DVC1",
    "/thanh-toan/don-vi/",
    "/thanh-toan/dau-moi/",
    "/khong-co-trang-nay/",
    "/xac-minh/khong-co-ma-nay/",
]


def _findings(page: Page) -> list[str]:
    # After a click the page may still be on its way; axe on a half page finds faults of its own, and fetches style sheets itself.
    page.wait_for_load_state("load")
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(RUN, RULES)
    return [f"{page.url} {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def _look(page: Page, url: str, addresses: list[str]) -> list[str]:
    findings: list[str] = []
    for address in addresses:
        page.goto(url + address)
        findings += _findings(page)
        if page.viewport_size == PHONE:
            no_sideways_scrolling(page)
    return findings


@pytest.mark.requirement("N-07")
def test_nothing_locks_the_orientation() -> None:
    """No style sheet of ours turns a page by how its reader holds the phone (WCAG 1.3.4)."""
    sheets = sorted((ROOT / "static" / "css").rglob("*.css"))
    assert sheets and not [sheet.name for sheet in sheets if "orientation" in sheet.read_text(encoding="utf-8")]


@pytest.mark.requirement("N-07")
def test_pages_for_everybody(portal: Stack, open_page: Callable[..., Page]) -> None:
    findings = _look(open_page(PHONE), portal.url, ANONYMOUS)
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("N-07")
def test_pages_of_citizen_officer_and_stranger(portal: Stack, open_page: Callable[..., Page]) -> None:
    phone = open_page(PHONE)
    findings: list[str] = []
    phone.goto(portal.url + "/nop-ho-so/1.001193/to-khai/")
    sign_in_citizen(phone, portal)
    findings += _findings(phone)
    phone.get_by_role("button", name="Tiếp tục").click()
    expect(phone.get_by_label("Họ, chữ đệm, tên của trẻ")).to_be_visible()
    # The form with its errors is a page of its own for somebody who cannot see it.
    phone.get_by_role("button", name="Tiếp tục").click()
    findings += _findings(phone)
    findings += _look(phone, portal.url, ["/nop-ho-so/1.001193/to-khai/", "/ho-so/", "/", "/en/", "/thu-tuc/1.001193/"])
    code = file_birth(phone, portal)
    citizen = [f"/ho-so/{code}/", f"/ho-so/{code}/rut/", "/tai-khoan/", "/tai-khoan/thong-bao/", "/tai-khoan/vai-tro/"]
    citizen += ["/tai-khoan/dang-xuat/"]
    findings += _look(phone, portal.url, [*citizen, "/ho-so/", "/nop-ho-so/1.001193/giay-to/", "/nop-ho-so/1.001193/kiem-tra/"])

    desk = open_page(DESK)
    receive_and_decide(desk, portal, code)
    findings += _look(
        desk,
        portal.url,
        [
            "/quan-tri/",
            "/quan-tri/dossiers/dossier/",
            "/quan-tri/procedures/procedure/",
            "/quan-tri/catalogues/agency/",
            "/quan-tri/catalogues/paperkind/",
            "/tai-khoan/khoa-truy-cap/",
            "/tai-khoan/khoa-truy-cap/them/",
        ],
    )
    # The list opens on what is open; a search finds what is done.
    desk.goto(f"{portal.url}/quan-tri/dossiers/dossier/?q={code}")
    desk.get_by_role("link", name=code).click()
    findings += _findings(desk)

    def proof() -> str:
        phone.goto(f"{portal.url}/ho-so/{code}/")
        link = phone.get_by_role("link", name="Xem trang xác minh")
        return str(link.get_attribute("href")) if link.count() else ""

    address = eventually(proof, 60, 1)
    findings += _findings(phone)
    stranger = open_page(PHONE)
    findings += _look(stranger, portal.url, [address, address + "doi-chieu/", address + "doi-chieu-ban-in/"])
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("N-07")
def test_the_desk_of_the_catalogue(portal: Stack, open_page: Callable[..., Page]) -> None:
    desk = open_page(DESK)
    sign_in_officer(desk, portal, "001080000006")
    findings: list[str] = []
    for name in (
        "procedure",
        "procedureversion",
        "decision",
        "searchword",
        "searchweight",
        "mistakereport",
        "searchmiss",
        "importrun",
        "localisation",
    ):
        findings += _look(desk, portal.url, [f"/quan-tri/procedures/{name}/"])
        first = desk.locator("#result_list tbody a").first
        if first.count():
            findings += _look(desk, portal.url, [str(first.get_attribute("href"))])
    findings += _look(
        desk,
        portal.url,
        [
            "/quan-tri/procedures/searchword/add/",
            "/quan-tri/procedures/searchweight/add/",
            "/quan-tri/notices/notice/",
            "/quan-tri/notices/notice/add/",
        ],
    )
    assert not findings, "\n".join(sorted(set(findings)))
