"""How surely somebody is known travels with the sign-in, on both scales, and what is missing is asked for and no more (A-07)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import tasks
from accounts.models import Person, SignInGrant, UserSession
from accounts.provider.asking import Here, Step, Wish, next_step, wanted_sign_in
from accounts.provider.levels import NAMED, Level, amr, asked, missing, stated
from portal.access import Assurance
from tests import factories
from tests.accounts.provider.support import CALLBACK, agreed, params, signed_in, system, tokens

pytestmark = pytest.mark.requirement("A-07")
SCALE = st.sampled_from([Assurance.MEDIUM, Assurance.HIGH])
LEVELS = st.builds(Level, SCALE, SCALE)
WANTED = st.lists(st.sampled_from([*NAMED, "urn:other", "LoA9"]), max_size=4)
NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


@given(LEVELS, WANTED)
def test_a_token_never_states_more_than_is(level: Level, words: list[str]) -> None:
    wanted = asked(" ".join(words))
    assert level.meets(NAMED[stated(level, wanted)])
    gap = missing(level, wanted)
    assert (gap is None) == (not wanted or any(level.meets(NAMED[name]) for name in wanted))
    if gap is None and wanted:
        assert stated(level, wanted) in wanted


@given(
    LEVELS, WANTED, st.frozensets(st.sampled_from(["login", "consent", "select_account"])), st.one_of(st.none(), st.integers(0, 7200)),
    st.integers(0, 28800), st.one_of(st.none(), st.frozensets(st.sampled_from(["openid", "profile"]))), st.booleans(),
)  # fmt: skip
def test_a_code_is_given_only_where_nothing_is_missing(
    level: Level, words: list[str], prompt: frozenset[str], max_age: int | None, age: int, agreed_to: frozenset[str] | None, taken: bool
) -> None:
    here = Here(uuid4(), None, uuid4(), level, ("code",), NOW - timedelta(seconds=age))
    wish = Wish(prompt, max_age, tuple(asked(" ".join(words))))
    step = next_step(wish, here, scopes=["openid", "profile"], agreed=agreed_to, is_taken=taken, now=NOW)
    whole = (
        not prompt and (max_age is None or age < max_age) and taken and missing(level, wish.acr_values) is None
        and agreed_to == {"openid", "profile"}
    )  # fmt: skip
    assert (step is Step.DONE) == whole
    if step is Step.STEP_UP:
        raised = Level(level.identity, wanted_sign_in(wish, here))
        assert raised.sign_in > level.sign_in and missing(raised, wish.acr_values) is None, "one step-up is enough"
    assert next_step(wish, None, scopes=["openid"], agreed=agreed_to, is_taken=taken, now=NOW) is Step.SIGN_IN


def test_methods_are_told_by_their_registered_names() -> None:
    assert amr(["code"]) == ["otp", "sms"] and amr(["app"]) == ["otp"]
    assert amr(["passkey"]) == ["pop", "user", "mfa"] and amr(["code", "passkey"]) == ["otp", "sms", "pop", "user", "mfa"]
    assert amr(["", ""]) == []


def raise_to_high(browser: Client) -> None:
    UserSession.objects.filter(ended_at=None).update(assurance=int(Assurance.HIGH), raised_by="passkey")


@pytest.mark.usefixtures("demo_data")
def test_a_system_that_needs_more_leads_through_the_step_up_and_back() -> None:
    one, browser = system(), signed_in()
    tokens(one, browser)
    address, _kept = one.wish(acr_values="urn:vn:dvcqg:acr:i2:a3")
    answer = browser.get(address)
    way = urlsplit(answer["Location"])
    assert way.path == "/tai-khoan/xac-thuc-them/" and parse_qs(way.query)["muc"] == ["3"]
    back = parse_qs(way.query)["next"][0]
    assert back.startswith("/oauth2/authorize/tiep/?") and "acr_values=" in back
    assert params(browser.get(one.wish(acr_values="LoA3", prompt="none")[0]))["error"] == "interaction_required"
    raise_to_high(browser)
    given_ = tokens(one, browser, acr_values="urn:vn:dvcqg:acr:i2:a3")
    claims = one.read(given_["id_token"])
    assert claims["acr"] == "urn:vn:dvcqg:acr:i2:a3" and "mfa" in claims["amr"]
    assert one.read(tokens(one, browser, acr_values="LoA3 LoA2")["id_token"])["acr"] == "LoA3", "a stock client finds its own word"


@pytest.mark.usefixtures("demo_data")
def test_where_the_account_itself_is_not_known_surely_enough_no_step_up_is_offered() -> None:
    person = factories.make_person()
    one, browser = system(), signed_in(person)
    said = params(browser.get(one.wish(acr_values="urn:vn:dvcqg:acr:i3:a2")[0]))
    assert said["error"] == "unmet_authentication_requirements"
    Person.objects.filter(pk=person.pk).update(identity_level=int(Assurance.HIGH))
    assert one.read(tokens(one, browser, acr_values="urn:vn:dvcqg:acr:i3:a2")["id_token"])["acr"] == "urn:vn:dvcqg:acr:i3:a2"


def again(browser: Client, address: str) -> str:
    """The page that asks to sign in again, and its button; where it leads."""
    page = browser.get(address)
    assert page.status_code == 200 and "Đăng nhập lại" in page.content.decode()
    answer = browser.post("/oauth2/authorize/dang-nhap-lai/?" + urlsplit(address).query)
    assert answer["Location"].startswith("/tai-khoan/dang-nhap/?next=")
    return unquote(answer["Location"].partition("next=")[2])


@pytest.mark.usefixtures("demo_data")
@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "60"}, {"max_age": "0"}, {"prompt": "login consent"}])
def test_a_new_sign_in_is_asked_for_and_nobody_is_signed_out_elsewhere(wish: dict[str, Any]) -> None:
    person = factories.make_person()
    one, other = system(), system(name="Hệ thống khác", callback="https://khac.example/ve/")
    browser = signed_in(person)
    kept = tokens(other, browser)
    tokens(one, browser)
    UserSession.objects.update(begun_at=timezone.now() - timedelta(minutes=5))
    address, _remembered = one.wish(**wish)
    way = again(browser, address)
    assert browser.get("/tai-khoan/").status_code == 302, "signed out here"
    factories.sign_in(browser, person)
    on = browser.get(way).content.decode().split('content="0; url=')[1].split('"')[0].replace("&amp;", "&")
    answer = browser.get(on)
    if "consent" in wish.get("prompt", ""):
        assert answer.status_code == 200
        answer = agreed(browser, on)
    assert answer["Location"].startswith(CALLBACK + "?code=")
    grant = SignInGrant.objects.latest("asked_at")
    assert grant.auth_time > timezone.now() - timedelta(minutes=1)
    assert other.userinfo(kept["access_token"]).status_code == 200, "there one is signed in as before"
    assert not SignInGrant.objects.filter(ended_at__isnull=False).exists()


@pytest.mark.usefixtures("demo_data")
def test_who_was_to_sign_in_again_and_does_not_is_signed_out_elsewhere_in_the_end() -> None:
    one, browser = system(), signed_in()
    kept = tokens(one, browser)
    again(browser, one.wish(prompt="login")[0])
    tasks.end_sign_ons()
    assert SignInGrant.objects.get().ended_at is None, "they may still be at it"
    assert one.userinfo(kept["access_token"]).status_code == 401, "meanwhile it opens nothing"
    UserSession.objects.update(ended_at=timezone.now() - timedelta(minutes=61))
    tasks.end_sign_ons()
    assert SignInGrant.objects.get().ended_by == "signed_out"


@pytest.mark.usefixtures("demo_data")
def test_another_person_who_signs_in_again_takes_nothing_over() -> None:
    one = system()
    browser = signed_in()
    kept = tokens(one, browser)
    again(browser, one.wish(prompt="login")[0])
    factories.sign_in(browser, factories.make_person())
    assert one.userinfo(kept["access_token"]).status_code == 401
    assert SignInGrant.objects.get().ended_by == "signed_out"
