"""Sign-in by providers outside over HTTP from the simulated ones: linked after both were proved, never below medium."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import IdentityProvider, OutsideIdentity, OutsideSignIn, Person, UserSession
from accounts.ways import demo, providers
from accounts.ways import outside as service
from accounts.ways.admin import fault_words
from portal.access import SYSTEM, Assurance
from portal.crypto import blind_index
from portal.exchange import oidc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories
from tests.accounts.provider.test_clients import officer
from tests.accounts.ways.providers_support import connected, rotate
from tests.simulators.running import Simulators

MOTHER, OTHER = "001195000001", "001093000002"
pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.fixture(autouse=True)
def anew(demo_data: None, outside: Simulators, settings: Any) -> None:
    """The providers are where this worker's simulators are."""
    connected(outside, settings)


def person_of(number: str) -> Person:
    return Person.objects.get(id_blind=blind_index("id_number", number))


def begun(client: Client, code: str = "vneid", **said: str) -> str:
    answer = client.post(f"/tai-khoan/qua/{code}/", said)
    assert answer.status_code == 302
    return str(answer["Location"])


def answered(client: Client, outside: Simulators, number: str = MOTHER, *, code: str = "vneid", face: bool = True) -> Any:
    """There and back, and the worker's part; the page after it."""
    back = outside.confirm_outside(begun(client, code), number, face=face)
    client.get(f"/tai-khoan/qua/{code}/tro-ve/", back)
    outbox.deliver_due()
    return client.get("/tai-khoan/qua/cho/")


def subject_of(number: str, code: str = "vneid") -> str:
    """The simulated provider's name for an account."""
    return hashlib.sha256(f"{code}:{number}".encode()).hexdigest()[:32]


def linked(number: str = MOTHER, code: str = "vneid") -> OutsideIdentity:
    """The person's account there, linked before."""
    digest = service._digest(code, subject_of(number, code))
    return OutsideIdentity.objects.create(person=person_of(number), provider_id=code, subject_digest=digest)


def vneid() -> IdentityProvider:
    return IdentityProvider.objects.get(code="vneid")


@pytest.mark.requirement("A-04")
def test_the_first_time_both_accounts_are_proved_and_then_vneid_suffices(outside: Simulators, client: Client) -> None:
    assert answered(client, outside)["Location"] == "/tai-khoan/qua/lien-ket/"
    assert "_auth_user_id" not in client.session, "VNeID alone opens nothing the first time"
    client.post("/tai-khoan/qua/lien-ket/", {"send": "1"})
    outbox.deliver_due()
    code = outside.outbox(to=str(person_of(MOTHER).phone))[0]["text"][:6]
    wrong = client.post("/tai-khoan/qua/lien-ket/", {"code": f"{(int(code) + 1) % 10**6:06d}"})
    assert wrong.status_code == 422 and not OutsideIdentity.objects.exists()
    answer = client.post("/tai-khoan/qua/lien-ket/", {"code": code})
    assert answer["Location"] == "/ho-so/"
    session = UserSession.objects.get(ended_at=None)
    assert (session.way, session.assurance, session.user) == ("vneid", Assurance.HIGH, person_of(MOTHER).user)
    assert OutsideIdentity.objects.get().person == person_of(MOTHER)
    assert Notification.objects.filter(template="accounts.identity_linked", party_id=person_of(MOTHER).id).exists()

    again = Client()
    assert answered(again, outside, face=False)["Location"] == "/ho-so/"
    assert UserSession.objects.filter(ended_at=None, assurance=Assurance.MEDIUM, way="vneid").count() == 1


@pytest.mark.requirement("A-04")
def test_who_is_signed_in_links_with_one_press(outside: Simulators, client: Client) -> None:
    factories.sign_in(client, person_of(MOTHER))
    assert answered(client, outside)["Location"] == "/tai-khoan/qua/lien-ket/"
    assert client.get("/tai-khoan/qua/lien-ket/").status_code == 200 and not OutsideIdentity.objects.exists()
    assert client.post("/tai-khoan/qua/lien-ket/")["Location"] == "/tai-khoan/cach-dang-nhap/"
    assert "Đã liên kết ngày" in client.get("/tai-khoan/cach-dang-nhap/").content.decode()
    client.post("/tai-khoan/qua/vneid/bo-lien-ket/")
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
    assert unlinked.get("/tai-khoan/qua/lien-ket/")["Location"] == "/tai-khoan/cach-dang-nhap/"
    assert not OutsideIdentity.objects.exists()


