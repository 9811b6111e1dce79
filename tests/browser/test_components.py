"""What the one script of every page adds to components, in Chromium; each works without it (``tests/portal``)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE
from tests.browser.steps import no_sideways_scrolling
from tests.support.processes import Stack

pytestmark = pytest.mark.browser


@pytest.mark.requirement("N-07")
def test_larger_letters_are_remembered_without_a_cookie_and_fit_a_phone(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(PHONE)
    page.goto(portal.url + "/he-thiet-ke/")
    before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.get_by_role("button", name="Chữ rất lớn").click()
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > before * 1.3
    assert page.get_by_role("button", name="Chữ rất lớn").get_attribute("aria-pressed") == "true"
    no_sideways_scrolling(page)
    page.goto(portal.url + "/thu-tuc/1.001193/")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > before * 1.3
    no_sideways_scrolling(page)
    assert page.context.cookies() == []
    page.get_by_role("button", name="Chữ thường").click()
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == before


@pytest.mark.requirement("N-07")
def test_dialogue_tabs_and_toast_by_keyboard(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(PHONE)
    page.goto(portal.url + "/he-thiet-ke/")
    opener = page.locator("[data-dialog]")
    opener.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog", name="Rút hồ sơ?").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    assert opener.evaluate("element => element === document.activeElement"), "the focus is back where it was"

    first, second = page.get_by_role("tab", name="Trực tuyến"), page.get_by_role("tab", name="Trực tiếp")
    assert page.get_by_role("tabpanel").count() == 1
    first.focus()
    page.keyboard.press("ArrowRight")
    assert second.get_attribute("aria-selected") == "true" and second.evaluate("element => element === document.activeElement")
    assert page.get_by_role("tabpanel", name="Trực tiếp").is_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    assert page.get_by_role("tab", name="Bưu chính").get_attribute("aria-selected") == "true"

    toasts = page.locator(".toast").count()
    page.locator(".toast").first.get_by_role("button", name="Đóng").click()
    assert page.locator(".toast").count() == toasts - 1


def test_a_table_drawn_as_cards_is_still_a_table(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(PHONE)
    page.goto(portal.url + "/he-thiet-ke/")
    table = page.get_by_role("table", name="Hồ sơ thí dụ")
    assert table.locator("td").first.evaluate("cell => getComputedStyle(cell).display") == "flex"
    # The browser's own tree: Playwright computes roles from the markup and would not see what the drawing does to them.
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    known = {(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]}
    assert {("table", "Hồ sơ thí dụ"), ("rowheader", "TD.001"), ("columnheader", "Hạn")} <= known
    assert any(role == "cell" and "8.000" in str(name) for role, name in known)


def test_without_javascript_everything_shows_and_leads_somewhere(portal: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(PHONE, javascript=False)
    page.goto(portal.url + "/he-thiet-ke/")
    assert all(page.locator(f"#{name}").is_visible() for name in ("cach-truc-tuyen", "cach-truc-tiep", "cach-buu-chinh"))
    assert not page.locator(".text-size").is_visible() and not page.locator("[data-close]").first.is_visible()
    page.locator("[data-dialog]").click()
    assert page.url.endswith("/ho-tro/")
    page.get_by_role("link", name="Cỡ chữ").click()
    assert page.url.endswith("/chu-lon/")
