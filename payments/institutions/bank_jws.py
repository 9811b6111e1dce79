"""A bank whose messages are signed with X.509: compact JWS in ``application/jose`` bodies, both ways, and a page to pay on.

``kid`` is the SHA-256 thumbprint (hex) of the signer's certificate. The algorithm is compared with a list of two before anything of a
token is decoded further, and it must fit the kind of the known key: a token never says how it wants to be checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jws
from jose.exceptions import JOSEError

from payments.institutions import wire
from payments.institutions.base import (
    Ask,
    BadMessage,
    BadSignature,
    Connection,
    Incoming,
    Outcome,
    RefundAsk,
    RefundOutcome,
    RefundReport,
    Reply,
    Report,
    Start,
    Verdict,
)
from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable

JOSE = "application/jose"
ALGORITHMS = ("RS256", "ES256")
LIVES = timedelta(minutes=5)
OLDEST = timedelta(minutes=10)
NEWEST = timedelta(minutes=2)
"""How far ``iat`` may lie behind and before our clock."""
LONGEST = 64 * 1024
STATUSES = {
    Verdict.CONFIRMED: 200,
    Verdict.ALREADY: 200,
    Verdict.NOT_FOUND: 404,
    Verdict.WRONG_AMOUNT: 409,
    Verdict.BAD_SIGNATURE: 400,
    Verdict.BAD_MESSAGE: 400,
    Verdict.ERROR: 500,
}
OUTCOMES = {
    "PAID": Outcome.PAID,
    "FAILED": Outcome.FAILED,
    "PENDING": Outcome.PENDING,
    "ABSENT": Outcome.ABSENT,
    "REVERSED": Outcome.REVERSED,
}
REFUND_OUTCOMES = {
    "DONE": RefundOutcome.DONE,
    "UNDER_WAY": RefundOutcome.UNDER_WAY,
    "REFUSED": RefundOutcome.REFUSED,
    "ABSENT": RefundOutcome.ABSENT,
}
RETURNED = ("jws", "response", "token")
"""Names under which the returning browser may bring the token."""
_COMPACT = re.compile(r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-256 of its DER in hex: how a certificate is named in ``kid``."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


def _algorithm(key: object) -> str:
    """The one algorithm of a key. Raises ``ValueError`` for keys that are not used here."""
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "RS256"
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return "ES256"
    raise ValueError("RSA of 2048 bits or more, or P-256")


def sign(connection: Connection, claims: Mapping[str, Any]) -> bytes:
    """A compact JWS of ours over these claims. Raises ``OutsideUnavailable`` (not_configured) without key and certificate."""
    try:
        key = serialization.load_pem_private_key(_CERTIFICATE.sub("", connection.private_key).encode(), None)
        algorithm = _algorithm(key)
        found = _CERTIFICATE.search(connection.own_certificate or connection.private_key)
        certificate = x509.load_pem_x509_certificate(found.group().encode() if found else b"")
        if certificate.public_key() != key.public_key():  # type: ignore[union-attr]
            raise ValueError("another key's certificate")
    except (ValueError, TypeError):
        raise OutsideUnavailable(connection.code, "not_configured") from None
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
    return str(jws.sign(payload, pem, headers={"kid": thumbprint(certificate)}, algorithm=algorithm)).encode()


def read(connection: Connection, token: bytes, *, now: datetime) -> dict[str, Any]:
    """The claims of a token that this institution signed for us just now.

    Raises ``BadSignature`` (another key or algorithm, an altered byte, a certificate out of its time), ``BadMessage``.
    """
    if len(token) > LONGEST or not token.isascii() or not _COMPACT.match(token.decode()):
        raise BadMessage("no_jws")
    compact = token.decode()
    header = wire.json_object(_decode(compact.split(".")[0]))
    if header.get("alg") not in ALGORITHMS:
        raise BadSignature
    if "crit" in header or "b64" in header:
        raise BadMessage("bad_header")
    try:
        certificate = x509.load_pem_x509_certificate(connection.certificate.encode())
        key = certificate.public_key()
        algorithm = _algorithm(key)
    except ValueError:
        raise OutsideUnavailable(connection.code, "not_configured") from None
    kid = header.get("kid")
    if header["alg"] != algorithm or not isinstance(kid, str) or not wire.same(kid, thumbprint(certificate)):
        raise BadSignature
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise BadSignature
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    try:
        payload = jws.verify(compact, pem, [algorithm])
    except (JOSEError, ValueError, TypeError):
        raise BadSignature from None
    # One text for one signature: what decodes to the same bytes but is written otherwise (spare bits of base64) was altered.
    if any(base64.urlsafe_b64encode(_decode(part)).rstrip(b"=").decode() != part for part in compact.split(".")):
        raise BadSignature
    claims = wire.json_object(payload)
    if claims.get("iss") != connection.code or claims.get("aud") != connection.merchant:
        raise BadMessage("other_party")
    wire.text(claims.get("jti"), "bad_jti", longest=128)
    at = claims.get("iat")
    if isinstance(at, bool) or not isinstance(at, int) or not now - OLDEST <= _moment(at) <= now + NEWEST:
        raise BadMessage("bad_time")
    if "exp" in claims and (isinstance(claims["exp"], bool) or not isinstance(claims["exp"], int) or _moment(claims["exp"]) <= now):
        raise BadMessage("bad_time")
    return claims


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise BadMessage("no_jws") from None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0), 2**33), UTC)


class BankJws:
    """The adapter ``bank_jws``."""

    name = "bank_jws"
    label = "Ngân hàng (chuyển tới trang ngân hàng, ký X.509)"
    is_transfer = False
    statement_format = "csv"
    can_refund = True
    smallest = 1
    largest = wire.LARGEST

    def begin(self, connection: Connection, ask: Ask) -> Start:
        """``POST orders``: the bank keeps the order and says where its page is."""
        wire.check_range(connection.code, ask, self.smallest, self.largest)
        claims = {
            "reference": ask.reference,
            "amount": ask.amount,
            "currency": "VND",
            "description": wire.plain(ask.words, 120) or ask.reference,
            "return_url": ask.return_url,
            "notify_url": ask.notify_url,
            "expires_at": ask.expires_at.isoformat(timespec="seconds"),
        }
        answer = self._ask(connection, "orders", claims)
        if answer.get("status") != "PENDING":
            raise _wrong(connection)
        return Start(url=wire.page(connection.code, answer.get("pay_url")))

    def _ask(self, connection: Connection, path: str, claims: dict[str, Any]) -> dict[str, Any]:
        """Sign, send, check the answer's signature and that it speaks of the same thing."""
        if not connection.endpoint or not connection.merchant or not connection.certificate:
            raise OutsideUnavailable(connection.code, "not_configured")
        now = datetime.now(UTC)
        at = int(now.timestamp())
        whole = {
            "iss": connection.merchant,
            "aud": connection.code,
            "jti": uuid4().hex,
            "iat": at,
            "exp": at + int(LIVES.total_seconds()),
            **claims,
        }
        data = http.post(connection.code, f"{connection.endpoint}/{path}", sign(connection, whole), content_type=JOSE)
        try:
            answer = read(connection, data.strip(), now=datetime.now(UTC))
        except BadMessage:
            raise _wrong(connection) from None
        named = "refund_key" if "refund_key" in claims else "reference"
        if answer.get(named) != claims[named]:
            raise _wrong(connection)
        return answer

    def read_callback(self, connection: Connection, incoming: Incoming) -> Report:
        """The JWS of the bank's notification."""
        return _report(read(connection, incoming.body.strip(), now=datetime.now(UTC)))

    def answer(self, connection: Connection, verdict: Verdict, report: Report | None) -> Reply:
        """A verdict in words, and a status that says whether to send again."""
        status = STATUSES[verdict]
        return Reply(status, json.dumps({"received": status == 200, "verdict": verdict.value}).encode())

    def read_return(self, connection: Connection, query: Mapping[str, str]) -> str:
        """The reference in the token that the browser brings, when the bank signed it."""
        token = next((query[name] for name in RETURNED if query.get(name)), "")
        try:
            return wire.reference(read(connection, token.encode("utf-8", "surrogatepass"), now=datetime.now(UTC)).get("reference"))
        except (BadMessage, OutsideUnavailable):
            return ""

    def query(self, connection: Connection, ask: Ask, *, now: datetime) -> Report:
        """``POST orders/query``."""
        answer = self._ask(connection, "orders/query", {"reference": ask.reference})
        try:
            return _report(answer)
        except BadMessage:
            raise _wrong(connection) from None

    def refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """``POST refunds``; the bank knows a repetition by ``refund_key``."""
        claims = {
            "reference": ask.reference,
            "refund_key": ask.key,
            "transaction_id": ask.institution_ref,
            "amount": ask.amount,
            "description": wire.plain(ask.words, 120),
        }
        return self._refund_report(connection, self._ask(connection, "refunds", claims))

    def query_refund(self, connection: Connection, ask: RefundAsk) -> RefundReport:
        """``POST refunds/query``."""
        return self._refund_report(connection, self._ask(connection, "refunds/query", {"reference": ask.reference, "refund_key": ask.key}))

    def _refund_report(self, connection: Connection, answer: Mapping[str, Any]) -> RefundReport:
        outcome = REFUND_OUTCOMES.get(str(answer.get("status")))
        try:
            number = wire.text(answer.get("transaction_id") or "", "bad_transaction", empty=outcome is not RefundOutcome.DONE)
            code = wire.text(answer.get("code") or "", "bad_code", longest=16, empty=True)
        except BadMessage:
            raise _wrong(connection) from None
        if outcome is None:
            raise _wrong(connection)
        return RefundReport(outcome, number, code)

    def fetch_statement(self, connection: Connection, day: date, to: Path) -> bool:
        """CSV of the day."""
        return wire.fetch_statement(connection, day, to, "csv")

    def fetch_voucher(self, connection: Connection, reference: str) -> tuple[bytes, bytes] | None:
        """PDF and XML."""
        return wire.fetch_voucher(connection, reference)


