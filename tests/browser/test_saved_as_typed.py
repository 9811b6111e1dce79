"""A form with pages on a phone: fields are saved while one types, questions follow, a lost connection loses nothing, two devices merge."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dossiers.models import Draft
from dossiers.services import publish_form
from tests.browser.conftest import PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_citizen
from tests.dossiers.test_form_pages import FIRST, FORM, LIST, WORKERS
from tests.dossiers.test_kinds import EXTRACT
from tests.support.processes import Stack

pytestmark = pytest.mark.browser


@pytest.mark.requirement("D-03", "D-21", "N-06", "D-01")
def test_a_phone_saves_as_one_types_and_loses_nothing(portal: Stack, open_page: Callable[..., Page]) -> None:
    publish_form(procedure_code=EXTRACT, document=FORM, now=timezone.now())
    phone = open_page(PHONE)
    phone.goto(portal.url + FIRST)
    sign_in_citizen(phone, portal)
    saved = phone.locator("#luu")
    phone.get_by_label("Số nhà, đường").fill("Số 1 phố Thử")
    expect(saved).to_have_text("Đã lưu.")
    assert Draft.objects.get(procedure_code=EXTRACT).answers == {"home_street": "Số 1 phố Thử"}
    no_sideways_scrolling(phone)

    # Questions follow without a button, and what one is typing stays where it is.
    expect(phone.get_by_label("Nói rõ lý do khác")).to_have_count(0)
    phone.get_by_label("Lý do khác", exact=True).check()
    expect(phone.get_by_label("Nói rõ lý do khác")).to_be_visible()
    expect(saved).to_contain_text("Có câu hỏi khác")
    phone.get_by_label("Tỉnh, thành phố").select_option("01")
    expect(phone.get_by_label("Xã, phường, đặc khu").locator("option")).not_to_have_count(1)
    phone.get_by_label("Xã, phường, đặc khu").select_option(index=1)

    # Without a connection it says so, keeps what is typed, and saves it once there is one again.
    phone.context.set_offline(True)
    phone.get_by_label("Nói rõ lý do khác").fill("Mất sóng giữa chừng")
    expect(saved).to_contain_text("Mất kết nối")
    phone.context.set_offline(False)
    expect(saved).to_have_text("Đã lưu.")
    assert Draft.objects.get(procedure_code=EXTRACT).answers["other_why"] == "Mất sóng giữa chừng"

    # In another window, as on another device, the same field is written; the later is kept, the other one shown.
    desk = phone.context.new_page()
    desk.goto(portal.url + FIRST)
    desk.get_by_label("Số nhà, đường").fill("Số 2 ở máy tính")
    expect(desk.locator("#luu")).to_have_text("Đã lưu.")
    phone.get_by_label("Số nhà, đường").fill("Số 3 trên điện thoại")
    expect(phone.locator("#khac")).to_contain_text("Số 2 ở máy tính")
    phone.get_by_label("Có", exact=True).check()
    phone.get_by_role("button", name="Tiếp tục").click()
    expect(phone).to_have_url(re.compile(WORKERS))
    no_sideways_scrolling(phone)
    phone.get_by_role("button", name="Thêm: Người lao động").click()
    phone.get_by_label("Họ tên").fill("Trần Văn Thử")
    phone.get_by_label("Mã số").fill("7912345670")
    phone.get_by_label(re.compile("Mức lương")).fill("60.000.000")
    expect(phone.get_by_label("Vì sao cao")).to_be_visible()
    phone.get_by_label("Vì sao cao").fill("Trưởng phòng")
    phone.get_by_role("button", name="Tiếp tục").click()
    expect(phone.get_by_text("Họ tên: Trần Văn Thử")).to_be_visible()
    no_sideways_scrolling(phone)
    phone.goto(portal.url + LIST)
    expect(phone.locator(".tasks li").first).to_contain_text("Xong")
    no_sideways_scrolling(phone)
