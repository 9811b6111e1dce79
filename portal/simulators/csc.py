"""Remote signing: Cloud Signature Consortium API v2.0 (2.0.0.2), authorisation by OAuth 2.0 with the signer's PIN.

Officers' credentials: auth mode ``oauth2code``; the officer authorises on a page of this service. Seals of units: auth
mode ``implicit``; ``credentials/authorize`` answers the portal at once. Hashes are bound to the activation data (SAD) when
they are given, as SCAL2 demands; without them it counts signatures only (SCAL1, which the credentials declare). What is too long
for an address is pushed first (``oauth2/pushed_authorize``, RFC 9126).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from asn1crypto import x509
from certomancer.registry import CertLabel, KeyLabel
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from portal.simulators.config import Config, Credential
from portal.simulators.faults import Faults
from portal.simulators.pki import TestAuthority
from portal.simulators.store import Store, now

CODE_SECONDS = 600
PUSHED_SECONDS = 120
PUSHED_PREFIX = "urn:ietf:params:oauth:request_uri:"
SAD_SECONDS = 600
SERVICE_TOKEN_SECONDS = 3600
PIN_TRIES = 5
PIN_LOCK_SECONDS = 60
MAX_SIGNATURES = 300

HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
RSA_PLAIN, RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
RSA_WITH = {
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
}
ECDSA_WITH = {
    "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",
    "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
    "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
}
QUALIFIERS = {"eu_eidas_aes"}
METHODS = [
    "oauth2/authorize",
    "oauth2/pushed_authorize",
    "oauth2/token",
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "signatures/signHash",
]
ASKED = (
    *("response_type", "client_id", "redirect_uri", "scope", "state", "credentialID", "signatureQualifier", "numSignatures", "hashes"),
    *("hashAlgorithmOID", "description", "code_challenge", "code_challenge_method", "lang"),
)
"""What a request to authorise may say."""


class Refused(Exception):
    """An error answer in the protocol's words (chapter 10.1): code and description."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.description, self.status = code, description, status


