"""Sign-in by VNeID over HTTP from the simulated provider: linked after both were proved; never below medium; every answer checked."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OutsideIdentity, OutsideSignIn, Person, UserSession
from accounts.ways import vneid as service
from portal.access import Assurance
from portal.crypto import blind_index
from portal.exchange import vneid
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories
from tests.simulators.running import Simulators

MOTHER, OTHER = "001195000001", "001093000002"
pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.fixture(autouse=True)
def anew(outside: Simulators) -> None:
    """Another worker's provider has other keys."""
    vneid.forget()


def person_of(number: str) -> Person:
    return Person.objects.get(id_blind=blind_index("id_number", number))


def begun(client: Client, **said: str) -> str:
    answer = client.post("/tai-khoan/vneid/", said)
    assert answer.status_code == 302
    return str(answer["Location"])


def answered(client: Client, outside: Simulators, number: str = MOTHER, *, face: bool = True) -> Any:
    """There and back, and the worker's part; the page after it."""
    back = outside.confirm_at_vneid(begun(client), number, face=face)
    client.get("/tai-khoan/vneid/tro-ve/", back)
    outbox.deliver_due()
    return client.get("/tai-khoan/vneid/cho/")


def subject_of(number: str) -> str:
    """The simulated provider's name for an account."""
    return hashlib.sha256(f"vneid:{number}".encode()).hexdigest()[:32]


def linked(number: str = MOTHER) -> OutsideIdentity:
    """The person's account there, linked before."""
    return OutsideIdentity.objects.create(person=person_of(number), provider="vneid", subject_digest=service._digest(subject_of(number)))


@pytest.mark.requirement("A-04")
def test_the_first_time_both_accounts_are_proved_and_then_vneid_suffices(outside: Simulators, client: Client) -> None:
    assert answered(client, outside)["Location"] == "/tai-khoan/vneid/lien-ket/"
    assert "_auth_user_id" not in client.session, "VNeID alone opens nothing the first time"
    client.post("/tai-khoan/vneid/lien-ket/", {"send": "1"})
    outbox.deliver_due()
    code = outside.outbox(to=str(person_of(MOTHER).phone))[0]["text"][:6]
    wrong = client.post("/tai-khoan/vneid/lien-ket/", {"code": f"{(int(code) + 1) % 10**6:06d}"})
    assert wrong.status_code == 422 and not OutsideIdentity.objects.exists()
    answer = client.post("/tai-khoan/vneid/lien-ket/", {"code": code})
    assert answer["Location"] == "/ho-so/"
    session = UserSession.objects.get(ended_at=None)
    assert (session.way, session.assurance, session.user) == ("vneid", Assurance.HIGH, person_of(MOTHER).user)
    assert OutsideIdentity.objects.get().person == person_of(MOTHER)
    assert Notification.objects.filter(template="accounts.vneid_linked", party_id=person_of(MOTHER).id).exists()

    again = Client()
    assert answered(again, outside, face=False)["Location"] == "/ho-so/"
    assert UserSession.objects.filter(ended_at=None, assurance=Assurance.MEDIUM, way="vneid").count() == 1


@pytest.mark.requirement("A-04")
def test_who_is_signed_in_links_with_one_press(outside: Simulators, client: Client) -> None:
    factories.sign_in(client, person_of(MOTHER))
    assert answered(client, outside)["Location"] == "/tai-khoan/vneid/lien-ket/"
    assert client.get("/tai-khoan/vneid/lien-ket/").status_code == 200 and not OutsideIdentity.objects.exists()
    assert client.post("/tai-khoan/vneid/lien-ket/")["Location"] == "/tai-khoan/cach-dang-nhap/"
    assert "Đã liên kết ngày" in client.get("/tai-khoan/cach-dang-nhap/").content.decode()
    client.post("/tai-khoan/vneid/bo-lien-ket/")
    assert not OutsideIdentity.objects.exists()


@pytest.mark.requirement("A-04", "N-08")
def test_anothers_vneid_is_not_linked_and_raises_nobody(outside: Simulators, client: Client) -> None:
    linked(OTHER)
    factories.sign_in(client, person_of(MOTHER))
    answer = answered(client, outside, OTHER)
    assert UserSession.objects.get().assurance == Assurance.MEDIUM and answer.status_code == 302
    unlinked = Client()
    OutsideIdentity.objects.all().delete()
    factories.sign_in(unlinked, person_of(MOTHER))
    answered(unlinked, outside, OTHER)
    assert unlinked.get("/tai-khoan/vneid/lien-ket/")["Location"] == "/tai-khoan/cach-dang-nhap/"
    assert not OutsideIdentity.objects.exists()