def _report(claims: Mapping[str, Any]) -> Report:
    """What signed claims say of an attempt. Raises ``BadMessage``."""
    outcome = OUTCOMES.get(str(claims.get("status")))
    if outcome is None:
        raise BadMessage("bad_status")
    paid = outcome is Outcome.PAID
    at = None
    if paid:
        try:
            at = datetime.fromisoformat(str(claims.get("paid_at")))
        except ValueError:
            raise BadMessage("bad_time") from None
        if at.tzinfo is None:
            raise BadMessage("bad_time")
        at = at.astimezone(UTC)
    currency = claims.get("currency", "VND")
    if currency != "VND":
        raise BadMessage("bad_currency")
    said = claims.get("amount")
    return Report(
        reference=wire.reference(claims.get("reference")),
        outcome=outcome,
        # JSON has numbers: an amount in quotes is not one.
        amount=0 if outcome is Outcome.ABSENT and not said else wire.amount(said if isinstance(said, int) else None),
        institution_ref=wire.text(claims.get("transaction_id") or "", "no_transaction", empty=not paid),
        bank_ref=wire.text(claims.get("bank_ref") or "", "bad_bank_reference", empty=True),
        paid_at=at,
        code=wire.text(claims.get("code") or "", "bad_code", longest=16, empty=True),
    )


def _wrong(connection: Connection) -> OutsideUnavailable:
    return OutsideUnavailable(connection.code, "wrong_answer")


BANK_JWS = BankJws()
