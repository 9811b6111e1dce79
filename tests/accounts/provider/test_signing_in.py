"""Single sign-on end to end: a system knows the issuer's address and nothing else of us (A-05)."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import SignInConsent, SignInGrant
from accounts.provider import scopes
from tests import factories
from tests.accounts.provider.support import CALLBACK, agreed, params, signed_in, system, tokens

pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.mark.requirement("A-05")
@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_from_the_first_page_to_the_claims(kind: str) -> None:
    one, person = system(kind=kind, scopes=["profile", "identity", "phone"]), factories.make_person()
    browser = signed_in(person)
    address, kept = one.wish()
    page = browser.get(address)
    text = page.content.decode()
    assert "Đăng nhập vào Cổng dịch vụ công tỉnh Thử" in text and "Số định danh cá nhân" in text and person.full_name in text
    assert "form-action 'self'" in page["Content-Security-Policy"] and "https://dichvucong.tinh.example" in page["Content-Security-Policy"]
    answer = agreed(browser, address)
    assert answer["Location"].startswith(CALLBACK + "?")
    said = params(answer)
    assert said["state"] == kept["state"] and said["iss"] == settings.SITE_URL
    given = one.exchange(said["code"], kept["verifier"])
    assert given.status_code == 200 and given["Cache-Control"] == "no-store"
    found = json.loads(given.content)
    claims = one.read(found["id_token"])
    grant = SignInGrant.objects.get()
    assert claims["iss"] == settings.SITE_URL and claims["aud"] == one.id and claims["nonce"] == kept["nonce"]
    assert claims["sub"] == scopes.subject(one.row, person.pk, None) and claims["sid"] == str(grant.pk)
    assert claims["acr"] == "urn:vn:dvcqg:acr:i2:a2" and claims["amr"] == ["otp", "sms"]
    assert person.full_name not in str(claims), "names are asked for, not handed round"
    known = json.loads(one.userinfo(found["access_token"]).content)
    assert known["sub"] == claims["sub"] and known["name"] == person.full_name and known["identity_number"] == person.id_number
    assert "address" not in known and "TechID" not in known
    # The second time nobody is asked.
    again, _kept = one.wish()
    assert browser.get(again)["Location"].startswith(CALLBACK + "?code=")
    assert SignInConsent.objects.get().scopes == ["openid", "profile", "identity", "phone"]


@pytest.mark.requirement("A-05")
def test_who_is_not_signed_in_signs_in_first_and_comes_back() -> None:
    one = system()
    address, _kept = one.wish()
    browser = Client()
    answer = browser.get(address)
    assert answer["Location"].startswith("/tai-khoan/dang-nhap/?next=%2Foauth2%2Fauthorize%2Ftiep%2F")
    way = answer["Location"].partition("next=")[2]
    assert "Bạn đăng nhập tại đây để vào Cổng dịch vụ công tỉnh Thử." in browser.get(answer["Location"]).content.decode()
    from urllib.parse import unquote

    page = browser.get(unquote(way))
    assert 'http-equiv="refresh"' in page.content.decode() and "/oauth2/authorize?response_type=code" in page.content.decode()


@pytest.mark.requirement("A-05")
def test_discovery_says_all_there_is() -> None:
    from authlib.oidc.discovery import OpenIDProviderMetadata

    answer = Client().get("/.well-known/openid-configuration")
    said = json.loads(answer.content)
    assert said["issuer"] == settings.SITE_URL and not answer.cookies
    if settings.SITE_URL.startswith("https:"):
        OpenIDProviderMetadata(said).validate()
    for name in ("jwks_uri", "end_session_endpoint"):
        assert Client().get(said[name].removeprefix(settings.SITE_URL)).status_code in (200, 302)
    assert said["subject_types_supported"] == ["pairwise"] and said["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.requirement("A-05")
def test_two_systems_cannot_put_together_what_they_know() -> None:
    person = factories.make_person()
    browser = signed_in(person)
    one, other = system(), system(name="Hệ thống khác", callback="https://khac.example/ve/")
    subs = {one.read(tokens(system_, browser)["id_token"])["sub"] for system_ in (one, other)}
    assert len(subs) == 2
