"""Messages signed with X.509: made and read here with ``cryptography`` alone, and over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from payments.institutions.bank_jws import BANK_JWS
from payments.institutions.base import BadMessage, BadSignature, Connection, Incoming, Outcome, RefundOutcome, Verdict
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from tests.payments.institution import NOW, REFERENCE, Request, Scripted, ask, connection, faults, refund_ask

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def certificate_for(key: Any, begins: datetime = NOW - timedelta(days=1), ends: datetime = NOW + timedelta(days=365)) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ngan hang mau")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    return made.not_valid_before(begins).not_valid_after(ends).sign(key, hashes.SHA256())


def pem(what: Any) -> str:
    if isinstance(what, x509.Certificate):
        return what.public_bytes(serialization.Encoding.PEM).decode()
    found: bytes = what.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return found.decode()


def thumbprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


BANK, PORTAL, STRANGER = (
    rsa.generate_private_key(65537, 2048),
    ec.generate_private_key(ec.SECP256R1()),
    rsa.generate_private_key(65537, 2048),
)
BANK_CERTIFICATE, PORTAL_CERTIFICATE = certificate_for(BANK), certificate_for(PORTAL)


def at_bank(institution: Scripted | None = None, **more: Any) -> Connection:
    values = {
        "code": "970418",
        "merchant": "DVCQG",
        "endpoint": f"{institution.url}/v1" if institution else "",
        "certificate": pem(BANK_CERTIFICATE),
        "private_key": pem(PORTAL) + pem(PORTAL_CERTIFICATE),
    }
    return connection(institution, **(values | more))


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(
    claims: dict[str, Any], key: Any = BANK, header: dict[str, Any] | None = None, certificate: x509.Certificate = BANK_CERTIFICATE
) -> bytes:
    """Signed with ``cryptography`` alone."""
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    head = {"alg": algorithm, "kid": thumbprint(certificate)} | (header or {})
    signed = f"{base64url(json.dumps(head).encode())}.{base64url(json.dumps(claims).encode())}"
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    else:
        r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{signed}.{base64url(signature)}".encode()


def claims(**changed: Any) -> dict[str, Any]:
    return {
        "iss": "970418",
        "aud": "DVCQG",
        "jti": "9c0f",
        "iat": int(NOW.timestamp()),
        "reference": REFERENCE,
        "status": "PAID",
        "amount": 58_000,
        "transaction_id": "FT26333000123",
        "bank_ref": "000123",
        "paid_at": "2026-11-29T10:03:00+07:00",
        "code": "00",
    } | changed


def read(body: bytes, **more: Any) -> Any:
    with time_machine.travel(NOW, tick=False):
        return BANK_JWS.read_callback(at_bank(**more), Incoming("POST", "", body, "application/jose"))


def test_notification_is_read_and_answered() -> None:
    report = read(token(claims()))
    assert (report.reference, report.outcome, report.amount, report.institution_ref) == (REFERENCE, Outcome.PAID, 58_000, "FT26333000123")
    assert report.paid_at == datetime(2026, 11, 29, 3, 3, tzinfo=UTC) and report.bank_ref == "000123"
    answers = {verdict.value: BANK_JWS.answer(at_bank(), verdict, None) for verdict in Verdict}
    assert {name: reply.status for name, reply in answers.items()} == {
        "confirmed": 200, "already": 200, "not_found": 404, "wrong_amount": 409, "bad_signature": 400, "bad_message": 400, "error": 500,
    }  # fmt: skip
    assert json.loads(answers["already"].body) == {"received": True, "verdict": "already"}


@pytest.mark.parametrize("kind", ["ES256", "RS256"])
def test_both_kinds_of_keys(kind: str) -> None:
    key: Any = ec.generate_private_key(ec.SECP256R1()) if kind == "ES256" else rsa.generate_private_key(65537, 3072)
    certificate = certificate_for(key)
    assert read(token(claims(), key, certificate=certificate), certificate=pem(certificate)).outcome is Outcome.PAID


def test_only_the_banks_key_and_algorithm_count() -> None:
    public = BANK.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = {"alg": "HS256", "kid": thumbprint(BANK_CERTIFICATE)}
    signed = f"{base64url(json.dumps(head).encode())}.{base64url(json.dumps(claims()).encode())}"
    mac = hmac.HMAC(public, hashes.SHA256())
    mac.update(signed.encode())
    confused = f"{signed}.{base64url(mac.finalize())}".encode()
    none = f"{base64url(json.dumps(head | {'alg': 'none'}).encode())}.{base64url(json.dumps(claims()).encode())}.AA".encode()
    forged = [
        confused,
        none,
        token(claims(), STRANGER),
        token(claims(), STRANGER, certificate=certificate_for(STRANGER)),
        token(claims(), header={"kid": "00"}),
        token(claims(), header={"kid": None}),
        token(claims(), header={"alg": "RS512"}),
        token(claims(), header={"alg": "ES256"}),
        token(claims(), PORTAL),
        token(claims(), STRANGER, header={"jwk": {"kty": "RSA"}, "x5u": "https://evil.example/"}),
    ]
    for body in forged:
        with pytest.raises(BadSignature):
            read(body)
    old = certificate_for(BANK, NOW - timedelta(days=30), NOW - timedelta(seconds=1))
    young = certificate_for(BANK, NOW + timedelta(seconds=1))
    for certificate in (old, young):
        with pytest.raises(BadSignature):
            read(token(claims(), certificate=certificate), certificate=pem(certificate))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "970436"}, "other_party"),
        ({"aud": "OTHER"}, "other_party"),
        ({"jti": ""}, "bad_jti"),
        ({"iat": int(NOW.timestamp()) - 601}, "bad_time"),
        ({"iat": int(NOW.timestamp()) + 121}, "bad_time"),
        ({"iat": "now"}, "bad_time"),
        ({"iat": True}, "bad_time"),
        ({"exp": int(NOW.timestamp())}, "bad_time"),
        ({"status": "OK"}, "bad_status"),
        ({"amount": "58000"}, "bad_amount"),
        ({"amount": 0}, "bad_amount"),
        ({"amount": 10**12 + 1}, "bad_amount"),
        ({"currency": "USD"}, "bad_currency"),
        ({"transaction_id": ""}, "no_transaction"),
        ({"transaction_id": "a\nb"}, "no_transaction"),
        ({"paid_at": "2026-11-29T10:03:00"}, "bad_time"),
        ({"paid_at": None}, "bad_time"),
        ({"reference": "x y"}, "bad_reference"),
    ],
)
def test_signed_nonsense_is_a_bad_message(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(BadMessage) as caught:
        read(token(claims(**changed)))
    assert caught.value.code == code


def test_other_bodies() -> None:
    body = token(claims())
    odd = [
        b"",
        b"{}",
        b"a.b",
        b"a.b.c.d",
        b"\xff.a.b",
        body + b".",
        body[: len(body) // 2],
        b"a" * 100_000,
        token(claims(), header={"crit": ["b64"], "b64": False}),
    ]
    for one in odd:
        with pytest.raises(BadMessage):
            read(one)
    twice = base64url(b'{"iss":"970418","iss":"970418"}')
    head = base64url(json.dumps({"alg": "RS256", "kid": thumbprint(BANK_CERTIFICATE)}).encode())
    signature = base64url(BANK.sign(f"{head}.{twice}".encode(), padding.PKCS1v15(), hashes.SHA256()))
    with pytest.raises(BadMessage):
        read(f"{head}.{twice}.{signature}".encode())


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
@examples(max_examples=300)
def test_one_bit_of_a_notification_is_noticed(place: int, bit: int) -> None:
    body = _GOOD
    place %= len(body)
    with pytest.raises(BadMessage):
        read(body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :])


_GOOD = token(claims())


def test_returning_browser_brings_the_reference_or_nothing() -> None:
    with time_machine.travel(NOW, tick=False):
        assert BANK_JWS.read_return(at_bank(), {"jws": token(claims()).decode()}) == REFERENCE
        assert BANK_JWS.read_return(at_bank(), {"jws": token(claims(), STRANGER).decode()}) == ""
        assert BANK_JWS.read_return(at_bank(), {}) == BANK_JWS.read_return(at_bank(certificate=""), {"jws": "a.b.c"}) == ""


# --- questions ----------------------------------------------------------------------------------------------------------------------------


def answering(changed: dict[str, Any], key: Any = BANK) -> Callable[[Request], tuple[int, str, bytes]]:
    """The bank's side: checks our signature with our certificate, answers signed."""

    def answer(asked: Request) -> tuple[int, str, bytes]:
        head, payload, signature = (base64.urlsafe_b64decode(part + "==") for part in asked.body.decode().split("."))
        assert json.loads(head)["alg"] == "ES256" and json.loads(head)["kid"] == thumbprint(PORTAL_CERTIFICATE)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        signed = asked.body.rsplit(b".", 1)[0]
        PORTAL.public_key().verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
        got = json.loads(payload)
        assert (got["iss"], got["aud"], got["exp"] - got["iat"]) == ("DVCQG", "970418", 300) and asked.headers[
            "Content-Type"
        ] == "application/jose"
        now = int(datetime.now(UTC).timestamp())
        same = {name: got[name] for name in ("reference", "refund_key") if name in got}
        return 200, "application/jose", token({"iss": "970418", "aud": "DVCQG", "jti": "1", "iat": now} | same | changed, key)

    return answer


