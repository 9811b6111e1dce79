"""What comes: who may come in, what is taken, what is refused and how cheaply (X-01, X-02). Each wrong thing has its own word."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.test import Client
from django.utils import timezone
from joserfc.jwk import ECKey, OctKey

from portal.access import SYSTEM
from portal.exchange.messages import Message, MessageRefused, State, keys, receives, registry
from portal.exchange.messages.envelopes import digest_of, written
from portal.exchange.messages.housekeeping import bury_given_up
from portal.exchange.partners import register, services, tokens
from portal.exchange.partners.models import Call, Partner, PartnerToken
from portal.inbox.models import Received
from portal.outbox import Message as Promised
from portal.outbox.services import deliver_due
from tests.exchange.messages.support import JOSE, MESSAGES, TOKEN, System, _form, claims_of, code_of
from tests.exchange.support import batch

pytestmark = pytest.mark.django_db
GOOD = '{"word": "một"}'


@pytest.fixture(autouse=True)
def heard() -> Iterator[list[str]]:
    """What a room above was told."""
    told: list[str] = []

    @receives("test.word")
    def word_came(message: Message) -> str:
        if message.body["word"] == "không":
            raise MessageRefused("no_word")
        told.append(message.body["word"])
        return "heard"

    yield told
    registry._receivers.pop("test.word")


@pytest.fixture
def system() -> System:
    return System("H26").register()


# Signing in -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-01")
def test_a_machine_signs_in_by_its_key_and_only_for_what_it_may_call(system: System) -> None:
    answer = system.ask_token(scope="messages")
    said = answer.json()
    assert answer.status_code == 200 and (said["token_type"], said["expires_in"], said["scope"]) == ("Bearer", 900, "messages")
    assert said["access_token"].encode() not in bytes(PartnerToken.objects.get().digest)
    headers = {"Authorization": f"Bearer {said['access_token']}"}
    assert Client().get(f"{MESSAGES}/subscriptions", headers=headers).status_code == 200
    # A token for messages opens the batch API no more than a stranger's.
    refused = Client().post("/api/v1/dossiers/batch", '{"rows": []}', content_type="application/json", headers=headers)
    assert refused.status_code == 403
    assert (
        Client().post("/api/v1/dossiers/batch", '{"rows": []}', content_type="application/json", headers=system.bearer()).status_code == 200
    )
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert Client().get(f"{MESSAGES}/subscriptions", headers=headers).status_code == 401


def test_the_present_ways_of_partners_go_on(system: System) -> None:
    password = services.new_password(code="H26", actor=SYSTEM, now=timezone.now()).password
    assert batch("H26", password, rows=[]).status_code == 200


@pytest.mark.requirement("X-01")
def test_nobody_else_signs_in(system: System) -> None:
    other = System("H29").register()
    at = int(timezone.now().timestamp())
    wrong = {
        "used before": system.assertion(jti="eins"),
        "another's key": system.sign({"sub": "H26", "aud": _aud()}, "JWT", key=other.signing),
        "for somebody else": system.assertion(aud="https://other.example/token"),
        "expired": system.assertion(exp=at - 10),
        "from tomorrow": system.assertion(iat=at + 3600, exp=at + 3900),
        "for years": system.assertion(exp=at + 10**8),
        "about another": system.assertion(sub="H29"),
        "none": ".".join((written(b'{"alg":"none"}'), written(json.dumps({"sub": "H26", "iss": "H26"}).encode()), "")),
        "nothing": "x",
    }
    assert system.ask_token(wrong["used before"]).status_code == 200
    for name, assertion in wrong.items():
        answer = system.ask_token(assertion)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), name
    # The public key as a shared secret.
    secret = OctKey.import_key(json.dumps(system.signing.as_dict(private=False)))
    assert system.ask_token(system.sign({"sub": "H26"}, "JWT", key=secret, alg="HS256")).status_code == 401
    assert system.ask_token(scope="messages everything").json()["error"] == "invalid_scope"
    assert _form({"grant_type": "password"}).json()["error"] == "unsupported_grant_type"
    assert Client().post("/api/v1/oauth/token", "{}", content_type="application/json").status_code == 400


def test_who_tries_is_slowed_and_a_revoked_key_ends_its_tokens(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "TRIES_PER_SECOND", 0.01)  # whatever the machine does meanwhile
    headers = system.bearer()
    key = Partner.objects.get(pk="H26").keys.get(use="sig")
    register.revoke_key(code="H26", key_id=key.pk, reason="lộ", actor=SYSTEM, now=timezone.now())
    assert Client().get(f"{MESSAGES}/subscriptions", headers=headers).status_code == 401
    answers = [system.ask_token("x.y.z").status_code for _ in range(75)]
    assert answers[0] == 401 and answers[-1] == 429


def certificate(name: str, *, days: int = 30) -> tuple[str, str]:
    """A PEM certificate and the header by which our proxy passes it on."""
    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    return pem, quote(pem)


@pytest.mark.requirement("X-01")
def test_by_mutual_tls_the_token_is_bound_to_the_certificate(system: System, settings: Any) -> None:
    (pem, header), (_, stranger) = certificate("H26"), certificate("H29")
    register.add_key(code="H26", use="tls", text=pem, actor=SYSTEM, now=timezone.now())
    form = {"grant_type": "client_credentials", "client_id": "H26"}
    # Where the proxy has no such door nobody has a certificate, whatever the header says.
    settings.TOKEN_SIGN_IN_URL = ""
    assert _form(form, **{"X-Client-Certificate": header}).status_code == 401
    settings.TOKEN_SIGN_IN_URL = "https://cong.example:8444"
    assert _form(form).status_code == 401 and _form(form, **{"X-Client-Certificate": stranger}).status_code == 401
    token = _form(form, **{"X-Client-Certificate": header}).json()["access_token"]

    def call(**more: str) -> int:
        return int(Client().get(f"{MESSAGES}/subscriptions", headers={"Authorization": f"Bearer {token}", **more}).status_code)

    assert call(**{"X-Client-Certificate": header}) == 200
    # Stolen, it opens nothing without the key behind the certificate.
    assert call() == 401 and call(**{"X-Client-Certificate": stranger}) == 401
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        assert _form(form, **{"X-Client-Certificate": header}).status_code == 401


# Taken ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-02", "X-08")
def test_a_message_is_taken_receipted_handled_and_its_end_can_be_asked(system: System, heard: list[str]) -> None:
    number = str(uuid4())
    answer = system.post(system.envelope(GOOD, id=number, about="H26-1"))
    assert answer.status_code == 200 and answer["Content-Type"] == JOSE
    receipt = claims_of(answer.content.decode())
    assert (receipt["aud"], receipt["id"], receipt["outcome"], receipt["digest"]) == ("H26", number, "taken", written(digest_of(GOOD)))
    row = Message.objects.get()
    assert row.sender_proof and row.receiver_proof == answer.content.decode() and "một" not in row.body_sealed
    deliver_due()
    assert heard == ["một"]
    said = Client().get(f"{MESSAGES}/{number}", headers=system.bearer()).json()
    assert (said["state"], said["outcome"]) == ("acknowledged", "heard") and claims_of(said["receipt"])["outcome"] == "handled"
    assert Client().get(f"{MESSAGES}/{number}", headers=System("H29").register().bearer()).status_code == 404
    no = str(uuid4())
    system.post(system.envelope('{"word": "không"}', id=no))
    deliver_due()
    told = claims_of(Client().get(f"{MESSAGES}/{no}", headers=system.bearer()).json()["receipt"])
    assert (told["outcome"], told["code"]) == ("refused", "no_word")


@pytest.mark.requirement("X-02")
def test_killed_between_keeping_and_answering_nothing_is_lost_and_nothing_twice(
    system: System, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.exchange.messages import door

    number, headers = str(uuid4()), system.bearer()

    class Killed(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> str:
        raise Killed

    # Before the commit: nothing is kept, not even the envelope's name; the same bytes may come again.
    envelope = system.envelope(GOOD, id=number)
    with monkeypatch.context() as patched:
        patched.setattr(door, "receipt_of", dies)
        with pytest.raises(Killed):
            door.take(partner=Partner.objects.get(pk="H26"), envelope=envelope.encode(), now=timezone.now())
    assert not Message.objects.exists()
    # After it: kept, and no answer. The sender makes another envelope with the same id and gets its receipt.
    with monkeypatch.context() as patched:
        patched.setattr(services, "note_call", dies)
        with pytest.raises(Killed):
            system.post(envelope, headers=headers)
    assert Message.objects.count() == 1
    answer = system.post(system.envelope(GOOD, id=number), headers=headers)
    assert claims_of(answer.content.decode())["id"] == number
    deliver_due()
    assert heard == ["một"] and Message.objects.count() == 1


def test_in_order_for_each_subject_and_what_was_given_up_is_seen(system: System, heard: list[str]) -> None:
    headers = system.bearer()
    for word in ("một", "hai", "ba"):
        system.post(system.envelope(json.dumps({"word": word}), about="H26-1"), headers=headers)
    first = Message.objects.order_by("number").first()
    assert first is not None
    # The worker that handles them in another order puts the later ones off.
    numbers = {row.message_id: Message.objects.get(id=row.key.split(":")[0]).number for row in Received.objects.all()}
    for promised in Promised.objects.filter(kind="inbox.handle"):
        promised.available_at = timezone.now() - timedelta(seconds=numbers[promised.id] - first.number + 1)
        promised.save()
    deliver_due()
    assert heard == ["một"]
    for _ in range(3):
        Promised.objects.filter(kind="inbox.handle", done_at=None).update(available_at=timezone.now() - timedelta(hours=1))
        deliver_due()
    assert heard == ["một", "hai", "ba"]
    system.post(system.envelope('{"wort": 1}', about="H26-2"), headers=headers)
    Promised.objects.filter(kind="inbox.handle", done_at=None).update(attempts=60)
    deliver_due()
    assert bury_given_up(now=timezone.now() + timedelta(minutes=11)) == 1
    dead = Message.objects.get(about="H26-2")
    assert dead.state == State.DEAD and dead.outcome.startswith("KeyError")


# Refused --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-02")
def test_every_forged_statement_is_refused_by_its_own_word(system: System) -> None:
    headers, at = system.bearer(), int(timezone.now().timestamp())
    other, secret = System("H29").register(), OctKey.import_key(json.dumps(system.signing.as_dict(private=False)))
    good = {"id": str(uuid4()), "kind": "test.word", "version": 1, "about": "", "digest": written(digest_of(GOOD))}

    def sealed(**claims: Any) -> str:
        return system.envelope(GOOD, **claims)

    none = ".".join((written(b'{"alg":"none","kid":"s1","typ":"portal-message+jwt"}'), written(json.dumps(good).encode()), ""))
    cases = {
        "issuer": sealed(iss="H29"),
        "audience": sealed(aud="https://other.example"),
        "digest": system.seal(system.statement(GOOD), '{"word": "hai"}'),
        "expired": sealed(iat=at - 650, exp=at - 400),
        "form": sealed(kind="Test Word"),
        "kind_unknown": sealed(kind="test.other"),
        "version_unknown": sealed(version=2),
        "signature": system.seal(system.sign(good, "portal-message+jwt", key=other.signing), GOOD),
        "key_unknown": system.seal(system.sign(good, "portal-message+jwt", kid="s9"), GOOD),
        "algorithm": system.seal(none, GOOD),
    }
    for code, envelope in cases.items():
        assert code_of(system.post(envelope, headers=headers)) == code
    confused = system.seal(system.sign(good, "portal-message+jwt", key=secret, alg="HS256"), GOOD)
    assert code_of(system.post(confused, headers=headers)) == "algorithm"
    for wrong in (sealed(id="eins"), sealed(exp=at + 10**7), sealed(iat=float("nan")), sealed(about="x" * 101), sealed(jti="")):
        assert code_of(system.post(wrong, headers=headers)) == "form"
    # A receipt, an assertion are no messages though signed by the same key.
    assert code_of(system.post(system.seal(system.sign(good, "portal-receipt+jwt"), GOOD), headers=headers)) == "form"
    assert not Message.objects.exists()
    days = Partner.objects.get(pk="H26").refusals
    assert days.get(reason="signature").rows == 1


def test_clocks_apart_by_an_hour_are_told_clearly(system: System) -> None:
    headers = system.bearer()
    for hours, side in ((1, "ahead of"), (-1, "behind")):
        at = int((timezone.now() + timedelta(hours=hours)).timestamp())
        answer = system.post(system.envelope(GOOD, iat=at, exp=at + 300), headers=headers)
        assert code_of(answer) == "clock" and side in answer.json()["detail"]
        assert re.search(r"\b(3599|360\d) s ", answer.json()["detail"])
    at = int((timezone.now() + timedelta(minutes=4)).timestamp())
    assert system.post(system.envelope(GOOD, iat=at, exp=at + 300), headers=headers).status_code == 200


@pytest.mark.requirement("X-02")
def test_an_envelope_serves_once_and_an_id_names_one_content(system: System) -> None:
    headers, number = system.bearer(), str(uuid4())
    envelope = system.envelope(GOOD, id=number)
    assert system.post(envelope, headers=headers).status_code == 200
    assert code_of(system.post(envelope, headers=headers)) == "replayed"
    assert code_of(system.post(system.envelope('{"word": "hai"}', id=number), headers=headers)) == "key_used"
    assert Message.objects.count() == 1


def test_bombs_and_huge_headers_cost_nothing(system: System) -> None:
    headers = system.bearer()
    bomb = system.seal(system.statement(GOOD), json.dumps({"word": "0" * 3_000_000}), zip="DEF")
    assert len(bomb) < 20_000 and code_of(system.post(bomb, headers=headers)) == "algorithm"
    began = time.process_time()
    head = written(json.dumps({"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "x": "y" * 5_000_000}).encode())
    assert code_of(system.post(f"{head}.a.b.c.d", headers=headers)) in ("form", "too_large")
    slow = written(json.dumps({"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 10**9, "p2s": "eA"}).encode())
    assert code_of(system.post(f"{slow}.a.b.c.d", headers=headers)) == "algorithm"
    nested = written(b"[" * 500)
    for wrong in ("", "a.b.c", f"{nested}.a.b.c.d", "é" * 10, f"{head[:40]}.a.b.c.d"):
        assert code_of(system.post(wrong, headers=headers)) == "form"
    assert time.process_time() - began < 3
    # 10 MB are not even read; nor is anything that fits no envelope unsealed.
    assert system.post("x" * 10_000_000, headers=headers).status_code == 413
    assert code_of(system.post(system.envelope(json.dumps({"word": "x" * 4_300_000})), headers=headers)) == "too_large"
    assert Client().post(MESSAGES, GOOD, content_type="application/json", headers=headers).status_code == 422
    assert not Message.objects.exists()


def test_what_is_inside_may_be_anything_and_is_never_a_500(system: System) -> None:
    from joserfc import jwe

    headers, key = system.bearer(), keys.ensure("enc").public
    for inside in ("", "[]", "null", '{"statement": 1, "body": 2}', '{"statement": "a.b.c", "body": "\\ud800"}', "[" * 3000):
        made = jwe.encrypt_compact(
            {"alg": key["alg"], "enc": "A256GCM", "kid": key["kid"]}, inside, ECKey.import_key(key), algorithms=[key["alg"], "A256GCM"]
        )
        assert code_of(system.post(made, headers=headers)) == "form"
    for text in ("[]", "x", '{"a": "\\u0000"}', "{" * 9000):
        assert code_of(system.post(system.envelope(text), headers=headers)) == "form"
    good = system.envelope(GOOD)
    broken = good[:-6] + base64.urlsafe_b64encode(b"\0\0\0\0").decode()[:6]
    assert code_of(system.post(broken, headers=headers)) == "cannot_open"
    other = system.seal(system.statement(GOOD), GOOD, kid="nobody")
    assert code_of(system.post(other, headers=headers)) == "key_unknown"


@pytest.mark.requirement("X-01")
def test_revoked_or_suspended_mid_way(system: System) -> None:
    ready = [system.envelope(GOOD) for _ in range(2)]
    fresh = ECKey.generate_key("P-256", {"kid": "s2", "use": "sig"})
    register.add_key(code="H26", use="sig", text=json.dumps(fresh.as_dict(private=False)), actor=SYSTEM, now=timezone.now())
    answer = system.ask_token(system.sign({"sub": "H26", "aud": _aud()}, "JWT", key=fresh, kid="s2"))
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert system.post(ready[0], headers=headers).status_code == 200
    key = Partner.objects.get(pk="H26").keys.get(kid="s1")
    register.revoke_key(code="H26", key_id=key.pk, reason="lộ khóa", actor=SYSTEM, now=timezone.now())
    # The token by the other key holds; what the revoked key signed is taken no more.
    assert code_of(system.post(ready[1], headers=headers)) == "key_unknown"
    services.suspend(code="H26", reason="nghi lộ", actor=SYSTEM, now=timezone.now())
    assert system.post(ready[1], headers=headers).status_code == 401


def _aud() -> str:
    return settings.SITE_URL + TOKEN


def test_our_keys_are_replaced_and_what_was_sealed_before_is_opened_for_a_week(system: System) -> None:
    headers, now = system.bearer(), timezone.now()
    ready = [system.envelope(GOOD) for _ in range(2)]
    old = {key["kid"] for key in Client().get(f"{MESSAGES}/keys").json()["keys"]}
    keys.rotate(now=now)
    published = {key["kid"] for key in Client().get(f"{MESSAGES}/keys").json()["keys"]}
    assert old < published and len(published) == 4
    assert system.post(ready[0], headers=headers).status_code == 200
    keys.rotate(now=now, at_once=True)
    assert code_of(system.post(ready[1], headers=headers)) == "key_unknown"
    assert system.post(system.envelope(GOOD), headers=headers).status_code == 200


def test_algorithms_are_exchanged_by_setting(system: System, settings: Any) -> None:
    settings.MESSAGE_SIGNING, settings.MESSAGE_SEALING = ["PS256"], ["RSA-OAEP-256"]
    kinds = {(key["use"], key["kty"], key["alg"]) for key in Client().get(f"{MESSAGES}/keys").json()["keys"]}
    assert ("sig", "RSA", "PS256") in kinds and ("enc", "RSA", "RSA-OAEP-256") in kinds
    assert code_of(system.post(system.envelope(GOOD), headers=system.bearer())) == "algorithm"


def test_a_partner_is_limited_by_calls_and_by_right(system: System) -> None:
    headers = system.bearer()
    Partner.objects.filter(pk="H26").update(calls=[Call.DOSSIERS])
    assert system.post(system.envelope(GOOD), headers=headers).status_code == 403
    Partner.objects.filter(pk="H26").update(calls=list(Call.values), calls_per_minute=6)
    codes = [system.post("x", headers=headers).status_code for _ in range(4)]
    assert 429 in codes
