"""A partner's system that takes and sends signed, sealed messages, with keys of its own; also the security server of the national axis in
front of it. It speaks what ``docs/partners.md`` says and imports nothing of the portal's.

POST /partner/messages        its door: a JWE in, a signed receipt out
POST /partner/axis            the portal's security server: forwards by ``dstcode`` and ``providerurl``
GET  /partner/jwks            its public keys
GET  /partner/received.json   what it has, in the order of arrival (``?about=``); /partner/received/ for people
POST /partner/send            have it send: {"kind", "about", "body", "id"?, "again"?: true for the same envelope twice}
POST /partner/receipt         have it say later what came of a message: {"id", "outcome", "code"?}
POST /partner/by-axis         have it fetch what waits for it on the document axis, take it and send its receipts back: {"outcome"?}
POST /partner/send-by-axis    have it send over the axis, as /partner/send
POST /partner/portal-keys     the portal's JWK set, where it cannot be fetched from SITE_URL

Faults (service ``partner``): slow, down, wrong (signs with a key that nobody knows), error (500), refuse (a signed no), replay (an old
receipt).
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import uuid
from typing import Any

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint, Response, jsonify, render_template, request
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, import_key

from portal.simulators import axis as document_axis
from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.store import Store, now

CODE = "MAU"
MEMBER = "VN:GOV:000.00.00.MAU:motcua"
TYPE = "application/jose"
SEALING, CONTENT, SIGNING = "ECDH-ES+A256KW", "A256GCM", "ES256"
SHOWN = 200
LIFE = 300
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ALGORITHMS = [SEALING, "RSA-OAEP-256", CONTENT]


class _Sizes(JWERegistry):
    max_ciphertext_length = 16 * 1024 * 1024


_registry = _Sizes(algorithms=_ALGORITHMS)


def key_of(secret: str, use: str) -> ECKey:
    """The demo partner's private key: made of its secret, the same on every machine where the secret is the same."""
    number = int.from_bytes(hashlib.sha512(f"{secret}:{use}".encode()).digest(), "big") % (ORDER_P256 - 1) + 1
    private = ec.derive_private_key(number, ec.SECP256R1())
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return ECKey.import_key(pem, {"use": use, "kid": f"mau-{use}"})


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _digest(text: str) -> str:
    return _text(hashlib.sha256(text.encode()).digest())


