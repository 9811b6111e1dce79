"""A stranger with a print: a true code on an altered paper is found out, on a phone, without JavaScript too."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from portal.documents import services as documents
from portal.documents.models import Document
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling
from tests.dossiers.support import NOW, received
from tests.factories import make_officer_actor
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser


def print_of(document: Document, folder: Path) -> str:
    """The words on the sealed paper, as somebody reads them who holds a print."""
    file = folder / f"{document.pk}.pdf"
    file.write_bytes(b"".join(documents.open_pdf(document)))
    return subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def sealed(portal: Stack) -> Document:
    """A receipt that the running worker has sealed."""
    dossier = received(make_officer_actor(), now=NOW)
    document = dossier.documents.get(role="receipt").document

    def is_signed() -> bool:
        document.refresh_from_db()
        return document.is_signed

    eventually(is_signed, 60, 1.0)
    return document


@pytest.mark.requirement("D-10")
@pytest.mark.parametrize("javascript", [True, False])
def test_an_altered_print_is_found_out(
    portal: Stack, open_page: Callable[..., Page], sealed: Document, tmp_path: Path, javascript: bool
) -> None:
    paper = print_of(sealed, tmp_path)
    owner = "Nguyễn Thị Mẫu"
    assert owner in paper
    forged = paper.replace(owner, "Nguyễn Thị Khác")
    # What the code says stands beside it, over several lines.
    token = re.search(r"/xac-minh/([\w-]{32})/", "".join(paper.split()))
    assert token and token[1] == sealed.token
    mark = re.search(r"\b[B-Z]{4}-[B-Z]{4}\b", forged)
    number = re.search(r"\b\d{3} \d{3} \d{3}\b", forged)
    assert mark and number

    stranger = open_page(PHONE, javascript=javascript)
    stranger.goto(f"{portal.url}/xac-minh/{token[1]}/")
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Giấy tờ Cổng đã cấp")
    expect(stranger.get_by_text("Chưa thể nói tờ giấy bạn đang cầm là đúng")).to_be_visible()
    expect(stranger.get_by_text(mark[0])).to_be_visible()
    for hidden in ("là thật", owner, number[0], sealed.context["code"]):
        assert hidden not in stranger.content()
    no_sideways_scrolling(stranger)

    stranger.get_by_role("link", name="Đối chiếu bản in").click()
    no_sideways_scrolling(stranger)
    stranger.get_by_label("Số đối chiếu in trên giấy").fill("12 34")
    stranger.get_by_role("button", name="Xem nội dung đã cấp").click()
    expect(stranger.get_by_label("Số đối chiếu in trên giấy")).to_have_value("12 34")
    expect(stranger.get_by_text("đúng 9 chữ số").first).to_be_visible()
    stranger.get_by_label("Số đối chiếu in trên giấy").fill(number[0])
    stranger.get_by_role("button", name="Xem nội dung đã cấp").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Nội dung cơ quan đã cấp")
    assert urlsplit(stranger.url).query == ""
    no_sideways_scrolling(stranger)
    issued = stranger.locator("dt", has_text=re.compile("^Chủ hồ sơ$")).locator("xpath=following-sibling::dd").inner_text()
    assert issued == owner and issued not in forged, "the name on the altered print is another"
    assert stranger.context.cookies() == []


def test_guessing_ends_and_the_paper_is_still_proved_elsewhere(portal: Stack, open_page: Callable[..., Page], sealed: Document) -> None:
    page = open_page(DESK)
    page.goto(f"{portal.url}/xac-minh/{sealed.token}/doi-chieu-ban-in/")
    right = sealed.context["proof_number"]
    for left in (4, 3, 2, 1, 0):
        page.get_by_label("Số đối chiếu in trên giấy").fill(f"{(int(right) + 1 + left) % 10**9:09d}")
        page.get_by_role("button", name="Xem nội dung đã cấp").click()
        expect(page.get_by_text(f"còn {left} lần thử" if left else "không còn lần thử nào").first).to_be_visible()
    page.get_by_label("Số đối chiếu in trên giấy").fill(right)
    page.get_by_role("button", name="Xem nội dung đã cấp").click()
    expect(page.get_by_text("Hôm nay đã hết lần thử")).to_be_visible()
    assert "Nguyễn Thị Mẫu" not in page.content()
    page.get_by_role("link", name="Đối chiếu với tệp PDF bạn có").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"".join(documents.open_pdf(sealed))}
    )
    page.get_by_role("button", name="Đối chiếu", exact=True).click()
    expect(page.get_by_text("Đây đúng là tệp gốc")).to_be_visible()


def test_a_revoked_paper_says_so_before_anything_else(portal: Stack, open_page: Callable[..., Page], sealed: Document) -> None:
    Document.objects.filter(pk=sealed.pk).update(state="revoked", revoked_at=NOW, revocation_reason="Cấp nhầm người")
    page = open_page(PHONE)
    page.goto(f"{portal.url}/xac-minh/{sealed.token}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Giấy tờ này đã bị thu hồi")
    page.get_by_role("link", name="Đối chiếu bản in").click()
    expect(page.get_by_text("Không còn giá trị").first).to_be_visible()
