"""Slips and surveys by hand: a mother rates from the SMS on a phone, with and without JavaScript; axe on every page of the room."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ratings.models import Rating, Survey
from ratings.slips import services
from ratings.surveys import demo
from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import MOTHER, no_sideways_scrolling, sign_in_officer
from tests.browser.test_accessible import _findings, _look
from tests.dossiers.support import filed
from tests.ratings.slips.support import rate, refused
from tests.support.processes import Stack, eventually

pytestmark = pytest.mark.browser


@pytest.mark.requirement("R-01", "N-07")
@pytest.mark.parametrize("javascript", [False, True])
def test_a_mother_rates_from_the_sms(portal: Stack, open_page: Callable[..., Page], javascript: bool) -> None:
    dossier, before = refused(), Rating.objects.filter(source="d").count()
    services.tell(now=timezone.now())

    def link() -> str:
        texts = [found["text"] for found in portal.simulators.outbox(MOTHER[1])]
        found = [re.search(r"/danh-gia/phieu/[A-Z0-9]+/", text) for text in texts if str(dossier.code) in text]
        return next((match[0] for match in found if match), "")

    page = open_page(PHONE, javascript=javascript)
    page.goto(portal.url + eventually(link, 60, 1))
    no_sideways_scrolling(page)
    findings = _findings(page) if javascript else []
    # Once with one answer: what is missing is said, what was chosen stays.
    page.get_by_role("group", name=re.compile("Nhìn chung")).get_by_label(re.compile("^5 – ")).check()
    page.get_by_label(re.compile("Bạn muốn nói thêm")).fill("Nên có thêm ghế ngồi chờ.")
    page.get_by_role("button", name="Gửi đánh giá").click()
    expect(page.get_by_text("Có chỗ cần sửa")).to_be_visible()
    no_sideways_scrolling(page)
    findings += _findings(page) if javascript else []
    expect(page.get_by_role("group", name=re.compile("Nhìn chung")).get_by_label(re.compile("^5 – "))).to_be_checked()
    for words, step in (("Thái độ", 4), ("Tìm hiểu", 3), ("Thời gian", 4), ("Kết quả", 2)):
        page.get_by_role("group", name=re.compile(words)).get_by_label(re.compile(f"^{step} – ")).check()
    page.get_by_role("button", name="Gửi đánh giá").click()
    expect(page.get_by_role("heading", name="Cảm ơn bạn")).to_be_visible()
    findings += _findings(page) if javascript else []
    page.reload()
    expect(page.get_by_role("heading", name="Cảm ơn bạn")).to_be_visible()
    expect(page.get_by_text("thêm ghế ngồi")).to_have_count(0)
    assert Rating.objects.filter(source="d").count() == before + 1
    assert sorted(Rating.objects.filter(source="d", words_state="w").latest("day").steps) == [2, 3, 4, 4, 5]
    assert not findings, "\n".join(sorted(set(findings)))


@pytest.mark.requirement("R-01", "R-14", "N-07")
def test_every_page_of_the_room_can_be_used_by_everybody(portal: Stack, open_page: Callable[..., Page]) -> None:
    filed(now=timezone.now())
    for step in (5, 5, 4, 5, 3, 5):
        rate("H26.101", step, day=timezone.localdate())
        rate("H29.101", step, day=timezone.localdate())
    if not Survey.objects.exists():
        demo.load()
    told = Survey.objects.exclude(results_at=None).latest("created_at").slug
    opened = Survey.objects.filter(state="published").latest("created_at").slug
    addresses = [
        "/danh-gia/hai-long/", "/danh-gia/hai-long/?co-quan=H26&theo=cau-hoi", "/en/danh-gia/hai-long/", "/danh-gia/phieu/don-vi/H26.101/",
        "/danh-gia/phieu/dich-vu/1.001193/", "/danh-gia/phieu/don-vi/H26.101/ma-qr/", "/danh-gia/phieu/don-vi/H26.101/?xong=1",
        "/danh-gia/phieu/khong-co/", "/khao-sat/", f"/khao-sat/{opened}/", f"/en/khao-sat/{opened}/", f"/khao-sat/{told}/ket-qua/",
        f"/khao-sat/{told}/", "/khao-sat/moi/khong-co/",
    ]  # fmt: skip
    findings = _look(open_page(PHONE), portal.url, addresses)
    desk = open_page(DESK)
    sign_in_officer(desk, portal, "001080000006")
    base = "/quan-tri/ratings/"
    findings += _look(desk, portal.url, [f"{base}{path}/" for path in ("rating", "ratingcount", "survey", "survey/add", "surveytext")])
    for name in ("rating", "survey", "surveytext"):
        desk.goto(f"{portal.url}{base}{name}/")
        first = desk.locator("#result_list tbody a").first
        if first.count():
            findings += _look(desk, portal.url, [str(first.get_attribute("href"))])
            ways = desk.locator(".submit-row a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
            findings += _look(desk, portal.url, [way for way in ways if way.endswith("/")])
    assert not findings, "\n".join(sorted(set(findings)))
