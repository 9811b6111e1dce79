"""A bank that speaks signed JSON: compact JWS (RFC 7515) in bodies of ``application/jose``, both ways, with certificates.

Who signs names their certificate by its SHA-256 thumbprint in ``kid``. RS256 and ES256 only, looked at before anything is decoded.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import urllib.request
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from certomancer.registry import CertLabel
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask import Blueprint, Response, jsonify, request
from jose import jws
from jose.exceptions import JOSEError

from portal.simulators.config import BANK, Config
from portal.simulators.faults import Faults
from portal.simulators.payer_pages import serve_payer
from portal.simulators.paying import Movement, Payments, Refund, Unable
from portal.simulators.pki import TestAuthority
from portal.simulators.store import now

SERVICE = "bank"
ALGORITHMS = ("RS256", "ES256")
OLD_SECONDS, EARLY_SECONDS = 600, 120
STATES = {"open": "PENDING", "paid": "PAID", "failed": "FAILED"}
REFUND_STATES = {"done": "DONE", "under_way": "UNDER_WAY", "refused": "REFUSED"}
CODES = {"cancelled": "CANCELLED", "poor": "NO_FUNDS", "expired": "EXPIRED"}
MOST_BYTES = 16 * 1024


class Refused(Exception):
    """A message that is not taken: a word and an HTTP status."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


