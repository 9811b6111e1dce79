"""Signed out once, signed out everywhere: by the person, by a system, by the desk; systems hear of it until they have taken it (A-06)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.models import SignInConsent, SignInGrant, UserSession
from accounts.provider import clients, ending
from portal.access import SYSTEM
from portal.outbox import services as outbox
from portal.outbox.models import Message
from tests import factories
from tests.accounts.provider.support import CALLBACK, System, signed_in, system, tokens

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-06")]
EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Ear:
    """A system's address for words of sign-outs: what it heard, and with which status it answers."""

    def __init__(self) -> None:
        ear = self
        self.heard: list[str] = []
        self.status = 200

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if ear.status in (200, 204):
                    ear.heard.append(parse_qs(body)["logout_token"][0])
                self.send_response(ear.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_port}/dang-xuat/"


@pytest.fixture
def ear() -> Iterator[Ear]:
    found = Ear()
    yield found
    found.server.shutdown()


def due() -> None:
    Message.objects.update(available_at=timezone.now() - timedelta(seconds=1), lease_until=None)
    outbox.deliver_due()


def test_who_signs_out_here_is_signed_out_there(ear: Ear) -> None:
    one, browser, other = system(logout_uri=ear.url), signed_in(), system(name="Không nghe", callback="https://khac.example/ve/")
    given, deaf = tokens(one, browser), tokens(other, browser)
    before = one.read(given["id_token"])
    browser.post("/tai-khoan/dang-xuat/")
    assert one.userinfo(given["access_token"]).status_code == 401 and other.userinfo(deaf["access_token"]).status_code == 401
    assert json.loads(one.refresh(given["refresh_token"]).content)["error"] == "invalid_grant"
    due()
    [token] = ear.heard
    claims = one.read(token)
    assert claims["iss"] == settings.SITE_URL and claims["aud"] == one.id and claims["events"] == {EVENT: {}} and "nonce" not in claims
    assert (claims["sid"], claims["sub"]) == (before["sid"], before["sub"])
    assert SignInGrant.objects.get(client=one.row).told_at is not None
    due()
    assert len(ear.heard) == 1


def test_a_system_that_is_down_hears_of_it_when_it_is_back(ear: Ear) -> None:
    one, browser = system(logout_uri=ear.url), signed_in()
    tokens(one, browser)
    ear.status = 503
    browser.post("/tai-khoan/dang-xuat/")
    for status in (503, 500, 400, 404, 302):
        ear.status = status
        due()
        assert not ear.heard and Message.objects.get(kind=ending.TELL).dead_at is None
    ear.status = 204
    due()
    assert len(ear.heard) == 1 and SignInGrant.objects.get().told_at is not None


@pytest.mark.requirement("A-13")
@pytest.mark.parametrize("how", ["elsewhere", "all", "idle", "locked", "withdrawn", "there", "suspended", "erased"])
def test_whatever_ends_a_session_ends_what_hangs_on_it(how: str, ear: Ear) -> None:
    person, one, now = factories.make_person(), system(logout_uri=ear.url), timezone.now()
    browser, second = signed_in(person), signed_in(person)
    given = tokens(one, browser)
    session = SignInGrant.objects.get().session
    match how:
        case "elsewhere":
            second.post(f"/tai-khoan/phien/{session.pk}/ket-thuc/")
        case "all":
            second.post("/tai-khoan/phien/ket-thuc/")
        case "idle":
            UserSession.objects.filter(pk=session.pk).update(seen_at=now - timedelta(hours=2))
            assert one.userinfo(given["access_token"]).status_code == 401, "before anybody has looked"
            tasks.end_sign_ons()
            assert UserSession.objects.get(pk=session.pk).ended_by == "idle"
        case "locked":
            from accounts.services import sessions

            sessions.end_all(actor=SYSTEM, user_id=person.user_id, now=now, by=UserSession.End.LOCKED)
        case "withdrawn":
            browser.post(f"/tai-khoan/he-thong-khac/{SignInConsent.objects.get().pk}/rut/")
            assert browser.get(one.wish()[0]).status_code == 200, "asked anew"
        case "there":
            browser.post(f"/tai-khoan/he-thong-khac/phien/{SignInGrant.objects.get().pk}/ket-thuc/")
            assert browser.get("/tai-khoan/").status_code == 200, "still signed in here"
        case "suspended":
            clients.suspend(client_id=one.row.pk, reason="Bị xâm nhập", actor=SYSTEM, now=now)
        case "erased":
            from portal import crypto

            crypto.shred(person.pk, SYSTEM)
    assert one.userinfo(given["access_token"]).status_code == 401
    due()
    assert len(ear.heard) == 1