def test_a_page_is_asked_for(institution: Scripted) -> None:
    institution.answer = answering({"status": "PENDING", "pay_url": "https://bank.example/pay/1"})
    assert BANK_JWS.begin(at_bank(institution), ask()).url == "https://bank.example/pay/1"
    got = json.loads(base64.urlsafe_b64decode(institution.seen[0].body.split(b".")[1] + b"=="))
    assert (got["amount"], got["currency"], got["expires_at"]) == (58_000, "VND", "2026-11-29T03:19:05+00:00")
    assert institution.seen[0].path == "/v1/orders"
    for answer in (
        answering({"status": "PENDING", "pay_url": "ftp://bank.example/"}),
        answering({"status": "PAID", "pay_url": "https://bank.example/"}),
        answering({"status": "PENDING", "pay_url": "https://bank.example/", "reference": "X"}),
        answering({"status": "PENDING", "pay_url": "https://bank.example/"}, STRANGER),
        answering({"status": "PENDING", "pay_url": "https://bank.example/", "iat": 1}),
    ):
        institution.answer = answer
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            BANK_JWS.begin(at_bank(institution), ask())
    separate = at_bank(institution, private_key=pem(PORTAL), own_certificate=pem(PORTAL_CERTIFICATE))
    institution.answer = answering({"status": "PENDING", "pay_url": "https://bank.example/pay/1"})
    assert BANK_JWS.begin(separate, ask()).url
    for wrong in (
        {"private_key": ""},
        {"private_key": pem(PORTAL)},
        {"private_key": pem(PORTAL), "own_certificate": pem(BANK_CERTIFICATE)},
        {"certificate": ""},
        {"certificate": "x"},
    ):
        with pytest.raises(OutsideUnavailable, match="not_configured"):
            BANK_JWS.begin(at_bank(institution, **wrong), ask())