@pytest.mark.requirement("A-07", "A-04")
def test_vneid_raises_a_session_and_leads_back(outside: Simulators, client: Client) -> None:
    linked()
    factories.sign_in(client, person_of(MOTHER))
    client.get("/tai-khoan/xac-thuc-them/?muc=3&next=/tai-khoan/khoa-truy-cap/")
    url = begun(client)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["acr_values"] == "LoA3" and asked["prompt"] == "login"
    client.get("/tai-khoan/qua/vneid/tro-ve/", outside.confirm_outside(url, MOTHER, face=False))
    outbox.deliver_due()
    assert client.get("/tai-khoan/qua/cho/")["Location"] == "/tai-khoan/xac-thuc-them/"
    assert UserSession.objects.get().assurance == Assurance.MEDIUM, "the provider stated less than was needed"
    client.get("/tai-khoan/xac-thuc-them/?muc=3&next=/tai-khoan/khoa-truy-cap/")
    assert answered(client, outside)["Location"] == "/tai-khoan/khoa-truy-cap/"
    session = UserSession.objects.get()
    assert (session.raised_by, session.assurance) == ("vneid", Assurance.HIGH)


@pytest.mark.requirement("A-19", "A-04")
def test_an_account_there_below_medium_opens_nothing() -> None:
    now = timezone.now()
    for level, reason in (("LoA1", service.TOO_LOW), ("", service.TOO_LOW), ("LoA9", service.TOO_LOW), ("LoA2", "")):
        sign_in_id, _ = service.begin(provider=vneid(), wanted=Assurance.MEDIUM, again=False, now=now)
        service.answer(sign_in_id=sign_in_id, code="x", now=now)
        service.keep(sign_in_id=sign_in_id, found=oidc.OutsidePerson("s", MOTHER, level), now=now)
        assert OutsideSignIn.objects.get(id=sign_in_id).refusal == reason


@pytest.mark.requirement("A-04")
def test_who_has_no_account_here_is_told_after_their_own_proof(outside: Simulators, client: Client) -> None:
    Person.objects.filter(id_blind=blind_index("id_number", OTHER)).update(id_blind=None)
    page = client.get("/tai-khoan/qua/cho/")
    assert page["Location"] == "/tai-khoan/dang-nhap/"
    assert answered(client, outside, OTHER)["Location"] == "/tai-khoan/dang-nhap/"
    assert service.NO_ACCOUNT % {"name": "VNeID"} in client.get("/tai-khoan/dang-nhap/").content.decode()


@pytest.mark.requirement("A-04", "N-08")
def test_another_browser_another_state_and_another_code_open_nothing(outside: Simulators, client: Client) -> None:
    linked()
    url = begun(client)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["code_challenge_method"] == "S256" and len(asked["nonce"]) >= 32 and MOTHER not in url
    back = outside.confirm_outside(url, MOTHER)
    thief = Client()
    assert thief.get("/tai-khoan/qua/vneid/tro-ve/", back)["Location"] == "/tai-khoan/dang-nhap/"
    # The victim's browser with the attacker's code (sign-in of somebody else's account forced on it).
    begun(thief)
    assert thief.get("/tai-khoan/qua/vneid/tro-ve/", back)["Location"] == "/tai-khoan/dang-nhap/"
    for state in ("", "x", back["state"][:-2] + "..", "é"):
        assert client.get("/tai-khoan/qua/vneid/tro-ve/", {**back, "state": state})["Location"] == "/tai-khoan/dang-nhap/"
    assert OutsideSignIn.objects.exclude(state="begun").count() == 0
    # The code of one sign-in in another of the same browser: PKCE and nonce are not its own.
    second = begun(client)
    state = dict(parse_qsl(urlsplit(second).query))["state"]
    client.get("/tai-khoan/qua/vneid/tro-ve/", {"code": back["code"], "state": state})
    outbox.deliver_due()
    assert OutsideSignIn.objects.latest("created_at").refusal == service.NOT_ACCEPTED
    assert client.get("/tai-khoan/qua/cho/")["Location"] == "/tai-khoan/dang-nhap/" and not UserSession.objects.exists()


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
    assert other.get("/tai-khoan/qua/cho/")["Location"] == "/tai-khoan/dang-nhap/"
    sign_in_id, _ = service.begin(provider=vneid(), wanted=Assurance.MEDIUM, again=False, now=now)
    service.answer(sign_in_id=sign_in_id, code="x", now=now)
    OutsideSignIn.objects.filter(id=sign_in_id).update(
        state="proved", person=identity.person, subject_digest=identity.subject_digest, assurance=2, is_linked=True
    )
    assert service.use(sign_in_id=sign_in_id, now=now + service.LIFETIME) is None