def test_a_system_signs_out_of_everything_when_it_shows_whose_session_it_is(ear: Ear) -> None:
    one = system(logout_uri=ear.url, post_logout_uris=["https://dichvucong.tinh.example/tam-biet/"])
    browser = signed_in()
    given = tokens(one, browser)
    said = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": "https://dichvucong.tinh.example/tam-biet/", "state": "s 1"}
    answer = browser.get("/oidc/logout?" + urlencode(said))
    assert answer["Location"] == "https://dichvucong.tinh.example/tam-biet/?state=s+1"
    assert browser.get("/tai-khoan/").status_code == 302 and SignInGrant.objects.get().ended_by == "signed_out"
    assert browser.get("/oidc/logout?" + urlencode(said))["Location"].startswith("https://dichvucong.tinh.example/tam-biet/")


@pytest.mark.parametrize("hint", ["", "x", "another", "forged", "logout"])
def test_nobody_is_signed_out_by_a_link(hint: str) -> None:
    one, browser, victim = system(), signed_in(), signed_in()
    given = tokens(one, browser)
    tokens(one, victim)
    found = {"another": given["id_token"], "forged": one.assertion(iss=settings.SITE_URL, aud=one.id), "logout": ""}.get(hint, hint)
    answer = victim.get("/oidc/logout?" + urlencode({"id_token_hint": found, "client_id": one.id, "post_logout_redirect_uri": CALLBACK}))
    assert answer.status_code == 200 and "Đăng xuất khỏi tất cả" in answer.content.decode()
    assert CALLBACK not in answer.content.decode(), "an address that is not for this"
    assert victim.get("/tai-khoan/").status_code == 200
    left = victim.post("/oidc/logout/dong-y/", {"client_id": one.id, "back": "https://evil.example/"})
    assert left["Location"] == "/tai-khoan/dang-xuat/" and victim.get("/tai-khoan/").status_code == 302


@pytest.mark.requirement("A-13")
def test_one_sees_which_systems_know_one_and_nobody_elses() -> None:
    one, browser = system(scopes=["profile", "identity"]), signed_in()
    tokens(one, browser)
    page = browser.get("/tai-khoan/he-thong-khac/").content.decode()
    assert "Cổng dịch vụ công tỉnh Thử" in page and "Số định danh cá nhân" in page and "Đang đăng nhập từ" in page
    stranger = signed_in()
    assert "Cổng dịch vụ công tỉnh Thử" not in stranger.get("/tai-khoan/he-thong-khac/").content.decode()
    stranger.post(f"/tai-khoan/he-thong-khac/{SignInConsent.objects.get().pk}/rut/")
    stranger.post(f"/tai-khoan/he-thong-khac/phien/{SignInGrant.objects.get().pk}/ket-thuc/")
    assert SignInConsent.objects.get().withdrawn_at is None and SignInGrant.objects.get().ended_at is None


def test_a_system_that_is_no_more_stops_nobody() -> None:
    from accounts.provider import telling

    telling.tell(payload={"sid": str(uuid4()), "client": str(uuid4()), "person": str(uuid4()), "organisation": ""}, now=timezone.now())
    assert isinstance(system(), System) and Client().get("/oidc/logout")["Location"] == "/tai-khoan/dang-xuat/"
