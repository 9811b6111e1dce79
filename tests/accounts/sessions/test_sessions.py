"""Sessions: seen in a list, ended from another one, ended by their limits; what is known of a device; no key outlives a sign-in."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.devices import browser_of, device_words, network_of
from accounts.models import KnownBrowser, UserSession
from accounts.models.sessions import Way
from accounts.services import housekeeping
from accounts.services import sessions as services
from portal.access import SYSTEM, Assurance
from portal.audit.models import Act
from portal.crypto import shred
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories
from tests.accounts.ways.support import request_of
from tests.support.queries import CaptureQueriesContext

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"  # noqa: E501
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0"
LIST = "/tai-khoan/phien/"


def _code(request_id: Any) -> str:
    outbox.deliver_due()
    body = str(Notification.objects.get(key=f"otp:{request_id}", channel="sms").body)
    found = re.match(r"\d{6}", body)
    assert found is not None
    return found.group()


def _sign_in(client: Client, person: Any) -> None:
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
    answer = client.post("/tai-khoan/dang-nhap/ma/", {"code": _code(client.session["otp_request"])})
    assert answer.status_code == 302


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_one_session_is_ended_from_another_and_opens_nothing_any_more() -> None:
    person = factories.make_person()
    phone, desk = Client(HTTP_USER_AGENT=PHONE, REMOTE_ADDR="203.0.113.7"), Client(HTTP_USER_AGENT=DESK, REMOTE_ADDR="198.51.100.9")
    for client in (phone, desk):
        _sign_in(client, person)
    page = desk.get(LIST).content.decode()
    assert "Safari trên iPhone" in page and "Edge trên Windows" in page and "203.0.113.*" in page and "203.0.113.7" not in page
    other = UserSession.objects.get(system="iPhone")
    assert other.way == Way.CODE and other.assurance == Assurance.MEDIUM
    assert desk.post(f"{LIST}{other.pk}/ket-thuc/").status_code == 302
    other.refresh_from_db()
    assert (other.ended_by, other.session_key) == ("elsewhere", "") and other.ended_at is not None
    assert phone.get("/ho-so/")["Location"].startswith("/tai-khoan/dang-nhap/")
    assert "kết thúc từ một thiết bị khác" in phone.get("/tai-khoan/dang-nhap/").content.decode()
    assert "kết thúc từ một thiết bị khác" not in Client().get("/ho-so/", follow=True).content.decode()
    assert desk.get("/ho-so/").status_code == 200
    assert Act.objects.filter(act="accounts.end_session", target_id=str(person.id)).count() == 1
    assert "Bạn kết thúc từ một phiên khác" in desk.get(f"{LIST}lich-su/").content.decode()
    assert "Bạn đã đăng xuất." in desk.post("/tai-khoan/dang-xuat/", follow=True).content.decode()


@pytest.mark.django_db
def test_an_ended_session_is_dead_even_where_djangos_own_row_is_still_there() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    UserSession.objects.update(ended_at=timezone.now(), ended_by="elsewhere", session_key="")
    assert Session.objects.count() == 1
    assert client.get(LIST).status_code == 302
    assert Session.objects.count() == 0, "it is thrown away at its next use"


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_all_others_are_ended_and_nobody_elses() -> None:
    person, stranger = factories.make_person(), factories.make_person()
    here, elsewhere, theirs = Client(), [Client(), Client()], Client()
    for client in (here, *elsewhere):
        factories.sign_in(client, person)
    factories.sign_in(theirs, stranger)
    strange = UserSession.objects.get(user=stranger.user)
    assert here.post(f"{LIST}{strange.pk}/ket-thuc/").status_code == 302
    assert here.post(f"{LIST}{uuid4()}/ket-thuc/").status_code == 302
    assert here.post(f"{LIST}ket-thuc/").status_code == 302
    assert [client.get(LIST).status_code for client in (here, *elsewhere, theirs)] == [200, 302, 302, 200]
    assert Act.objects.get(act="accounts.end_sessions").details["number"] == "2"


@pytest.mark.django_db
def test_ending_asks_for_a_token_and_for_a_post() -> None:
    person, client = factories.make_person(), Client(enforce_csrf_checks=True)
    factories.sign_in(client, person)
    factories.sign_in(Client(), person)
    other = UserSession.objects.exclude(session_key=client.session.session_key).get()
    assert client.post(f"{LIST}{other.pk}/ket-thuc/").status_code == 403 and client.post(f"{LIST}ket-thuc/").status_code == 403
    assert client.get(f"{LIST}{other.pk}/ket-thuc/").status_code == 405
    assert UserSession.objects.filter(ended_at=None).count() == 2


@pytest.mark.requirement("A-13")
@pytest.mark.parametrize(("age", "unused", "why"), [(0, 3600, "idle"), (8 * 3600, 0, "limit")])
@pytest.mark.django_db
def test_a_session_ends_when_it_is_idle_or_too_old(age: int, unused: int, why: str) -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    now = timezone.now()
    UserSession.objects.update(begun_at=now - timedelta(seconds=max(age, unused)), seen_at=now - timedelta(seconds=unused))
    assert client.get("/ho-so/").status_code == 302
    assert UserSession.objects.get().ended_by == why and Session.objects.count() == 0


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_the_page_says_when_the_session_ends_and_a_sign_of_life_moves_it(settings: Any) -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    seen = timezone.now() - timedelta(minutes=4)
    UserSession.objects.update(seen_at=seen)
    ends = timezone.localtime(seen + timedelta(seconds=settings.SESSION_IDLE_SECONDS))
    page = client.get("/ho-so/").content.decode()
    assert f'<span class="nowrap">{ends:%H:%M}</span>' in page and "data-session-warning" in page
    assert UserSession.objects.get().seen_at == seen, "nothing is written within five minutes"
    said = client.get(f"{LIST}con/").json()["ends_at"]
    assert UserSession.objects.get().seen_at > seen and datetime.fromisoformat(said) > ends
    begun = timezone.now() - timedelta(seconds=settings.SESSION_LONGEST_SECONDS - 60)
    UserSession.objects.update(begun_at=begun)
    last = timezone.localtime(begun + timedelta(seconds=settings.SESSION_LONGEST_SECONDS))
    assert f'<span class="nowrap">{last:%H:%M}</span>' in client.get("/ho-so/").content.decode()
    assert "data-session-ends" not in Client().get("/").content.decode()


@pytest.mark.django_db
def test_a_page_costs_the_queries_of_before_and_a_write_once_in_minutes() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    client.get(f"{LIST}con/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/tai-khoan/dang-xuat/")
    assert len(captured) == 2, "the session, then session, login and person together"
    UserSession.objects.update(seen_at=timezone.now() - services.SEEN_EVERY)
    with CaptureQueriesContext(connection) as captured:
        client.get("/tai-khoan/dang-xuat/")
    assert len(captured) == 3


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_signing_in_gives_a_new_key_and_ends_what_the_browser_had() -> None:
    person, other, client = factories.make_person(), factories.make_person(), Client()
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
    planted = client.session.session_key
    client.post("/tai-khoan/dang-nhap/ma/", {"code": _code(client.session["otp_request"])})
    mine = client.session.session_key
    assert mine != planted and not Session.objects.filter(session_key=planted).exists()
    request = request_of(client)
    sessions.sign_in(request, other.user, way=Way.CODE, assurance=Assurance.MEDIUM)
    assert request.session.session_key != mine and not Session.objects.filter(session_key=mine).exists()
    assert UserSession.objects.get(user=person.user).ended_by == "replaced"
    factories.sign_in(client, person)
    client.post("/tai-khoan/dang-xuat/")
    assert UserSession.objects.filter(user=person.user).latest("begun_at").ended_by == "signed_out"


@pytest.mark.django_db
def test_who_signs_in_again_as_themself_goes_on_with_a_new_key() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    before, request = client.session.session_key, request_of(client)
    sessions.sign_in(request, person.user, way=Way.CERTIFICATE, assurance=Assurance.HIGH)
    request.session.save()
    assert request.session.session_key != before and not Session.objects.filter(session_key=before).exists()
    assert Session.objects.filter(session_key=request.session.session_key).exists()
    assert {row.ended_by for row in UserSession.objects.filter(user=person.user)} == {"replaced", ""}
    # The library's own way in, as by a passkey.
    factories.sign_in(client, person)
    factories.sign_in(client, person)
    assert client.get("/tai-khoan/phien/").status_code == 200


@pytest.mark.requirement("A-13")
@pytest.mark.django_db
def test_a_new_device_is_told_to_the_owner_and_a_known_one_is_not() -> None:
    person = factories.make_person()
    first, second = Client(HTTP_USER_AGENT=DESK), Client(HTTP_USER_AGENT=PHONE, REMOTE_ADDR="203.0.113.7")
    _sign_in(first, person)
    assert not Notification.objects.filter(template="accounts.new_device").exists(), "the first device is nobody's surprise"
    first.post("/tai-khoan/dang-xuat/")
    UserSession.objects.all().delete()
    person_asks = first.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
    assert person_asks.status_code in (302, 422)
    _sign_in(second, person)
    told = Notification.objects.filter(template="accounts.new_device", party_id=person.id)
    assert {row.channel for row in told} >= {"inbox", "sms"}
    assert "Safari, iPhone" in str(told.get(channel="inbox").body) and "203.0.113.*" in str(told.get(channel="inbox").body)
    assert KnownBrowser.objects.filter(person=person).count() == 2
    assert second.cookies["may-quen"]["path"] == "/tai-khoan/"


@pytest.mark.django_db
def test_no_session_is_surer_than_its_way() -> None:
    person = factories.make_person()
    row = services.begin(user_id=person.user_id, session_key="x", browser="", system="", network="", now=timezone.now())
    for way, assurance in ((Way.CODE, Assurance.HIGH), (Way.APP, Assurance.HIGH), ("", Assurance.MEDIUM)):
        with pytest.raises(IntegrityError), transaction.atomic():
            UserSession.objects.filter(pk=row.pk).update(way=way, assurance=assurance)
    services.prove(session_id=row.pk, way=Way.CODE, assurance=Assurance.MEDIUM)
    services.prove(session_id=row.pk, way=Way.PASSKEY, assurance=Assurance.HIGH)
    row.refresh_from_db()
    assert (row.way, row.assurance) == ("code", Assurance.MEDIUM), "what was proved is not proved again in passing"
    with pytest.raises(IntegrityError), transaction.atomic():
        UserSession.objects.filter(pk=row.pk).update(ended_at=timezone.now())


@pytest.mark.django_db
def test_what_nobody_came_back_to_is_ended_at_night_and_old_ones_leave() -> None:
    person, now = factories.make_person(), timezone.now()
    for days in (0, 1, 401):
        services.begin(user_id=person.user_id, session_key=f"k{days}", browser="", system="", network="", now=now - timedelta(days=days))
    assert housekeeping.remove_old(now=now, seconds=30)
    assert sorted(UserSession.objects.values_list("ended_by", flat=True)) == ["", "idle"]


@pytest.mark.django_db
def test_the_history_leaves_with_the_person() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    with transaction.atomic():
        shred(person.id, SYSTEM)
    assert not UserSession.objects.exists() and client.get(LIST).status_code == 302


def test_devices_and_networks_in_words() -> None:
    assert browser_of(PHONE) == ("Safari", "iPhone") and browser_of(DESK) == ("Edge", "Windows")
    assert browser_of("") == ("", "") and device_words("", "") == "Trình duyệt không rõ"
    assert device_words("Chrome", "Android") == "Chrome trên Android"
    assert network_of("203.0.113.7") == "203.0.113.*" and network_of("2001:db8:1:2::/64") == "2001:0db8:0001:*"
    assert network_of("") == "" and network_of("nonsense") == ""