@pytest.mark.requirement("A-04")
@pytest.mark.parametrize(("mode", "more"), [("down", {}), ("down", {"drop": True})])
def test_a_provider_that_is_away_is_asked_again(outside: Simulators, client: Client, mode: str, more: dict[str, Any]) -> None:
    linked()
    back = outside.confirm_outside(begun(client), MOTHER)
    outside.faults("vneid", mode, **more)
    client.get("/tai-khoan/qua/vneid/tro-ve/", back)
    row = OutsideSignIn.objects.get()
    with pytest.raises(OutsideUnavailable):
        service.prove(sign_in_id=row.id, now=timezone.now())
    assert "Đang xác nhận" in client.get("/tai-khoan/qua/cho/").content.decode()
    outside.faults("vneid", "none")
    service.prove(sign_in_id=row.id, now=timezone.now())
    assert client.get("/tai-khoan/qua/cho/")["Location"] == "/ho-so/"


def test_a_silent_provider_is_told_in_words_at_the_end(outside: Simulators, client: Client) -> None:
    back = outside.confirm_outside(begun(client), MOTHER)
    outside.faults("vneid", "down")
    client.get("/tai-khoan/qua/vneid/tro-ve/", back)
    OutsideSignIn.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
    outbox.deliver_due()
    assert OutsideSignIn.objects.get().refusal == service.SILENT
    client.get("/tai-khoan/qua/cho/")
    assert service.SILENT % {"name": "VNeID"} in client.get("/tai-khoan/dang-nhap/").content.decode()


def test_who_does_not_agree_there_is_not_signed_in(client: Client, outside: Simulators) -> None:
    url = begun(client)
    state = dict(parse_qsl(urlsplit(url).query))["state"]
    issuer = IdentityProvider.objects.get(code="vneid").issuer
    client.get("/tai-khoan/qua/vneid/tro-ve/", {"error": "access_denied", "state": state, "iss": issuer})
    client.get("/tai-khoan/qua/cho/")
    assert service.NOT_AGREED % {"name": "VNeID"} in client.get("/tai-khoan/dang-nhap/").content.decode()


@pytest.mark.requirement("A-04")
def test_the_link_is_one_to_one(outside: Simulators) -> None:
    now = timezone.now()
    linked(MOTHER)
    for subject, number in (("another", MOTHER), (subject_of(MOTHER), OTHER)):
        sign_in_id, _ = service.begin(provider=vneid(), wanted=Assurance.MEDIUM, again=False, now=now)
        service.answer(sign_in_id=sign_in_id, code="x", now=now)
        service.keep(sign_in_id=sign_in_id, found=oidc.OutsidePerson(subject, number, "LoA3"), now=now)
        assert OutsideSignIn.objects.get(id=sign_in_id).refusal == service.OTHER_ACCOUNT


LIES = {
    "wrong": "bad_subject", "other_number": "other_number", "wrong_nonce": "bad_token_nonce", "wrong_audience": "bad_token_audience",
    "wrong_issuer": "bad_token_issuer", "alg_none": "bad_token_form", "alg_confused": "bad_token_algorithm",
    "expired": "bad_token_expired", "future": "bad_token_time", "other_key": "bad_token_signature",
}  # fmt: skip


