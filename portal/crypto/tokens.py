"""Signed tokens of identity providers (JWT, RFC 7519; ID tokens of OpenID Connect Core 1.0, 3.1.3.7).

The algorithm is compared with a list of two before anything is checked by it, and it must fit the kind of the provider's own key: a token
never says how it wants to be checked. A shared secret, "none" and a key out of the token itself are no ways here.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from jose import jws
from jose.exceptions import JOSEError

KINDS = {"RS256": "RSA", "ES256": "EC"}
"""Algorithms that are taken, and the kind of key of each."""
LONGEST = 16 * 1024
OLDEST = timedelta(minutes=15)
"""How far ``iat`` may lie behind: as long as a sign-in may take."""
NEWEST = timedelta(minutes=2)
"""How far it may lie before our clock."""
SMALLEST_RSA = 2048
_COMPACT = re.compile(r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$")


class TokenRefused(Exception):
    """The token is not accepted. ``code`` is for programs and logs; it holds nothing of the token."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class KeyUnknown(TokenRefused):
    """None of the keys has the token's name: the provider may have a new one."""

    def __init__(self) -> None:
        super().__init__("key_unknown")


def read_id_token(
    token: str, keys: Sequence[Mapping[str, Any]], *, issuer: str, audience: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """The claims of an ID token that this issuer signed for us, for this one sign-in, just now.

    ``keys`` are the provider's, as its JWK set has them. Raises :class:`TokenRefused`, :class:`KeyUnknown`.
    """
    claims = _verified(token, keys)
    if claims.get("iss") != issuer:
        raise TokenRefused("issuer")
    audiences = claims.get("aud")
    audiences = [audiences] if isinstance(audiences, str) else audiences
    if not isinstance(audiences, list) or audience not in audiences:
        raise TokenRefused("audience")
    # Meant for several: then the one that asked for it is named, too.
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != audience:
        raise TokenRefused("audience")
    if not isinstance(claims.get("nonce"), str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise TokenRefused("nonce")
    at = now.timestamp()
    ends, made = _seconds(claims, "exp"), _seconds(claims, "iat")
    if ends <= at:
        raise TokenRefused("expired")
    if not at - OLDEST.total_seconds() <= made <= at + NEWEST.total_seconds():
        raise TokenRefused("time")
    if "nbf" in claims and _seconds(claims, "nbf") > at + NEWEST.total_seconds():
        raise TokenRefused("time")
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
        raise TokenRefused("subject")
    return claims


ASSERTION_LONGEST = timedelta(minutes=10)
"""For how long an assertion by which a system proves itself may hold at most, from now."""


def read_assertion(
    token: str, keys: Sequence[Mapping[str, Any]], *, client: str, audiences: Collection[str], now: datetime
) -> dict[str, Any]:
    """The claims of an assertion by which a system proves itself (``private_key_jwt``; RFC 7523 §3): signed by one of its keys, about
    itself, for one of our names, now, with a name of its own (``jti``). That it serves once is the caller's affair.

    Raises :class:`TokenRefused`, :class:`KeyUnknown`.
    """
    claims = _verified(token, keys)
    if claims.get("iss") != client or claims.get("sub") != client:
        raise TokenRefused("subject")
    named = claims.get("aud")
    named = [named] if isinstance(named, str) else named
    # Meant for somebody else, too: who would then hold it could use it here.
    if not isinstance(named, list) or not named or not all(isinstance(one, str) and one in audiences for one in named):
        raise TokenRefused("audience")
    at, skew = now.timestamp(), NEWEST.total_seconds()
    if (ends := _seconds(claims, "exp")) <= at:
        raise TokenRefused("expired")
    if ends > at + ASSERTION_LONGEST.total_seconds() + skew:
        raise TokenRefused("time")
    for name in ("iat", "nbf"):
        if name in claims and _seconds(claims, name) > at + skew:
            raise TokenRefused("time")
    if not isinstance(claims.get("jti"), str) or not 0 < len(claims["jti"]) <= 255:
        raise TokenRefused("form")
    return claims


def said_subject(token: str) -> str:
    """Whom an unread token says it is about, to find the keys that it must be checked by; empty where it says nothing readable."""
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3:
        return ""
    try:
        said = _object(_bytes(parts[1])).get("sub")
    except TokenRefused:
        return ""
    return said if isinstance(said, str) and len(said) <= 255 else ""


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # Python reads NaN and Infinity as numbers; no moment is after them, and they end before none.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenRefused("time")
    return float(value)


def _verified(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The claims of a token whose signature is by one of the keys."""
    if len(token) > LONGEST or not token.isascii() or not _COMPACT.match(token):
        raise TokenRefused("form")
    parts = token.split(".")
    header = _object(_bytes(parts[0]))
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in KINDS:
        raise TokenRefused("algorithm")
    if "crit" in header or "b64" in header:
        raise TokenRefused("form")
    # One text for one signature: what decodes to the same bytes but is written otherwise was altered.
    if any(base64.urlsafe_b64encode(_bytes(part)).rstrip(b"=").decode() != part for part in parts):
        raise TokenRefused("form")
    key = _key(keys, header.get("kid"))
    if key.get("kty") != KINDS[algorithm] or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        raise TokenRefused("algorithm")
    if key["kty"] == "EC" and key.get("crv") != "P-256":
        raise TokenRefused("algorithm")
    if key["kty"] == "RSA" and len(_bytes(str(key.get("n", ""))).lstrip(b"\0")) * 8 < SMALLEST_RSA:
        raise TokenRefused("weak_key")
    try:
        payload = jws.verify(token, {name: key[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in key}, [algorithm])
    except (JOSEError, ValueError, TypeError, KeyError):
        raise TokenRefused("signature") from None
    return _object(payload)


def _key(keys: Sequence[Mapping[str, Any]], name: object) -> Mapping[str, Any]:
    """The key that the token names. Where the provider has one only, it need not be named."""
    if name is None and len(keys) == 1:
        return keys[0]
    found = [key for key in keys if isinstance(name, str) and key.get("kid") == name]
    if len(found) != 1:
        raise KeyUnknown
    return found[0]


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise TokenRefused("form") from None


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise TokenRefused("form") from None
    if not isinstance(found, dict):
        raise TokenRefused("form")
    return found