@pytest.mark.requirement("A-07", "A-04")
def test_vneid_raises_a_session_and_leads_back(outside: Simulators, client: Client) -> None:
    linked()
    factories.sign_in(client, person_of(MOTHER))
    client.get("/tai-khoan/xac-thuc-them/?muc=3&next=/tai-khoan/khoa-truy-cap/")
    url = begun(client)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["acr_values"] == "LoA3" and asked["prompt"] == "login"
    client.get("/tai-khoan/vneid/tro-ve/", outside.confirm_at_vneid(url, MOTHER, face=False))
    outbox.deliver_due()
    assert client.get("/tai-khoan/vneid/cho/")["Location"] == "/tai-khoan/xac-thuc-them/"
    assert UserSession.objects.get().assurance == Assurance.MEDIUM, "the provider stated less than was needed"
    client.get("/tai-khoan/xac-thuc-them/?muc=3&next=/tai-khoan/khoa-truy-cap/")
    assert answered(client, outside)["Location"] == "/tai-khoan/khoa-truy-cap/"
    session = UserSession.objects.get()
    assert (session.raised_by, session.assurance) == ("vneid", Assurance.HIGH)


@pytest.mark.requirement("A-19", "A-04")
def test_an_account_there_below_medium_opens_nothing() -> None:
    now = timezone.now()
    for level, reason in (("LoA1", service.TOO_LOW), ("", service.TOO_LOW), ("LoA9", service.TOO_LOW), ("LoA2", "")):
        sign_in_id, _ = service.begin(wanted=Assurance.MEDIUM, again=False, now=now)
        service.answer(sign_in_id=sign_in_id, code="x", now=now)
        service.keep(sign_in_id=sign_in_id, found=vneid.OutsidePerson("s", MOTHER, level), now=now)
        assert OutsideSignIn.objects.get(id=sign_in_id).refusal == reason


@pytest.mark.requirement("A-04")
def test_who_has_no_account_here_is_told_after_their_own_proof(outside: Simulators, client: Client) -> None:
    Person.objects.filter(id_blind=blind_index("id_number", OTHER)).update(id_blind=None)
    page = client.get("/tai-khoan/vneid/cho/")
    assert page["Location"] == "/tai-khoan/dang-nhap/"
    assert answered(client, outside, OTHER)["Location"] == "/tai-khoan/dang-nhap/"
    assert service.NO_ACCOUNT in client.get("/tai-khoan/dang-nhap/").content.decode()


@pytest.mark.requirement("A-04", "N-08")
def test_another_browser_another_state_and_another_code_open_nothing(outside: Simulators, client: Client) -> None:
    linked()
    url = begun(client)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["code_challenge_method"] == "S256" and len(asked["nonce"]) >= 32 and MOTHER not in url
    back = outside.confirm_at_vneid(url, MOTHER)
    thief = Client()
    assert thief.get("/tai-khoan/vneid/tro-ve/", back)["Location"] == "/tai-khoan/dang-nhap/"
    # The victim's browser with the attacker's code (sign-in of somebody else's account forced on it).
    begun(thief)
    assert thief.get("/tai-khoan/vneid/tro-ve/", back)["Location"] == "/tai-khoan/dang-nhap/"
    for state in ("", "x", back["state"][:-2] + "..", "é"):
        assert client.get("/tai-khoan/vneid/tro-ve/", {**back, "state": state})["Location"] == "/tai-khoan/dang-nhap/"
    assert OutsideSignIn.objects.exclude(state="begun").count() == 0
    # The code of one sign-in in another of the same browser: PKCE and nonce are not its own.
    second = begun(client)
    state = dict(parse_qsl(urlsplit(second).query))["state"]
    client.get("/tai-khoan/vneid/tro-ve/", {"code": back["code"], "state": state})
    outbox.deliver_due()
    assert OutsideSignIn.objects.latest("created_at").refusal == service.NOT_ACCEPTED
    assert client.get("/tai-khoan/vneid/cho/")["Location"] == "/tai-khoan/dang-nhap/" and not UserSession.objects.exists()


