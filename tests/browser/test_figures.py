"""As a citizen on a phone: who is late most with birth certificates, my dossier of another ministry; and the desk of those who connect."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dossiers.exchange import intake
from dossiers.exchange.reading import read_modern, read_modern_step
from portal.exchange.partners.models import Partner
from portal.simulators.province import year
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import MOTHER, no_sideways_scrolling, sign_in_citizen, sign_in_officer
from tests.browser.test_accessible import _findings, _look
from tests.exchange.support import make_partner
from tests.support.processes import Stack

pytestmark = pytest.mark.browser


def _report(code: str, rows: list[dict[str, Any]], steps: list[dict[str, Any]] | None = None) -> None:
    make_partner(code)
    answers, _ = intake.take(
        Partner.objects.get(pk=code), rows=rows, steps=steps or [], row_reader=read_modern, step_reader=read_modern_step,
        now=timezone.now(),
    )  # fmt: skip
    assert {answer.outcome for answer in answers} == {"new"}


@pytest.fixture
def reported(portal: Stack) -> str:
    """A province's year, and a dossier of the mother with a ministry; the code of this."""
    _report("H55", [life.modern(*life.reports[-1]) for life in year(600, until=timezone.now(), seed=3, province="H55", communes=6)])
    at = timezone.localtime().replace(microsecond=0) - timedelta(days=4)
    code = f"G17.04-{at:%y%m%d}-0001"
    row = {
        "code": code, "procedure_code": "1.001193", "channel": "2", "subject": "1", "owner_number": MOTHER[0], "state": "4",
        "submitted_at": at.isoformat(), "received_at": at.isoformat(), "due_at": (at + timedelta(days=10)).isoformat(),
    }  # fmt: skip
    _report("G17", [row], [{"code": code, "at": at.isoformat(), "state": "2", "unit": "Bộ phận Một cửa", "words": "Nhận đủ giấy tờ"}])
    return code


@pytest.mark.requirement("R-05", "X-03", "N-07")
@pytest.mark.parametrize("javascript", [True, False])
def test_who_is_late_most_and_where_is_mine(portal: Stack, reported: str, open_page: Callable[..., Page], javascript: bool) -> None:
    page = open_page(PHONE, javascript=javascript)
    page.goto(portal.url + "/thong-ke/")
    page.get_by_label("Ở đâu").select_option(label="Ủy ban nhân dân tỉnh Thái Nguyên")
    page.get_by_label("Thủ tục").last.fill("khai sinh")
    page.get_by_label("Từ ngày").fill(f"{timezone.localdate() - timedelta(days=400):%d/%m/%Y}")
    page.get_by_role("button", name="Xem").click()
    page.get_by_role("link", name="Đăng ký khai sinh", exact=True).click()
    sentence = page.get_by_text("Giải quyết quá hạn nhiều nhất:")
    expect(sentence).to_be_visible()
    named = re.search(r"Mã (H55\.\d+), (\d+) trong", sentence.inner_text())
    assert named, sentence.inner_text()
    no_sideways_scrolling(page)
    sentence.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"xep=-late#bang$"))
    first = page.locator("#bang ~ table tbody tr").first
    assert named[1] in first.inner_text()
    expect(first.locator('td[data-label="Quá hạn"]')).to_have_text(named[2])
    if not javascript:
        return
    findings = _findings(page)
    page.goto(portal.url + "/tra-cuu-ho-so/")
    page.get_by_label("Mã hồ sơ").fill(reported)
    page.get_by_label("Số định danh, mã số thuế").fill(MOTHER[0])
    page.get_by_role("button", name="Tra cứu").click()
    expect(page.get_by_text("Đang giải quyết").first).to_be_visible()
    findings += _findings(page)
    no_sideways_scrolling(page)
    page.goto(portal.url + "/ho-so/")
    sign_in_citizen(page, portal)
    page.goto(portal.url + "/ho-so/")
    expect(page.get_by_text(reported)).to_be_visible()
    findings += _look(page, portal.url, ["/ho-so/", "/ho-so/noi-khac/", f"/ho-so/{reported}/"])
    expect(page.get_by_text("Nhận đủ giấy tờ")).to_be_visible()
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("N-07", "X-01")
def test_figures_and_partners_are_for_everybody_to_use(portal: Stack, reported: str, open_page: Callable[..., Page]) -> None:
    findings: list[str] = []
    figures = [
        "/thong-ke/",
        "/thong-ke/?viec=khai+sinh",
        "/thong-ke/?tu=31/02/2026&den=1",
        "/thong-ke/?co-quan=H55&theo=thang&don-vi=hien-nay",
    ]
    for size in (PHONE, DESK):
        findings += _look(open_page(size), portal.url, [*figures, "/thong-ke/toan-trinh/", "/tra-cuu-ho-so/", "/en/thong-ke/?co-quan=H55"])
    desk = open_page(DESK)
    sign_in_officer(desk, portal, "001080000006")
    partners = "/quan-tri/partners/partner/"
    findings += _look(desk, portal.url, [partners, f"{partners}H55/change/", f"{partners}dang-ky/", f"{partners}H55/sua/"])
    findings += _look(desk, portal.url, [f"{partners}H55/tam-ngung/", f"{partners}H55/mat-khau/"])
    desk.set_viewport_size(PHONE)
    for address in (partners, f"{partners}H55/change/", f"{partners}dang-ky/"):
        desk.goto(portal.url + address)
        no_sideways_scrolling(desk)
    assert not findings, "\n".join(sorted(set(findings)))