def test_questions_of_payments_and_refunds(institution: Scripted) -> None:
    paid = {"status": "PAID", "amount": 58_000, "transaction_id": "FT1", "paid_at": NOW.isoformat(), "code": "00"}
    for changed, outcome in (
        (paid, Outcome.PAID),
        (paid | {"status": "FAILED", "transaction_id": "", "paid_at": None}, Outcome.FAILED),
        (paid | {"status": "PENDING", "transaction_id": "", "paid_at": None}, Outcome.PENDING),
        (paid | {"status": "REVERSED"}, Outcome.REVERSED),
        ({"status": "ABSENT"}, Outcome.ABSENT),
    ):
        institution.answer = answering(changed)
        assert BANK_JWS.query(at_bank(institution), ask(), now=NOW).outcome is outcome
    for changed in (paid | {"reference": "X"}, paid | {"amount": -1}, paid | {"transaction_id": None}, {}):
        institution.answer = answering(changed)
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            BANK_JWS.query(at_bank(institution), ask(), now=NOW)
    for status, said in (
        ("DONE", RefundOutcome.DONE),
        ("UNDER_WAY", RefundOutcome.UNDER_WAY),
        ("REFUSED", RefundOutcome.REFUSED),
        ("ABSENT", RefundOutcome.ABSENT),
    ):
        institution.answer = answering({"status": status, "transaction_id": "FT2", "code": "x"})
        assert BANK_JWS.refund(at_bank(institution), refund_ask()).outcome is said
        assert BANK_JWS.query_refund(at_bank(institution), refund_ask()).outcome is said
    for changed in ({"status": "DONE"}, {"status": "?"}, {"status": "DONE", "transaction_id": "FT2", "refund_key": "X"}):
        institution.answer = answering(changed)
        with pytest.raises(OutsideUnavailable, match="wrong_answer"):
            BANK_JWS.refund(at_bank(institution), refund_ask())


def test_faults(institution: Scripted, settings: Any) -> None:
    faults(institution, settings, lambda: BANK_JWS.query(at_bank(institution), ask(), now=NOW))
    institution.says({"error": "unknown_merchant"}, 401)
    with pytest.raises(OutsideRefused, match="unknown_merchant"):
        BANK_JWS.query(at_bank(institution), ask(), now=NOW)
