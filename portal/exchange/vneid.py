"""VNeID of the Ministry of Public Security: a client of OpenID Connect (authorisation code, PKCE S256, state, nonce).

The person signs in there in their browser (:func:`authorize_url`); the code that comes back is exchanged once (:func:`exchange`), its
ID token checked, and the identity number asked for with the access token (:func:`identity`).
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from portal.crypto.tokens import KeyUnknown, TokenRefused, read_id_token
from portal.exchange import http
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

MEDIUM, HIGH = "LoA2", "LoA3"
"""How surely the provider says that it knows the person (``acr``): account of level 2; with their face compared just now."""
SCOPES = "openid identity"
_KEPT_SECONDS = 600.0
_ID_NUMBER = re.compile(r"^[0-9]{12}$")


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


@dataclass(frozen=True)
class _Place:
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str


def _wrong() -> OutsideUnavailable:
    return OutsideUnavailable("vneid", "wrong_answer")


def challenge_of(verifier: str) -> str:
    """PKCE S256 (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorize_url(*, state: str, nonce: str, verifier: str, redirect_uri: str, level: str, again: bool) -> str:
    """Where the person's browser goes; calls nobody. ``level`` is asked for; ``again``: also of who is signed in there already."""
    asked = {
        "response_type": "code",
        "client_id": settings.VNEID_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "acr_values": level,
        "ui_locales": "vi",
    }
    if again:
        asked["prompt"] = "login"
    return f"{settings.VNEID_PUBLIC_URL.rstrip('/')}/authorize?{urlencode(asked)}"


def exchange(*, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """The tokens for a code, once. Raises ``OutsideUnavailable``, ``OutsideRefused`` (the code is unknown, used, or not for us)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": settings.VNEID_CLIENT_ID,
        "client_secret": settings.VNEID_CLIENT_SECRET,
    }
    answer = http.ask("vneid", "POST", _place().token_endpoint, form=form) or {}
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(id_token, str) or not isinstance(access_token, str) or str(answer.get("token_type", "")).lower() != "bearer":
        raise _wrong()
    return Tokens(id_token, access_token)


def identity(tokens: Tokens, *, nonce: str, now: datetime) -> OutsidePerson:
    """Whom the tokens are about. The ID token is checked in full, and the answer about the person must be about the same account.

    Raises ``OutsideUnavailable`` (silent, or an answer that belongs to somebody else), ``OutsideRefused`` (``bad_token``: what came
    with the code is not what the provider signs for us).
    """
    try:
        claims = _claims(tokens.id_token, nonce=nonce, now=now)
    except TokenRefused as refused:
        raise OutsideRefused("vneid", f"bad_token_{refused.code}") from refused
    about = http.ask("vneid", "GET", _place().userinfo_endpoint, bearer=tokens.access_token) or {}
    number = about.get("identity_number")
    if about.get("sub") != claims["sub"] or not isinstance(number, str) or not _ID_NUMBER.match(number):
        raise _wrong()
    level = claims.get("acr")
    return OutsidePerson(claims["sub"], number, level if isinstance(level, str) else "")


def _claims(id_token: str, *, nonce: str, now: datetime) -> dict[str, Any]:
    expected = {"issuer": settings.VNEID_URL.rstrip("/"), "audience": settings.VNEID_CLIENT_ID, "nonce": nonce, "now": now}
    try:
        return read_id_token(id_token, _keys(), **expected)
    except KeyUnknown:
        # The provider may have begun to sign with a new key since we asked.
        return read_id_token(id_token, _keys(anew=True), **expected)


_lock = threading.Lock()
_kept: dict[str, tuple[float, Any]] = {}


def _remembered(url: str, *, anew: bool = False) -> dict[str, Any]:
    """A document of the provider that changes rarely; asked for again after ten minutes, or where it does not suffice."""
    with _lock:
        at, found = _kept.get(url, (0.0, None))
    if found is None or anew or time.monotonic() - at > _KEPT_SECONDS:
        found = http.ask("vneid", "GET", url) or {}
        with _lock:
            _kept[url] = (time.monotonic(), found)
    known: dict[str, Any] = found
    return known


def _place() -> _Place:
    """Where the provider's endpoints are, by its own description; all of them must be its own."""
    base = http.address("vneid", "VNEID_URL", "")
    found = _remembered(f"{base}.well-known/openid-configuration")
    names = ("token_endpoint", "userinfo_endpoint", "jwks_uri")
    if found.get("issuer") != base.rstrip("/") or not all(str(found.get(name, "")).startswith(base) for name in names):
        raise _wrong()
    return _Place(**{name: found[name] for name in names})


def _keys(*, anew: bool = False) -> list[dict[str, Any]]:
    found = _remembered(_place().jwks_uri, anew=anew).get("keys")
    if not isinstance(found, list) or not all(isinstance(key, dict) for key in found):
        raise _wrong()
    return found


def forget() -> None:
    """What is remembered of the provider is asked for anew (tests, which have another provider each)."""
    with _lock:
        _kept.clear()
