"""Step-up: asked for is what is missing and no more, back to the same place, nothing typed lost, nobody else's proof."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import Person, UserSession
from accounts.models.sessions import Way
from accounts.ways.need import surely
from accounts.ways.proved import proved
from dossiers.models import Draft
from portal.access import AccessDenied, ActingAs, Assurance, actor_of
from portal.audit.models import Act
from portal.caching import marks
from procedures.models import OnlineService
from tests import factories
from tests.accounts.ways.support import request_of
from tests.dossiers.support import CODE, mother, ready_draft, sent

pytestmark = pytest.mark.django_db
STEP_UP = "/tai-khoan/xac-thuc-them/"


@surely(Assurance.HIGH)
def needs_high(request: Any) -> HttpResponse:
    """A page for who is known at high assurance."""
    return HttpResponse("đã làm")


@pytest.mark.requirement("A-07")
def test_what_is_missing_is_asked_for_and_leads_back() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    answer = client.get("/tai-khoan/khoa-truy-cap/them/?tu=1")
    assert answer["Location"] == f"{STEP_UP}?muc=3&next=%2Ftai-khoan%2Fkhoa-truy-cap%2Fthem%2F%3Ftu%3D1"
    page = client.get(answer["Location"])
    assert page.status_code == 200 and "Mật khẩu một lần gửi đến điện thoại" in page.content.decode()
    before = client.session.session_key
    request = request_of(client)
    back = proved(request, user=person.user, way=Way.PASSKEY, assurance=Assurance.HIGH)
    assert back["Location"] == "/tai-khoan/khoa-truy-cap/them/?tu=1"
    request.session.save()
    session = UserSession.objects.get()
    assert (session.way, session.raised_by, session.assurance) == ("code", "passkey", Assurance.HIGH)
    # A key that somebody knew before the step-up is worth nothing after it.
    assert request.session.session_key != before and session.session_key == request.session.session_key
    assert not Session.objects.filter(session_key=before).exists()
    client.cookies["phien"] = request.session.session_key
    assert client.get("/tai-khoan/khoa-truy-cap/them/").status_code == 200
    assert Act.objects.get(act="accounts.step_up").details == {"by": "passkey", "assurance": "3"}


@pytest.mark.requirement("A-07")
def test_who_is_sure_enough_is_asked_for_nothing_and_a_stranger_signs_in_first() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person, assurance=Assurance.HIGH)
    assert needs_high(request_of(client)).content.decode() == "đã làm"
    assert client.get(f"{STEP_UP}?muc=3&next=/ho-so/")["Location"] == "/ho-so/"
    stranger = Client().get(STEP_UP)
    assert stranger["Location"].startswith("/tai-khoan/dang-nhap/?next=")


@pytest.mark.requirement("A-07")
def test_a_form_waits_in_its_window_with_all_that_was_typed() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    answer = needs_high(request_of(client, "POST", "/viec/?a=1", words='Một <đoạn> "dài"', csrfmiddlewaretoken="x"))
    page = answer.content.decode()
    assert answer.status_code == 403 and 'action="/viec/?a=1"' in page
    assert 'name="words" value="Một &lt;đoạn&gt; &quot;dài&quot;"' in page and 'value="x"' not in page
    assert re.search(r'href="/tai-khoan/xac-thuc-them/\?muc=3&amp;next=[^"]*xong', page)
    assert client.get(f"{STEP_UP}xong/").status_code == 200


@pytest.mark.requirement("A-07", "N-08")
def test_nobody_becomes_another_one_by_a_step_up() -> None:
    person, other, client = factories.make_person(), factories.make_person(), Client()
    factories.sign_in(client, person)
    answer = proved(request_of(client), user=other.user, way=Way.CERTIFICATE, assurance=Assurance.HIGH)
    assert answer["Location"] == STEP_UP
    session = UserSession.objects.get()
    assert session.user_id == person.user_id and session.assurance == Assurance.MEDIUM


@pytest.mark.requirement("A-07")
def test_for_whom_one_acts_stays_and_assurance_never_falls() -> None:
    director = factories.make_person()
    company = factories.make_organisation(representatives=[director])
    client = Client()
    factories.sign_in(client, director, mandate=factories.legal_mandate(company, director), assurance=Assurance.HIGH)
    request = request_of(client)
    proved(request, user=director.user, way=Way.APP, assurance=Assurance.MEDIUM)
    actor = actor_of(request)
    assert actor.acting_as is ActingAs.ORGANISATION and actor.assurance == Assurance.HIGH


@pytest.mark.requirement("N-08")
@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "http:evil.example",
     " //evil.example", "/\t/evil.example", "https:///evil.example", "evil.example", "%2F%2Fevil.example"],
)  # fmt: skip
def test_a_way_back_leads_nowhere_else(target: str) -> None:
    person = factories.make_person()
    for page in (STEP_UP, "/tai-khoan/dang-nhap/", "/tai-khoan/dang-nhap/ung-dung/", "/tai-khoan/qua/vneid/"):
        client = Client()
        factories.sign_in(client, person, assurance=Assurance.HIGH)
        answer = client.get(page, {"next": target})
        if answer.status_code == 302:
            assert answer["Location"].startswith("/") and "evil" not in answer["Location"]
        assert f'value="{target}"' not in answer.content.decode()


@pytest.mark.parametrize("credential", ["", "{}", "[]", "1", "{", '{"id": "x"}', "null", "9" * 5000, "[" * 3000])
def test_whatever_is_sent_as_a_passkey_is_answered_in_words(credential: str) -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    client.get(f"{STEP_UP}khoa-truy-cap/")
    answer = client.post(f"{STEP_UP}khoa-truy-cap/", {"credential": credential})
    assert answer.status_code == 422 and UserSession.objects.get().assurance == Assurance.MEDIUM


@pytest.mark.requirement("A-07", "A-19")
@pytest.mark.usefixtures("demo_data")
def test_a_service_names_identity_and_sign_in_and_asks_for_what_is_missing_alone() -> None:
    OnlineService.objects.filter(version__procedure__code=CODE).update(assurance=int(Assurance.HIGH))
    marks.forget()
    person, client, page = mother(), Client(), f"/nop-ho-so/{CODE}/kiem-tra/"
    factories.sign_in(client, person)
    draft = ready_draft(factories.citizen_actor(person), now=timezone.now())
    told = client.get(page)
    assert told.status_code == 403 and "Cần danh tính mức cao" in told.content.decode(), "no step-up makes an account surer"
    Person.objects.filter(pk=person.pk).update(identity_level=int(Assurance.HIGH))
    assert client.get(page)["Location"] == f"{STEP_UP}?muc=3&next=%2Fnop-ho-so%2F{CODE}%2Fkiem-tra%2F"
    waits = client.post(page, {"draft": str(draft.pk), "seen": "x"})
    assert waits.status_code == 403 and f'name="draft" value="{draft.pk}"' in waits.content.decode()
    assert Draft.objects.filter(pk=draft.pk).exists()
    surer = Client()
    factories.sign_in(surer, person, assurance=Assurance.HIGH)
    assert surer.get(page).status_code == 200
    with pytest.raises(AccessDenied):
        sent(factories.citizen_actor(person), draft, now=timezone.now())
