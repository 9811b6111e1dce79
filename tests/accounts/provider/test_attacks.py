"""What an attacker tries at the provider: codes again, other addresses, other algorithms, others' proofs and consents (A-05, N-08)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from accounts.models import SignInConsent, SignInGrant, SignInToken
from accounts.provider import clients
from portal.access import SYSTEM
from tests import factories
from tests.accounts.provider.support import CALLBACK, agreed, params, signed_in, system, tokens

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-05", "N-08")]


def code_of(one: Any, browser: Client) -> tuple[str, str]:
    address, kept = one.wish()
    answer = browser.get(address)
    if answer.status_code == 200:
        answer = agreed(browser, address)
    return params(answer)["code"], kept["verifier"]


def error_of(answer: Any) -> str:
    assert answer.status_code in (400, 401), answer.content
    return str(json.loads(answer.content)["error"])


def test_a_code_that_comes_again_ends_all_that_came_of_it() -> None:
    one, browser = system(), signed_in()
    code, verifier = code_of(one, browser)
    given = json.loads(one.exchange(code, verifier).content)
    assert one.userinfo(given["access_token"]).status_code == 200
    assert error_of(one.exchange(code, verifier)) == "invalid_grant"
    assert SignInGrant.objects.get().ended_by == "stolen"
    assert one.userinfo(given["access_token"]).status_code == 401
    assert error_of(one.refresh(given["refresh_token"])) == "invalid_grant"


def test_a_refresh_token_serves_once_and_the_second_use_ends_the_family() -> None:
    one, browser = system(), signed_in()
    first = tokens(one, browser)
    second = json.loads(one.refresh(first["refresh_token"]).content)
    assert second["refresh_token"] != first["refresh_token"]
    assert one.userinfo(first["access_token"]).status_code == 401 and one.userinfo(second["access_token"]).status_code == 200
    assert error_of(one.refresh(first["refresh_token"])) == "invalid_grant"
    assert one.userinfo(second["access_token"]).status_code == 401, "one of two is a thief, and nobody knows which"
    assert error_of(one.refresh(second["refresh_token"])) == "invalid_grant"
    assert SignInGrant.objects.get().ended_by == "stolen"


def test_a_code_is_for_one_system_one_address_one_browser_and_one_minute() -> None:
    one, other, browser = system(), system(name="Hệ thống khác", callback="https://khac.example/ve/"), signed_in()
    code, verifier = code_of(one, browser)
    assert error_of(other.exchange(code, verifier, redirect_uri=CALLBACK)) == "invalid_grant"
    assert error_of(one.exchange(code, verifier, redirect_uri="https://khac.example/ve/")) == "invalid_grant"
    assert error_of(one.exchange(code, "x" * 64)) == "invalid_grant"
    assert error_of(one.exchange(code, "")) == "invalid_request"
    assert one.exchange(code, verifier).status_code == 200, "none of that used it up"
    late, kept = code_of(one, browser)
    SignInGrant.objects.filter(begun_at=None).update(asked_at=timezone.now() - timedelta(seconds=61))
    assert error_of(one.exchange(late, kept)) == "invalid_grant"


@pytest.mark.parametrize(
    "address",
    [
        "https://dichvucong.tinh.example/dang-nhap/ve", "https://dichvucong.tinh.example/dang-nhap/ve/?x=1",
        "https://dichvucong.tinh.example/dang-nhap/ve/#a", "https://dichvucong.tinh.example/dang-nhap/ve/../khac",
        "https://dichvucong.tinh.example.evil.example/dang-nhap/ve/", "https://dichvucong.tinh.example@evil.example/dang-nhap/ve/",
        "http://dichvucong.tinh.example/dang-nhap/ve/", "https://DICHVUCONG.tinh.example/dang-nhap/ve/",
        "https://evil.example/", "//evil.example", "javascript:alert(1)", "", "https://dichvucong.tinh.example/dang-nhap/ve/\n",
    ],
)  # fmt: skip
def test_another_address_hears_nothing(address: str) -> None:
    one, browser = system(), signed_in()
    wish, _kept = one.wish(redirect_uri=address)
    for visitor in (browser, Client()):
        answer = visitor.get(wish)
        assert answer.status_code == 400 and "Location" not in answer
    twice, _kept = one.wish()
    assert browser.get(f"{twice}&{urlencode({'redirect_uri': 'https://evil.example/'})}").status_code == 400
    assert not SignInGrant.objects.exists()


def test_an_unknown_or_suspended_system_is_told_to_the_person_alone() -> None:
    one, browser = system(), signed_in()
    wish, _kept = one.wish(client_id="00000000-0000-4000-8000-000000000000")
    assert browser.get(wish).status_code == 400
    assert browser.get(one.wish(client_id=one.id.upper())[0]).status_code == 400
    clients.suspend(client_id=one.row.pk, reason="Bị xâm nhập", actor=SYSTEM, now=timezone.now())
    assert browser.get(one.wish()[0]).status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"nonce": "n" * 256}, "invalid_request"),
        ({"nonce": "a\0b"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_what_makes_no_sense_is_said_to_the_system(changed: dict[str, Any], error: str) -> None:
    one = system()
    address, kept = one.wish(**changed)
    said = params(Client().get(address))
    assert said["error"] == error and said["state"] == kept["state"] and said["iss"] == settings.SITE_URL


def test_an_assertion_serves_once() -> None:
    one, browser = system(), signed_in()
    given = tokens(one, browser)
    proof = one.assertion()
    assert one.post("/oauth2/introspect", proof=proof, token=given["access_token"]).status_code == 200
    assert error_of(one.post("/oauth2/introspect", proof=proof, token=given["access_token"])) == "invalid_client"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://other.example"},
        {"aud": [settings.SITE_URL, "https://other.example"]},
        {"aud": None},
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"exp": int(time.time()) + 7200},
        {"exp": float("inf")},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"iss": "other"},
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"jti": None},
        {"jti": ""},
    ],
    # Not their own words: workers that begin a second apart would have other tests.
    ids=[
        "aud",
        "aud too",
        "no aud",
        "ended",
        "no exp",
        "too long",
        "for ever",
        "iat to come",
        "nbf to come",
        "iss",
        "sub",
        "no jti",
        "empty jti",
    ],
)
def test_an_assertion_for_another_place_or_moment_proves_nothing(changed: dict[str, Any]) -> None:
    one, browser = system(), signed_in()
    code, verifier = code_of(one, browser)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": verifier}
    assert error_of(one.post("/oauth2/token", proof=one.assertion(**changed), **form)) == "invalid_client"
    assert one.exchange(code, verifier).status_code == 200


def _part(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _by_shared_secret(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Signed with what everybody knows, the public key: a library that believes the header takes it."""
    signed = f"{_part(header)}.{_part(claims)}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def test_no_assertion_says_how_it_wants_to_be_checked() -> None:
    one, other, browser = system(), system(name="Hệ thống khác", callback="https://khac.example/ve/"), signed_in()
    now = int(time.time())
    claims = {"iss": one.id, "sub": one.id, "aud": settings.SITE_URL, "iat": now, "exp": now + 60, "jti": "a"}
    kid = one.row.keys.get().kid
    public_pem = one.key.as_pem(private=False)
    forged = RSAKey.generate_key(2048)
    own_key = {"alg": "RS256", "kid": kid, "jwk": forged.as_dict(private=False)}
    tried = [
        f"{_part({'alg': 'none', 'kid': kid})}.{_part(claims)}.",
        f"{_part({'alg': 'none', 'kid': kid})}.{_part(claims)}.x",
        _by_shared_secret({"alg": "HS256", "kid": kid}, claims, public_pem),
        jwt.encode({"alg": "RS256", "kid": kid}, claims, forged, ["RS256"]),
        jwt.encode({"alg": "RS512", "kid": kid}, claims, one.key, ["RS512"]),
        jws.serialize_compact(own_key, json.dumps(claims).encode(), forged, ["RS256"]),
        jwt.encode({"alg": "RS256", "kid": other.row.keys.get().kid}, claims, other.key, ["RS256"]),
        other.assertion(),
        "", "x", "a.b.c", "é.é.é", "a" * 50_000,
    ]  # fmt: skip
    code, verifier = code_of(one, browser)
    for proof in tried:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": verifier, "client_id": one.id}
        assert error_of(one.post("/oauth2/token", proof=proof, **form)) in ("invalid_client", "invalid_grant"), proof[:80]
    assert one.exchange(code, verifier).status_code == 200


