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
    assert 'name="next" value="/quan-tri/dossiers/dossier/"' in client.get(f"/tai-khoan/can-bo/{go_on}").content.decode()


def test_one_who_holds_a_position_is_led_to_change_capacity(client: Client) -> None:
    factories.sign_in(client, factories.make_position().person, assurance=Assurance.HIGH)
    html = client.get("/quan-tri/", follow=True).content.decode()
    assert "Bạn có chức danh cán bộ" in html and 'class="button button-secondary" href="/tai-khoan/vai-tro/"' in html


def test_a_visitor_still_gets_the_sign_in_of_officers(client: Client) -> None:
    assert "Cán bộ đăng nhập" in client.get("/quan-tri/", follow=True).content.decode()


@pytest.mark.parametrize("wish", ["", "?next=/quan-tri/", "?next=/quan-tri"])
def test_a_citizens_sign_in_never_ends_at_the_desk(client: Client, monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    from accounts.services import certificates, otp

    person = factories.make_person(id_number="001195778899")
    # At the officers' door before: it leaves a wish in the session.
    monkeypatch.setattr(certificates, "authorisation_url", lambda _: "/")
    client.post("/tai-khoan/can-bo/", {"next": "/quan-tri/"})
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


@pytest.mark.parametrize("officer", [False, True])
def test_the_name_leads_to_a_page_that_says_who_one_is(client: Client, officer: bool) -> None:
    position = factories.make_position(person=factories.make_person(id_number="001195778899", phone="+84900123456"))
    factories.sign_in(client, position.person, position=position if officer else None)
    html = client.get("/tai-khoan/").content.decode()
    assert position.person.full_name in html and 'href="/tai-khoan/thong-tin/"' in html
    said = client.get("/tai-khoan/thong-tin/").content.decode()
    assert position.person.full_name in said and position.title in said
    assert "•••••••••899" in said and "456" in said and "001195778899" not in html + said and "900123" not in html + said
    assert "Phường Hoàn Kiếm" in said or "—" in said
    assert ("mức bảo đảm cao" in said) is officer and ('href="/tai-khoan/khoa-truy-cap/"' in html) is officer
    assert ('<a href="/quan-tri/">Bàn làm việc</a></h3>' in html) is officer
    for place in ("/tai-khoan/thong-bao/", "/tai-khoan/vai-tro/"):
        assert f'href="{place}"' in html
    assert 'action="/tai-khoan/dang-xuat/"' in html


def test_the_page_of_the_account_asks_a_stranger_to_sign_in_and_come_back(client: Client) -> None:
    assert client.get("/tai-khoan/")["Location"] == "/tai-khoan/dang-nhap/?next=%2Ftai-khoan%2F"


@pytest.mark.parametrize(
    "page", ["dang-nhap/", "dang-nhap/ma/", "can-bo/", "can-bo/cho/", "can-bo/?next=/quan-tri/dossiers/", "dang-xuat/"]
)
def test_who_only_looks_at_a_door_opens_no_session(client: Client, page: str) -> None:
    from django.conf import settings
    from django.contrib.sessions.models import Session

    answer = client.get(f"/tai-khoan/{page}")
    assert answer.status_code in (200, 302)
    assert settings.SESSION_COOKIE_NAME not in answer.cookies and not Session.objects.exists()


def test_where_an_officer_wanted_to_go_is_kept_in_the_page_and_never_another_site(client: Client) -> None:
    html = client.get("/tai-khoan/can-bo/?next=/quan-tri/dossiers/dossier/").content.decode()
    assert html.count('name="next" value="/quan-tri/dossiers/dossier/"') == 3
    assert client.get("/tai-khoan/can-bo/?next=//evil.example/").content.decode().count('name="next" value="/quan-tri/"') == 3
