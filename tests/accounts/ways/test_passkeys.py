"""Passkeys: bound and taken away with the owner's knowledge; which of them, and of the other ways, prove an officer (A-17)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from fido2.webauthn import AuthenticatorData

from accounts import sessions
from accounts.models import UserSession
from accounts.models.sessions import Way
from accounts.officers.substitutes import lend
from accounts.ways.proved import proved
from portal.access import SYSTEM, Assurance
from portal.audit.models import Act
from portal.notifications.models import Notification
from tests import factories
from tests.accounts.ways.support import request_of
from tests.support.passkeys import Device

pytestmark = pytest.mark.django_db
KEYS, SIGN_IN, ROLES, STEP_UP = (
    "/tai-khoan/khoa-truy-cap/",
    "/tai-khoan/khoa-truy-cap/dang-nhap/",
    "/tai-khoan/vai-tro/",
    "/tai-khoan/xac-thuc-them/khoa-truy-cap/",
)


def _options(page: str) -> Any:
    found = re.search(r'id="js_data" type="application/json">(.+?)</script>', page)
    assert found
    return json.loads(found[1])


def _bind(client: Client, device: Device) -> Any:
    options = _options(client.get(f"{KEYS}them/").content.decode())["creation_options"]
    return client.post(f"{KEYS}them/", {"name": "Máy của tôi", "passwordless": "on", "credential": device.bound(options)})


def _sign_in(client: Client, device: Device, user_id: Any, **more: str) -> Any:
    options = client.get(SIGN_IN, headers={"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}).json()["request_options"]
    return client.post(SIGN_IN, {"credential": device.signed(options, user_id), **more})


def _as_citizen(person: Any, way: Way) -> Client:
    """A session that VNeID, or a public authority's certificate, proved at high assurance."""
    client = Client()
    factories.sign_in(client, person)
    UserSession.objects.filter(pk=client.session["sign_in"]).update(way=way, assurance=Assurance.HIGH)
    return client


@pytest.mark.requirement("A-03", "A-13", "N-08")
def test_nobody_binds_or_removes_a_passkey_unnoticed() -> None:
    person, device, client = factories.make_person(), Device(), Client()
    factories.sign_in(client, person, assurance=Assurance.HIGH)
    assert _bind(client, device)["Location"] == KEYS
    passkey = Authenticator.objects.get()
    told = Notification.objects.filter(party_id=person.id, template="accounts.passkey_bound")
    assert {row.channel for row in told} >= {"inbox", "sms"}
    visitor = Client()
    assert _sign_in(visitor, device, person.user_id, by="citizen").status_code == 302
    assert visitor.get("/tai-khoan/").status_code == 200
    assert client.post(f"{KEYS}{passkey.pk}/go/")["Location"] == KEYS
    assert not Authenticator.objects.exists()
    assert Notification.objects.filter(party_id=person.id, template="accounts.passkey_removed", channel="inbox").count() == 1
    acts = Act.objects.filter(target="accounts.person", target_id=str(person.id))
    assert {"accounts.bind_passkey", "accounts.remove_passkey"} <= set(acts.values_list("act", flat=True))
    assert _sign_in(Client(), device, person.user_id).status_code == 302
    assert UserSession.objects.filter(user=person.user, way="passkey").count() == 2, "the first, and the visitor's with the key"


@pytest.mark.requirement("N-08")
def test_an_answer_serves_once_for_its_owner_and_its_browser_and_wants_a_verified_holder() -> None:
    person, other, device, client = factories.make_person(), factories.make_person(), Device(), Client()
    factories.sign_in(client, person, assurance=Assurance.HIGH)
    _bind(client, device)
    stranger = factories.make_person()
    thief = Client()
    factories.sign_in(thief, stranger)
    ajax = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}
    visitor = Client()
    options = visitor.get(SIGN_IN, headers=ajax).json()["request_options"]
    touched = device.signed(options, person.user_id, flags=AuthenticatorData.FLAG.UP)
    visitor.post(SIGN_IN, {"credential": touched})
    assert "_auth_user_id" not in visitor.session, "a touch alone does not say who touches"
    visitor.post(SIGN_IN, {"credential": device.signed(options, other.user_id)})
    assert "_auth_user_id" not in visitor.session, "another's name on it opens nothing"
    answer = device.signed(options, person.user_id)
    elsewhere = Client()
    elsewhere.get(SIGN_IN, headers=ajax)
    elsewhere.post(SIGN_IN, {"credential": answer})
    assert "_auth_user_id" not in elsewhere.session
    visitor.post(SIGN_IN, {"credential": answer})
    assert visitor.session["_auth_user_id"] == str(person.user_id)
    visitor.post("/tai-khoan/dang-xuat/")
    visitor.post(SIGN_IN, {"credential": answer})
    assert "_auth_user_id" not in visitor.session
    # A step-up takes this person's keys alone.
    asked = _options(thief.get(STEP_UP).content.decode())["request_options"]
    assert thief.post(STEP_UP, {"credential": device.signed(asked, person.user_id)}).status_code == 422
    assert UserSession.objects.get(pk=thief.session["sign_in"]).assurance == Assurance.MEDIUM