class Partner:
    """The system behind the door."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config, self.store = config, store
        self.signing, self.opening = key_of(config.partner_secret, "sig"), key_of(config.partner_secret, "enc")
        self.stranger = ECKey.generate_key("P-256", {"kid": "mau-sig"})
        self.portal_keys: list[dict[str, Any]] = []
        self.last_receipt = ""
        self.token: tuple[str, float] = ("", 0.0)
        self.lock = threading.Lock()

    def sign(self, claims: dict[str, Any], kind: str, *, key: ECKey | None = None) -> str:
        at = int(now())
        said = {"iss": CODE, "aud": self.config.site_url, "jti": str(uuid.uuid4()), "iat": at, "exp": at + LIFE, **claims}
        header = {"alg": SIGNING, "kid": "mau-sig", "typ": kind}
        return jws.serialize_compact(header, json.dumps(said), key or self.signing, algorithms=[SIGNING])

    def portal_key(self, kid: str, use: str) -> dict[str, Any]:
        """One of the portal's published keys; fetched anew when it is unknown."""
        for fresh in (False, True):
            if fresh:
                answer = requests.get(f"{self.config.site_url}/api/v1/messages/keys", timeout=5)
                self.portal_keys = answer.json()["keys"]
            for key in self.portal_keys:
                if key["use"] == use and kid in ("", key["kid"]):
                    return key
        raise ValueError("the portal publishes no such key")

    def take(self, envelope: str) -> tuple[dict[str, Any], str]:
        """The claims and the body of an envelope. ``ValueError`` for what is not by the portal and for us."""
        inside = json.loads(jwe.decrypt_compact(envelope, self.opening, registry=_registry).plaintext or b"")
        statement, body = inside["statement"], inside["body"]
        header = json.loads(base64.urlsafe_b64decode(statement.split(".")[0] + "=="))
        key = self.portal_key(header["kid"], "sig")
        claims = json.loads(jws.deserialize_compact(statement, import_key(key), algorithms=[key["alg"]]).payload)
        if header["typ"] != "portal-message+jwt" or claims["aud"] != CODE or claims["iss"] != self.config.site_url:
            raise ValueError("not for us")
        if claims["digest"] != _digest(body) or not claims["iat"] - LIFE <= now() <= claims["exp"] + LIFE:
            raise ValueError("another body, or another time")
        with self.store.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO partner_message (id, kind, about, seq, body, statement, times, created)"
                " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                (claims["id"], claims["kind"], claims["about"], claims["seq"], body, statement, now()),
            )
            connection.execute("UPDATE partner_message SET times = times + 1 WHERE id = ?", (claims["id"],))
        return claims, body

    def ask_axis(self, method: str, path: str, **asked: Any) -> dict[str, Any]:
        """One operation of the document axis, as any member's system asks it."""
        headers = {"X-SystemId": document_axis.PARTNER, "X-SecretKey": document_axis.secret_of(document_axis.PARTNER, self.config)}
        answer: dict[str, Any] = requests.request(method, f"{self.config.url}/axis/v1/{path}", headers=headers, timeout=15, **asked).json()
        return answer

    def hand_in(self, data: bytes, name: str) -> dict[str, Any]:
        """Bytes for the portal, as the file attached to a document."""
        written = document_axis.write(
            sender=document_axis.ORGANS[document_axis.PARTNER], receiver=document_axis.ORGANS[document_axis.PORTAL], name=name, data=data
        )
        files = {"edocFile": (f"{name}.edxml", written, "application/xml")}
        return self.ask_axis("POST", "sendEdoc", files=files, data={"messageType": "edoc"})

    def bearer(self) -> str:
        """A token by client credentials; kept as long as it holds."""
        with self.lock:
            if self.token[1] > now() + 30:
                return self.token[0]
            address = f"{self.config.site_url}/api/v1/oauth/token"
            assertion = self.sign({"sub": CODE, "aud": address}, "JWT")
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            }
            answer = requests.post(address, data=form, timeout=10)
            answer.raise_for_status()
            self.token = (answer.json()["access_token"], now() + answer.json()["expires_in"])
            return self.token[0]

    def envelope(self, *, number: str, kind: str, about: str, text: str, version: int = 1) -> str:
        """A message of ours, signed and sealed."""
        claims = {"id": number, "kind": kind, "version": version, "about": about, "digest": _digest(text)}
        statement = self.sign(claims, "portal-message+jwt")
        key = self.portal_key("", "enc")
        header = {"alg": key["alg"], "enc": CONTENT, "kid": key["kid"], "typ": "portal-message+jwe"}
        return jwe.encrypt_compact(header, json.dumps({"statement": statement, "body": text}), import_key(key), registry=_registry)

    def post(self, path: str, data: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.bearer()}", "Content-Type": TYPE, "Accept": f"{TYPE}, application/json"}
        return requests.post(f"{self.config.site_url}/api/v1/messages{path}", data=data, headers=headers, timeout=15)


