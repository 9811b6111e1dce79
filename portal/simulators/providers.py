"""Those who vouch for people outside: VNeID, the post, social insurance, Foreign Affairs. OpenID providers, each an issuer by its path:
discovery, a page to confirm on, tokens, keys that change, and whose the account is.

Authorisation code with PKCE S256 only; a code serves once, for the client and address it was given for. They differ as such systems do:
by how the portal proves itself, by kind of key, by what they call their levels and the identity number. Faults (``/control/faults``)
make one lie in every way that a client must notice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.store import Store, now

PASSCODE = "123456"
CODE_SECONDS, TOKEN_SECONDS = 300, 600
KEPT = ("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "acr_values")
CLIENT_ID = "cong-dich-vu-cong"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""


@dataclass(frozen=True)
class Kind:
    """One provider."""

    code: str
    name: str
    proof: str
    levels: tuple[str, str, str]
    """Below medium, medium, high; an empty word: it states no such level."""
    number_claim: str
    algorithm: str = "RS256"
    states_issuer: bool = True

    @property
    def service(self) -> str:
        """Its name among the faults."""
        return self.code if self.code == "vneid" else f"provider_{self.code}"


KINDS = (
    Kind("vneid", "VNeID", "client_secret_post", ("LoA1", "LoA2", "LoA3"), "identity_number"),
    Kind("post", "Bưu điện Việt Nam", "client_secret_basic", ("basic", "verified", ""), "so_dinh_danh", "ES256"),
    Kind("insurance", "Bảo hiểm xã hội Việt Nam", "private_key_jwt", ("1", "2", "3"), "national_id"),
    Kind("foreign", "Bộ Ngoại giao", "client_secret_post", ("low", "substantial", "high"), "identity_number", "ES256", states_issuer=False),
)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def client_secret(seed: str, code: str) -> str:
    """The secret that the portal and this provider share."""
    return hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()


def client_key(seed: str, code: str) -> ec.EllipticCurvePrivateKey:
    """The portal's key to a provider that wants signatures."""
    number = int.from_bytes(hashlib.sha256(f"{seed}:{code}:key".encode()).digest(), "big")
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())