@pytest.mark.requirement("A-17", "A-12", "N-08")
@pytest.mark.parametrize("way", [Way.VNEID, Way.CERTIFICATE, Way.FILE, Way.TOKEN, Way.PASSKEY])
def test_what_proves_a_citizen_however_surely_makes_no_officer(way: Way) -> None:
    position = factories.make_position(roles=("reception", "signing"))
    client = _as_citizen(position.person, way)
    assert client.post(ROLES, {"acting_as": str(position.id)})["Location"] == "/tai-khoan/can-bo/?tiep=1"
    assert client.get("/quan-tri/").status_code == 302
    # Nor where the session says so already: as before this was asked, or after the right to it has gone.
    session = client.session
    session["acting_as"] = {"kind": "position", "id": str(position.id)}
    session.save()
    assert client.get("/quan-tri/").status_code == 302
    absent = factories.make_position(roles=("signing",))
    now = timezone.now()
    lent = lend(
        actor=SYSTEM, position_id=absent.id, substitute_id=position.id, roles=["signing"], reason="nghỉ phép", valid_from=now,
        valid_to=now + timedelta(days=2), now=now,
    )  # fmt: skip
    assert client.post(ROLES, {"acting_as": str(lent.id)})["Location"] == "/tai-khoan/can-bo/?tiep=1"
    session = client.session
    session["acting_as"] = {"kind": sessions.SUBSTITUTE, "id": str(lent.id)}
    session.save()
    assert client.get("/quan-tri/").status_code == 302


@pytest.mark.requirement("A-17", "A-12", "N-08")
def test_a_passkey_stands_in_for_what_it_was_bound_after_and_for_no_more() -> None:
    position = factories.make_position()
    citizens, officers = Device(), Device()
    assert _bind(_as_citizen(position.person, Way.VNEID), citizens).status_code == 302
    client = Client()
    _sign_in(client, citizens, position.person.user_id)
    assert client.session["acting_as"]["kind"] == "self" and client.get("/quan-tri/").status_code == 302
    assert client.post(ROLES, {"acting_as": str(position.id)})["Location"] == "/tai-khoan/can-bo/?tiep=1"
    # Bound with it: no more than it is itself.
    again = Device()
    assert _bind(client, again).status_code == 302
    third = Client()
    _sign_in(third, again, position.person.user_id)
    assert third.get("/quan-tri/").status_code == 302
    # After the State's certificate.
    at_desk = Client()
    factories.sign_in(at_desk, position.person, position=position)
    assert _bind(at_desk, officers).status_code == 302
    officer = Client()
    assert _sign_in(officer, officers, position.person.user_id)["Location"] == "/quan-tri/"
    assert officer.get("/quan-tri/").status_code == 200
    # Who is signed in as a citizen signs in with it, too, on purpose: another session, with a key of its own.
    known = Client()
    factories.sign_in(known, position.person)
    before = known.session.session_key
    assert _sign_in(known, officers, position.person.user_id)["Location"] == "/quan-tri/"
    assert known.get("/quan-tri/").status_code == 200 and known.session.session_key != before
    # In a citizen's session it raises that to what it stands for, and the citizen's own key does not.
    for device, for_office in ((citizens, False), (officers, True)):
        citizen = _as_citizen(position.person, Way.VNEID)
        options = _options(citizen.get(STEP_UP).content.decode())["request_options"]
        assert citizen.post(STEP_UP, {"credential": device.signed(options, position.person.user_id)}).status_code == 302
        assert UserSession.objects.get(pk=citizen.session["sign_in"]).for_office is for_office
        assert citizen.post(ROLES, {"acting_as": str(position.id)})["Location"] == (
            "/quan-tri/" if for_office else "/tai-khoan/can-bo/?tiep=1"
        )


@pytest.mark.requirement("A-17")
def test_the_database_knows_which_ways_prove_an_officer() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    rows = UserSession.objects.filter(pk=client.session["sign_in"])
    for values in ({}, {"way": "vneid", "assurance": 3}, {"way": "certificate"}, {"way": "app"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(for_office=True, **values)
    request = request_of(client)
    proved(request, user=person.user, way=Way.VNEID, assurance=Assurance.HIGH)
    assert rows.get().for_office is False
