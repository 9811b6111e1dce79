"""The editor of the shared catalogues at work: amend with dates, import with bad rows, export, see who changed what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK
from tests.browser.steps import sign_in_officer
from tests.browser.test_accessible import _findings
from tests.catalogues.test_imports import five_hundred_with_twelve_bad, table
from tests.support.processes import Stack

pytestmark = pytest.mark.browser

EDITOR = "001080000006"


def amend(desk: Page, portal: Stack, *, kind: str, code: str, field: str, value: str, begins: dt.date) -> None:
    """From the list to an entry, change one fact from a day on."""
    desk.goto(f"{portal.url}/quan-tri/catalogues/{kind}/?q={code}")
    desk.locator("#result_list tbody").get_by_role("link", name=code, exact=True).first.click()
    expect(desk.locator(f"#id_{field}")).to_be_visible()
    desk.fill(f"#id_{field}", value)
    desk.fill("#id_amend_from", f"{begins:%d/%m/%Y}")
    desk.get_by_role("button", name="Lưu lại", exact=True).click()
    expect(desk.locator(".messagelist .success, ul.messagelist li").first).to_be_visible()


@pytest.mark.requirement("C-17", "O-07", "N-07")
def test_an_editor_amends_imports_exports_and_sees_who_did_it(portal: Stack, open_page: Callable[..., Page], tmp_path: Path) -> None:
    desk = open_page(DESK)
    sign_in_officer(desk, portal, EDITOR)
    next_week = timezone.localdate() + dt.timedelta(days=7)
    amend(desk, portal, kind="agency", code="H26.101", field="hotline", value="1900 9999", begins=next_week)
    amend(desk, portal, kind="administrativeunit", code="00070", field="name", value="Hoàn Kiếm Thử", begins=next_week)

    desk.goto(f"{portal.url}/quan-tri/catalogues/administrativeunit/?q=00070")
    desk.locator("#result_list tbody a").first.click()
    desk.get_by_role("link", name="Lịch sử").click()
    said = desk.locator("#content-main")
    expect(said).to_contain_text("Vũ Văn Trình Bày")
    expect(said).to_contain_text("Hoàn Kiếm Thử")
    findings = _findings(desk)

    rows, _bad = five_hundred_with_twelve_bad()
    (tmp_path / "nganh.csv").write_bytes(table(rows))
    desk.goto(f"{portal.url}/quan-tri/catalogues/sector/")
    desk.get_by_role("link", name="Nhập từ tệp").click()
    findings += _findings(desk)
    desk.locator("input[type=file]").set_input_files(tmp_path / "nganh.csv")
    desk.get_by_role("button", name="Kiểm tra tệp").click()
    report = desk.locator("#content-main")
    expect(report).to_contain_text("Chưa ghi gì vào danh mục")
    expect(report.get_by_role("row", name="Không nhận")).to_contain_text("12")
    findings += _findings(desk)
    desk.get_by_role("button", name="Ghi 488 dòng vào danh mục").click()
    expect(report).to_contain_text("Đã ghi vào danh mục lúc")

    desk.goto(f"{portal.url}/quan-tri/catalogues/sector/")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Xuất CSV").click()
    exported = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert exported.count("LV.kiem-thu-") == 488
    assert not findings, "\n".join(sorted(set(findings)))
