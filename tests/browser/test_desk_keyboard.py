"""A busy unit by keyboard alone: of 500 dossiers the three worst found, forty given away, twenty decided, the day's register printed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Position
from dossiers.desk_pages.demo import HELPER, UNIT, fill
from dossiers.models import BulkAct, Dossier, Stage
from tests.browser.conftest import DESK
from tests.browser.steps import OFFICER, no_sideways_scrolling, sign_in_officer
from tests.browser.test_accessible import _findings
from tests.support.processes import Stack, eventually

pytestmark = [pytest.mark.browser, pytest.mark.long]


def keys(page: Page, *pressed: str) -> None:
    """One key after another; what leads to another page is waited for by its caller."""
    for key in pressed:
        page.keyboard.press(key)


def chosen(page: Page, number: int) -> None:
    """The first so many lines of a list, each stepped on and marked."""
    expect(page.locator("#result_list")).to_be_visible()
    # The keys are heard once the page's script is there.
    page.wait_for_load_state("load")
    for _ in range(number):
        keys(page, "j", "x")
    expect(page.locator("#result_list tbody input[type=checkbox]:checked")).to_have_count(number)


def sent(page: Page, *, choice: str) -> None:
    """The form of an act on many: its first box by a key, a choice by its first letters, and on to the button."""
    expect(page).to_have_url(re.compile("/quan-tri/dossiers/dossier/"))
    expect(page.locator("[data-lines]")).to_be_visible()
    assert not _findings(page)
    keys(page, "o")
    expect(page.locator("#content-main form .form-row select").first).to_be_focused()
    page.keyboard.type(choice)
    for _ in range(6):
        keys(page, "Tab")
        if page.evaluate("() => document.activeElement.type === 'submit'"):
            break
    keys(page, "Enter")
    expect(page).to_have_url(re.compile("/nhieu/viec/"))


def done(page: Page, number: int) -> None:
    """The worker has been through all of them."""
    eventually(lambda: BulkAct.objects.latest("made_at").ended_at, 90, 0.5)
    page.reload()
    expect(page.locator("h1")).to_contain_text(f"xong {number} trong {number} hồ sơ")


@pytest.mark.requirement("D-11", "N-07")
def test_a_busy_unit_works_by_keyboard_alone(portal: Stack, open_page: Callable[..., Page]) -> None:
    assert fill(number=500, now=timezone.now()) == 500
    page = open_page(DESK)
    sign_in_officer(page, portal, OFFICER)

    # The morning page; from there to what is overdue. What presses most stands first.
    expect(page.locator("body")).to_contain_text("Quá hạn")
    keys(page, "g", "q")
    expect(page).to_have_url(re.compile("viec=qua-han"))
    # The address is there before its page is.
    expect(page.locator("#result_list tbody th a").first).to_be_visible()
    worst = page.locator("#result_list tbody th a").all_inner_texts()[:3]
    late = Dossier.objects.filter(unit_code=UNIT, state="4", stage=Stage.NONE, due_at__lt=timezone.now()).order_by("due_at", "id")
    assert worst == [one.code for one in late[:3]]
    keys(page, "j", "Enter")
    expect(page.locator("h1")).to_contain_text(worst[0])
    no_sideways_scrolling(page)

    # Forty of mine to a colleague.
    mine = Position.objects.get(person__full_name="Phạm Thị Minh Họa", unit_code=UNIT)
    helper = Position.objects.get(unit_code=UNIT, title=HELPER[1])
    before = Dossier.objects.filter(officer_id=mine.pk).count()
    keys(page, "g", "t")
    expect(page).to_have_url(re.compile("viec=cua-toi"))
    chosen(page, 40)
    keys(page, "b", "g")
    sent(page, choice=helper.person.full_name)
    done(page, 40)
    assert Dossier.objects.filter(officer_id=helper.pk).count() == 40 and Dossier.objects.filter(officer_id=mine.pk).count() == before - 40

    # Twenty decided in one act: each with its number, all before the leader.
    keys(page, "g", "t")
    expect(page).to_have_url(re.compile("viec=cua-toi"))
    chosen(page, 20)
    keys(page, "b", "d")
    sent(page, choice="Đỗ Văn Ví Dụ")
    done(page, 20)
    assert Dossier.objects.filter(unit_code=UNIT, stage=Stage.AWAITING_SIGNATURE, officer_id=mine.pk).count() == 20

    # The register of the day, as it comes out of the printer.
    keys(page, "b", "s")
    expect(page).to_have_url(re.compile("/so-ngay/"))
    page.emulate_media(media="print")
    assert page.pdf(format="A4").startswith(b"%PDF") and page.locator("table tbody tr").count() > 100
    # All of it is told on the page of keys.
    page.emulate_media(media="screen")
    keys(page, "?")
    expect(page.locator("dialog.desk-keys")).to_contain_text("Giao những hồ sơ đã chọn")