@pytest.mark.requirement("A-04", "N-08")
@pytest.mark.parametrize(("mode", "fault"), LIES.items())
def test_a_provider_that_lies_signs_nobody_in_and_the_desk_hears_of_it(outside: Simulators, client: Client, mode: str, fault: str) -> None:
    """Also under a provider's second kind of key (ES256), in turns."""
    code = "foreign" if mode in ("alg_none", "other_key", "wrong_nonce") else "vneid"
    linked(code=code)
    outside.faults("vneid" if code == "vneid" else f"provider_{code}", mode)
    assert answered(client, outside, code=code)["Location"] == "/tai-khoan/dang-nhap/"
    row = OutsideSignIn.objects.get()
    assert (row.state, row.fault) == ("refused", fault) and not UserSession.objects.exists()
    assert not row.code_sealed and not row.verifier_sealed
    provider = IdentityProvider.objects.get(code=code)
    assert provider.fault == fault and provider.fault_at is not None
    assert providers.faults_lately(timezone.now()) == 1
    office = officer("G22", "steering")[0]
    assert fault_words(fault) in office.get(f"/quan-tri/accounts/identityprovider/{code}/change/").content.decode()
    assert "trả lời không tin được" in office.get("/quan-tri/").content.decode()


@pytest.mark.requirement("A-04")
@pytest.mark.parametrize("code", ["post", "insurance", "foreign"])
def test_every_other_provider_is_a_row_and_signs_in_like_vneid(outside: Simulators, client: Client, code: str) -> None:
    """Each proves us in another way (password in the header, our signature, password in the body) and calls things by other names."""
    factories.sign_in(client, person_of(MOTHER))
    assert answered(client, outside, code=code)["Location"] == "/tai-khoan/qua/lien-ket/"
    client.post("/tai-khoan/qua/lien-ket/")
    assert OutsideIdentity.objects.get().provider_id == code
    again = Client()
    assert answered(again, outside, code=code)["Location"] == "/ho-so/"
    session = UserSession.objects.filter(way="outside").get()
    assert session.assurance == (Assurance.MEDIUM if code == "post" else Assurance.HIGH), "as surely as the provider states, no more"
    # Below medium nobody is let in.
    outside.faults(f"provider_{code}", "low_level", times=1)
    below = Client()
    assert answered(below, outside, code=code)["Location"] == "/tai-khoan/dang-nhap/"
    assert OutsideSignIn.objects.latest("created_at").refusal == service.TOO_LOW
    assert not OutsideSignIn.objects.exclude(fault="").exists(), "a low level is no lie"


@pytest.mark.requirement("A-04", "N-08")
def test_an_answer_of_another_provider_is_not_taken_for_this_ones(outside: Simulators, client: Client) -> None:
    """Mix-up (RFC 9207): the address, and the issuer that the answer names."""
    linked()
    back = outside.confirm_outside(begun(client), MOTHER)
    client.get("/tai-khoan/qua/post/tro-ve/", back)
    outbox.deliver_due()
    assert OutsideSignIn.objects.get().fault == "mixed_up" and client.get("/tai-khoan/qua/cho/")["Location"] == "/tai-khoan/dang-nhap/"
    for issuer in (None, f"{outside.url}/oidc/post", ""):
        back = outside.confirm_outside(begun(client), MOTHER)
        said = {name: value for name, value in back.items() if name != "iss"} | ({} if issuer is None else {"iss": issuer})
        client.get("/tai-khoan/qua/vneid/tro-ve/", said)
        assert OutsideSignIn.objects.latest("created_at").fault == "mixed_up"
    assert not UserSession.objects.exists()
    # One that never says who it is, is taken without; where it says so all the same, it must be itself.
    linked(code="foreign")
    assert answered(client, outside, code="foreign")["Location"] == "/ho-so/"


@pytest.mark.requirement("A-04")
def test_keys_change_there_without_a_break_and_old_ones_stop(outside: Simulators, client: Client) -> None:
    linked()
    assert answered(client, outside)["Location"] == "/ho-so/"
    old = oidc._kept[vneid().endpoints["jwks_uri"]][1]
    rotate(outside, "vneid")
    # What was asked just now is not asked again at once, however often unknown keys sign.
    oidc._kept.update({url: (at - oidc._ANEW_SECONDS - 1, keys) for url, (at, keys) in oidc._kept.items()})
    assert answered(Client(), outside)["Location"] == "/ho-so/"
    new = oidc._kept[vneid().endpoints["jwks_uri"]][1]
    assert new != old and any(key in new for key in old), "the new one is read, the one before still published"