def _hashed(secret: str) -> str:
    """Codes and tokens are kept hashed, as a service that deserves the name does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _decoded(values: list[str]) -> list[bytes]:
    """Base64 or base64url, with or without padding, as the protocol allows in its two places."""
    found = []
    for value in values:
        try:
            plain = value.replace("-", "+").replace("_", "/").rstrip("=")
            found.append(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
        except (binascii.Error, ValueError, AttributeError):
            raise Refused("invalid_request", "Invalid Base64 hashes string parameter") from None
        if len(found[-1]) not in (32, 48, 64):
            raise Refused("invalid_request", "Invalid digest value length")
    return found


def _count(value: object) -> int:
    try:
        found = int(str(value))
    except ValueError:
        raise Refused("invalid_request", "Invalid type of integer parameter numSignatures") from None
    if not 1 <= found <= MAX_SIGNATURES:
        raise Refused("invalid_request", "Invalid value for parameter numSignatures")
    return found


class RemoteSigning:
    """The rules; the routes below only speak HTTP."""

    def __init__(self, config: Config, store: Store, authority: TestAuthority) -> None:
        self.config, self.store, self.authority = config, store, authority

    # --- who asks -------------------------------------------------------------------------------------------------

    def client(self, client_id: str, client_secret: str) -> None:
        known = hmac.compare_digest(client_id.encode(), self.config.client_id.encode())
        if not (hmac.compare_digest(client_secret.encode(), self.config.client_secret.encode()) and known):
            raise Refused("invalid_client", "Client authentication failed", 401)

    def redirect_allowed(self, uri: str) -> bool:
        if self.config.redirect_uris:
            return uri in self.config.redirect_uris
        return uri.startswith(self.config.site_url + "/")

    def bearer(self) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        row = self.store.row("SELECT * FROM csc_token WHERE token_hash = ? AND kind = 'service'", _hashed(token.strip()))
        if scheme.lower() != "bearer" or row is None or row["expires"] < now():
            raise Refused("invalid_token", "The access token is missing, unknown or expired", 401)

    def credential(self, credential_id: object) -> Credential:
        if not isinstance(credential_id, str) or not credential_id:
            raise Refused("invalid_request", "Missing (or invalid type) string parameter credentialID")
        try:
            return self.config.credentials[credential_id]
        except KeyError:
            raise Refused("invalid_request", "Invalid parameter credentialID") from None

    def credential_of(self, account: str) -> Credential | None:
        """The key of whose account this is: their ID number, or an organisation's tax code; None where there is none."""
        number = "".join(account.split())
        return next((one for one in self.config.credentials.values() if one.person and one.uid.partition(":")[2] == number), None)

    # --- the signer's consent ---------------------------------------------------------------------------------------

    def wanted(self, asked: Mapping[str, str]) -> tuple[Credential | None, int, list[bytes]]:
        """The key (None: the signer says whose), how many signatures, over which hashes; refuses what makes no sense."""
        if asked.get("response_type") != "code":
            raise Refused("unsupported_response_type", "response_type must be code")
        if asked.get("scope") != "credential":
            raise Refused("invalid_scope", "scope must be credential")
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            raise Refused("invalid_request", "code_challenge_method must be S256")
        if not asked.get("credentialID") and asked.get("signatureQualifier") not in QUALIFIERS:
            raise Refused("invalid_request", "Missing credentialID, or signatureQualifier that this service offers")
        # Without a key named the signer says on the page who they are, and so which key is theirs.
        credential = self.credential(asked["credentialID"]) if asked.get("credentialID") else None
        if credential is not None and not credential.person:
            raise Refused("invalid_request", "The credential is not authorized by a person")
        signatures = _count(asked.get("numSignatures", "1"))
        bound = _decoded(asked["hashes"].split(",")) if asked.get("hashes") else []
        if bound and len(bound) != signatures:
            raise Refused("invalid_request", "numSignatures must be the number of hashes")
        return credential, signatures, bound

    def push(self, asked: dict[str, str]) -> str:
        """Keep a request for its address, which serves one authorisation."""
        uri = PUSHED_PREFIX + secrets.token_urlsafe(32)
        with self.store.writing() as connection:
            connection.execute("DELETE FROM csc_pushed WHERE expires < ?", (now() - PUSHED_SECONDS,))
            connection.execute(
                "INSERT INTO csc_pushed VALUES (?, ?, ?, ?, 0)",
                (_hashed(uri), asked["client_id"], json.dumps(asked), now() + PUSHED_SECONDS),
            )
        return uri

    def pushed(self, uri: str, client_id: str) -> dict[str, str] | None:
        """What was pushed under an address by this client; None: unknown, used or too old."""
        row = self.store.row("SELECT * FROM csc_pushed WHERE uri_hash = ? AND used = 0", _hashed(uri))
        if row is None or row["expires"] < now() or row["client"] != client_id:
            return None
        found: dict[str, str] = json.loads(row["asked"])
        return found

    def use_pushed(self, uri: str) -> None:
        """It came to an end: consent or refusal."""
        with self.store.writing() as connection:
            connection.execute("UPDATE csc_pushed SET used = 1 WHERE uri_hash = ?", (_hashed(uri),))

    def locked_for(self, credential: Credential) -> int:
        """Seconds until the PIN may be tried again."""
        row = self.store.row("SELECT locked_until FROM pin_tries WHERE credential = ?", credential.id)
        return max(0, math.ceil(row["locked_until"] - now())) if row is not None else 0

    def try_pin(self, credential: Credential, pin: str) -> bool:
        """Counts wrong tries; the fifth locks for a minute. Locked: False, whatever the PIN."""
        with self.store.writing() as connection:
            row = connection.execute("SELECT * FROM pin_tries WHERE credential = ?", (credential.id,)).fetchone()
            if row is not None and row["locked_until"] > now():
                return False
            if hmac.compare_digest(pin.encode(), credential.pin.encode()):
                connection.execute("DELETE FROM pin_tries WHERE credential = ?", (credential.id,))
                return True
            wrong = (row["wrong"] if row is not None and not row["locked_until"] else 0) + 1
            until = now() + PIN_LOCK_SECONDS if wrong >= PIN_TRIES else 0
            connection.execute("INSERT OR REPLACE INTO pin_tries VALUES (?, ?, ?)", (credential.id, wrong, until))
            return False

    def new_code(self, credential: Credential, redirect_uri: str, challenge: str, signatures: int, bound: list[bytes]) -> str:
        code = secrets.token_urlsafe(32)
        with self.store.writing() as connection:
            connection.execute(
                "INSERT INTO csc_code VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    _hashed(code),
                    credential.id,
                    redirect_uri,
                    challenge,
                    signatures,
                    ",".join(value.hex() for value in bound),
                    now() + CODE_SECONDS,
                ),
            )
        return code

    def take_code(self, code: str, redirect_uri: str, verifier: str) -> tuple[str, str]:
        """The code's activation data and credential. A code used twice ends what the first use gave (RFC 6749 §4.1.2)."""
        with self.store.writing() as connection:
            row = connection.execute("SELECT * FROM csc_code WHERE code_hash = ?", (_hashed(code),)).fetchone()
            reused = row is not None and bool(row["used"])
            if row is not None and not reused and row["expires"] >= now() and row["redirect_uri"] == redirect_uri:
                challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
                if not row["challenge"] or hmac.compare_digest(challenge, row["challenge"]):
                    sad = secrets.token_urlsafe(40)
                    connection.execute("UPDATE csc_code SET used = 1 WHERE code_hash = ?", (_hashed(code),))
                    self._keep(connection, sad, "SAD", row["credential"], row["signatures"], row["hashes"], SAD_SECONDS, _hashed(code))
                    return sad, row["credential"]
            if reused:
                connection.execute("DELETE FROM csc_token WHERE origin = ?", (_hashed(code),))
        raise Refused("invalid_grant", "The authorization code is unknown, expired, used, or belongs to another address")

    def new_token(self, kind: str, credential: str, signatures: int, bound: list[bytes], seconds: int) -> str:
        token = secrets.token_urlsafe(40)
        with self.store.writing() as connection:
            self._keep(connection, token, kind, credential, signatures, ",".join(value.hex() for value in bound), seconds, "")
        return token

    @staticmethod
    def _keep(connection: Any, token: str, kind: str, credential: str, signatures: int, bound: str, seconds: int, origin: str) -> None:
        connection.execute("DELETE FROM csc_token WHERE expires < ?", (now(),))
        connection.execute(
            "INSERT INTO csc_token VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_hashed(token), kind, credential, signatures, bound, now() + seconds, origin),
        )

    # --- signing ----------------------------------------------------------------------------------------------------

    def key(self, credential: Credential) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        info = self.authority.key_set.get_private_key(KeyLabel(credential.id))
        found = serialization.load_der_private_key(info.dump(), password=None)
        assert isinstance(found, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return found

    def spend(self, sad: object, credential: Credential, digests: list[bytes]) -> None:
        """Take the signatures off the activation data, or refuse: unknown, expired, other credential, too many, other hashes."""
        if not isinstance(sad, str) or not sad:
            raise Refused("invalid_request", "Missing (or invalid type) string parameter SAD")
        with self.store.writing() as connection:
            row = connection.execute("SELECT * FROM csc_token WHERE token_hash = ? AND kind = 'SAD'", (_hashed(sad),)).fetchone()
            if row is None or row["credential"] != credential.id:
                raise Refused("invalid_request", "Invalid parameter SAD")
            if row["expires"] < now():
                raise Refused("invalid_request", "SAD expired")
            bound = set(row["hashes"].split(",")) if row["hashes"] else None
            if bound is not None and not {value.hex() for value in digests} <= bound:
                raise Refused("invalid_request", "Hash is not authorized by the SAD")
            if len(digests) > row["signatures_left"]:
                raise Refused("invalid_request", "Numbers of signatures is too high")
            connection.execute(
                "UPDATE csc_token SET signatures_left = signatures_left - ? WHERE token_hash = ?", (len(digests), row["token_hash"])
            )

    def sign(self, credential: Credential, digests: list[bytes], hash_oid: str, sign_oid: str) -> list[bytes]:
        key = self.key(credential)
        if isinstance(key, rsa.RSAPrivateKey):
            named = RSA_WITH.get(sign_oid) or (hash_oid if sign_oid in (RSA_PLAIN, RSA_PSS) else "")
        else:
            named = ECDSA_WITH.get(sign_oid, "")
        if not named:
            raise Refused("invalid_request", "Invalid parameter signAlgo")
        if (hash_oid and hash_oid != named) or named not in HASHES:
            raise Refused("invalid_request", "Invalid parameter hashAlgorithmOID")
        algorithm = HASHES[named]
        if any(len(digest) != algorithm.digest_size for digest in digests):
            raise Refused("invalid_request", "Invalid digest value length")
        prehashed = utils.Prehashed(algorithm)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return [key.sign(digest, ec.ECDSA(prehashed)) for digest in digests]
        fill: padding.AsymmetricPadding = padding.PKCS1v15()
        if sign_oid == RSA_PSS:
            fill = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=algorithm.digest_size)
        return [key.sign(digest, fill, prehashed) for digest in digests]

    def describe(self, credential: Credential, *, certificates: str, cert_info: bool, auth_info: bool) -> dict[str, Any]:
        certificate: x509.Certificate = self.authority.get_cert(CertLabel(credential.id))
        key = self.key(credential)
        revoked = self.store.row("SELECT 1 FROM revocation WHERE credential = ?", credential.id) is not None
        facts: dict[str, Any] = {
            "description": f"{credential.name} ({credential.unit})",
            "key": {"status": "enabled", "len": key.key_size},
            "cert": {"status": "revoked" if revoked else "valid"},
            "multisign": MAX_SIGNATURES,
            "lang": "vi-VN",
            "SCAL": "1",
        }
        if isinstance(key, rsa.RSAPrivateKey):
            facts["key"]["algo"] = [RSA_PLAIN, *RSA_WITH, RSA_PSS]
        else:
            facts["key"]["algo"] = list(ECDSA_WITH)
            facts["key"]["curve"] = "1.2.840.10045.3.1.7"
        if certificates != "none":
            chain = self.authority.chain_der(credential.id)
            facts["cert"]["certificates"] = [base64.b64encode(der).decode() for der in (chain if certificates == "chain" else chain[:1])]
        if cert_info:
            facts["cert"] |= {
                "issuerDN": certificate.issuer.human_friendly,
                "serialNumber": f"{certificate.serial_number:x}",
                "subjectDN": certificate.subject.human_friendly,
                "validFrom": f"{certificate.not_valid_before:%Y%m%d%H%M%SZ}",
                "validTo": f"{certificate.not_valid_after:%Y%m%d%H%M%SZ}",
            }
        if auth_info:
            facts["auth"] = {"mode": "oauth2code" if credential.person else "implicit"}
        return facts