@pytest.mark.requirement("A-04", "N-08")
def test_a_proved_sign_in_serves_once_and_not_for_ever(outside: Simulators, client: Client) -> None:
    identity, now = linked(), timezone.now()
    assert answered(client, outside)["Location"] == "/ho-so/"
    used = OutsideSignIn.objects.get()
    assert used.state == "used" and not used.code_sealed and not used.verifier_sealed
    assert service.use(sign_in_id=used.id, now=now) is None
    other = Client()
    session = other.session
    session["vneid_sign_in"] = str(used.id)
    session.save()
    other.cookies["phien"] = session.session_key
    assert other.get("/tai-khoan/vneid/cho/")["Location"] == "/tai-khoan/dang-nhap/"
    sign_in_id, _ = service.begin(wanted=Assurance.MEDIUM, again=False, now=now)
    service.answer(sign_in_id=sign_in_id, code="x", now=now)
    OutsideSignIn.objects.filter(id=sign_in_id).update(
        state="proved", person=identity.person, subject_digest=identity.subject_digest, assurance=2, is_linked=True
    )
    assert service.use(sign_in_id=sign_in_id, now=now + service.LIFETIME) is None


@pytest.mark.requirement("A-04")
@pytest.mark.parametrize(("mode", "more"), [("down", {}), ("down", {"drop": True}), ("wrong", {"times": 1})])
def test_a_provider_that_is_away_or_answers_for_somebody_else_is_asked_again(
    outside: Simulators, client: Client, mode: str, more: dict[str, Any]
) -> None:
    linked()
    back = outside.confirm_at_vneid(begun(client), MOTHER)
    outside.faults("vneid", mode, **more)
    client.get("/tai-khoan/vneid/tro-ve/", back)
    row = OutsideSignIn.objects.get()
    with pytest.raises(OutsideUnavailable):
        service.prove(sign_in_id=row.id, now=timezone.now())
    assert "Đang xác nhận" in client.get("/tai-khoan/vneid/cho/").content.decode()
    outside.faults("vneid", "none")
    service.prove(sign_in_id=row.id, now=timezone.now())
    assert client.get("/tai-khoan/vneid/cho/")["Location"] == "/ho-so/"


def test_a_silent_provider_is_told_in_words_at_the_end(outside: Simulators, client: Client) -> None:
    back = outside.confirm_at_vneid(begun(client), MOTHER)
    outside.faults("vneid", "down")
    client.get("/tai-khoan/vneid/tro-ve/", back)
    OutsideSignIn.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
    outbox.deliver_due()
    assert OutsideSignIn.objects.get().refusal == service.SILENT
    client.get("/tai-khoan/vneid/cho/")
    assert service.SILENT in client.get("/tai-khoan/dang-nhap/").content.decode()


def test_who_does_not_agree_there_is_not_signed_in(client: Client, outside: Simulators) -> None:
    url = begun(client)
    state = dict(parse_qsl(urlsplit(url).query))["state"]
    client.get("/tai-khoan/vneid/tro-ve/", {"error": "access_denied", "state": state})
    client.get("/tai-khoan/vneid/cho/")
    assert service.NOT_AGREED in client.get("/tai-khoan/dang-nhap/").content.decode()


def test_the_link_is_one_to_one(outside: Simulators) -> None:
    now = timezone.now()
    linked(MOTHER)
    for subject, number in (("another", MOTHER), (subject_of(MOTHER), OTHER)):
        sign_in_id, _ = service.begin(wanted=Assurance.MEDIUM, again=False, now=now)
        service.answer(sign_in_id=sign_in_id, code="x", now=now)
        service.keep(sign_in_id=sign_in_id, found=vneid.OutsidePerson(subject, number, "LoA3"), now=now)
        assert OutsideSignIn.objects.get(id=sign_in_id).refusal == service.OTHER_ACCOUNT


def test_the_client_takes_only_what_the_provider_says_of_itself(outside: Simulators, settings: Any) -> None:
    with pytest.raises(OutsideRefused) as caught:
        vneid.exchange(code="unknown", verifier="x", redirect_uri=settings.SITE_URL + service.CALLBACK)
    assert caught.value.code == "invalid_grant"
    settings.VNEID_CLIENT_SECRET = "wrong"
    with pytest.raises(OutsideRefused):
        vneid.exchange(code="unknown", verifier="x", redirect_uri="x")
    settings.VNEID_URL = f"{outside.url}/csc/v2"
    with pytest.raises((OutsideUnavailable, OutsideRefused)):
        vneid.exchange(code="x", verifier="x", redirect_uri="x")
