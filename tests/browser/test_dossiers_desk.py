"""A busy unit at its desk, by keyboard alone: the three worst found, forty given to a colleague, twenty decided, the day printed.

Each page under axe, wide and on a phone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Position
from dossiers.models import Dossier
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import no_sideways_scrolling, sign_in_officer
from tests.browser.test_accessible import _findings
from tests.dossiers.support import mark_clean, received
from tests.dossiers.test_bulk_acts import copies
from tests.factories import make_position, officer_actor
from tests.support.processes import Stack

pytestmark = pytest.mark.browser
QUEUE = "/quan-tri/dossiers/dossier/"
MOST_TABS = 250


def both(page: Page) -> list[str]:
    """What axe finds on the page as it stands at a desk; it must not scroll sideways there or on a phone."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        no_sideways_scrolling(page)
    return _findings(page)


def keys(page: Page, *pressed: str) -> None:
    """One key after the other, and what comes of the last."""
    for key in pressed[:-1]:
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press(pressed[-1])


def reach(page: Page, role: str, name: str) -> None:
    """Tab on until the focus is there."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    expect(wanted).to_be_visible()
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("found => found === document.activeElement"):
            return
    raise AssertionError(f"{page.url}: {name} cannot be reached by Tab")


@pytest.mark.requirement("D-11", "N-07")
def test_a_busy_unit_by_keyboard_alone(portal: Stack, open_page: Callable[..., Page]) -> None:
    now = timezone.now()
    demo = Position.objects.get(person__full_name="Phạm Thị Minh Họa")
    first = received(officer_actor(demo), now=now)
    mark_clean(first)
    rows = [first, *copies(first, 69)]
    for days, row in enumerate(rows[1:41], start=1):
        Dossier.objects.filter(pk=row.pk).update(submitted_at=now - timedelta(days=90), due_at=now - timedelta(days=days))
    worst = [str(row.code) for row in reversed(rows[38:41])]
    colleague = make_position(roles=("handling",), title="Đồng nghiệp nhận việc")
    page, findings = open_page(DESK), []

    sign_in_officer(page, portal)
    expect(page.get_by_role("heading", name="Quá hạn")).to_be_visible()
    findings += both(page)
    # The three worst stand first, on the first page and in their queue.
    keys(page, "g", "q")
    listed = page.locator("#result_list tbody th a")
    assert listed.all_inner_texts()[:3] == worst
    findings += both(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(listed.nth(1)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Phím tắt")).to_be_visible()
    findings += _findings(page)
    page.keyboard.press("Escape")

    # Forty to a colleague.
    page.keyboard.press("a")
    keys(page, "b", "g")
    findings += both(page)
    reach(page, "combobox", "Người nhận")
    page.keyboard.type(str(colleague.person.full_name)[:6])
    box = page.get_by_label("Người nhận")
    for _press in range(10):
        if "Đồng nghiệp nhận việc" in box.locator("option:checked").inner_text():
            break
        page.keyboard.press("ArrowDown")
    reach(page, "button", "Giao, chuyển người giải quyết 40 hồ sơ")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="xong 40 trong 40 hồ sơ")).to_be_visible(timeout=90_000)
    findings += both(page)
    assert Dossier.objects.filter(officer_id=colleague.pk).count() == 40

    # Twenty decided in one act: those of mine, but for the last nine.
    Dossier.objects.filter(pk__in=[row.pk for row in rows[61:]]).update(officer_id=colleague.pk)
    keys(page, "g", "t")
    expect(listed).to_have_count(21)
    page.keyboard.press("a")
    page.keyboard.press("j")
    page.keyboard.press("x")
    keys(page, "b", "d")
    findings += both(page)
    reach(page, "combobox", "Người ký")
    page.keyboard.press("ArrowDown")
    reach(page, "button", "Quyết định và trình ký 20 hồ sơ")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="xong 20 trong 20 hồ sơ")).to_be_visible(timeout=90_000)
    findings += both(page)
    assert Dossier.objects.filter(stage="awaiting_signature").count() == 20

    # The day's register, as it is printed; and one dossier with its papers beside it.
    keys(page, "b", "s")
    expect(page.get_by_role("heading", name="Sổ tiếp nhận ngày")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(70)
    findings += both(page)
    page.emulate_media(media="print")
    expect(page.locator("#header")).to_be_hidden()
    page.emulate_media(media="screen")
    page.goto(f"{portal.url}{QUEUE}{first.pk}/change/")
    expect(page.locator("iframe[name=xem-giay-to]")).to_be_visible()
    frame = page.frame(name="xem-giay-to")
    assert frame is not None
    frame.wait_for_load_state()
    assert frame.locator("img").count() == 1
    findings += both(page)
    for address in ("phim-tat/", "bo-loc/"):
        page.goto(f"{portal.url}{QUEUE}{address}")
        findings += both(page)
    assert not findings, "\n".join(sorted(set(findings)))