def blueprint(config: Config, store: Store, faults: Faults) -> Blueprint:
    """Everything under /partner/."""
    pages = Blueprint("partner", __name__, url_prefix="/partner")
    partner = Partner(config, store)

    @pages.before_request
    def large() -> None:
        request.max_content_length = 16 * 1024 * 1024

    def taken() -> Response | tuple[Response, int]:
        if (broken := faults.before("partner")) is not None:
            return broken
        if faults.take("partner", ("error",)) is not None:
            return Response("Internal Server Error\n", status=500, mimetype="text/plain")
        if faults.take("partner", ("replay",)) is not None and partner.last_receipt:
            return Response(partner.last_receipt, mimetype=TYPE)
        try:
            claims, _ = partner.take(request.get_data(as_text=True))
        except (JoseError, ValueError, KeyError, TypeError, requests.RequestException):
            return jsonify({"error": "bad_envelope"}), 400
        said: dict[str, Any] = {"id": claims["id"], "digest": claims["digest"], "outcome": "taken"}
        if faults.take("partner", ("refuse",)) is not None:
            said |= {"outcome": "refused", "code": "not_our_dossier"}
        wrong = faults.wrong("partner")
        receipt = partner.sign(said, "portal-receipt+jwt", key=partner.stranger if wrong else None)
        if not wrong:
            partner.last_receipt = receipt
        return Response(receipt, mimetype=TYPE)

    @pages.post("/messages")
    def door() -> Any:
        return taken()

    @pages.post("/axis")
    def axis() -> Any:
        """What a security server does: it knows members by their codes, and forwards to the provider behind the one that is named."""
        if not request.headers.get("srccode", "").startswith("VN:GOV:"):
            return jsonify({"error": "unknown_source"}), 401
        if request.headers.get("dstcode") != MEMBER:
            return jsonify({"error": "unknown_destination"}), 404
        if request.headers.get("providerurl") != f"{config.url}/partner/messages":
            return jsonify({"error": "unknown_provider"}), 404
        answer = taken()
        if isinstance(answer, Response):
            answer.headers["X-Axis-Transaction"] = str(uuid.uuid4())
        return answer

    @pages.get("/jwks")
    def jwks() -> Any:
        return jsonify({"keys": [key.as_dict(private=False) for key in (partner.signing, partner.opening)]})

    def rows() -> list[dict[str, Any]]:
        found = store.rows("SELECT rowid, * FROM partner_message ORDER BY rowid")
        about = request.args.get("about")
        return [dict(row) for row in found if about is None or row["about"] == about]

    @pages.get("/received.json")
    def received_json() -> Any:
        return jsonify({"messages": [{**row, "body": json.loads(row["body"])} for row in rows()]})

    @pages.get("/received/")
    def received() -> str:
        return render_template("partner.html", rows=rows()[::-1][:SHOWN])

    @pages.post("/portal-keys")
    def keys() -> Any:
        partner.portal_keys = list((request.get_json(silent=True) or {}).get("keys", []))
        return jsonify({"known": len(partner.portal_keys)})

    @pages.post("/envelope")
    def envelope() -> Any:
        """An envelope, not sent: for whoever carries it themself."""
        asked = request.get_json(silent=True) or {}
        text = json.dumps(asked.get("body", {}), ensure_ascii=False)
        number = str(asked.get("id") or uuid.uuid4())
        made = partner.envelope(number=number, kind=str(asked.get("kind", "")), about=str(asked.get("about", "")), text=text)
        return jsonify({"id": number, "envelope": made})

    @pages.post("/send")
    def send() -> Any:
        asked = request.get_json(silent=True) or {}
        text = json.dumps(asked.get("body", {}), ensure_ascii=False)
        number = str(asked.get("id") or uuid.uuid4())
        made = partner.envelope(number=number, kind=str(asked.get("kind", "")), about=str(asked.get("about", "")), text=text)
        answers = [partner.post("", made) for _ in range(2 if asked.get("again") else 1)]
        return jsonify({"id": number, "answers": [{"status": one.status_code, "body": one.text[:4000]} for one in answers]})

    @pages.post("/send-by-axis")
    def send_by_axis() -> Any:
        asked = request.get_json(silent=True) or {}
        text = json.dumps(asked.get("body", {}), ensure_ascii=False)
        number = str(asked.get("id") or uuid.uuid4())
        made = partner.envelope(number=number, kind=str(asked.get("kind", "")), about=str(asked.get("about", "")), text=text)
        return jsonify({"id": number, "answer": partner.hand_in(made.encode(), number)})

    @pages.post("/by-axis")
    def by_axis() -> Any:
        """Fetch, take, answer: what a member's system does every few minutes."""
        asked = request.get_json(silent=True) or {}
        day = time.strftime("%Y/%m/%d")
        listed = partner.ask_axis("GET", f"syncReceivedEdocList?messageType=edoc&fromDate={day}&toDate={day}")["data"]
        taken, receipts = [], []
        for row in listed:
            if row["status"] != "initial":
                continue
            attached = document_axis.attached(partner.ask_axis("GET", f"getEdoc?docId={row['docId']}")["data"]["edxml"].encode())
            if attached.count(b".") == 2:
                said = json.loads(base64.urlsafe_b64decode(attached.split(b".")[1] + b"=="))
                receipts.append({"id": said["id"], "outcome": said["outcome"], "code": said["code"]})
            else:
                claims, _ = partner.take(attached.decode())
                said = {"id": claims["id"], "digest": claims["digest"], "outcome": asked.get("outcome", "taken"), "code": ""}
                partner.hand_in(partner.sign(said, "portal-receipt+jwt").encode(), f"BN-{claims['id']}")
                taken.append(claims["id"])
            partner.ask_axis("POST", "updateStatus", json={"docId": row["docId"], "status": "done"})
        return jsonify({"taken": taken, "receipts": receipts})

    @pages.post("/receipt")
    def receipt() -> Any:
        asked = request.get_json(silent=True) or {}
        row = store.row("SELECT * FROM partner_message WHERE id = ?", str(asked.get("id", "")))
        if row is None:
            return jsonify({"error": "not_found"}), 404
        said = {"id": row["id"], "digest": _digest(row["body"]), "outcome": asked.get("outcome", "handled"), "code": asked.get("code", "")}
        made = partner.sign(said, "portal-receipt+jwt")
        if asked.get("only_make"):
            return jsonify({"receipt": made})
        answer = partner.post("/receipts", made)
        return jsonify({"status": answer.status_code, "body": answer.text[:4000]})

    return pages
