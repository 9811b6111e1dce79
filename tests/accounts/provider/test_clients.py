"""Systems on the desk: an agency's own and no other's, admitted by the Government Office, suspended at once; their keys (A-05)."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from joserfc.jwk import ECKey, RSAKey

from accounts.models import Identifier, OidcClient, SigningKey, SignInGrant
from accounts.provider import clients, keys, scopes
from accounts.provider.clients import ClientRefused, add_client
from portal.access import SYSTEM, AccessDenied
from portal.audit.models import Act
from tests import factories
from tests.accounts.provider.support import CALLBACK, System, params, signed_in, system, tokens

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-05")]
DESK = "/quan-tri/accounts/oidcclient/"


def officer(unit: str, *roles: str) -> tuple[Client, Any, Any]:
    position = factories.make_position(unit=unit, roles=roles)
    browser = Client()
    factories.sign_in(browser, position.person, position=position)
    return browser, factories.officer_actor(position), position


def form(**changed: Any) -> dict[str, Any]:
    key = json.dumps(ECKey.generate_key("P-256").as_dict(private=False))
    return {
        "name": "Một cửa tỉnh Thử", "unit": "H26", "redirect_uris": CALLBACK, "post_logout_uris": "", "logout_uri": "",
        "scopes": ["profile"], "proof": "private_key_jwt", "key": key, "contacts": "", **changed,
    }  # fmt: skip


def test_an_agency_registers_its_own_and_the_government_office_admits_it() -> None:
    own, _actor, position = officer("H26", "administrator")
    answer = own.post(DESK + "register/", form())
    assert answer.status_code == 302
    row = OidcClient.objects.get()
    assert row.is_test and row.scopes == ["openid", "profile"] and row.sector == "dichvucong.tinh.example"
    assert Act.objects.get(act="accounts.sign_on_add").target_id == str(row.pk)
    page = own.get(f"{DESK}{row.pk}/change/").content.decode()
    assert str(row.pk) in page and "Cho vào chính thức" not in page
    assert own.post(f"{DESK}{row.pk}/admit/").status_code == 403 and OidcClient.objects.get().is_test
    other, stranger, _position = officer("H29", "administrator", "technical")
    assert other.get(f"{DESK}{row.pk}/change/").status_code == 404
    for way in ("suspend", "key", "edit", "admit", "readmit"):
        assert other.post(f"{DESK}{row.pk}/{way}/", {"reason": "x"}).status_code == 404
    assert other.post(DESK + "register/", form()).status_code == 403, "for another agency"
    with pytest.raises(AccessDenied):
        clients.suspend(client_id=row.pk, reason="x", actor=stranger, now=timezone.now())
    clerk, _actor, _position = officer("H26", "reception", "signing")
    assert clerk.get(DESK).status_code == 403
    vpcp, _actor, _position = officer("G22", "steering")
    assert vpcp.post(f"{DESK}{row.pk}/admit/").status_code == 302 and not OidcClient.objects.get().is_test
    # What one for real people may know is not its agency's own affair any more; its addresses and keys are.
    assert own.post(f"{DESK}{row.pk}/edit/", form(scopes=["profile", "identity"])).status_code == 403
    assert own.post(f"{DESK}{row.pk}/edit/", form(redirect_uris=CALLBACK + "moi/")).status_code == 302
    assert OidcClient.objects.get().redirect_uris == [CALLBACK + "moi/"]
    assert own.post(f"{DESK}{row.pk}/suspend/", {"reason": ""}).status_code == 422
    assert own.post(f"{DESK}{row.pk}/suspend/", {"reason": "Nghi bị lộ khóa"}).status_code == 302
    assert own.post(f"{DESK}{row.pk}/readmit/").status_code == 403
    assert vpcp.post(f"{DESK}{row.pk}/readmit/").status_code == 302 and OidcClient.objects.get().suspended_at is None
    assert position.unit_code == "H26"


def test_a_system_on_trial_signs_in_who_works_for_its_agency_where_people_are_real(settings: Any) -> None:
    one, person = system(is_test=True), factories.make_person()
    assert tokens(one, signed_in(person))["access_token"]
    settings.ENVIRONMENT_LABEL = ""
    assert params(signed_in(person).get(one.wish()[0]))["error"] == "access_denied"
    engineer = factories.make_position(unit="H26.101", roles=("technical",)).person
    assert tokens(one, signed_in(engineer))["access_token"]


@pytest.mark.parametrize(
    "address",
    ["http://tinh.example/ve/", "https://tinh.example/ve/#a", "https://tinh.example/*", "https://*.tinh.example/", "https://a@tinh.example/",
     "https://10.0.0.1/", "https://may.local/", "https://tinh/", "javascript:alert(1)", "https://tinh.example/a/../b", "https://tính.example/",
     "ftp://tinh.example/", "https://[::1/", "tinh.example"],
)  # fmt: skip
def test_an_address_is_written_as_it_will_be_compared(address: str) -> None:
    for field in ("redirect_uris", "post_logout_uris", "logout_uri"):
        said: dict[str, Any] = {"redirect_uris": [CALLBACK], field: address if field == "logout_uri" else [address]}
        with pytest.raises(ClientRefused) as refused:
            system(**{"callback": said.pop("redirect_uris")[0], **said} if field != "redirect_uris" else {"callback": address})
        assert refused.value.field == field


def test_private_and_weak_keys_are_not_taken() -> None:
    pair = RSAKey.generate_key(2048)
    small = RSAKey.generate_key(1024)
    curve = ECKey.generate_key("P-384")
    tried = [
        pair.as_pem(private=True).decode(), json.dumps(pair.as_dict(private=True)), json.dumps(small.as_dict(private=False)),
        json.dumps(curve.as_dict(private=False)), json.dumps({"kty": "oct", "k": "AAAA"}), "", "{}", "[]", "x",
        '{"keys": []}', '{"kty": 1}',
        small.as_pem(private=False).decode(), json.dumps({**pair.as_dict(private=False), "kid": "a b"}),
    ]  # fmt: skip
    for key in tried:
        with pytest.raises(ClientRefused) as refused:
            clients.read_key(key, "private_key_jwt")
        assert refused.value.field == "key"
    for good in (pair.as_pem(private=False).decode(), json.dumps({"keys": [pair.as_dict(private=False)]})):
        assert clients.read_key(good, "private_key_jwt")[1]["alg"] == "RS256"
    pem = ECKey.generate_key("P-256").as_pem(private=False).decode()
    assert clients.read_key(pem, "private_key_jwt")[1]["crv"] == "P-256"


def test_keys_change_without_a_break_and_stolen_ones_hold_no_longer() -> None:
    one, browser = system(), signed_in()
    given = tokens(one, browser)
    old = one.key

    def asks(key: Any, kid: str) -> int:
        from joserfc import jwt

        header = {"alg": "RS256", "kid": kid}
        claims = json.loads(json.dumps(jwt.decode(one.assertion(), one.key, ["RS256"]).claims))
        return int(
            one.post("/oauth2/introspect", proof=jwt.encode(header, claims, key, ["RS256"]), token=given["access_token"]).status_code
        )

    old_kid = one.row.keys.get().kid
    one.key = RSAKey.generate_key(2048)
    new_kid = clients.add_key(
        client_id=one.row.pk, actor=SYSTEM, key=one.key.as_pem(private=False).decode(), now=timezone.now()
    )  # fmt: skip
    assert asks(old, old_kid) == 200 and asks(one.key, new_kid) == 200
    third = RSAKey.generate_key(2048)
    clients.add_key(client_id=one.row.pk, actor=SYSTEM, key=third.as_pem(private=False).decode(), now=timezone.now(), end_others=True)
    one.key = third
    assert asks(old, old_kid) == 401 and asks(third, one.row.keys.get(ended_at=None).kid) == 200


def certificate(days: int = 365) -> tuple[str, str]:
    """A certificate of a system's own: PEM, and as our proxy passes it on."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dichvucong.tinh.example")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = built.not_valid_before(now - dt.timedelta(days=400)).not_valid_after(now + dt.timedelta(days=days)).sign(key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM).decode()
    return pem, quote(pem)


