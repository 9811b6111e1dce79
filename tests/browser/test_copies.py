"""A mother orders three copies of an extract and pays for them on her phone; the officer decides; the result is an extract."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import LEADER, authorise_at_signing_service, no_sideways_scrolling, sign_in_citizen, sign_in_officer, sign_out
from tests.browser.test_accessible import _findings
from tests.browser.test_way import proved_by_pdfsig
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser
FORMULA = re.compile(r"3 bản × 8\.000\s?đ = 24\.000\s?đ")


def seen(page: Page, found: list[str] | None) -> None:
    """The page fits, and with a list to write into, axe looks at it."""
    no_sideways_scrolling(page)
    if found is not None:
        found += _findings(page)


def order(page: Page, portal: Stack, found: list[str] | None) -> str:
    """From the start page to the code, three copies."""
    page.goto(portal.url + "/nop-ho-so/2.000635/")
    expect(page.get_by_text(FORMULA)).to_be_visible()
    seen(page, found)
    page.get_by_role("link", name="Bắt đầu").click()
    if "/dang-nhap/" in page.url:
        sign_in_citizen(page, portal)
    page.get_by_label("Của tôi", exact=True).check()
    page.get_by_label("Khai sinh", exact=True).check()
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Nơi đã đăng ký").fill("Ủy ban nhân dân phường Hoàn Kiếm")
    page.get_by_label("Số trong sổ").fill("125/1995")
    page.get_by_label("Số bản sao cần cấp").fill("3")
    seen(page, found)
    page.get_by_role("button", name="Tiếp tục").click()
    for step in ("giay-to", "kiem-tra"):
        expect(page).to_have_url(re.compile(f"/{step}/"))
        expect(page.get_by_text(FORMULA)).to_be_visible()
        seen(page, found)
        page.get_by_role("button", name="Tiếp tục" if step == "giay-to" else "Gửi hồ sơ").click()
    expect(page).to_have_url(re.compile(r"/ho-so/H26\.101-"))
    code = re.search(r"H26\.101-\d{6}-\d{4,}", page.url)
    assert code is not None
    return code.group()


def pay(page: Page, portal: Stack, found: list[str] | None, *, close: bool) -> str:
    """Pay what the dossier's page asks for; ``close``: the tab is closed at the bank once the money is taken. The payment's address."""
    page.get_by_role("region", name="Nộp tiền").get_by_role("link", name="Thanh toán").click()
    expect(page.get_by_text(re.compile(r"24\.000")).first).to_be_visible()
    address = page.url
    seen(page, found)
    page.get_by_label(re.compile("^VNPAY")).check()
    page.get_by_role("button", name="Trả tiền").click()
    expect(page).to_have_url(re.compile("/payments/vnpay/"))
    if close:
        page.get_by_role("button", name="Thanh toán rồi đóng trang").click()
        expect(page.get_by_role("heading", name=re.compile("Đã trừ"))).to_be_visible()
    else:
        page.get_by_role("button", name="Thanh toán thành công").click()
        expect(page).to_have_url(re.compile(r"/lan/1/$"))
        # Settles before one's eyes; without scripts the browser reloads it.
        expect(page.get_by_role("heading", name="Đã thanh toán")).to_be_visible(timeout=60_000)
        seen(page, found)

    def voucher_is_there() -> bool:
        page.goto(address)
        return page.get_by_role("link", name="Chứng từ có chữ ký số (PDF)").count() == 1

    eventually(voucher_is_there, 60, 1.0)
    seen(page, found)
    return address


def decide(desk: Page, portal: Stack, code: str, found: list[str] | None) -> None:
    """The officer writes what the register says; the leader reads it and authorises the signature."""
    sign_in_officer(desk, portal)
    desk.goto(portal.url + "/quan-tri/dossiers/dossier/")
    desk.get_by_role("link", name=code).click()
    expect(desk.get_by_text(FORMULA)).to_be_visible()
    desk.get_by_role("button", name="Tiếp nhận").first.click()
    desk.get_by_role("link", name="Quyết định và trình ký").click()
    expect(desk.get_by_label("Số bản sao trích lục")).to_have_value(re.compile(r"^\d+/\d{4}$"))
    expect(desk.get_by_label("Quyển số:", exact=True)).to_have_count(0)
    expect(desk.get_by_label("Họ, chữ đệm, tên:", exact=True)).to_have_value("Nguyễn Thị Mẫu")
    desk.get_by_label("Ngày đăng ký trong sổ").fill("20/03/1995")
    desk.get_by_label("Nữ", exact=True).check()
    desk.get_by_label("Nơi sinh").fill("Bệnh viện Thử Nghiệm, Hà Nội")
    desk.get_by_label("Họ, chữ đệm, tên mẹ").fill("Lê Thị Giả Định")
    seen(desk, found)
    desk.locator("form .submit-row input[type=submit]").first.click()
    expect(desk.get_by_text("chờ ký").first).to_be_visible()
    sign_out(desk, portal)
    sign_in_officer(desk, portal, LEADER)
    desk.goto(portal.url + "/quan-tri/dossiers/dossier/")
    desk.get_by_role("link", name=code).click()
    expect(desk.get_by_text("Lê Thị Giả Định")).to_be_visible()
    desk.get_by_role("button", name="Xác nhận ký").click()
    authorise_at_signing_service(desk)
    expect(desk).to_have_url(re.compile("/quan-tri/dossiers/dossier/"))


@pytest.mark.requirement("D-01", "D-10", "D-11", "N-06", "P-01", "P-03")
@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_three_copies_of_an_extract(portal: Stack, open_page: Callable[..., Page], tmp_path: Path, javascript: bool) -> None:
    phone = open_page(PHONE, javascript=javascript)
    found: list[str] | None = [] if javascript else None  # axe is a script
    code = order(phone, portal, found)
    address = pay(phone, portal, found, close=javascript)
    voucher = phone.context.request.get(f"{address}chung-tu.pdf")
    assert voucher.status == 200
    (tmp_path / "voucher").mkdir()
    (tmp_path / "voucher" / "result.pdf").write_bytes(voucher.body())
    proved_by_pdfsig(tmp_path / "voucher", portal)
    decide(open_page(DESK, javascript=javascript), portal, code, found)
    assert not found, "\n".join(found)

    def result_is_there() -> bool:
        phone.goto(f"{portal.url}/ho-so/{code}/")
        return phone.get_by_role("link", name="Xem kết quả (PDF)").count() == 1

    eventually(result_is_there, 60, 1.0)
    expect(phone.get_by_text("Trích lục hộ tịch (bản sao)")).to_be_visible()
    expect(phone.get_by_text(FORMULA)).to_be_visible()
    no_sideways_scrolling(phone)
    pdf = phone.context.request.get(f"{portal.url}/ho-so/{code}/ket-qua/")
    assert pdf.status == 200
    (tmp_path / "result.pdf").write_bytes(pdf.body())
    proved_by_pdfsig(tmp_path, portal)
