"""The whole way, by hand: a mother files on a phone, an officer receives and decides at a desk, a stranger checks the result."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.outbox.models import Message
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import (
    LEADER,
    MOTHER,
    authorise_at_signing_service,
    fill_in,
    no_sideways_scrolling,
    photo,
    sign_in_citizen,
    sign_in_officer,
    sign_out,
)
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser
CODE = re.compile(r"H26\.101-\d{6}-\d{4,}")


def file_birth(page: Page, portal: Stack, child: str = "Trần Gia Thử Nghiệm") -> str:
    """From home to the dossier code, as the mother does it."""
    page.goto(portal.url + "/")
    no_sideways_scrolling(page)
    page.get_by_role("combobox").first.fill("khai sinh")
    page.get_by_role("combobox").first.press("Enter")
    page.get_by_role("main").get_by_role("link", name=re.compile("Đăng ký khai sinh")).first.click()
    expect(page).to_have_url(re.compile("/thu-tuc/1.001193/"))
    expect(page.get_by_text("Giấy chứng sinh").first).to_be_visible()
    no_sideways_scrolling(page)
    page.get_by_role("link", name="Nộp hồ sơ trực tuyến").first.click()
    page.get_by_role("link", name="Bắt đầu").click()
    if "/dang-nhap/" in page.url:
        sign_in_citizen(page, portal)
    expect(page).to_have_url(re.compile("/nop-ho-so/1.001193/to-khai/"))
    no_sideways_scrolling(page)
    fill_in(page, child)
    expect(page).to_have_url(re.compile("/giay-to/"))
    no_sideways_scrolling(page)
    page.locator("input[type=file]").first.set_input_files({"name": "giấy chứng sinh.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page).to_have_url(re.compile("/kiem-tra/"))
    expect(page.get_by_text(child)).to_be_visible()
    expect(page.get_by_text("giấy chứng sinh.jpg").first).to_be_visible()
    no_sideways_scrolling(page)

    def send() -> bool:
        # The photo is looked through by the worker; until then the page says so and nothing is lost.
        page.get_by_role("button", name="Gửi hồ sơ").click()
        return re.search(r"/ho-so/H26", page.url) is not None

    eventually(send, 30, 1.0)
    # The address is there before the page is: on a busy machine its text may still be on the way.
    code = CODE.search(page.url)
    assert code is not None
    no_sideways_scrolling(page)
    return code.group()


def receive_and_decide(desk: Page, portal: Stack, code: str) -> None:
    """The officer's part and the leader's: open, receive, decide; look at what is signed, authorise the signature."""
    sign_in_officer(desk, portal)
    desk.goto(portal.url + "/quan-tri/dossiers/dossier/")
    desk.get_by_role("link", name=code).click()
    expect(desk.get_by_text("Trần Gia Thử Nghiệm")).to_be_visible()
    desk.get_by_role("button", name="Tiếp nhận").or_(desk.get_by_role("main").get_by_role("link", name="Tiếp nhận")).first.click()
    expect(desk.get_by_text("Đang xử lý").first).to_be_visible()
    desk.get_by_role("main").get_by_role("link", name=re.compile("Quyết định|Duyệt|Cấp")).first.click()
    expect(desk.get_by_label("Số đăng ký")).to_have_value(re.compile(r"^\d+/\d{4}$"))
    desk.locator("form .submit-row input[type=submit]").first.click()
    expect(desk.get_by_text("chờ ký").first).to_be_visible()
    sign_out(desk, portal)

    sign_in_officer(desk, portal, LEADER)
    desk.goto(portal.url + "/quan-tri/")
    desk.get_by_role("link", name="1 Chờ tôi ký").click()
    desk.get_by_role("link", name=code).click()
    desk.get_by_role("button", name="Xác nhận ký").click()
    authorise_at_signing_service(desk)
    expect(desk).to_have_url(re.compile("/quan-tri/dossiers/dossier/"))


def _walk(portal: Stack, open_page: Callable[..., Page], tmp_path: Path, *, javascript: bool) -> None:
    phone = open_page(PHONE, javascript=javascript)
    code = file_birth(phone, portal)
    desk = open_page(DESK, javascript=javascript)
    receive_and_decide(desk, portal, code)

    def result_is_there() -> bool:
        phone.goto(f"{portal.url}/ho-so/{code}/")
        return phone.get_by_role("link", name="Xem kết quả (PDF)").count() == 1

    eventually(result_is_there, 60, 1.0)
    no_sideways_scrolling(phone)

    def texts() -> list[str]:
        return [message["text"] for message in portal.simulators.outbox(MOTHER[1]) if code in message["text"]]

    # A busy gateway answers late: the outbox tries again some seconds after, while the result already stands on the page.
    eventually(lambda: len(texts()) >= 3, 60, 1.0)
    assert len(texts()) == 3, "submitted, received, result: one message each"
    phone.goto(portal.url + "/tai-khoan/thong-bao/")
    expect(phone.get_by_text(f"Hồ sơ {code} đã có kết quả").first).to_be_visible()

    phone.goto(f"{portal.url}/ho-so/{code}/")
    pdf = phone.context.request.get(f"{portal.url}/ho-so/{code}/ket-qua/")
    assert pdf.status == 200
    assert pdf.headers["content-type"] == "application/pdf"
    (tmp_path / "result.pdf").write_bytes(pdf.body())
    proved_by_pdfsig(tmp_path, portal)

    proof = phone.get_by_role("link", name="Xem trang xác minh").get_attribute("href")
    stranger = open_page(PHONE, javascript=javascript)
    stranger.goto(portal.url + str(proof))
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Giấy tờ Cổng đã cấp")
    no_sideways_scrolling(stranger)
    assert "Nguyễn Thị Mẫu" not in stranger.content()
    assert not Message.objects.filter(dead_at__isnull=False).exists()


def proved_by_pdfsig(folder: Path, portal: Stack) -> None:
    """What Debian's ``pdfsig`` says of ``result.pdf`` with the test root trusted."""
    nss = folder / "nss"
    nss.mkdir()
    run: dict[str, Any] = {"check": True, "capture_output": True, "text": True}
    subprocess.run(["certutil", "-N", "-d", f"sql:{nss}", "--empty-password"], **run)
    root = portal.simulators.settings["TRUSTED_ROOTS"]
    subprocess.run(["certutil", "-A", "-n", "root", "-t", "CT,C,C", "-i", root, "-d", f"sql:{nss}"], **run)
    said = subprocess.run(["pdfsig", "-nssdir", f"sql:{nss}", str(folder / "result.pdf")], **run).stdout
    assert "Signature is Valid." in said, said
    assert "Certificate is Trusted." in said, said
    assert "Total document signed" in said, said


@pytest.mark.requirement("D-01", "D-10", "D-11", "D-12", "D-13", "D-17", "N-06")
def test_the_way_by_hand(portal: Stack, open_page: Callable[..., Page], tmp_path: Path) -> None:
    _walk(portal, open_page, tmp_path, javascript=True)


@pytest.mark.requirement("D-01", "N-06")
def test_the_way_without_javascript(portal: Stack, open_page: Callable[..., Page], tmp_path: Path) -> None:
    _walk(portal, open_page, tmp_path, javascript=False)
