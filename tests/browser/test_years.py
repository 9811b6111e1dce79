"""A year frozen by one officer of VPCP and published by another; a journalist who fetches everything and computes it again."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from ratings.models import FrozenYear
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_officer
from tests.browser.test_accessible import _findings
from tests.ratings.years.support import counted, criteria
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser
FIRST, SECOND = "001080000006", "001076000032"
YEAR = 2025


def look(page: Page, *, wide: bool) -> None:
    """Nothing that axe finds, nothing that is wider than the screen."""
    if wide:
        assert not _findings(page), page.url
    else:
        no_sideways_scrolling(page)


@pytest.mark.requirement("R-04", "R-10", "N-07")
def test_vpcp_freezes_and_publishes_and_a_journalist_computes_it_again(
    portal: Stack, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    criteria()
    counted("y", dt.date(YEAR, 1, 1))
    counted("m", dt.date(YEAR, 12, 1))

    # One officer looks at the year and freezes it …
    one = open_page(DESK)
    sign_in_officer(one, portal, FIRST)
    one.goto(f"{portal.url}/quan-tri/ratings/frozenyear/")
    look(one, wide=True)
    one.get_by_role("link", name="Chốt kết quả một năm").click()
    one.get_by_label("Năm").select_option(str(YEAR))
    one.get_by_role("button", name="Xem trước").click()
    look(one, wide=True)
    expect(one.get_by_text("Ủy ban nhân dân thành phố Hà Nội")).to_be_visible()
    one.get_by_role("button", name=f"Chốt kết quả năm {YEAR}").click()
    expect(one.get_by_text("một cán bộ khác phải xem và công bố")).to_be_visible()
    expect(one.get_by_role("link", name="Công bố", exact=True)).to_have_count(0)
    look(one, wide=True)

    # … another one, on a small screen, sees that it waits and publishes it.
    other = open_page(PHONE, javascript=False)
    sign_in_officer(other, portal, SECOND)
    other.get_by_role("link", name=re.compile(f"Kết quả năm {YEAR} chờ công bố")).first.click()
    look(other, wide=False)
    other.get_by_role("link", name="Công bố", exact=True).click()
    look(other, wide=False)
    other.get_by_role("button", name="Công bố").click()
    expect(other.get_by_text("Đã công bố").first).to_be_visible()
    eventually(lambda: FrozenYear.objects.filter(year=YEAR, document__state="signed").exists(), 60, 0.5)

    # The journalist starts at the foot of the front page.
    call_command("make_open_data", month=f"{YEAR}")
    call_command("make_open_data", month=f"{YEAR}-12")
    for viewport, wide in ((DESK, True), (PHONE, False)):
        page = open_page(viewport, accept_downloads=True)
        page.goto(portal.url + "/")
        page.get_by_role("contentinfo").get_by_role("link", name="Dữ liệu mở").click()
        look(page, wide=wide)
        folder = tmp_path / ("wide" if wide else "narrow")
        folder.mkdir()
        with page.expect_download() as script:
            page.get_by_role("link", name="Tải recompute.py").click()
        script.value.save_as(folder / script.value.suggested_filename)
        for name in ("Tiêu chí chấm điểm", "Số đếm để chấm điểm", "Điểm, xếp loại, thứ hạng"):
            page.get_by_role("link", name=name, exact=True).click()
            look(page, wide=wide)
            for period in (f"{YEAR}", f"{YEAR}-12"):
                with page.expect_download() as file:
                    page.get_by_role("row", name=re.compile(f"^{period} ")).get_by_role("link", name=re.compile("CSV")).click()
                file.value.save_as(folder / file.value.suggested_filename)
            page.get_by_role("link", name="Dữ liệu mở", exact=True).first.click()
        page.get_by_role("link", name="Kết quả đánh giá từng năm").first.click()
        look(page, wide=wide)
        page.get_by_role("link", name=str(YEAR), exact=True).click()
        look(page, wide=wide)
        with page.expect_download() as file:
            page.get_by_role("link", name="JSON", exact=True).click()
        file.value.save_as(folder / file.value.suggested_filename)
        shown = [row.split("\t")[0].strip() for row in page.locator("#province ~ table").first.locator("tbody tr").all_inner_texts()]

        done = subprocess.run([sys.executable, "-I", folder / "recompute.py", folder], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("BẰNG") == 3 and len(shown) == 2
        page.get_by_role("link", name="Xác minh").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