def _body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise Refused("invalid_request", "The request body must be a JSON object")
    return found


def blueprint(config: Config, store: Store, authority: TestAuthority, faults: Faults) -> Blueprint:
    """Everything under /csc/v2/."""
    pages = Blueprint("csc", __name__, url_prefix="/csc/v2")
    service = RemoteSigning(config, store, authority)

    @pages.before_request
    def broken() -> Response | None:
        return faults.before("csc")

    @pages.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify({"error": error.code, "error_description": error.description}), error.status

    @pages.post("/info")
    def info() -> Response:
        return jsonify(
            {
                "specs": "2.0.0.2",
                "name": "Dịch vụ ký số từ xa thử nghiệm",
                "logo": f"{config.url}/static/signing.svg",
                "region": "VN",
                "lang": "vi-VN",
                "description": "Mô phỏng dịch vụ ký số từ xa; chữ ký không có giá trị pháp lý.",
                "authType": ["oauth2code", "oauth2client"],
                "oauth2": f"{config.url}/csc/v2",
                "asynchronousOperationMode": False,
                "methods": METHODS,
                "signAlgorithms": {"algos": [RSA_PLAIN, *RSA_WITH, RSA_PSS, *ECDSA_WITH]},
                "signature_formats": {"formats": [], "envelope_properties": []},
                "conformance_levels": [],
            }
        )

    @pages.post("/oauth2/pushed_authorize")
    def pushed_authorize() -> tuple[Response, int]:
        form = request.form
        basic = request.authorization
        client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
        if basic is not None and basic.type == "basic":
            client_id, client_secret = basic.username or "", basic.password or ""
        service.client(client_id, client_secret)
        if "request_uri" in form:
            raise Refused("invalid_request", "request_uri must not be pushed")
        if not service.redirect_allowed(form.get("redirect_uri", "")):
            raise Refused("invalid_request", "redirect_uri is not registered")
        asked = {name: form[name] for name in ASKED if name in form} | {"client_id": client_id}
        service.wanted(asked)
        if faults.wrong("csc"):
            return jsonify({"expires_in": PUSHED_SECONDS}), 201
        answer = jsonify({"request_uri": service.push(asked), "expires_in": PUSHED_SECONDS})
        answer.headers["Cache-Control"] = "no-store"
        return answer, 201

    @pages.route("/oauth2/authorize", methods=["GET", "POST"])
    def authorize() -> WerkzeugResponse | tuple[str, int]:
        given = request.values if request.method == "POST" else request.args
        asked: Mapping[str, str] = given
        uri = given.get("request_uri", "")
        if uri:
            found = service.pushed(uri, given.get("client_id", ""))
            if found is None:
                return render_template("refusal.html", reason="Yêu cầu ký này đã hết hạn hoặc đã dùng. Hãy quay lại nơi yêu cầu ký."), 400
            asked = found
        redirect_uri, state = asked.get("redirect_uri", ""), asked.get("state", "")
        # An unknown client or address is told here and never redirected to (RFC 6749 §4.1.2.1).
        if asked.get("client_id", "") != config.client_id or not service.redirect_allowed(redirect_uri):
            return render_template("refusal.html", reason="Nơi yêu cầu ký chưa được đăng ký với dịch vụ này."), 400

        def back(**answer: str) -> WerkzeugResponse:
            if uri:
                service.use_pushed(uri)
            joined = "&" if urlsplit(redirect_uri).query else "?"
            return redirect(redirect_uri + joined + urlencode(answer | ({"state": state} if state else {})), 303)

        try:
            credential, signatures, bound = service.wanted(asked)
        except Refused as refusal:
            return back(error=refusal.code, error_description=refusal.description)

        problem, status = "", 200
        if request.method == "POST":
            if "cancel" in request.form:
                return back(error="access_denied", error_description="The signer cancelled")
            chosen = credential or service.credential_of(request.form.get("account", ""))
            if chosen is not None and service.try_pin(chosen, request.form.get("pin", "")):
                return back(code=service.new_code(chosen, redirect_uri, asked.get("code_challenge", ""), signatures, bound))
            problem = "Mã PIN chưa đúng. Bạn hãy thử lại." if credential else "Tài khoản hoặc mã PIN chưa đúng. Bạn hãy thử lại."
            status = 403
        waiting = service.locked_for(credential) if credential else 0
        if waiting:
            problem, status = f"Mã PIN bị nhập sai {PIN_TRIES} lần. Bạn hãy thử lại sau {waiting} giây.", 429
        hidden = {name: given[name] for name in (("client_id", "request_uri") if uri else ASKED) if name in given}
        parts = urlsplit(redirect_uri)
        page = Response(
            render_template(
                "authorize.html",
                asker=f"{parts.scheme}://{parts.netloc}",
                credential=credential,
                unit=config.unit_names.get(credential.unit, "") if credential else "",
                account=request.form.get("account", ""),
                signatures=signatures,
                hashes=[value.hex() for value in bound],
                description=asked.get("description", ""),
                hidden=hidden,
                problem=problem,
                locked=bool(waiting),
            ),
            status=status,
        )
        # Browsers hold the redirect after a form to this list, too.
        page.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {parts.scheme}://{parts.netloc}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        return page

    @pages.post("/oauth2/token")
    def token() -> Response:
        form = request.form
        basic = request.authorization
        if basic is not None and basic.type == "basic":
            service.client(basic.username or "", basic.password or "")
        else:
            service.client(form.get("client_id", ""), form.get("client_secret", ""))
        grant = form.get("grant_type")
        if grant == "client_credentials":
            if form.get("scope", "service") != "service":
                raise Refused("invalid_scope", "client_credentials gives scope service")
            granted = service.new_token("service", "", 0, [], SERVICE_TOKEN_SECONDS)
            answer = jsonify({"access_token": granted, "token_type": "Bearer", "expires_in": SERVICE_TOKEN_SECONDS})
        elif grant == "authorization_code":
            sad, credential_id = service.take_code(form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", ""))
            answer = jsonify({"access_token": sad, "token_type": "SAD", "expires_in": SAD_SECONDS, "credentialID": credential_id})
        else:
            raise Refused("unsupported_grant_type", "authorization_code or client_credentials")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.post("/credentials/list")
    def credentials_list() -> Response:
        service.bearer()
        body = _body()
        answer: dict[str, Any] = {"credentialIDs": list(config.credentials)}
        if body.get("credentialInfo"):
            answer["credentialInfos"] = [
                {"credentialID": found.id}
                | service.describe(
                    found,
                    certificates=body.get("certificates", "single"),
                    cert_info=bool(body.get("certInfo")),
                    auth_info=bool(body.get("authInfo")),
                )
                for found in config.credentials.values()
            ]
        return jsonify(answer)

    @pages.post("/credentials/info")
    def credentials_info() -> Response:
        service.bearer()
        body = _body()
        certificates = body.get("certificates", "single")
        if certificates not in ("none", "single", "chain"):
            raise Refused("invalid_request", "Invalid parameter certificates")
        credential = service.credential(body.get("credentialID"))
        return jsonify(
            service.describe(
                credential, certificates=certificates, cert_info=bool(body.get("certInfo")), auth_info=bool(body.get("authInfo"))
            )
        )

    @pages.post("/credentials/authorize")
    def credentials_authorize() -> Response:
        service.bearer()
        body = _body()
        credential = service.credential(body.get("credentialID"))
        if credential.person:
            raise Refused("invalid_request", "The credential's authorization mode is oauth2code")
        bound = _decoded(body.get("hashes") or [])
        signatures = _count(body.get("numSignatures", 1))
        if bound and len(bound) != signatures:
            raise Refused("invalid_request", "numSignatures must be the number of hashes")
        sad = service.new_token("SAD", credential.id, signatures, bound, SAD_SECONDS)
        return jsonify({"SAD": sad, "expiresIn": SAD_SECONDS})

    @pages.post("/signatures/signHash")
    def sign_hash() -> Response:
        service.bearer()
        body = _body()
        credential = service.credential(body.get("credentialID"))
        given = body.get("hashes")
        if not isinstance(given, list) or not given:
            raise Refused("invalid_request", "Missing (or invalid type) array parameter hashes")
        digests = _decoded(given)
        if faults.wrong("csc"):
            true, digests = digests, [hashlib.new(f"sha{len(digest) * 8}", b"other bytes" + digest).digest() for digest in digests]
        else:
            true = digests
        # Algorithms are checked before the activation data is spent.
        signed = service.sign(credential, digests, str(body.get("hashAlgorithmOID") or ""), str(body.get("signAlgo") or ""))
        service.spend(body.get("SAD"), credential, true)
        return jsonify({"signatures": [base64.b64encode(value).decode() for value in signed]})

    return pages
