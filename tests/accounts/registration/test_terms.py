"""Terms in versions, agreed to at registration and anew when a new version is in force (Rules art. 7.10, 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Consent, Terms
from accounts.registration import terms
from accounts.registration.terms import BadTerms
from portal.access import SYSTEM, AccessDenied
from tests import factories
from tests.accounts.registration.support import code_for

pytestmark = pytest.mark.django_db


def _publish(**other: Any) -> Terms:
    now = timezone.now()
    values: dict[str, Any] = {
        "actor": SYSTEM,
        "valid_from": now + timedelta(days=1),
        "text": "## Mới\n\nĐiều khoản mới.",
        "text_en": "## New\n\nNew terms.",
        "changed": "Đổi một câu.",
        "changed_en": "One sentence changed.",
        "now": now,
    }
    return terms.publish(**{**values, **other})


def test_who_has_not_agreed_to_the_version_in_force_is_asked_once_and_comes_back(outside: Any, client: Client) -> None:
    terms.load_first()
    person = factories.make_person()
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number, "next": "/ho-so/"})
    client.post("/tai-khoan/dang-nhap/ma/", {"code": code_for(outside, person.phone)})
    answer = client.get("/ho-so/")
    assert answer["Location"] == "/tai-khoan/dieu-khoan/?next=%2Fho-so%2F"
    page = client.get(answer["Location"]).content.decode()
    assert "Bạn chịu trách nhiệm về tính đúng đắn" in page and "đã thay đổi" not in page
    assert client.post("/tai-khoan/dieu-khoan/", {"next": "/ho-so/", "version": "1"}).status_code == 422
    done = client.post("/tai-khoan/dieu-khoan/", {"next": "/ho-so/", "version": "1", "agree": "on"})
    assert done["Location"] == "/ho-so/" and client.get("/ho-so/").status_code == 200
    assert [(one.terms.number, one.how) for one in terms.consents_of(person.id)] == [(1, "page")]
    away = client.post("/tai-khoan/dieu-khoan/", {"next": "https://example.org/", "version": "1", "agree": "on"})
    assert away["Location"] == "/ho-so/"


@pytest.mark.requirement("C-20")
def test_a_new_version_is_asked_for_from_its_day_on(client: Client) -> None:
    terms.load_first()
    person, now = factories.make_person(), timezone.now()
    first = terms.in_force(now)
    assert first is not None
    terms.agree(person_id=person.id, terms=first, how=Consent.How.PAGE, now=now)
    assert terms.due(person.id, now) is None
    second = _publish()
    assert second.number == 2 and terms.due(person.id, now) is None
    assert terms.due(person.id, now + timedelta(days=2)) == second
    Terms.objects.filter(pk=second.pk).update(valid_from=now - timedelta(seconds=1))
    factories.sign_in(client, person)
    page = client.get("/tai-khoan/dieu-khoan/").content.decode()
    assert "đã thay đổi" in page and "Đổi một câu." in page and "Điều khoản mới." in page
    # What was agreed to is what was shown.
    assert client.post("/tai-khoan/dieu-khoan/", {"version": "1", "agree": "on"}).status_code == 200
    assert terms.due(person.id, timezone.now()) is not None
    assert client.post("/tai-khoan/dieu-khoan/", {"version": "2", "agree": "on"}).status_code == 302
    assert terms.due(person.id, timezone.now()) is None
    public = client.get("/dieu-khoan/").content.decode()
    assert "Điều khoản mới." in public and "Phiên bản 1" in public
    assert "Không đưa mật khẩu một lần" in client.get("/dieu-khoan/?phien-ban=1").content.decode()
    assert "New terms." in client.get("/en/dieu-khoan/").content.decode()


@pytest.mark.requirement("C-20")
def test_the_page_of_terms_is_there_before_anything_was_loaded(client: Client) -> None:
    page = client.get("/dieu-khoan/")
    assert page.status_code == 200 and "Không đưa mật khẩu một lần" in page.content.decode()


def test_vpcp_publishes_for_a_day_to_come_and_nobody_else() -> None:
    terms.load_first()
    with pytest.raises(BadTerms):
        _publish(valid_from=timezone.now() - timedelta(days=1))
    with pytest.raises(AccessDenied):
        _publish(actor=factories.loose_officer(roles=("administrator",)))
    desk, position = Client(), factories.make_position(unit="G22", roles=("steering",))
    factories.sign_in(desk, position.person, position=position)
    day = (timezone.localdate() + timedelta(days=30)).strftime("%d/%m/%Y")
    values = {"valid_from": day, "text": "Mới", "text_en": "New", "changed": "Một câu", "changed_en": "A sentence"}
    assert desk.get("/quan-tri/accounts/terms/publish/").status_code == 200
    assert desk.post("/quan-tri/accounts/terms/publish/", {**values, "valid_from": "01/01/2020"}).status_code == 422
    assert desk.post("/quan-tri/accounts/terms/publish/", values).status_code == 302
    made = Terms.objects.get(number=2)
    assert made.published_by == position
    assert desk.get(f"/quan-tri/accounts/terms/{made.pk}/change/").status_code == 200
