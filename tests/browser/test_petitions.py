"""Petitions by hand: somebody on a phone writes about a refused dossier, gives what is asked for, does not agree with the answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dossiers import services as dossier_services
from dossiers.models import Dossier
from feedback.models import TOP, Petition
from feedback.services import handling
from tests.browser.conftest import PHONE
from tests.browser.steps import MOTHER, no_sideways_scrolling, photo, sign_in_citizen
from tests.browser.test_accessible import _findings
from tests.dossiers.support import filed
from tests.factories import make_officer_actor
from tests.feedback.support import answered, officer
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser


def refused_dossier() -> Dossier:
    """A dossier of the demo mother's that the ward would not take."""
    dossier = filed(now=timezone.now())
    return dossier_services.refuse(
        actor=make_officer_actor(), dossier_id=dossier.id, seen_version=dossier.version, reason="Thiếu giấy tờ", now=timezone.now()
    )


@pytest.mark.requirement("F-01", "F-02", "F-06", "F-08", "F-09", "N-07")
@pytest.mark.parametrize("javascript", [True, False])
def test_a_citizen_writes_gives_more_and_does_not_agree(portal: Stack, open_page: Callable[..., Page], javascript: bool) -> None:
    dossier = refused_dossier()
    page = open_page(PHONE, javascript=javascript)
    findings: list[str] = []

    def look() -> None:
        no_sideways_scrolling(page)
        if javascript:
            findings.extend(_findings(page))

    page.goto(f"{portal.url}/phan-anh-kien-nghi/")
    look()
    page.goto(f"{portal.url}/phan-anh-kien-nghi/gui/?ho-so={dossier.code}")
    look()
    page.get_by_role("link", name="Đăng nhập để viết").click()
    sign_in_citizen(page, portal)
    expect(page.get_by_text(str(dossier.code)).first).to_be_visible()
    look()
    page.get_by_role("button", name="Bắt đầu viết").click()
    # Once without a word: what is missing is said and nothing is lost.
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_text("Có chỗ cần sửa")).to_be_visible()
    look()
    page.get_by_label(re.compile("Cơ quan giải quyết khác với thủ tục")).check()
    page.get_by_label("Tóm tắt trong một dòng").fill("Phường từ chối hồ sơ khai sinh của con tôi")
    words = f"Hồ sơ {dossier.code} bị từ chối, trong khi tôi đã gửi đủ giấy tờ như Cổng ghi. Tôi đề nghị phường xem lại."
    page.get_by_label("Nội dung", exact=True).fill(words)
    page.get_by_role("button", name="Tiếp tục").click()
    if "/tuong-tu/" in page.url:
        look()
        page.get_by_role("link", name="Vẫn gửi phản ánh của tôi").click()
    # The ward that refused it is suggested.
    expect(page).to_have_url(re.compile("/co-quan/"))
    expect(page.get_by_label(re.compile("Hoàn Kiếm")).first).to_be_checked()
    look()
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page).to_have_url(re.compile("/tep/"))
    page.locator("input[type=file]").set_input_files(
        [{"name": f"giấy {n}.jpg", "mimeType": "image/jpeg", "buffer": photo()} for n in (1, 2)]
    )
    page.get_by_role("button", name="Thêm tệp").click()
    expect(page.get_by_role("link", name="giấy 2.jpg")).to_be_visible()
    look()
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_label("Họ và tên, hoặc tên tổ chức")).to_have_value("Nguyễn Thị Mẫu")
    page.get_by_label("Địa chỉ liên hệ").fill("Số 1 phố Thử Nghiệm")
    page.get_by_label("Số điện thoại di động").fill(MOTHER[1].replace("+84", "0"))
    page.get_by_label("Thư điện tử").fill("mau@vi-du.example")
    page.get_by_label(re.compile("Không công khai tên tôi")).check()
    look()
    page.get_by_role("button", name="Tiếp tục").click()
    for said in (words, "giấy 1.jpg", "Không công khai tên tôi"):
        expect(page.get_by_text(said).first).to_be_visible()
    look()
    page.get_by_role("button", name="Gửi phản ánh, kiến nghị").click()
    expect(page.get_by_text("Đã gửi phản ánh, kiến nghị")).to_be_visible()
    look()
    petition = Petition.objects.get(dossier_code=dossier.code)
    assert (petition.unit_code, petition.hide_name, petition.attachments.count()) == ("H26.101", True, 2)
    messages = eventually(lambda: [one for one in portal.simulators.outbox(MOTHER[1]) if petition.code in one["text"]])
    assert messages

    # Asked for more, in words and with a photo.
    handling.ask_more(actor=officer(), petition_id=petition.pk, question="Bạn nộp giấy chứng sinh ngày nào?", now=timezone.now())
    page.reload()
    page.get_by_role("link", name="Bổ sung ngay").click()
    expect(page.get_by_text("ngày nào?")).to_be_visible()
    look()
    page.get_by_label("Phần bổ sung của bạn").fill("Ngày 3 tháng 11.")
    page.locator("input[type=file]").set_input_files({"name": "biên nhận.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.get_by_role("button", name="Gửi phần bổ sung").click()
    expect(page.get_by_text("Ngày 3 tháng 11.")).to_be_visible()
    expect(page.get_by_role("link", name="biên nhận.jpg")).to_be_visible()

    # Answered, not content, written again.
    answered(Petition.objects.get(pk=petition.pk), now=timezone.localtime(), words="Phường giữ nguyên việc từ chối.")
    page.reload()
    expect(page.get_by_text("Phường giữ nguyên việc từ chối.")).to_be_visible()
    look()
    page.get_by_label("Không", exact=True).check()
    page.get_by_role("button", name="Gửi đánh giá").click()
    expect(page.get_by_text("câu trả lời không giúp được bạn")).to_be_visible()
    page.get_by_role("link", name="Tôi không đồng ý, gửi lại").click()
    look()
    page.get_by_label("Vì sao bạn không đồng ý?").fill("Phường chưa trả lời vì sao giấy tờ của tôi không được nhận.")
    page.get_by_role("button", name="Gửi lại").click()
    expect(page.get_by_text("Văn phòng Chính phủ chủ trì xử lý lại").first).to_be_visible()
    look()
    petition.refresh_from_db()
    assert (petition.unit_code, petition.round) == (TOP, 2)
    page.goto(f"{portal.url}/phan-anh-kien-nghi/cua-toi/")
    expect(page.get_by_text(petition.code)).to_be_visible()
    look()
    page.goto(f"{portal.url}/phan-anh-kien-nghi/theo-doi/?ma={petition.code}")
    look()
    assert not findings, "\n".join(sorted(set(findings)))
