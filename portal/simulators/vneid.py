"""VNeID as an OpenID provider: discovery, a page to confirm on, tokens, keys, and who the account belongs to.

Authorisation code with PKCE S256 only; a code serves once, for the client and address it was given for. ``acr`` is LoA1 for people whose
account there has level 1 (``vneid: 1`` in the demo population), LoA2 for all others, LoA3 for who showed their face on the page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.store import Store, now

PASSCODE = "123456"
CODE_SECONDS, TOKEN_SECONDS = 300, 600
KEPT = ("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "acr_values")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class _Key:
    """The key that signs ID tokens, the same at every start."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            data = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600)
        found = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(found, rsa.RSAPrivateKey)
        self.private = found
        numbers = found.public_key().public_numbers()
        n = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
        self.kid = hashlib.sha256(n).hexdigest()[:16]
        self.public = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": _text(n), "e": _text(b"\x01\x00\x01")}

    def sign(self, claims: dict[str, Any]) -> str:
        head = _text(json.dumps({"alg": "RS256", "typ": "JWT", "kid": self.kid}).encode())
        signed = f"{head}.{_text(json.dumps(claims).encode())}"
        return f"{signed}.{_text(self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _subject(id_number: str) -> str:
    """A name for the account that says nothing about the person."""
    return hashlib.sha256(f"vneid:{id_number}".encode()).hexdigest()[:32]


def blueprint(config: Config, store: Store, faults: Faults) -> Blueprint:
    """Everything under /vneid/."""
    pages = Blueprint("vneid", __name__, url_prefix="/vneid")
    issuer, key = f"{config.url}/vneid", _Key(config.state / "vneid" / "key.pem")

    @pages.before_request
    def broken() -> Response | None:
        return faults.before("vneid")

    @pages.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "scopes_supported": ["openid", "identity"],
                "acr_values_supported": ["LoA1", "LoA2", "LoA3"],
            }
        )

    @pages.get("/jwks")
    def jwks() -> Response:
        return jsonify({"keys": [key.public]})

    @pages.route("/authorize", methods=["GET", "POST"])
    def authorize() -> WerkzeugResponse | tuple[str, int]:
        asked = request.values if request.method == "POST" else request.args
        address, state = asked.get("redirect_uri", ""), asked.get("state", "")
        # An unknown client or address is told here and never redirected to (RFC 6749 §4.1.2.1).
        if asked.get("client_id", "") != config.vneid_client_id or address != config.vneid_redirect_uri:
            return render_template("refusal.html", reason="Nơi yêu cầu chưa được đăng ký với VNeID."), 400

        def back(**answer: str) -> WerkzeugResponse:
            return redirect(f"{address}?{urlencode({**answer, 'iss': issuer, **({'state': state} if state else {})})}", 303)

        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return back(error="invalid_request")
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256" or not asked.get("nonce"):
            return back(error="invalid_request", error_description="PKCE S256 and a nonce are required")
        problem, status = "", 200
        if request.method == "POST":
            if "cancel" in request.form:
                return back(error="access_denied")
            number = "".join(request.form.get("account", "").split())
            person = config.people.get(number)
            if person is not None and hmac.compare_digest(request.form.get("passcode", "").encode(), PASSCODE.encode()):
                level = "LoA1" if person.get("vneid") == 1 else "LoA3" if "face" in request.form else "LoA2"
                code = secrets.token_urlsafe(32)
                with store.writing() as connection:
                    connection.execute(
                        "INSERT INTO vneid_code VALUES (?, ?, ?, ?, ?, ?, 0)",
                        (_hashed(code), number, level, asked["nonce"], asked["code_challenge"], now() + CODE_SECONDS),
                    )
                return back(code=code)
            problem, status = "Số định danh hoặc mật mã chưa đúng. Bạn hãy thử lại.", 403
        parts = urlsplit(address)
        page = Response(
            render_template(
                "vneid.html",
                asker=f"{parts.scheme}://{parts.netloc}",
                hidden={name: asked[name] for name in KEPT if name in asked},
                account=request.form.get("account", ""),
                people=[person for person in config.people.values() if person.get("phone")],
                wants_face="LoA3" in asked.get("acr_values", ""),
                problem=problem,
            ),
            status=status,
        )
        # Browsers hold the redirect after a form to this list, too.
        page.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {parts.scheme}://{parts.netloc}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        return page

    @pages.post("/token")
    def token() -> tuple[Response, int] | Response:
        form = request.form
        known = hmac.compare_digest(form.get("client_id", "").encode(), config.vneid_client_id.encode())
        if not (hmac.compare_digest(form.get("client_secret", "").encode(), config.vneid_client_secret.encode()) and known):
            return jsonify({"error": "invalid_client"}), 401
        if form.get("grant_type") != "authorization_code":
            return jsonify({"error": "unsupported_grant_type"}), 400
        hashed = _hashed(form.get("code", ""))
        with store.writing() as connection:
            row = connection.execute("SELECT * FROM vneid_code WHERE code_hash = ?", (hashed,)).fetchone()
            if row is not None and row["used"]:
                # A code used twice ends what the first use gave.
                connection.execute("DELETE FROM vneid_token WHERE origin = ?", (hashed,))
                row = None
            challenge = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            fits = row is not None and row["expires"] >= now() and hmac.compare_digest(challenge, row["challenge"])
            if not fits or form.get("redirect_uri") != config.vneid_redirect_uri:
                return jsonify({"error": "invalid_grant"}), 400
            access = secrets.token_urlsafe(40)
            connection.execute("UPDATE vneid_code SET used = 1 WHERE code_hash = ?", (hashed,))
            connection.execute(
                "INSERT INTO vneid_token VALUES (?, ?, ?, ?)", (_hashed(access), row["account"], now() + TOKEN_SECONDS, hashed)
            )
        at = int(now())
        claims = {
            "iss": issuer,
            "sub": _subject(row["account"]),
            "aud": config.vneid_client_id,
            "iat": at,
            "auth_time": at,
            "exp": at + TOKEN_SECONDS,
            "nonce": row["nonce"],
            "acr": row["level"],
        }
        answer = jsonify({"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": key.sign(claims)})
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.get("/userinfo")
    def userinfo() -> tuple[Response, int] | Response:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        row = store.row("SELECT * FROM vneid_token WHERE token_hash = ?", _hashed(given.strip()))
        if scheme.lower() != "bearer" or row is None or row["expires"] < now():
            return jsonify({"error": "invalid_token"}), 401
        number = row["account"]
        if faults.wrong("vneid"):
            # Somebody else's data: well-formed and false.
            number = next(other for other in config.people if other != number)
        person = config.people[number]
        return jsonify({"sub": _subject(number), "identity_number": number, "name": person["full_name"], "birthdate": person["birth_date"]})

    return pages
