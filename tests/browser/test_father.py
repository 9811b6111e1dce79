"""A father on a phone: two tabs, a forgotten "Thêm", digits only for the date, the session ends; everything ends well."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.steps import fill_in, no_sideways_scrolling, photo, sign_in_citizen
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser
FATHER = ("001093000002", "+84900000002")
FORM, PAPERS, CHECK = (f"/nop-ho-so/1.001193/{page}/" for page in ("to-khai", "giay-to", "kiem-tra"))
CHILD = "Trần Gia Cha Nộp"


@pytest.mark.requirement("D-01", "D-02", "N-06")
def test_a_father_files_on_a_phone(portal: Stack, open_page: Callable[..., Page]) -> None:
    phone = open_page(PHONE)
    phone.goto(portal.url + FORM)
    sign_in_citizen(phone, portal, FATHER)
    expect(phone.get_by_label("Cha", exact=True)).to_be_checked()
    expect(phone.get_by_label("Mẹ", exact=True)).to_have_count(0)
    no_sideways_scrolling(phone)
    left_open = phone.context.new_page()
    left_open.goto(portal.url + FORM)

    fill_in(phone, CHILD, role="Cha", born="01112026")
    expect(phone).to_have_url(re.compile(PAPERS))
    no_sideways_scrolling(phone)

    # The photo is chosen, "Thêm" is forgotten.
    phone.get_by_label(re.compile("Chọn ảnh hoặc tệp: Giấy chứng sinh")).set_input_files(
        {"name": "giấy chứng sinh.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    phone.get_by_role("button", name="Tiếp tục").click()
    expect(phone).to_have_url(re.compile(CHECK))
    for words in (CHILD, "01/11/2026", "giấy chứng sinh.jpg", "14/03/1995"):
        expect(phone.get_by_text(words).first).to_be_visible()
    expect(phone.locator("dl.summary div").filter(has_text="tên của cha")).to_contain_text("Trần Văn Thử")
    no_sideways_scrolling(phone)

    # In another tab something is put right; this one does not send what it has not shown.
    other = phone.context.new_page()
    other.goto(portal.url + FORM)
    other.get_by_label("Nơi sinh").fill("Trạm y tế Ví Dụ, Hà Nội")
    other.get_by_role("button", name="Lưu nháp").click()
    expect(other.get_by_text("Đã lưu nháp")).to_be_visible()
    phone.get_by_role("button", name="Gửi hồ sơ").click()
    expect(phone.get_by_text("nội dung đã thay đổi")).to_be_visible()
    expect(phone.locator("dl.summary div").filter(has_text="mới sửa")).to_contain_text("Trạm y tế Ví Dụ")
    no_sideways_scrolling(phone)

    # The session ends; one signs in again and is where one was.
    phone.context.clear_cookies(name="phien")
    phone.goto(portal.url + CHECK)
    sign_in_citizen(phone, portal, FATHER)
    expect(phone).to_have_url(re.compile(CHECK))
    phone.get_by_role("button", name="Gửi hồ sơ").click()
    expect(phone).to_have_url(re.compile("/ho-so/H26"))
    expect(phone.get_by_text("Đã gửi, chờ tiếp nhận")).to_be_visible()
    no_sideways_scrolling(phone)
    dossier = phone.url.partition("?")[0]

    # The tabs left open begin nothing new and say what has become of it.
    left_open.get_by_role("button", name="Tiếp tục").click()
    expect(left_open.get_by_role("heading", name="Hồ sơ này đã được gửi")).to_be_visible()
    left_open.get_by_role("link", name="Xem hồ sơ đã gửi").click()
    expect(left_open).to_have_url(re.compile(dossier))
    phone.goto(portal.url + "/ho-so/")
    expect(phone.get_by_text("Bản nháp")).to_have_count(0)

    # A link to the receipt with the session gone: sign in, and there it is, or will be.
    phone.context.clear_cookies(name="phien")
    phone.goto(dossier + "giay-tiep-nhan/")
    expect(phone).to_have_url(re.compile("/tai-khoan/dang-nhap/"))
    code = dossier.rstrip("/").rpartition("/")[2]
    eventually(lambda: any(code in message["text"] for message in portal.simulators.outbox(FATHER[1])), 30, 1.0)
