"""The catalogues on the desk: everybody reads, administrators amend, nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from portal.catalogues import queries
from portal.catalogues.models import Agency
from tests.factories import make_position, sign_in

pytestmark = pytest.mark.django_db

LIST = "/quan-tri/catalogues/agency/"


@pytest.fixture
def desk(client: Client) -> Any:
    """A signed-in officer's browser, by roles and unit."""

    def open_desk(unit: str, *roles: str) -> Client:
        position = make_position(unit=unit, roles=roles)
        sign_in(client, position.person, position=position)
        return client

    return open_desk


def posted(page: Any, **changes: str) -> dict[str, str]:
    """What the browser would send back of a form, with changes."""
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value in (None, False) else str(value) for name, value in values.items()} | changes


@pytest.mark.requirement("C-17")
def test_every_officer_reads_and_searches_without_diacritics(desk: Any) -> None:
    browser = desk("H26.101", "reception")
    found = browser.get(LIST, {"q": "CUA NAM"})
    assert found.status_code == 200
    assert [agency.code for agency in found.context["cl"].result_list] == ["G01.101.3", "H26.102"]
    assert browser.get(f"{LIST}add/").status_code == 403
    agency = queries.agency("H26.101")
    page = browser.get(f"{LIST}{agency.pk}/change/")
    assert page.status_code == 200 and not page.context["has_change_permission"]
    assert browser.post(f"{LIST}{agency.pk}/change/", {"hotline": "1900 9999"}).status_code == 403
    browser.post(LIST, {"action": "disable", "_selected_action": [agency.pk]})
    agency.refresh_from_db()
    assert agency.effective_to is None


@pytest.mark.requirement("C-17", "O-07")
def test_an_administrators_change_is_an_amendment(desk: Any) -> None:
    browser = desk("G22", "steering")
    old = queries.agency("H26.101")
    page = browser.get(f"{LIST}{old.pk}/change/")
    answer = browser.post(f"{LIST}{old.pk}/change/", posted(page, hotline="1900 9999"), follow=True)
    assert answer.status_code == 200
    new = queries.agency("H26.101")
    assert (new.hotline, new.address, new.pk) == ("1900 9999", old.address, Agency.objects.get(pk=old.pk).successor_id)
    # The row that was succeeded is history now.
    assert browser.post(f"{LIST}{old.pk}/change/", posted(page, hotline="1900 0000")).status_code == 403
    assert browser.post(f"{LIST}{new.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.requirement("C-17", "O-07")
def test_what_all_share_is_read_but_not_offered_for_change_to_another_agencys_administrator(desk: Any) -> None:
    old = queries.agency("H26.101")
    for unit in ("G15", "H26", "H26.101"):
        browser = desk(unit, "administrator")
        listed = browser.get(LIST).content.decode()
        assert old.name in browser.get(f"{LIST}?q=H26.101").content.decode() and f"{LIST}add/" not in listed and "import/" not in listed
        assert browser.get(f"{LIST}add/").status_code == 403
        page = browser.get(f"{LIST}{old.pk}/change/")
        assert page.status_code == 200 and 'name="_save"' not in page.content.decode()
        assert browser.post(f"{LIST}{old.pk}/change/", {"hotline": "1"}).status_code == 403
        front = browser.get("/quan-tri/").content.decode()
        assert "/quan-tri/catalogues/agency/" in front
        assert not re.search(r"/quan-tri/catalogues/\w+/add/|/quan-tri/procedures/search\w+/|/quan-tri/outbox/", front)
        assert browser.get("/quan-tri/procedures/searchword/").status_code == 403


def test_an_administrator_adds_and_ends_an_entry(desk: Any) -> None:
    browser = desk("G22", "administrator")
    page = browser.get("/quan-tri/catalogues/paperkind/add/")
    answer = browser.post(
        "/quan-tri/catalogues/paperkind/add/",
        posted(page, code="KQ.G15.000099", name="Giấy thử nghiệm", owner_code="G15", effective_from="21/11/2025"),
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    kind = queries.paper_kind("KQ.G15.000099")
    browser.post("/quan-tri/catalogues/paperkind/", {"action": "disable", "_selected_action": [kind.pk]})
    kind.refresh_from_db()
    assert kind.effective_to is not None


def test_office_hours_are_written_as_people_write_them(desk: Any) -> None:
    browser = desk("G22", "steering")
    address = f"{LIST}{queries.agency('H26.101').pk}/change/"
    page = browser.get(address)
    assert "null</textarea>" not in page.content.decode()
    wrong = browser.post(address, posted(page, working_hours="Thứ Hai: sáng"))
    assert wrong.status_code == 200 and "Không hiểu dòng" in wrong.content.decode() and "Thứ Hai: sáng" in wrong.content.decode()
    late = browser.post(address, posted(page, working_hours="Thứ Hai: 17:00-07:30"))
    assert late.status_code == 200 and "Giờ làm việc gồm" in late.content.decode()
    hours = "Thứ Hai: 7h30 - 11:30, 13:30–17:00\nthu bay: 08:00-11:00"
    assert browser.post(address, posted(page, working_hours=hours)).status_code == 302
    agency = queries.agency("H26.101")
    assert agency.working_hours == [[["07:30", "11:30"], ["13:30", "17:00"]], [], [], [], [], [["08:00", "11:00"]], []]
    again = browser.get(f"{LIST}{agency.pk}/change/")
    assert again.context["adminform"].form["working_hours"].value() == "Thứ Hai: 07:30-11:30, 13:30-17:00\nThứ Bảy: 08:00-11:00"
    same = browser.post(f"{LIST}{agency.pk}/change/", posted(again))
    assert "Bạn chưa sửa gì." in same.content.decode()