def test_there_is_no_password_and_no_public_system() -> None:
    one, browser = system(), signed_in()
    code, verifier = code_of(one, browser)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": verifier, "client_id": one.id}
    assert error_of(one.web.post("/oauth2/token", form)) == "invalid_client"
    assert error_of(one.web.post("/oauth2/token", {**form, "client_secret": "x"})) == "invalid_client"
    basic = base64.b64encode(f"{one.id}:x".encode()).decode()
    assert error_of(one.web.post("/oauth2/token", form, headers={"Authorization": f"Basic {basic}"})) == "invalid_client"
    for grant_type in ("password", "client_credentials", "implicit", ""):
        assert error_of(one.post("/oauth2/token", grant_type=grant_type)) == "unsupported_grant_type"


def test_a_consent_is_one_persons_for_one_system_and_for_what_was_read() -> None:
    one, other = system(), system(name="Hệ thống khác", callback="https://khac.example/ve/")
    first, second = signed_in(), signed_in()
    tokens(one, first)
    assert SignInConsent.objects.count() == 1
    assert first.get(other.wish()[0]).status_code == 200, "another system asks anew"
    assert second.get(one.wish()[0]).status_code == 200, "another person is asked anew"
    # More than was agreed to is asked for, and told apart.
    clients.change_client(
        client_id=one.row.pk, actor=SYSTEM, name=one.row.name, redirect_uris=[CALLBACK], post_logout_uris=[], logout_uri="",
        scopes=["profile", "identity"], contacts="",
    )  # fmt: skip
    address, _kept = one.wish(scope="openid profile identity")
    page = first.get(address).content.decode()
    assert "Số định danh cá nhân" in page and "Mới" in page
    # The page that one person read is no answer of another one, who signed in meanwhile.
    seen = page.split('name="seen" value="')[1].split('"')[0]
    answer = second.post("/oauth2/authorize/dong-y/?" + urlsplit(address).query, {"seen": seen, "answer": "yes"})
    assert second.get(answer["Location"]).status_code == 200 and SignInConsent.objects.count() == 1
    refused = params(first.post("/oauth2/authorize/dong-y/?" + urlsplit(address).query, {"seen": seen, "answer": "no"}))
    assert refused["error"] == "access_denied" and "code" not in refused