def test_a_certificate_in_the_connection_proves_a_system_at_its_own_door_alone(settings: Any) -> None:
    pem, header = certificate()
    _other, others = certificate()
    row = system(proof="self_signed_tls_client_auth", key=pem).row
    one = System(row, None)
    browser = signed_in()
    settings.TOKEN_SIGN_IN_URL = "https://portal.example:8443"
    address, kept = one.wish()
    from tests.accounts.provider.support import agreed

    code = params(agreed(browser, address))["code"]
    said = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": kept["verifier"], "client_id": one.id,
    }  # fmt: skip
    web = one.web
    assert web.post("/oauth2/token", said).status_code == 401
    assert web.post("/oauth2/token", said, headers={"X-Client-Certificate": others}).status_code == 401
    assert web.post("/oauth2/token", said, headers={"X-Client-Certificate": "x"}).status_code == 401
    settings.TOKEN_SIGN_IN_URL = ""
    assert web.post("/oauth2/token", said, headers={"X-Client-Certificate": header}).status_code == 401, "no such door"
    settings.TOKEN_SIGN_IN_URL = "https://portal.example:8443"
    found = json.loads(web.get("/.well-known/openid-configuration").content)
    assert found["mtls_endpoint_aliases"]["token_endpoint"] == "https://portal.example:8443/oauth2/token"
    given = web.post("/oauth2/token", said, headers={"X-Client-Certificate": header})
    assert given.status_code == 200
    by_key = system(name="Bằng khóa", callback="https://khac.example/ve/")
    wrong = {"token": json.loads(given.content)["access_token"], "client_id": by_key.id}
    assert web.post("/oauth2/introspect", wrong, headers={"X-Client-Certificate": header}).status_code == 401
    old, old_header = certificate(days=-1)
    late = system(name="Hết hạn", proof="self_signed_tls_client_auth", key=old, callback="https://khac.example/ve/")
    assert (
        web.post("/oauth2/introspect", {"token": "x", "client_id": late.id}, headers={"X-Client-Certificate": old_header}).status_code
        == 401
    )


