"""The desk over HTTP: who sees what, each act an address, too late is a page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dossiers.models import Dossier, State
from portal.audit.models import Act
from tests.dossiers.support import decided, filed, mark_clean, mother, png, received, sign_by_hand
from tests.factories import make_officer_actor, make_position, officer_actor, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")

DESK = "/quan-tri/dossiers/dossier/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def desk_of(
    unit: str = "H26.101", roles: tuple[str, ...] = ("reception", "handling", "signing"), credential: str = ""
) -> tuple[Client, Any]:
    """The browser of a new officer, and the position."""
    position = make_position(unit=unit, roles=roles, credential_id=credential)
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


@pytest.mark.requirement("D-11", "O-07")
def test_the_list_shows_ones_own_unit_only() -> None:
    dossier = filed()
    own, _ = desk_of()
    assert dossier.code in text(own.get(DESK))
    above, _ = desk_of("H26", ("handling",))
    assert dossier.code in text(above.get(DESK))
    elsewhere, _ = desk_of("H26.102")
    page = elsewhere.get(DESK)
    assert page.status_code == 200
    assert dossier.code not in text(page)


@pytest.mark.requirement("O-07")
def test_an_officer_of_another_unit_finds_nothing_at_any_address() -> None:
    issued = decided(officer_actor(make_position(credential_id="cred-test")))
    mark_clean(issued.dossier)
    dossier = Dossier.objects.get(pk=issued.dossier_id)
    fresh = filed()
    client, _ = desk_of("H26.102", credential="cred-other")
    for row in (dossier, fresh):
        assert client.get(f"{DESK}{row.id}/change/").status_code == 404
        for act in ("receive", "refuse", "decide", "authorise"):
            body = {"seen": row.version, "reason": "x", "registration_number": "1", "book": "1"}
            assert client.post(f"{DESK}{row.id}/{act}/", body).status_code == 404, act
        assert client.get(f"{DESK}{row.id}/refuse/").status_code == 404
    assert client.get(f"/ho-so/{dossier.code}/giay-to/{dossier.papers.get().id}/").status_code == 404
    assert client.get(f"/ho-so/{dossier.code}/giay-tiep-nhan/").status_code == 404
    for row in (dossier, fresh):
        version = row.version
        row.refresh_from_db()
        assert row.version == version


def test_a_citizen_is_led_away_from_the_desk(client: Client) -> None:
    dossier = filed()
    sign_in(client, mother())
    for address in (DESK, f"{DESK}{dossier.id}/change/", f"{DESK}{dossier.id}/refuse/"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, f"/quan-tri/login/?next={address}")
        assert client.get(response["Location"])["Location"].startswith("/tai-khoan/can-bo/?next=")
    assert client.post(f"{DESK}{dossier.id}/receive/", {"seen": 1}).status_code == 302
    dossier.refresh_from_db()
    assert dossier.state == State.SUBMITTED


def test_a_role_without_the_act_has_no_button_and_is_refused() -> None:
    dossier = filed()
    client, _ = desk_of(roles=("handling",))
    page = text(client.get(f"{DESK}{dossier.id}/change/"))
    assert "Tiếp nhận hồ sơ" not in page
    assert client.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version}).status_code == 403
    dossier.refresh_from_db()
    assert dossier.state == State.SUBMITTED


@pytest.mark.requirement("O-07")
def test_the_page_shows_the_dossier_and_the_look_is_an_act() -> None:
    dossier = filed()
    mark_clean(dossier)
    client, position = desk_of()
    page = text(client.get(f"{DESK}{dossier.id}/change/"))
    for words in (
        dossier.code,
        "Trần Thị Bé Thử",
        "15/11/2026",
        "giấy chứng sinh.png",
        "Đã kiểm tra",
        "đối chiếu",
        "Tiếp nhận hồ sơ",
        "Từ chối",
    ):
        assert words in page, words
    assert Act.objects.filter(act="dossiers.read", target_id=str(dossier.id), position_id=position.id).count() == 1
    paper = dossier.papers.get()
    seen = client.get(f"/ho-so/{dossier.code}/giay-to/{paper.id}/")
    assert b"".join(seen) == png()
    assert Act.objects.filter(act="dossiers.read_paper", position_id=position.id).count() == 1
    assert client.post(f"{DESK}{dossier.id}/change/", {}).status_code in (403, 404, 405)
    assert client.get(f"{DESK}{dossier.id}/delete/").status_code == 403
    assert client.get(f"{DESK}add/").status_code == 403


def test_an_unchecked_paper_is_not_opened_on_the_desk() -> None:
    dossier = filed()
    client, _ = desk_of()
    paper = dossier.papers.get()
    assert client.get(f"/ho-so/{dossier.code}/giay-to/{paper.id}/").status_code == 404
    assert "Đang kiểm tra" in text(client.get(f"{DESK}{dossier.id}/change/"))


@pytest.mark.requirement("D-11")
def test_receive_then_decide_leads_to_the_signing_service(settings: Any) -> None:
    settings.REMOTE_SIGNING_PUBLIC_URL = "https://ky-so.vi-du.example/csc/v2"
    settings.REMOTE_SIGNING_URL = "https://ky-so.vi-du.example/csc/v2"
    dossier = filed()
    client, position = desk_of(credential="cred-test")
    change = f"{DESK}{dossier.id}/change/"
    done = client.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version})
    assert (done.status_code, done["Location"]) == (302, change)
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING
    ask = client.get(f"{DESK}{dossier.id}/decide/")
    assert f'name="seen" value="{dossier.version}"' in text(ask)
    wrong = client.post(f"{DESK}{dossier.id}/decide/", {"seen": dossier.version, "registration_number": "một", "book": "01/2026"})
    assert wrong.status_code == 422
    assert 'value="một"' in text(wrong)
    right = client.post(f"{DESK}{dossier.id}/decide/", {"seen": dossier.version, "registration_number": "125/2026", "book": "01/2026"})
    assert right.status_code == 302
    assert right["Location"].startswith("https://ky-so.vi-du.example/")
    dossier.refresh_from_db()
    assert dossier.state == State.DECIDED
    page = text(client.get(change))
    assert "Chờ ký" in page
    assert "Xác nhận ký" in page
    again = client.post(f"{DESK}{dossier.id}/authorise/")
    assert again["Location"].startswith("https://ky-so.vi-du.example/")
    other, _ = desk_of(credential="cred-other")
    assert "Xác nhận ký" not in text(other.get(change))
    assert other.post(f"{DESK}{dossier.id}/authorise/").status_code == 403
    sign_by_hand(dossier.documents.get(role="result"))
    assert "Đã trả kết quả" in text(client.get(change))
    assert client.post(f"{DESK}{dossier.id}/authorise/").status_code == 302
    assert position.id == dossier.officer_id


def test_refusing_asks_for_the_reason() -> None:
    dossier = filed()
    client, _ = desk_of()
    assert client.get(f"{DESK}{dossier.id}/refuse/").status_code == 200
    empty = client.post(f"{DESK}{dossier.id}/refuse/", {"seen": dossier.version, "reason": " "})
    assert empty.status_code == 422
    assert "Hãy nêu lý do" in text(empty)
    client.post(f"{DESK}{dossier.id}/refuse/", {"seen": dossier.version, "reason": "Trẻ đã được đăng ký."})
    dossier.refresh_from_db()
    assert dossier.state == State.REFUSED
    browser = Client()
    sign_in(browser, mother())
    assert "Trẻ đã được đăng ký." in text(browser.get(f"/ho-so/{dossier.code}/"))


@pytest.mark.parametrize("seen", ["", "0", "-1", "x", "99999999999"])
def test_an_act_without_the_version_seen_is_a_friendly_page(seen: str) -> None:
    dossier = filed()
    client, _ = desk_of()
    response = client.post(f"{DESK}{dossier.id}/receive/", {"seen": seen})
    assert response.status_code == 409
    assert "đã thay đổi" in text(response)
    dossier.refresh_from_db()
    assert dossier.state == State.SUBMITTED


def test_acts_on_a_dossier_that_is_past_them_are_friendly() -> None:
    dossier = received(make_officer_actor())
    client, _ = desk_of(credential="cred-test")
    for act in ("receive", "refuse"):
        assert client.get(f"{DESK}{dossier.id}/{act}/").status_code == 409
        assert client.post(f"{DESK}{dossier.id}/{act}/", {"seen": dossier.version, "reason": "x"}).status_code == 409
    assert client.get(f"{DESK}khong-phai-uuid/change/").status_code == 404


def test_search_finds_names_without_diacritics_and_codes() -> None:
    dossier = filed()
    client, _ = desk_of()
    for words in ("mau", "Nguyễn thị", "nguyen thi m", dossier.code, dossier.code[:12]):
        assert dossier.code in text(client.get(DESK, {"q": words})), words
    assert 'id="result_list"' not in text(client.get(DESK, {"q": "khong co ai"}))
    assert 'id="result_list"' not in text(client.get(DESK, {"tinh-trang": "4"}))
    assert dossier.code in text(client.get(DESK, {"tinh-trang": "1"}))
    assert client.get(DESK, {"han": "qua-han"}).status_code == 200


def test_the_lists_queries_do_not_grow_with_its_rows() -> None:
    filed()
    client, _ = desk_of()
    client.get(DESK)
    with CaptureQueriesContext(connection) as one:
        client.get(DESK)
    for _ in range(5):
        filed()
    with CaptureQueriesContext(connection) as many:
        client.get(DESK)
    assert len(many) == len(one)
