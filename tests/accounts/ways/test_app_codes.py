"""Authenticator apps: bound in a session, a code serves once, tries are counted, nobody learns who has one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import SignInTry, UserSession
from accounts.services import housekeeping
from accounts.services.otp import Refusal, TooManyRequests
from accounts.ways import app_codes, counting
from portal.access import Assurance
from portal.crypto import open_text
from portal.notifications.models import Notification
from tests import factories
from tests.accounts.ways.support import sign_in
from tests.support.queries import CaptureQueriesContext

PAGE = "/tai-khoan/dang-nhap/ung-dung/"
pytestmark = pytest.mark.django_db


def code_at(secret: str, moment: Any) -> str:
    """What an app shows."""
    return str(format_hotp_value(hotp_value(secret, int(moment.timestamp()) // app_codes.PERIOD)))


def bound(person: Any, moment: Any) -> str:
    """A person's app, bound a while ago; its secret."""
    secret = app_codes.new_secret()
    app_codes.bind(actor=factories.citizen_actor(person), secret=secret, code=code_at(secret, moment), now=moment)
    return secret


@pytest.mark.requirement("A-03")
def test_an_app_is_bound_and_signs_in_at_medium_assurance() -> None:
    person, client = factories.make_person(), Client()
    factories.sign_in(client, person)
    page = client.get("/tai-khoan/ung-dung/").content.decode()
    secret = open_text(client.session["app_secret"], context="app_secret")
    assert secret not in str(dict(client.session)) and " ".join(secret[at : at + 4] for at in range(0, 32, 4)) in page
    assert client.get("/tai-khoan/ung-dung/").content.decode().count(secret[:4]) >= 1, "looked at again it is the same secret"
    wrong = client.post("/tai-khoan/ung-dung/", {"code": "000000"})
    assert wrong.status_code == 422
    now = timezone.now()
    assert client.post("/tai-khoan/ung-dung/", {"code": code_at(secret, now)}).status_code == 302
    assert Notification.objects.filter(template="accounts.app_bound", party_id=person.id).count() >= 2
    assert secret not in str(list(Authenticator.objects.values()))
    client.post("/tai-khoan/dang-xuat/")

    later = now + timedelta(seconds=30)
    answer = client.post(PAGE, {"id_number": person.id_number, "code": code_at(secret, later), "next": "/ho-so/?trang=2"})
    assert answer["Location"] == "/ho-so/?trang=2"
    session = UserSession.objects.get(ended_at=None)
    assert (session.way, session.assurance) == ("app", Assurance.MEDIUM)


@pytest.mark.requirement("A-03", "N-08")
def test_a_code_serves_once_and_only_in_its_time() -> None:
    person, now = factories.make_person(), timezone.now()
    secret = bound(person, now - timedelta(hours=1))

    def check(code: str, at: Any) -> Any:
        return app_codes.check(id_number=person.id_number, code=code, address="", browser="", now=at)

    assert check(code_at(secret, now), now) == person
    with pytest.raises(app_codes.WrongAppCode):
        check(code_at(secret, now), now)
    with pytest.raises(app_codes.WrongAppCode):
        check(code_at(secret, now - timedelta(seconds=30)), now)
    for away in (-90, 90):
        with pytest.raises(app_codes.WrongAppCode):
            check(code_at(secret, now + timedelta(seconds=away)), now)
    assert check(code_at(secret, now + timedelta(seconds=30)), now) == person, "a clock that is fast by half a minute"
    first = code_at(secret, now - timedelta(hours=1))
    with pytest.raises(app_codes.WrongAppCode):
        check(first, now - timedelta(hours=1))


@pytest.mark.requirement("N-08")
def test_tries_are_counted_for_every_number_alike_and_a_known_browser_has_its_own() -> None:
    person, now = factories.make_person(), timezone.now()
    secret = bound(person, now - timedelta(hours=1))
    owner = Client()
    sign_in(owner, person)
    cookie = owner.cookies["may-quen"].value
    for number in (person.id_number, "001195999999"):
        for _ in range(counting.PER_HOUR):
            with pytest.raises(app_codes.WrongAppCode):
                app_codes.check(id_number=number, code="000000", address="203.0.113.1", browser="", now=now)
        with pytest.raises(TooManyRequests) as caught:
            app_codes.check(id_number=number, code=code_at(secret, now), address="198.51.100.1", browser="", now=now)
        assert (caught.value.by, caught.value.retry_at) == (Refusal.NUMBER, now + timedelta(hours=1))
    right = app_codes.check(id_number=person.id_number, code=code_at(secret, now), address="", browser=cookie, now=now)
    assert right == person, "the owner is not locked out of the machine they always use"
    assert SignInTry.objects.filter(was_right=True).count() == 1 and "203.0.113.1" not in str(list(SignInTry.objects.values()))
    assert housekeeping.remove_old(now=now + timedelta(days=3), seconds=30) and not SignInTry.objects.exists()


@pytest.mark.requirement("A-03", "N-08")
def test_who_has_an_app_or_an_account_is_told_by_nothing() -> None:
    now = timezone.now()
    with_app, without = factories.make_person(), factories.make_person()
    bound(with_app, now - timedelta(hours=1))
    seen = []
    for number in (with_app.id_number, without.id_number, "001195999998"):
        client = Client()
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(PAGE, {"id_number": number, "code": "000000"})
        body = answer.content.decode().replace(number, "N")
        body = "\n".join(line for line in body.splitlines() if "csrfmiddlewaretoken" not in line)
        seen.append((answer.status_code, body, len(captured)))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][0] == 422


def test_an_app_is_taken_away_and_signs_in_no_more() -> None:
    person, client, now = factories.make_person(), Client(), timezone.now()
    secret = bound(person, now - timedelta(hours=1))
    factories.sign_in(client, person)
    with pytest.raises(app_codes.AppKnown):
        bound(person, now)
    assert "Gỡ ứng dụng" in client.get("/tai-khoan/ung-dung/").content.decode()
    assert Client(enforce_csrf_checks=True).post("/tai-khoan/ung-dung/go/").status_code == 403
    client.post("/tai-khoan/ung-dung/go/")
    with pytest.raises(app_codes.WrongAppCode):
        app_codes.check(id_number=person.id_number, code=code_at(secret, now), address="", browser="", now=now)
    assert Notification.objects.filter(template="accounts.app_removed", party_id=person.id).exists()


def test_a_switched_off_login_opens_by_no_code() -> None:
    person, now = factories.make_person(), timezone.now()
    secret = bound(person, now - timedelta(hours=1))
    person.user.is_active = False
    person.user.save()
    with pytest.raises(app_codes.WrongAppCode):
        app_codes.check(id_number=person.id_number, code=code_at(secret, now), address="", browser="", now=now)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5", "\x00" * 6])
def test_what_is_no_code_is_told_beside_the_field(text: str) -> None:
    answer = Client().post(PAGE, {"id_number": "001195000001", "code": text})
    assert answer.status_code == 422 and "form-error" not in answer.content.decode() and 'href="#id_code"' in answer.content.decode()