def test_connected_systems_read_what_they_have_read_before() -> None:
    director = factories.make_person()
    company = factories.make_organisation(representatives=[director])
    one = system(scopes=["dvcqg", "organisation"])
    Identifier.objects.create(
        person=director, kind="old_number", number="012345678", blind="x" * 64, confirmed_by="counter", confirmed_at=timezone.now()
    )
    said = json.loads(one.userinfo(tokens(one, signed_in(director))["access_token"]).content)
    assert said["LoaiTaiKhoan"] == "1" and said["SoDinhDanh"] == director.id_number and said["HoVaTen"] == director.full_name
    assert said["SoCMND"] == "012345678" and said["loAs"] == "LoA2" and "MaSoThue" not in said and "organisation_name" not in said
    assert said["TechID"] != said["sub"]
    assert said["GioiTinh"] == {"male": "1", "female": "2"}[director.sex], "a number is what they read"
    browser = signed_in(director, mandate=factories.legal_mandate(company, director))
    theirs = json.loads(one.userinfo(tokens(one, browser)["access_token"]).content)
    assert theirs["LoaiTaiKhoan"] == "2" and theirs["MaSoDoanhNghiep"] == company.tax_code and theirs["TenDoanhNghiep"] == company.name
    assert theirs["sub"] != said["sub"] and theirs["TechID"] != said["TechID"] and theirs["organisation_tax_code"] == company.tax_code
    assert scopes.subject(one.row, director.pk, company.pk) == theirs["sub"]


