"""The history of a row on the desk: who changed what, when."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from portal.audit.history import MOST
from procedures import services
from procedures.models import SearchMiss, SearchWeight
from tests.factories import make_position, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("O-07")]
DESK = "/quan-tri/procedures/searchweight/"


@pytest.fixture
def editor(client: Client) -> Client:
    position = make_position(unit="G22", roles=("steering",))
    sign_in(client, position.person, position=position)
    return client


@pytest.fixture
def keywords() -> SearchWeight:
    SearchWeight.objects.all().delete()
    services.load_weights()
    return SearchWeight.objects.get(key="keywords")


def change(editor: Client, row: SearchWeight, value: str) -> None:
    assert editor.post(f"{DESK}{row.pk}/change/", {"value": value}).status_code == 302


def test_it_tells_who_changed_what_newest_first(editor: Client, keywords: SearchWeight) -> None:
    change(editor, keywords, "0,9")
    change(editor, keywords, "1")
    SearchWeight.objects.filter(pk=keywords.pk).update(value=2)
    # Whoever writes past the services tells no act; in a test's one transaction the last one would still stand.
    SearchWeight.pgh_event_model.objects.filter(value=2).update(pgh_context=None)  # type: ignore[attr-defined]
    page = editor.get(f"{DESK}{keywords.pk}/history/")
    told = page.context["changes"]
    assert [(one.act, one.unit) for one in told] == [
        ("Thay đổi trực tiếp trong cơ sở dữ liệu", ""),
        ("Sửa trọng số tìm kiếm", "G22"),
        ("Sửa trọng số tìm kiếm", "G22"),
        ("Nạp trọng số tìm kiếm", ""),
    ]
    assert [one.facts for one in told[:3]] == [
        [("trọng số", "1,00", "2,00")],
        [("trọng số", "0,90", "1,00")],
        [("trọng số", "0,80", "0,90"), ("nguồn", "có sẵn", "cán bộ")],
    ]
    assert ("tên", "", "Từ khóa của biên tập") in told[3].facts
    assert all(one.who for one in told[1:3]) and not told[0].who and not told[3].who
    html = page.content.decode()
    assert "<del>0,80</del> → 0,90" in html and html.count("(G22)") == 2 and "Hệ thống" in html


def test_it_is_cut_and_costs_the_same_whatever_its_length(
    editor: Client, keywords: SearchWeight, django_assert_max_num_queries: Any
) -> None:
    for number in range(MOST + 5):
        SearchWeight.objects.filter(pk=keywords.pk).update(value=number % 5)
    editor.get(DESK)
    with django_assert_max_num_queries(8):
        told = editor.get(f"{DESK}{keywords.pk}/history/").context["changes"]
    assert len(told) == MOST
    # The oldest one shown still says what was before it.
    assert told[-1].facts[0][1]


def test_others_do_not_read_it(client: Client, keywords: SearchWeight) -> None:
    address = f"{DESK}{keywords.pk}/history/"
    assert client.get(address).status_code == 302
    position = make_position(unit="H26.101", roles=("handling",))
    sign_in(client, position.person, position=position)
    assert client.get(address).status_code in (403, 404)


def test_a_row_that_is_not_there_is_not_found(editor: Client, keywords: SearchWeight) -> None:
    assert editor.get(f"{DESK}{keywords.pk + 999}/history/").status_code == 404
    assert editor.get(f"{DESK}x/history/").status_code == 404


def test_what_has_no_history_promises_none(editor: Client) -> None:
    miss = SearchMiss.objects.create(key="di cho", question="đi chợ", count=1, first_at="2026-01-01T00:00Z", last_at="2026-01-01T00:00Z")
    address = f"/quan-tri/procedures/searchmiss/{miss.pk}/"
    assert "historylink" not in editor.get(f"{address}change/").content.decode()
    assert editor.get(f"{address}history/").status_code == 404


def test_djangos_own_list_is_not_written(editor: Client, keywords: SearchWeight) -> None:
    """It holds a name of the row and no position: the audit trail is the one place."""
    change(editor, keywords, "0,9")
    assert not LogEntry.objects.exists()