class Bank:
    """Reading and signing messages."""

    def __init__(self, config: Config, payments: Payments, authority: TestAuthority) -> None:
        self.us = config.institutions[BANK]
        self.payments = payments
        self.key = authority.private_pem("jws-bank").decode()
        self.kid = hashlib.sha256(authority.get_cert(CertLabel("jws-bank")).dump()).hexdigest()
        portal = authority.get_cert(CertLabel("jws-portal")).dump()
        self.portal_kid = hashlib.sha256(portal).hexdigest()
        self.portal_key = (
            x509.load_der_x509_certificate(portal)
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    def read(self, body: bytes) -> dict[str, Any]:
        """The claims of a message of the portal to us. Refused: ``bad_signature``, ``bad_message``, ``stale``."""
        try:
            token = body.decode("ascii")
            header = jws.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS or header.get("kid") != self.portal_kid or len(body) > MOST_BYTES:
                raise Refused("bad_signature", 401)
            claims = json.loads(jws.verify(token, self.portal_key, algorithms=[header["alg"]]))
        except (JOSEError, ValueError) as error:
            raise Refused("bad_signature", 401) from error
        if not isinstance(claims, dict) or claims.get("aud") != BANK or claims.get("iss") != self.us.merchant:
            raise Refused("bad_message")
        issued, expires = claims.get("iat"), claims.get("exp", now() + 1)
        if not isinstance(issued, int | float) or not isinstance(expires, int | float) or not isinstance(claims.get("jti"), str):
            raise Refused("bad_message")
        if not now() - OLD_SECONDS <= issued <= now() + EARLY_SECONDS or expires < now():
            raise Refused("stale", 401)
        return claims

    def signed(self, claims: dict[str, Any]) -> str:
        """A message to the portal."""
        whole = {"iss": BANK, "aud": self.us.merchant, "jti": secrets.token_hex(16), "iat": int(now()), **claims}
        return jws.sign(whole, self.key, headers={"kid": self.kid}, algorithm="RS256")

    def claims(self, movement: Movement, *, failed: bool = False) -> dict[str, Any]:
        """What became of an order."""
        status = "FAILED" if failed else STATES[movement.state]
        told: dict[str, Any] = {"reference": movement.reference, "status": status, "amount": movement.amount, "currency": "VND"}
        if movement.state == "paid" and not failed and movement.paid_at is not None:
            told |= {"transaction_id": movement.institution_ref, "bank_ref": movement.bank_ref, "paid_at": movement.paid_at.isoformat()}
        code = "00" if status == "PAID" else CODES.get(movement.code, "CANCELLED" if failed else "")
        return told | {"code": code}

    def message(self, movement: Movement, *, failed: bool, distortion: str) -> urllib.request.Request:
        claims = self.claims(movement, failed=failed)
        if distortion == "wrong_amount":
            claims["amount"] += 1_000
        elif distortion == "other_order":
            claims["reference"] = self.payments.other_reference(movement)
        token = self.signed(claims)
        if distortion == "wrong_signature":
            head, payload, signature = token.split(".")
            token = f"{head}.{payload}.{signature[::-1]}"
        return urllib.request.Request(movement.notify_url, token.encode(), {"Content-Type": "application/jose"})

    def took(self, status: int, body: bytes) -> bool:
        """200, and 409: it will not take this amount, whatever is repeated."""
        return status in (200, 409)


def blueprint(config: Config, payments: Payments, authority: TestAuthority, faults: Faults) -> Blueprint:
    """Everything under /payments/bank/970418/."""
    pages = Blueprint("bank", __name__, url_prefix=f"/payments/bank/{BANK}")
    speaker = Bank(config, payments, authority)
    payments.speakers[BANK] = speaker
    us = speaker.us

    @pages.before_request
    def broken() -> Response | None:
        return faults.before(SERVICE)

    @pages.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify({"error": error.code}), error.status

    def asked() -> dict[str, Any]:
        if request.mimetype != "application/jose":
            raise Refused("bad_message", 415)
        return speaker.read(request.get_data())

    def reply(claims: dict[str, Any]) -> Response:
        """The fault ``wrong`` breaks the signature."""
        token = speaker.signed(claims)
        if faults.wrong(SERVICE):
            head, payload, signature = token.split(".")
            token = f"{head}.{payload}.{signature[::-1]}"
        return Response(token, mimetype="application/jose")

    def text(claims: dict[str, Any], name: str, most: int = 500) -> str:
        value = claims.get(name)
        if not isinstance(value, str) or not value or len(value) > most:
            raise Refused("bad_message")
        return value

    def amount_of(claims: dict[str, Any]) -> int:
        value = claims.get("amount")
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise Refused("bad_message")
        return value

    @pages.post("/v1/orders")
    def orders() -> Response:
        claims = asked()
        reference, amount = text(claims, "reference", 34), amount_of(claims)
        addresses = [text(claims, "return_url"), text(claims, "notify_url")]
        if claims.get("currency") != "VND" or not all(urlsplit(url).scheme in ("http", "https") for url in addresses):
            raise Refused("bad_message")
        expires_at = claims.get("expires_at")
        try:
            expires = float(expires_at) if isinstance(expires_at, int | float) else datetime.fromisoformat(str(expires_at)).timestamp()
        except ValueError as error:
            raise Refused("bad_message") from error
        try:
            movement = payments.begin(
                BANK,
                merchant=us.merchant,
                reference=reference,
                amount=amount,
                words=text(claims, "description", 210),
                expires=expires,
                notify_url=addresses[1],
                return_url=addresses[0],
                asked={},
            )
        except Unable as unable:
            raise Refused("duplicate_reference", 409) from unable
        url = f"{config.url}/payments/bank/{BANK}/pay/{movement.token}"
        return reply({"reference": reference, "status": STATES[movement.state], "pay_url": url})

    @pages.post("/v1/orders/query")
    def query() -> Response:
        reference = text(asked(), "reference", 34)
        trouble = payments.trouble(BANK, reference, "query")
        if (no := payments.broken(trouble)) is not None:
            return no
        movement = payments.by_reference(BANK, reference)
        if movement is None or (trouble is not None and trouble.mode == "absent"):
            return reply({"reference": reference, "status": "ABSENT", "amount": 0, "code": "NOT_FOUND"})
        if trouble is not None and trouble.mode == "pending":
            return reply({"reference": reference, "status": "PENDING", "amount": movement.amount, "code": ""})
        return reply(speaker.claims(movement))

    def told(refund: Refund, reference: str) -> dict[str, Any]:
        return {
            "reference": reference,
            "refund_key": refund.key,
            "status": REFUND_STATES[refund.state],
            "amount": refund.amount,
            "transaction_id": refund.institution_ref,
            "code": "00" if refund.state == "done" else "REFUSED" if refund.state == "refused" else "",
        }

    @pages.post("/v1/refunds")
    def refunds() -> Response:
        claims = asked()
        reference, key, amount = text(claims, "reference", 34), text(claims, "refund_key", 64), amount_of(claims)
        trouble = payments.trouble(BANK, reference, "refund")
        if trouble is not None and trouble.mode in ("hang", "error") and (no := payments.broken(trouble)) is not None:
            return no
        movement = payments.by_reference(BANK, reference)
        nothing = {"reference": reference, "refund_key": key, "status": "REFUSED", "amount": amount, "transaction_id": ""}
        if movement is None or claims.get("transaction_id") != movement.institution_ref:
            return reply({**nothing, "code": "NOT_FOUND"})
        known = payments.refund_by_key(BANK, key)
        try:
            done = payments.refund(movement, key=key, request=key, amount=amount, trouble=trouble if known is None else None)
        except Unable as unable:
            if unable.code == "other":
                raise Refused("duplicate_key", 409) from unable
            return reply({**nothing, "code": {"unpaid": "NOT_PAID", "too_much": "TOO_MUCH"}[unable.code]})
        if trouble is not None and trouble.mode == "lost" and (no := payments.broken(trouble)) is not None:
            return no
        return reply(told(done, reference))

    @pages.post("/v1/refunds/query")
    def query_refund() -> Response:
        claims = asked()
        reference, key = text(claims, "reference", 34), text(claims, "refund_key", 64)
        trouble = payments.trouble(BANK, reference, "query")
        if (no := payments.broken(trouble)) is not None:
            return no
        one = payments.refund_by_key(BANK, key)
        if one is None or (trouble is not None and trouble.mode == "absent"):
            return reply(
                {"reference": reference, "refund_key": key, "status": "ABSENT", "amount": 0, "transaction_id": "", "code": "NOT_FOUND"}
            )
        return reply(told(one, reference))

    def result(movement: Movement, failed: bool) -> str:
        told = speaker.signed({"reference": movement.reference, "status": "FAILED" if failed else STATES[movement.state]})
        return urlencode({"reference": movement.reference, "response": told})

    @pages.route("/pay/<token>", methods=["GET", "POST"])
    def pay(token: str) -> Any:
        return serve_payer(payments, BANK, token, result)

    return pages
