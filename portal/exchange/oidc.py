"""A client of OpenID Connect for whoever vouches for people outside (authorisation code, PKCE S256, state, nonce; OpenID Connect Core 1.0).

The person signs in there in their browser (:func:`authorize_url`); the code that comes back is exchanged once (:func:`exchange`), its
ID token checked, and the identity number asked for with the access token (:func:`identity`). Who the providers are is the caller's
affair: all that this needs of one is a :class:`Provider`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from portal.crypto.tokens import KeyUnknown, TokenRefused, read_id_token
from portal.exchange import http
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

POST, BASIC, KEY = "client_secret_post", "client_secret_basic", "private_key_jwt"
"""How we prove ourselves at the token endpoint (OpenID Connect Core 9)."""
MOST_KEYS = 50
_KEPT_SECONDS = 600.0
_ANEW_SECONDS = 5.0
"""How often at most a provider's keys are asked for anew: who signs with unknown keys does not make us ask at every sign-in."""
_ASSERTION_SECONDS = 60
_ID_NUMBER = re.compile(r"^[0-9]{12}$")


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is reached, by its own description (OpenID Connect Discovery 1.0)."""

    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    states_issuer: bool = False
    """Whether its answers in the browser always say who answers (RFC 9207)."""


@dataclass(frozen=True)
class Provider:
    """One provider, and who we are to it."""

    code: str
    issuer: str
    client_id: str
    proof: str
    secret: str = field(repr=False)
    """What we prove ourselves by: a shared secret, or our private key (PEM)."""
    scopes: str
    number_claim: str
    """The claim of its userinfo endpoint that holds the identity number."""
    endpoints: Endpoints

    @property
    def label(self) -> str:
        """Its name in errors and logs."""
        return f"provider_{self.code}"


@dataclass(frozen=True)
class Tokens:
    """What a code was exchanged for. Secrets: kept sealed, never logged."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


@dataclass(frozen=True)
class OutsidePerson:
    """Whom the provider vouches for; its repr shows nothing, so that no log does."""

    subject: str = field(repr=False)
    """The provider's own name for the account."""
    id_number: str = field(repr=False)
    level: str
    """``acr`` as stated; what it is worth is the caller's affair."""