class _Key:
    """A key that signs ID tokens, the same at every start."""

    def __init__(self, path: Path, algorithm: str) -> None:
        if not path.exists():
            made: Any = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
            data = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600)
        self.algorithm = algorithm
        self.private: Any = serialization.load_pem_private_key(path.read_bytes(), None)
        public: Any = self.private.public_key()
        numbers: Any = public.public_numbers()
        if algorithm == "RS256":
            size = (numbers.n.bit_length() + 7) // 8
            said = {"kty": "RSA", "n": _text(numbers.n.to_bytes(size, "big")), "e": _text(b"\x01\x00\x01")}
        else:
            said = {"kty": "EC", "crv": "P-256", "x": _text(numbers.x.to_bytes(32, "big")), "y": _text(numbers.y.to_bytes(32, "big"))}
        self.kid = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]
        self.public = {**said, "use": "sig", "alg": algorithm, "kid": self.kid}

    def sign(self, claims: dict[str, Any], *, kid: str = "", algorithm: str = "") -> str:
        """A JWS; ``kid`` and ``algorithm`` are what it says of itself, where it lies."""
        algorithm = algorithm or self.algorithm
        head = _text(json.dumps({"alg": algorithm, "typ": "JWT", "kid": kid or self.kid}).encode())
        signed = f"{head}.{_text(json.dumps(claims).encode())}"
        if algorithm == "none":
            return f"{signed}."
        if algorithm == "HS256":
            # The old confusion: the public key as a shared secret.
            return f"{signed}.{_text(hmac.new(json.dumps(self.public).encode(), signed.encode(), hashlib.sha256).digest())}"
        if self.algorithm == "RS256":
            return f"{signed}.{_text(self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
        r, s = decode_dss_signature(self.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


class _Keys:
    """The keys of a provider: the newest signs, the one before it is published still."""

    def __init__(self, folder: Path, algorithm: str) -> None:
        self.folder, self.algorithm = folder, algorithm
        self.kept = [self._at(number) for number in range(1, self._count() + 1)]

    def _count(self) -> int:
        return max(1, len(list(self.folder.glob("key-[0-9]*.pem"))))

    def _at(self, number: int) -> _Key:
        return _Key(self.folder / f"key-{number}.pem", self.algorithm)

    def rotate(self) -> None:
        """Begin to sign with a new key, at once."""
        self.kept.append(self._at(len(self.kept) + 1))

    @property
    def newest(self) -> _Key:
        return self.kept[-1]

    @property
    def published(self) -> list[dict[str, Any]]:
        return [key.public for key in self.kept[-2:]]


def subject(code: str, id_number: str) -> str:
    """A name for the account that says nothing about the person."""
    return hashlib.sha256(f"{code}:{id_number}".encode()).hexdigest()[:32]


def _spoilt(fault: str, claims: dict[str, Any], at: int) -> dict[str, Any]:
    """The claims with what a fault makes wrong of them."""
    wrong: dict[str, dict[str, Any]] = {
        "wrong_nonce": {"nonce": secrets.token_urlsafe(32)},
        "wrong_audience": {"aud": "another-client"},
        "wrong_issuer": {"iss": f"{claims['iss']}-other"},
        "expired": {"iat": at - 700, "exp": at - 100},
        "future": {"iat": at + 3600, "exp": at + 7200},
    }
    return claims | wrong.get(fault, {})


def blueprints(config: Config, store: Store, faults: Faults) -> list[Blueprint]:
    """Everything under /oidc/<code>/, one for each provider."""
    return [_blueprint(kind, config, store, faults) for kind in KINDS]


def _blueprint(kind: Kind, config: Config, store: Store, faults: Faults) -> Blueprint:
    pages = Blueprint(f"oidc_{kind.code}", __name__, url_prefix=f"/oidc/{kind.code}")
    issuer, keys = f"{config.url}/oidc/{kind.code}", _Keys(config.state / "oidc" / kind.code, kind.algorithm)
    ours = f"{config.site_url}/tai-khoan/qua/{kind.code}/tro-ve/"

    @pages.before_request
    def broken() -> Response | None:
        return None if request.endpoint == f"oidc_{kind.code}.rotate" else faults.before(kind.service)

    @pages.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        said = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [kind.algorithm],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [kind.proof],
            "scopes_supported": ["openid", "identity"],
            "acr_values_supported": [level for level in kind.levels if level],
            "authorization_response_iss_parameter_supported": kind.states_issuer,
        }
        if faults.lies(kind.service, ("wrong_discovery",)):
            said["issuer"] = f"{config.url}/oidc/another"
        return jsonify(said)

    @pages.get("/jwks")
    def jwks() -> Response:
        return jsonify({"keys": keys.published})

    @pages.post("/rotate")
    def rotate() -> Response:
        """For demonstrations: sign with a new key from now on."""
        keys.rotate()
        return jsonify({"kid": keys.newest.kid})

    @pages.route("/authorize", methods=["GET", "POST"])
    def authorize() -> WerkzeugResponse | tuple[str, int]:
        asked = request.values if request.method == "POST" else request.args
        address, state = asked.get("redirect_uri", ""), asked.get("state", "")
        # An unknown client or address is told here and never redirected to (RFC 6749 §4.1.2.1).
        if asked.get("client_id", "") != CLIENT_ID or address != ours:
            return render_template("refusal.html", reason=f"Nơi yêu cầu chưa được đăng ký với {kind.name}."), 400

        def back(**answer: str) -> WerkzeugResponse:
            said = {**answer, **({"iss": issuer} if kind.states_issuer else {}), **({"state": state} if state else {})}
            return redirect(f"{address}?{urlencode(said)}", 303)

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
                low, medium, high = kind.levels
                level = high if high and "face" in request.form else medium
                if person.get(kind.code) == 1 or faults.lies(kind.service, ("low_level",)):
                    level = low
                code = secrets.token_urlsafe(32)
                with store.writing() as connection:
                    connection.execute(
                        "INSERT INTO provider_code VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                        (_hashed(code), kind.code, number, level, asked["nonce"], asked["code_challenge"], now() + CODE_SECONDS),
                    )
                return back(code=code)
            problem, status = "Số định danh hoặc mật mã chưa đúng. Bạn hãy thử lại.", 403
        parts = urlsplit(address)
        page = Response(
            render_template(
                "provider.html",
                name=kind.name,
                here=f"/oidc/{kind.code}/authorize",
                asker=f"{parts.scheme}://{parts.netloc}",
                hidden={name: asked[name] for name in KEPT if name in asked},
                account=request.form.get("account", ""),
                people=[person for person in config.people.values() if person.get("phone")],
                has_high=bool(kind.levels[2]),
                wants_face=kind.levels[2] in asked.get("acr_values", "").split(),
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

    def is_the_portal() -> bool:
        """Whether the caller proves itself in the way that is registered, and in no other."""
        form, secret = request.form, client_secret(config.provider_secret, kind.code)
        if kind.proof == "private_key_jwt":
            return form.get("client_id") == CLIENT_ID and _is_assertion(form.get("client_assertion", ""), config, kind, f"{issuer}/token")
        if kind.proof == "client_secret_basic":
            given = request.authorization
            name, password = (unquote_plus(given.username or ""), unquote_plus(given.password or "")) if given is not None else ("", "")
        else:
            name, password = form.get("client_id", ""), form.get("client_secret", "")
        return hmac.compare_digest(password.encode(), secret.encode()) and name == CLIENT_ID

    @pages.post("/token")
    def token() -> tuple[Response, int] | Response:
        form = request.form
        if not is_the_portal():
            return jsonify({"error": "invalid_client"}), 401
        if form.get("grant_type") != "authorization_code":
            return jsonify({"error": "unsupported_grant_type"}), 400
        hashed = _hashed(form.get("code", ""))
        with store.writing() as connection:
            row = connection.execute("SELECT * FROM provider_code WHERE code_hash = ? AND provider = ?", (hashed, kind.code)).fetchone()
            if row is not None and row["used"]:
                # A code used twice ends what the first use gave.
                connection.execute("DELETE FROM provider_token WHERE origin = ?", (hashed,))
                row = None
            challenge = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            fits = row is not None and row["expires"] >= now() and hmac.compare_digest(challenge, row["challenge"])
            if not fits or form.get("redirect_uri") != ours:
                return jsonify({"error": "invalid_grant"}), 400
            access = secrets.token_urlsafe(40)
            connection.execute("UPDATE provider_code SET used = 1 WHERE code_hash = ?", (hashed,))
            connection.execute(
                "INSERT INTO provider_token VALUES (?, ?, ?, ?, ?)",
                (_hashed(access), kind.code, row["account"], now() + TOKEN_SECONDS, hashed),
            )
        at = int(now())
        claims = {
            "iss": issuer,
            "sub": subject(kind.code, row["account"]),
            "aud": CLIENT_ID,
            "iat": at,
            "auth_time": at,
            "exp": at + TOKEN_SECONDS,
            "nonce": row["nonce"],
            "acr": row["level"],
        }
        fault = faults.lies(
            kind.service, ("wrong_nonce", "wrong_audience", "wrong_issuer", "alg_none", "alg_confused", "expired", "future", "other_key")
        )
        claims, key = _spoilt(fault, claims, at), keys.newest
        if fault == "other_key":
            # A stranger's signature under the name of the provider's own key.
            id_token = _Key(config.state / "oidc" / kind.code / "stranger.pem", kind.algorithm).sign(claims, kid=key.kid)
        else:
            id_token = key.sign(claims, algorithm={"alg_none": "none", "alg_confused": "HS256"}.get(fault, ""))
        answer = jsonify({"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": id_token})
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.get("/userinfo")
    def userinfo() -> tuple[Response, int] | Response:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        row = store.row("SELECT * FROM provider_token WHERE token_hash = ? AND provider = ?", _hashed(given.strip()), kind.code)
        if scheme.lower() != "bearer" or row is None or row["expires"] < now():
            return jsonify({"error": "invalid_token"}), 401
        number = row["account"]
        named, other = subject(kind.code, number), next(one for one in config.people if one != number)
        fault = faults.lies(kind.service, ("wrong", "other_number"))
        if fault == "wrong":
            # Somebody else's data: well-formed and false.
            number, named = other, subject(kind.code, other)
        elif fault == "other_number":
            number = other
        person = config.people[number]
        return jsonify({"sub": named, kind.number_claim: number, "name": person["full_name"], "birthdate": person["birth_date"]})

    return pages


def _is_assertion(text: str, config: Config, kind: Kind, audience: str) -> bool:
    """Whether this is the portal's signature over a proof for us, now (RFC 7523)."""
    try:
        head, body, signature = text.split(".")
        said, raw = json.loads(_bytes(body)), _bytes(signature)
        if json.loads(_bytes(head)).get("alg") != "ES256" or len(raw) != 64:
            return False
        encoded = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public = client_key(config.provider_secret, kind.code).public_key()
        public.verify(encoded, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature, TypeError, AttributeError):
        return False
    return said.get("iss") == said.get("sub") == CLIENT_ID and said.get("aud") == audience and said.get("exp", 0) > now() and "jti" in said
