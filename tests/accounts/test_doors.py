"""Which door leads where: citizens are told that the desk is not theirs, and no old wish carries them there."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.access import Assurance
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_citizen_at_the_desk_is_told_so_and_may_go_back_or_sign_in(client: Client) -> None:
    factories.sign_in(client, factories.make_person())
    answer = client.get("/quan-tri/dossiers/dossier/", follow=True)
    html = answer.content.decode()
    assert answer.status_code == 403 and "Bạn đang đăng nhập là người dân; trang này dành cho cán bộ" in html
    assert "Cán bộ đăng nhập" not in html and 'href="/ho-so/"' in html
    go_on = "?tiep=1&next=%2Fquan-tri%2Fdossiers%2Fdossier%2F"
    assert go_on.replace("&", "&amp;") in html
    assert "Cán bộ đăng nhập" in client.get(f"/tai-khoan/can-bo/{go_on}").content.decode()
    assert client.session["next"] == "/quan-tri/dossiers/dossier/"


def test_one_who_holds_a_position_is_led_to_change_capacity(client: Client) -> None:
    factories.sign_in(client, factories.make_position().person, assurance=Assurance.HIGH)
    html = client.get("/quan-tri/", follow=True).content.decode()
    assert "Bạn có chức danh cán bộ" in html and 'class="button button-secondary" href="/tai-khoan/vai-tro/"' in html


def test_a_visitor_still_gets_the_sign_in_of_officers(client: Client) -> None:
    assert "Cán bộ đăng nhập" in client.get("/quan-tri/", follow=True).content.decode()


@pytest.mark.parametrize("wish", ["", "?next=/quan-tri/", "?next=/quan-tri"])
def test_a_citizens_sign_in_never_ends_at_the_desk(client: Client, monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    from accounts.services import otp

    person = factories.make_person(id_number="001195778899")
    client.get("/quan-tri/", follow=True)
    assert client.session["next"] == "/quan-tri/"
    assert 'name="next"' not in client.get(f"/tai-khoan/dang-nhap/{wish}").content.decode()
    assert client.post(f"/tai-khoan/dang-nhap/{wish}", {"id_number": "001195778899"}).status_code == 302
    monkeypatch.setattr(otp, "check_code", lambda **_: person)
    answer = client.post("/tai-khoan/dang-nhap/ma/", {"code": "123456"})
    assert answer["Location"] == "/ho-so/"


def test_what_a_citizen_asked_for_is_still_where_one_comes_back_to(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts.services import otp

    person = factories.make_person(id_number="001195778899")
    client.post("/tai-khoan/dang-nhap/?next=/nop-ho-so/1.001193/to-khai/", {"id_number": "001195778899"})
    monkeypatch.setattr(otp, "check_code", lambda **_: person)
    answer = client.post("/tai-khoan/dang-nhap/ma/", {"code": "123456"})
    assert answer["Location"] == "/nop-ho-so/1.001193/to-khai/"


def test_the_bare_address_of_the_account_leads_on() -> None:
    position = factories.make_position()
    stranger, citizen, officer = Client(), Client(), Client()
    factories.sign_in(citizen, factories.make_person())
    factories.sign_in(officer, position.person, position=position)
    places = [client.get("/tai-khoan/")["Location"] for client in (stranger, citizen, officer)]
    assert places == ["/tai-khoan/dang-nhap/", "/ho-so/", "/quan-tri/"]