def challenge_of(verifier: str) -> str:
    """PKCE S256 (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorize_url(
    provider: Provider, *, state: str, nonce: str, verifier: str, redirect_uri: str, levels: Collection[str], again: bool
) -> str:
    """Where the person's browser goes; calls nobody. ``levels`` are asked for, the best first; ``again``: though signed in there."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "acr_values": " ".join(levels),
        "ui_locales": "vi",
    }
    if again:
        asked["prompt"] = "login"
    address = provider.endpoints.authorization_endpoint
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def exchange(provider: Provider, *, code: str, verifier: str, redirect_uri: str, now: datetime) -> Tokens:
    """The tokens for a code, once. Raises ``OutsideUnavailable``, ``OutsideRefused`` (the code is unknown, used, or not for us)."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    basic: tuple[str, str] | None = None
    if provider.proof == BASIC:
        basic = (provider.client_id, provider.secret)
    elif provider.proof == KEY:
        form |= {
            "client_id": provider.client_id,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": _assertion(provider, now),
        }
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.secret}
    answer = http.ask(provider.label, "POST", provider.endpoints.token_endpoint, form=form, basic=basic) or {}
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(id_token, str) or not isinstance(access_token, str) or str(answer.get("token_type", "")).lower() != "bearer":
        raise OutsideUnavailable(provider.label, "wrong_answer")
    return Tokens(id_token, access_token)


def own_key(pem: str) -> RSAKey | ECKey:
    """Our key to a provider out of its PEM: RSA, or EC P-256. ``ValueError`` for anything else."""
    for kind in (RSAKey, ECKey):
        try:
            found = kind.import_key(pem)
        except (JoseError, ValueError, TypeError):
            continue
        if found.is_private and (kind is RSAKey or found.as_dict(private=False).get("crv") == "P-256"):
            return found
    raise ValueError("neither RSA nor EC P-256")


def public_part(pem: str) -> dict[str, Any]:
    """What a provider registers of our key (JWK)."""
    key = own_key(pem)
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": _algorithm(key)}


def _algorithm(key: RSAKey | ECKey) -> str:
    return "RS256" if isinstance(key, RSAKey) else "ES256"


def _assertion(provider: Provider, now: datetime) -> str:
    """Our proof for this one call (RFC 7523)."""
    key, at = own_key(provider.secret), int(now.timestamp())
    said = {
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": provider.endpoints.token_endpoint,
        "iat": at,
        "exp": at + _ASSERTION_SECONDS,
        "jti": secrets.token_hex(16),
    }
    return jwt.encode({"alg": _algorithm(key), "kid": key.thumbprint()}, said, key)


def identity(provider: Provider, tokens: Tokens, *, nonce: str, now: datetime) -> OutsidePerson:
    """Whom the tokens are about. The ID token is checked in full, and the answer about the person must be about the same account.

    Raises ``OutsideUnavailable`` (silent, or an answer that makes no sense), ``OutsideRefused`` (``bad_…``: what came with the code is
    not what the provider signs for us, for this sign-in, now; or it answers about somebody else).
    """
    try:
        claims = _claims(provider, tokens.id_token, nonce=nonce, now=now)
    except TokenRefused as refused:
        raise OutsideRefused(provider.label, f"bad_token_{refused.code}") from refused
    about = http.ask(provider.label, "GET", provider.endpoints.userinfo_endpoint, bearer=tokens.access_token) or {}
    if about.get("sub") != claims["sub"]:
        # The one thing that must agree (OpenID Connect Core 5.3.2); who answers about another one is not asked again.
        raise OutsideRefused(provider.label, "bad_subject")
    number = about.get(provider.number_claim)
    if not isinstance(number, str) or not _ID_NUMBER.match(number):
        raise OutsideRefused(provider.label, "bad_number")
    level = claims.get("acr")
    return OutsidePerson(claims["sub"], number, level if isinstance(level, str) else "")


def _claims(provider: Provider, id_token: str, *, nonce: str, now: datetime) -> dict[str, Any]:
    expected: dict[str, Any] = {"issuer": provider.issuer, "audience": provider.client_id, "nonce": nonce, "now": now}
    try:
        return read_id_token(id_token, _keys(provider), **expected)
    except KeyUnknown:
        # The provider may have begun to sign with a new key since we asked.
        return read_id_token(id_token, _keys(provider, anew=True), **expected)


_lock = threading.Lock()
_kept: dict[str, tuple[float, list[dict[str, Any]]]] = {}


def _keys(provider: Provider, *, anew: bool = False) -> list[dict[str, Any]]:
    """The provider's keys; asked for again after ten minutes, or where they do not suffice."""
    url, at_once = provider.endpoints.jwks_uri, time.monotonic()
    with _lock:
        at, found = _kept.get(url, (float("-inf"), []))
    if at_once - at > (_ANEW_SECONDS if anew else _KEPT_SECONDS):
        said = (http.ask(provider.label, "GET", url) or {}).get("keys")
        if not isinstance(said, list) or len(said) > MOST_KEYS or not all(isinstance(key, dict) for key in said):
            raise OutsideUnavailable(provider.label, "wrong_answer")
        found = said
        with _lock:
            _kept[url] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Keys that are remembered are asked for anew (tests, which have another provider each)."""
    with _lock:
        _kept.clear()


def discover(code: str, issuer: str) -> Endpoints:
    """Where a provider's endpoints are, by its own description at its issuer's address. It must name itself exactly so, sign as we
    read, and know PKCE; what we call is at its own host, so that nobody who writes there can send us elsewhere.

    Raises ``OutsideUnavailable``, ``OutsideRefused`` (``bad_discovery_…``).
    """
    label = f"provider_{code}"
    found = http.ask(label, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration") or {}
    if found.get("issuer") != issuer:
        raise OutsideRefused(label, "bad_discovery_issuer")
    named = {name: found.get(name) for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")}
    home = _origin(issuer)
    for name, url in named.items():
        if not isinstance(url, str) or len(url) > 500 or not url.isascii() or "#" in url:
            raise OutsideRefused(label, "bad_discovery_endpoint")
        # People's browsers may be led to another host of the provider's; it is https wherever the issuer is.
        if _origin(url) != home and (name != "authorization_endpoint" or not url.startswith("https://")):
            raise OutsideRefused(label, "bad_discovery_host")
    # Left out, S256 is not promised; a list without it says no.
    if "S256" not in (found.get("code_challenge_methods_supported") or ["S256"]):
        raise OutsideRefused(label, "bad_discovery_pkce")
    return Endpoints(
        **{name: str(url) for name, url in named.items()},
        states_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
