"""The desk of payments as its three kinds of officers see it: axe, no sideways scrolling, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from payments.models import Collection, Order
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_officer, sign_out
from tests.browser.test_accessible import _findings
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser
ACCOUNTANT, OPERATOR, VPCP = "001187000016", "001078000018", "001080000006"


def paid_by_somebody(page: Page, portal: Stack, code: str) -> None:
    """A passer-by pays a demo order at VNPAY, and is charged; then asks where the money is."""
    page.goto(f"{portal.url}/thanh-toan/{code}/")
    page.get_by_label("VNPAY").check()
    page.get_by_role("button", name="Trả tiền").click()
    page.get_by_role("button", name="Thanh toán thành công").click()
    eventually(lambda: Collection.objects.filter(order__code=code).exists(), 60, 0.5)
    page.goto(f"{portal.url}/thanh-toan/{code}/")
    for link in ("Có vấn đề với tiền đã trả? Đề nghị tra soát", "Đề nghị hoàn tiền"):
        page.get_by_role("link", name=link).click()
        no_sideways_scrolling(page)
        assert not _findings(page)
        page.go_back()


def look_around(page: Page, portal: Stack, *, wide: bool) -> list[str]:
    """Every list of payments that this officer has, and the first row of each."""
    page.goto(portal.url + "/quan-tri/")
    links = page.locator('a[href^="/quan-tri/payments/"]').evaluate_all("found => found.map(one => one.getAttribute('href'))")
    lists = sorted({link for link in links if link.count("/") == 4 and "?" not in link})
    assert lists
    findings: list[str] = []
    for address in ["/quan-tri/", *lists]:
        page.goto(portal.url + address)
        if wide:
            findings += _findings(page)
        else:
            no_sideways_scrolling(page)
        row = page.locator("#result_list th a").first
        if row.count():
            page.goto(portal.url + str(row.get_attribute("href")))
            if wide:
                findings += _findings(page)
            else:
                no_sideways_scrolling(page)
    return findings


@pytest.mark.requirement("N-07", "P-10")
def test_accountant_operator_and_vpcp(portal: Stack, open_page: Callable[..., Page]) -> None:
    ours = Order.objects.filter(state="open", payee_unit="H26.101").first()
    others = Order.objects.filter(state="open").exclude(payee_unit__startswith="H26.101").first()
    assert ours is not None and others is not None
    paid_by_somebody(open_page(PHONE), portal, ours.code)
    wide, narrow = open_page(DESK), open_page(PHONE, javascript=False)
    findings: list[str] = []
    for number in (ACCOUNTANT, OPERATOR, VPCP):
        sign_in_officer(wide, portal, number)
        findings += look_around(wide, portal, wide=True)
        if number == ACCOUNTANT:
            answer = wide.goto(f"{portal.url}/quan-tri/payments/order/{others.pk}/change/")
            assert answer is not None and answer.status == 404
        sign_out(wide, portal)
    sign_in_officer(narrow, portal, ACCOUNTANT)
    look_around(narrow, portal, wide=False)
    expect(narrow.locator("body")).to_be_visible()
    assert not findings, "\n".join(sorted(set(findings)))