def test_no_other_site_agrees_for_somebody() -> None:
    one, browser = system(), Client(enforce_csrf_checks=True)
    factories.sign_in(browser, factories.make_person())
    address, _kept = one.wish()
    answer = browser.post("/oauth2/authorize/dong-y/?" + urlsplit(address).query, {"seen": "x", "answer": "yes"})
    assert answer.status_code == 403 and not SignInConsent.objects.exists()
    # The form of another site becomes an address, and asks as any other.
    sent = browser.post("/oauth2/authorize", dict(part.split("=", 1) for part in ["client_id=" + one.id, "answer=yes"]))
    assert sent.status_code == 302 and sent["Location"].startswith("/oauth2/authorize?client_id=")


def test_a_token_opens_what_it_is_for_and_nothing_else() -> None:
    one, other, browser = system(), system(name="Hệ thống khác", callback="https://khac.example/ve/"), signed_in()
    given = tokens(one, browser)
    for wrong in (
        "",
        "x",
        given["refresh_token"],
        given["id_token"],
        given["access_token"] + "x",
        "\ud800".encode("utf-8", "replace").decode(),
    ):
        assert one.userinfo(wrong).status_code == 401
    assert one.web.get(f"/oauth2/userinfo?access_token={given['access_token']}").status_code == 401, "never in an address"
    assert json.loads(other.post("/oauth2/introspect", token=given["access_token"]).content) == {"active": False}
    assert json.loads(one.post("/oauth2/introspect", token=given["access_token"]).content)["active"] is True
    assert error_of(other.post("/oauth2/revoke", token=given["refresh_token"])) == "invalid_grant"
    assert error_of(other.refresh(given["refresh_token"])) == "invalid_grant"
    assert one.userinfo(given["access_token"]).status_code == 200
    SignInToken.objects.filter(kind="access").update(expires_at=timezone.now())
    assert one.userinfo(given["access_token"]).status_code == 401
    assert one.refresh(given["refresh_token"], scope="openid identity").status_code == 400, "no more than was agreed to"
    again = json.loads(one.refresh(given["refresh_token"], scope="openid").content)
    assert set(json.loads(one.userinfo(again["access_token"]).content)) == {"sub"}
    assert one.post("/oauth2/revoke", token=again["refresh_token"]).status_code == 200
    assert one.userinfo(again["access_token"]).status_code == 401 and SignInGrant.objects.get().ended_by == "revoked"


def test_a_hundred_wrong_proofs_make_one_wait() -> None:
    one = system()
    found = {one.post("/oauth2/token", proof="x", grant_type="authorization_code", code="x").status_code for _ in range(100)}
    assert found == {401, 429}