@pytest.mark.requirement("A-04")
def test_a_provider_that_does_not_answer_is_told_kindly_and_other_ways_stay(outside: Simulators, client: Client) -> None:
    now = timezone.now()
    outside.faults("provider_post", "down")
    providers.read_due(now + providers.READ_EVERY)
    row = IdentityProvider.objects.get(code="post")
    assert (
        row.silent_since == now + providers.READ_EVERY
        and IdentityProvider.objects.exclude(code="post").filter(silent_since=None).count() == 3
    )
    page = client.get("/tai-khoan/dang-nhap/").content.decode()
    assert "Tài khoản Bưu điện" in page and "Đang gián đoạn." in page and "Tài khoản VNeID" in page
    assert "Bưu điện đang gián đoạn từ" in client.get("/tai-khoan/qua/post/").content.decode()
    # For a day what was read is believed; then it is not offered any more.
    assert "post" in {one.code for one in providers.offered(now + timedelta(hours=23))}
    assert not providers.offered(now + timedelta(hours=26)).filter(code="post").exists()
    outside.faults("provider_post", "none")
    providers.read_due(now + providers.READ_EVERY + providers.TRIED_EVERY)
    assert IdentityProvider.objects.get(code="post").silent_since is None
    # A description that names another issuer is a lie, not silence.
    outside.faults("provider_post", "wrong_discovery")
    with pytest.raises(OutsideRefused):
        providers.read(IdentityProvider.objects.get(code="post"), now)
    assert IdentityProvider.objects.get(code="post").fault == "bad_discovery_issuer"


@pytest.mark.requirement("A-04")
def test_the_desk_enters_lets_in_and_suspends_at_once(outside: Simulators, client: Client, settings: Any) -> None:
    office = officer("G22", "steering")[0]
    said = {
        "code": "tax", "name": "Thuế", "issuer": f"{outside.url}/oidc/vneid", "client_id": "x", "proof": "client_secret_post",
        "secret": "bi-mat-giả-định", "scopes": "openid", "number_claim": "n", "levels": "a = 2\nb = 3", "place": "5",
    }  # fmt: skip
    enter = "/quan-tri/accounts/identityprovider/enter/"
    for wrong in (
        {"issuer": said["issuer"]}, {"issuer": "http://vi-du.vn/x"}, {"issuer": "https://10.0.0.1"}, {"levels": "a = 1"}, {"levels": ""},
        {"code": "Tax"}, {"code": "vneid"}, {"scopes": "profile"}, {"secret": ""},
        {"proof": "private_key_jwt", "secret": "không phải khóa"},
    ):  # fmt: skip
        refused = office.post(enter, {**said, "issuer": "https://dang-nhap.vi-du.vn/oidc", **wrong})
        assert refused.status_code == 422 and not IdentityProvider.objects.filter(code="tax").exists(), wrong
        assert "bi-mat" not in refused.content.decode() or "secret" not in wrong
    assert office.post(enter, {**said, "issuer": "https://dang-nhap.vi-du.vn/oidc"}).status_code == 302
    row = IdentityProvider.objects.get(code="tax")
    assert not row.is_live and row.secret == "bi-mat-giả-định" and row.levels == {"a": 2, "b": 3}
    page = office.get("/quan-tri/accounts/identityprovider/tax/change/").content.decode()
    assert "bi-mat" not in page and f"{settings.SITE_URL}/tai-khoan/qua/tax/tro-ve/" in page
    assert client.get("/tai-khoan/qua/tax/").status_code == 404, "not let in"
    # A key of ours is made where signatures are wanted, and its public half shown.
    edit = {**said, "issuer": "https://dang-nhap.vi-du.vn/oidc", "proof": "private_key_jwt", "secret": ""}
    office.post("/quan-tri/accounts/identityprovider/tax/edit/", edit)
    page = office.get("/quan-tri/accounts/identityprovider/tax/change/").content.decode()
    assert "ES256" in page and "PRIVATE" not in page
    # Suspended: who was on the way is told, who has proved something is not let in, links stay.
    linked()
    url = begun(client)
    client.get("/tai-khoan/qua/vneid/tro-ve/", outside.confirm_outside(url, MOTHER))
    assert office.post("/quan-tri/accounts/identityprovider/vneid/suspend/", {"reason": "Nghi lộ khóa"}).status_code == 302
    outbox.deliver_due()
    assert (
        client.get("/tai-khoan/qua/cho/")["Location"] == "/tai-khoan/dang-nhap/"
        and not UserSession.objects.filter(user=person_of(MOTHER).user).exists()
    )
    assert (
        client.get("/tai-khoan/qua/vneid/").status_code == 404
        and "VNeID" not in client.get("/tai-khoan/dang-nhap/").content.decode().split("Cách khác")[1]
    )
    assert OutsideIdentity.objects.count() == 1
    # The address under which people are linked never changes.
    with pytest.raises(providers.ProviderRefused):
        providers.keep_provider(
            actor=SYSTEM, code="vneid", name="x", issuer="https://khac.vi-du.vn", client_id="x", proof="client_secret_post",
            levels={"a": 2}, number_claim="n", now=timezone.now(),
        )  # fmt: skip
    assert office.post("/quan-tri/accounts/identityprovider/vneid/let-in/").status_code == 302 and vneid().is_live
    # Nobody but the Government Office.
    other = officer("H26", "administrator")[0]
    assert other.get("/quan-tri/accounts/identityprovider/").status_code in (403, 404) and other.post(enter, said).status_code in (403, 404)