def test_who_no_longer_acts_for_an_organisation_does_not_there_either() -> None:
    director = factories.make_person()
    company = factories.make_organisation(representatives=[director])
    one, mandate = system(), factories.legal_mandate(company, director)
    given = tokens(one, signed_in(director, mandate=mandate))
    assert one.userinfo(given["access_token"]).status_code == 200
    type(mandate).objects.filter(pk=mandate.pk).update(withdrawn_at=timezone.now())
    assert one.userinfo(given["access_token"]).status_code == 401


def test_keys_are_published_before_they_sign_and_after() -> None:
    now = timezone.now()
    first = keys.ensure(now=now)
    SigningKey.objects.filter(pk=first.pk).update(signs_from=now)
    one, browser = system(), signed_in()
    old = tokens(one, browser)["id_token"]
    assert keys.rotate(now=now + dt.timedelta(days=58)) == []
    assert len(keys.rotate(now=now + dt.timedelta(days=59, minutes=1))) == 1 and len(keys.public_keys()) == 2
    assert SigningKey.objects.get(signs_from__isnull=False, signs_until=None).pk == first.pk, "not yet"
    assert keys.rotate(now=now + dt.timedelta(days=59, minutes=2)) == []
    keys.rotate(now=now + dt.timedelta(days=60, minutes=2))
    signing = SigningKey.objects.get(signs_from__isnull=False, signs_until=None)
    assert signing.pk != first.pk and one.read(old)["sub"], "what it signed is checked still"
    new = tokens(one, browser)["id_token"]
    assert one.read(new)["sub"] == one.read(old)["sub"]
    keys.rotate(now=now + dt.timedelta(days=61, minutes=3))
    gone = SigningKey.objects.get(pk=first.pk)
    assert gone.left_at is not None and gone.private is None and len(keys.public_keys()) == 1
    assert one.read(new)["sub"]
    call_command("rotate_sign_on_keys", at_once=True, stdout=StringIO())
    from joserfc.errors import JoseError

    with pytest.raises((JoseError, ValueError)):
        one.read(new)
    assert one.read(tokens(one, browser)["id_token"])["sub"]


def test_the_command_registers_and_prints_once() -> None:
    out = StringIO()
    call_command("add_oidc_client", name="Một cửa", redirect_uri=[CALLBACK], scopes=["openid", "phone"], unit="H26", stdout=out)
    said = json.loads(out.getvalue())
    row = OidcClient.objects.get(pk=said["client_id"])
    one = System(row, RSAKey.import_key(said["private_key"]))
    assert not row.is_test and said["kid"] == row.keys.get().kid and tokens(one, signed_in())["access_token"]
    with pytest.raises(CommandError):
        call_command("add_oidc_client", name="Một cửa", redirect_uri=["http://evil.example/"], unit="H26", stdout=out)
    assert SignInGrant.objects.count() == 1


def test_nobody_registers_for_an_agency_that_is_none() -> None:
    said: dict[str, Any] = {
        "actor": SYSTEM,
        "now": timezone.now(),
        "redirect_uris": [CALLBACK],
        "proof": "private_key_jwt",
        "scopes": ["profile"],
    }
    key = json.dumps(ECKey.generate_key("P-256").as_dict(private=False))
    for changed, field in (
        ({"unit": "H99.999"}, "unit"), ({"name": " "}, "name"), ({"proof": "client_secret_basic"}, "proof"),
        ({"scopes": ["all"]}, "scopes"),
        ({"redirect_uris": []}, "redirect_uris"), ({"redirect_uris": [CALLBACK, "https://khac.example/"]}, "redirect_uris"),
    ):  # fmt: skip
        with pytest.raises(ClientRefused) as refused:
            add_client(**{**said, "name": "Một cửa", "unit": "H26", "key": key, **changed})
        assert refused.value.field == field
