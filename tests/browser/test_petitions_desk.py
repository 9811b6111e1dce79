"""Petitions at the desk by keyboard alone; each kind of page of petitions under axe, wide and on a phone, none wider than its window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from feedback.models import Answer, Petition, PublishedCase
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_officer, sign_out
from tests.browser.test_accessible import _findings
from tests.feedback.support import answered, later, send_one
from tests.feedback.test_publishing import published
from tests.support.processes import Stack

pytestmark = pytest.mark.browser
HANDLER, CHECKER, VPCP = "001190000021", "001077000022", "001080000006"
ROOM, QUEUE = "/quan-tri/feedback/", "/quan-tri/feedback/petition/"
MOST_TABS = 150


def both(page: Page) -> list[str]:
    """What axe finds on the page as it stands at a desk; it must not scroll sideways there or on a phone."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        no_sideways_scrolling(page)
    return _findings(page)


def reach(page: Page, wanted: Locator) -> None:
    """Tab on from the top of the page, or from where one is, until the focus is there and can be seen."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("found => found === document.activeElement"):
            expect(wanted).to_be_in_viewport()
            return
    raise AssertionError(f"{page.url}: {wanted} cannot be reached by Tab")


def press(page: Page, role: str, name: str, *, exact: bool = True) -> None:
    """Reach a link or a button by Tab, press Enter, and wait for what comes."""
    wanted = page.get_by_role(role, name=name, exact=exact).first  # type: ignore[arg-type]
    expect(wanted).to_be_visible()
    reach(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.requirement("F-03", "F-05", "F-06", "F-10", "N-07")
def test_from_the_queue_to_a_published_answer_by_keyboard_alone(portal: Stack, open_page: Callable[..., Page]) -> None:
    words = "Tôi là Nguyễn Thị Giả Định, gọi 0912 345 678. Phường hẹn trả giấy khai sinh mà chưa trả."
    petition, _sender = send_one(now=timezone.now(), subject="Giấy khai sinh trả chậm", words=words)
    page, findings = open_page(DESK), []

    sign_in_officer(page, portal, HANDLER)
    page.goto(f"{portal.url}{QUEUE}?viec=tiep-nhan&q={petition.code}")
    findings += both(page)
    press(page, "link", petition.code, exact=False)
    findings += both(page)
    press(page, "link", "Tiếp nhận")
    findings += both(page)
    press(page, "button", "Tiếp nhận")
    expect(page.get_by_text("Đã tiếp nhận. Người gửi được báo.")).to_be_visible()
    press(page, "link", "Soạn trả lời")
    press(page, "button", "Trình duyệt")
    # Without a word: said beside the field.
    expect(page.get_by_text("Có chỗ cần sửa ở dưới.")).to_be_visible()
    findings += both(page)
    reach(page, page.get_by_label("Trả lời người gửi"))
    page.keyboard.insert_text("Giấy khai sinh đã có. Mời bạn đến nhận, không phải nộp thêm giấy tờ.")
    press(page, "button", "Trình duyệt")
    expect(page.get_by_text("Đã trình.")).to_be_visible()
    expect(page.get_by_role("link", name="Duyệt và trả lời người gửi")).to_have_count(0)
    findings += both(page)
    sign_out(page, portal)

    sign_in_officer(page, portal, CHECKER)
    page.goto(f"{portal.url}{QUEUE}?viec=cho-duyet&q={petition.code}")
    press(page, "link", petition.code, exact=False)
    press(page, "link", "Duyệt và trả lời người gửi")
    findings += both(page)
    press(page, "button", "Duyệt và trả lời người gửi")
    expect(page.get_by_text("Đã duyệt.")).to_be_visible()
    findings += both(page)
    press(page, "link", "Công khai")
    expect(page.locator("mark").first).to_be_visible()
    findings += both(page)
    press(page, "button", "Tiếp: đọc lại bản công khai")
    findings += both(page)
    press(page, "button", "Công khai")
    expect(page.get_by_text("Đã công khai tại")).to_be_visible()
    findings += both(page)

    petition.refresh_from_db()
    case = PublishedCase.objects.get(petition=petition)
    assert (petition.state, petition.publication) == ("answered", "published") and "0912" not in case.question
    assert petition.answers.get().state == Answer.APPROVED
    page.goto(f"{portal.url}/phan-anh-kien-nghi/tra-loi/{case.slug}/")
    expect(page.get_by_text("Mời bạn đến nhận")).to_be_visible()
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("F-05", "F-10", "N-07")
def test_each_kind_of_page_of_the_desk(portal: Stack, open_page: Callable[..., Page]) -> None:
    open_one, _sender = send_one(now=later(timezone.now(), hours=-3))
    waits, _another = send_one(now=later(timezone.now(), hours=-2))
    answered(waits, now=timezone.now())
    mine, page, findings = f"{QUEUE}{open_one.pk}/", open_page(DESK), []
    pages = {
        HANDLER: [
            "/quan-tri/", QUEUE, f"{QUEUE}bo-loc/", f"{mine}change/", f"{mine}transfer/", f"{mine}refuse/", f"{mine}classify/",
            f"{ROOM}enteredpetition/", f"{ROOM}enteredpetition/add/", f"{ROOM}enteredpetition/table/", f"{ROOM}opinion/",
            f"{ROOM}procedurereport/", f"{ROOM}procedurereport/add/", f"{ROOM}replytemplate/", f"{ROOM}replytemplate/add/",
            f"/quan-tri/phan-anh/{open_one.pk}/in/", f"/quan-tri/phan-anh/{open_one.pk}/ban-co-dau/",
        ],
        CHECKER: [
            f"{mine}seal_away/", f"{ROOM}publishedcase/", f"{ROOM}publishedcase/cho-cong-khai/",
            f"{ROOM}publishedcase/{waits.pk}/khong-cong-khai/", f"{ROOM}tally/",
        ],
        VPCP: [
            f"{ROOM}tally/", f"{ROOM}tally/?co-quan=H26&diem=1", f"{QUEUE}?agency_code=H26&viec=qua-han", f"{ROOM}petitionkind/",
            f"{ROOM}petitionkind/khac/change/", f"{ROOM}petitionkind/khac/edit/", f"{ROOM}term/", f"{ROOM}term/add/",
        ],
    }  # fmt: skip
    for number, addresses in pages.items():
        sign_in_officer(page, portal, number)
        for address in addresses:
            response = page.goto(portal.url + address)
            assert response is not None and response.status == 200, address
            findings += both(page)
        if number == HANDLER:
            # Several at once: chosen in the list, asked about on the next page.
            page.goto(portal.url + QUEUE)
            page.locator("input.action-select").first.check()
            page.get_by_label("Hoạt động").select_option("transfer_chosen")
            page.get_by_role("button", name="Đi đến").click()
            expect(page.get_by_role("heading", name="Chuyển 1 phản ánh")).to_be_visible()
            findings += both(page)
        sign_out(page, portal)
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("F-13", "N-07")
def test_each_kind_of_page_for_everybody(portal: Stack, open_page: Callable[..., Page]) -> None:
    petition, _sender = send_one(now=timezone.now())
    case = published(answered(Petition.objects.get(pk=petition.pk), now=timezone.now()), now=timezone.now())
    room = "/phan-anh-kien-nghi/"
    answers, figures, place = f"{room}tra-loi/", f"{room}so-lieu/", f"{room}tra-loi/{case.slug}/"
    page, findings = open_page(DESK), []
    addresses = [room, f"{room}theo-doi/", f"/en{room}", place, f"{place}huu-ich/", f"{place}huu-ich/?da-nhan=1"]
    addresses += [answers, f"{answers}?q=khai+sihn&loai=cham-tre", f"{answers}?q=zzzyq", f"/en{answers}"]
    addresses += [figures, f"{figures}H26/", f"{figures}?ky=2026&ngay=2025-01-01", f"/en{figures}"]
    for address in addresses:
        page.goto(portal.url + address)
        findings += both(page)
    assert not findings, "\n".join(sorted(set(findings)))