@pytest.mark.requirement("A-04")
def test_the_command_enters_a_provider_and_says_whether_it_could_be_read(outside: Simulators, settings: Any, monkeypatch: Any) -> None:
    IdentityProvider.objects.filter(code="post").delete()
    monkeypatch.setenv("THE_SECRET", demo._secret("post", "client_secret_basic"))
    out = io.StringIO()
    call_command(
        "keep_identity_provider", "post", "--name", "Bưu điện", "--issuer", f"{outside.url}/oidc/post", "--client-id", demo.CLIENT_ID,
        "--proof", "client_secret_basic", "--secret-env", "THE_SECRET", "--scopes", "openid", "identity", "--number-claim", "so_dinh_danh",
        "--level", "verified=2", "--live", stdout=out,
    )  # fmt: skip
    assert json.loads(out.getvalue()) == {
        "code": "post", "redirect_uri": f"{settings.SITE_URL}/tai-khoan/qua/post/tro-ve/", "live": True, "read": "ok",
    }  # fmt: skip
    linked(code="post")
    assert answered(Client(), outside, code="post")["Location"] == "/ho-so/"
    with pytest.raises(CommandError):
        call_command("keep_identity_provider", "post", "--level", "verified=1")
    call_command("keep_identity_provider", "post", "--suspend", "Thử", stdout=io.StringIO())
    assert not IdentityProvider.objects.get(code="post").is_live


@pytest.mark.requirement("A-04")
def test_one_account_there_is_never_two_peoples_here() -> None:
    """The database holds it, whoever writes."""
    linked(MOTHER)
    digest = OutsideIdentity.objects.get().subject_digest
    for wrong in ({"person": person_of(OTHER), "subject_digest": digest}, {"person": person_of(MOTHER), "subject_digest": "another"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OutsideIdentity.objects.create(provider_id="vneid", **wrong)


def test_the_client_takes_only_what_the_provider_says_of_itself(outside: Simulators) -> None:
    client = providers.client_of(vneid())
    asked: dict[str, Any] = {"code": "unknown", "verifier": "x", "redirect_uri": providers.redirect_uri("vneid"), "now": timezone.now()}
    for one, said in ((client, "invalid_grant"), (dataclasses.replace(client, secret="wrong"), "invalid_client")):
        with pytest.raises(OutsideRefused) as caught:
            oidc.exchange(one, **asked)
        assert caught.value.code == said
    with pytest.raises((OutsideUnavailable, OutsideRefused)):
        oidc.discover("vneid", f"{outside.url}/csc/v2")
