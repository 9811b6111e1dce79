"""Twenty needs of daily life, typed on a phone as people type: the right procedure is among the first answers, in sight, one tap away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.text import search_key
from procedures.services.loading import DATA
from tests.browser.conftest import PHONE, Complaints
from tests.browser.steps import no_sideways_scrolling
from tests.support import databases
from tests.support.processes import Stack

pytestmark = [pytest.mark.browser, pytest.mark.requirement("C-07", "N-06")]

FIRST = 5
"""How many answers somebody reads before they give up."""
READABLE = 90
"""Three lines of a name, in pixels: an official name may be ten lines long, and its beginning says what it is."""


@dataclass(frozen=True)
class Need:
    """What somebody types, and the procedures that are right; the first of them says which field of life it is."""

    said: str
    codes: tuple[str, ...]
    home: str = "/"


NEEDS = [
    Need("vk e ms sinh be gai dc 1 tuan jo phai lam giay to j cho con", ("1.001193", "2.000986", "2.001023")),
    Need("em mua nhà rồi giờ mún chuyển hộ khẩu zề thì lm sao", ("1.004222",)),
    Need("gplx hang b2 sap het hsn doi o dau", ("3.000347",)),
    Need("đánh rơi cccd ngoài chợ làm lại mất bn tiền z", ("2.001194",)),
    Need("lam tu do ko co cty muon tu dong bhxh", ("1.002179", "1.014160")),
    Need("mua mieng dat roi ma chua sang ten sổ dỏ", ("1.013831",)),
    Need("con e bi tu ky muon lam giay khuyet tat", ("1.001699",)),
    # The code of the criminal record certificate until 2026, as it stands on an old paper of Hanoi.
    Need("2.000488.000.00.00.H26", ("3.000333",)),
    Need("my work permit expires next month how to extand it", ("1.014201",), home="/en/"),
    Need("em ms tậu con vision bấm biển số ở đâu", ("1.012575",)),
    Need("nha bi cat dien do quen dong tien gio mo lai sao", ("3.000290",)),
    Need("nha moi xay o sg muon bat nuoc may", ("DV.H29.01",)),
    Need("lm passport cho be 3t di thai choi", ("1.001456",)),
    Need("2 vc ly di dong thuan nop don o dau", ("3.000163",)),
    Need("con len lop 6 dki hoc trai tuyen dc ko", ("3.000182",)),
    Need("ban hang tren shopee tiktok co phai khai thue hok", ("1.011022",)),
    # A small shop for milk tea needs both: the business and food safety.
    Need("e mún mở quán trà sữa nhỏ thì xin giấy j", ("1.001612", "1.013855")),
    Need("cat nha cap 4 o que co phai xin phep hem", ("1.013225",)),
    Need("mua thr bhyt ho gia dinh", ("1.014137",)),
    Need("ra phuong photo cong chung bang dai hoc", ("2.000815",)),
]


@pytest.fixture(scope="module")
def shop_window(stack: Stack, django_db_blocker: Any) -> Iterator[Stack]:
    """The running portal with demo data that nobody changes: one clone for all needs."""
    with django_db_blocker.unblock():
        databases.ensure(databases.DEMO)
        # Questions that found nothing are noted.
        databases.soil()
        yield stack


@pytest.fixture(scope="module", params=[True, False], ids=["javascript", "plain"])
def phone(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One phone for all needs, with JavaScript and without."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=request.param, locale="vi-VN", has_touch=True)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page, complaints = context.new_page(), Complaints()
    complaints.watch(page)
    page.typed = request.param  # type: ignore[attr-defined]
    yield page
    context.close()
    assert complaints.lines == []


def ask(page: Page, said: str) -> None:
    """Key by key and Enter; without JavaScript by the button."""
    box = page.locator("main input[name=q]")
    if page.typed:  # type: ignore[attr-defined]
        box.press_sequentially(said)
        box.press("Enter")
    else:
        box.fill(said)
        page.locator("main form[role=search] button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/tim-kiem/\?q="))


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: search_key(need.said))
def test_the_right_procedure_is_in_sight_and_one_tap_away(shop_window: Stack, phone: Page, need: Need) -> None:
    phone.goto(shop_window.url + need.home)
    ask(phone, need.said)
    # Where the State answers elsewhere (a divorce: at court), the box that says so names the procedure first.
    answers = phone.locator("main section.notice ul a[href*='/thu-tuc/'], main ul.list > li h2 a")
    expect(answers.first).to_be_visible()
    codes = [href.rstrip("/").rpartition("/")[2] for href in answers.evaluate_all("all => all.map(one => one.getAttribute('href'))")]
    right = next((place for place, code in enumerate(codes[:FIRST]) if code in need.codes), None)
    assert right is not None, f"leads to {codes[:FIRST]} and not to {need.codes}: {phone.get_by_role('status').inner_text()}"
    # The hotline stands beside answers that are a guess; above those there is more to say first.
    if not phone.locator("main a[href='tel:18001096']").count():
        box = answers.first.bounding_box()
        assert box and box["y"] + min(box["height"], READABLE) <= PHONE["height"], f"the first answer stands at {box}"
    no_sideways_scrolling(phone)
    name = answers.nth(right).inner_text()
    answers.nth(right).tap()
    expect(phone).to_have_url(re.compile(re.escape(f"/thu-tuc/{codes[right]}/")))
    expect(phone.get_by_role("heading", level=1)).to_have_text(name)


def test_the_needs_are_of_twenty_fields_of_life() -> None:
    records = [json.loads(Path(DATA / f"{need.codes[0]}.json").read_text(encoding="utf-8")) for need in NEEDS]
    assert len({record["field"] for record in records}) == len(NEEDS) == 20
