"""What goes over the line: a statement, signed (JWS, RFC 7515), beside the body it is about, both sealed to the receiver (JWE, RFC 7516).

The statement names the body by its SHA-256 and holds nothing of it, so that it can be kept as a proof when the body has left. What a
stranger sends is looked at cheaply first: sizes, then the header by itself, then the algorithm against a list of ours
(``MESSAGE_SIGNING``, ``MESSAGE_SEALING``), the key's own kind, and only then is anything reckoned. Nothing is ever unpacked (``zip``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from joserfc import jwe, jws
from joserfc._rfc7516.registry import JWERegistry
from joserfc.errors import JoseError
from joserfc.jwk import import_key

SKEW = timedelta(minutes=5)
"""How far the two clocks may be apart."""
LIFETIME = timedelta(minutes=5)
"""How long an envelope of ours may be opened."""
LONGEST_LIFE = timedelta(minutes=15)
STORED_LIFETIME = timedelta(days=3)
"""The same where the way between us keeps things until they are fetched (the document axis)."""
MOST_HEADER = 1024
MOST_STATEMENT = 8 * 1024
CONTENT = "A256GCM"
MESSAGE, RECEIPT = "portal-message+jwt", "portal-receipt+jwt"
SIGNING_KEYS = {"ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "RS256": ("RSA", ""), "PS256": ("RSA", "")}
SEALING_KEYS = {"ECDH-ES+A256KW": ("EC", ""), "RSA-OAEP-256": ("RSA", "")}
"""What this code can do; the settings say which of it is taken, the first one is ours."""


class EnvelopeRefused(Exception):
    """An envelope that is not taken. ``code`` is stable; ``words`` (English, for the other engineer) holds nothing of the content."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code)
        self.code, self.words = code, words


def digest_of(text: str) -> bytes:
    """SHA-256 of the exact bytes of a body."""
    return hashlib.sha256(text.encode()).digest()


def written(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


# Signing --------------------------------------------------------------------------------------------------------------------------


def sign(claims: Mapping[str, Any], *, key: Any, kid: str, algorithm: str, kind: str) -> str:
    """A statement of ours: compact JWS."""
    header = {"alg": algorithm, "kid": kid, "typ": kind}
    return jws.serialize_compact(header, json.dumps(claims, separators=(",", ":")), key, algorithms=[algorithm])


def verify(token: str, keys: Sequence[Mapping[str, Any]], *, kind: str) -> dict[str, Any]:
    """The claims of a statement that one of these public keys (JWK) signed. :class:`EnvelopeRefused`: ``form``, ``algorithm``,
    ``key_unknown``, ``signature``."""
    header = _header(token, parts=3, most=MOST_STATEMENT)
    algorithm = header.get("alg")
    if algorithm not in settings.MESSAGE_SIGNING or algorithm not in SIGNING_KEYS:
        raise EnvelopeRefused("algorithm", f"Sign with one of {', '.join(settings.MESSAGE_SIGNING)}.")
    if header.get("typ") != kind or "crit" in header or "b64" in header:
        raise EnvelopeRefused("form", f"The header's typ must be {kind}.")
    key = _named(keys, header)
    kty, curve = SIGNING_KEYS[algorithm]
    if key.get("kty") != kty or (curve and key.get("crv") != curve):
        raise EnvelopeRefused("algorithm", "The key named by kid does not fit the algorithm.")
    try:
        found = jws.deserialize_compact(token, import_key(_bare(key)), algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError):
        raise EnvelopeRefused("signature", "The signature does not fit the statement and the key.") from None
    return object_of(found.payload)


# Sealing --------------------------------------------------------------------------------------------------------------------------


class _Sizes(JWERegistry):
    """As large as a message may be; the library's own limits are for tokens."""

    max_protected_header_length = MOST_HEADER

    def __init__(self, algorithms: list[str]) -> None:
        super().__init__(algorithms=algorithms)
        self.max_ciphertext_length = most_bytes()


def most_bytes() -> int:
    """How many bytes an envelope may have at most."""
    return int(settings.MESSAGE_MOST_BYTES) * 3 // 2 + 64 * 1024


def seal(statement: str, text: str, *, key: Mapping[str, Any]) -> bytes:
    """Statement and body, sealed to a receiver's public key (JWK): compact JWE. ``ValueError`` where the key fits no algorithm of ours."""
    algorithm = next((name for name in settings.MESSAGE_SEALING if SEALING_KEYS[name][0] == key.get("kty")), "")
    if not algorithm:
        raise ValueError("no algorithm for the receiver's key")
    inside = json.dumps({"statement": statement, "body": text}, ensure_ascii=False, separators=(",", ":"))
    header = {"alg": algorithm, "enc": CONTENT, "kid": str(key.get("kid", "")), "typ": "portal-message+jwe"}
    registry = _Sizes([algorithm, CONTENT])
    return jwe.encrypt_compact(header, inside.encode(), import_key(_bare(key)), registry=registry).encode()


def open_sealed(data: bytes, keys: Mapping[str, Any]) -> tuple[str, str]:
    """Statement and body out of an envelope that was sealed to one of our keys (by ``kid``). :class:`EnvelopeRefused`: ``too_large``,
    ``form``, ``algorithm``, ``key_unknown``, ``cannot_open``."""
    if len(data) > most_bytes():
        raise EnvelopeRefused("too_large", f"At most {most_bytes()} bytes.")
    try:
        token = data.decode("ascii").strip()
    except UnicodeDecodeError:
        raise EnvelopeRefused("form", "The body is a compact JWE.") from None
    header = _header(token, parts=5, most=most_bytes())
    algorithm, content = header.get("alg"), header.get("enc")
    if "zip" in header:
        raise EnvelopeRefused("algorithm", "Compressed envelopes (zip) are not taken.")
    if algorithm not in settings.MESSAGE_SEALING or algorithm not in SEALING_KEYS or content != CONTENT:
        raise EnvelopeRefused("algorithm", f"Seal with one of {', '.join(settings.MESSAGE_SEALING)} and {CONTENT}.")
    if "crit" in header or "p2c" in header:
        raise EnvelopeRefused("form", "The header has a field that is not taken.")
    key = keys.get(str(header.get("kid", "")))
    if key is None:
        raise EnvelopeRefused("key_unknown", "The kid names no key that is published at /api/v1/messages/keys.")
    try:
        opened = jwe.decrypt_compact(token, key, registry=_Sizes([algorithm, content]))
    except Exception:
        # Whatever broke in it: the sender learns nothing of how far it came.
        raise EnvelopeRefused("cannot_open", "The envelope cannot be opened with the key it names.") from None
    inside = object_of(opened.plaintext or b"")
    statement, text = inside.get("statement"), inside.get("body")
    if not isinstance(statement, str) or not isinstance(text, str):
        raise EnvelopeRefused("form", 'Inside stands {"statement": "<JWS>", "body": "<JSON text>"}.')
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise EnvelopeRefused("form", "The body has half a character (a lone surrogate).") from None
    if size > settings.MESSAGE_MOST_BYTES:
        raise EnvelopeRefused("too_large", f"A body has at most {settings.MESSAGE_MOST_BYTES} bytes.")
    return statement, text


# What a statement must say -----------------------------------------------------------------------------------------------------------


def check(claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime, longest: timedelta = LONGEST_LIFE) -> None:
    """That a statement is by this one, for that one, now; it may hold for ``longest``. :class:`EnvelopeRefused`: ``issuer``, ``audience``,
    ``clock``, ``expired``, ``form``."""
    if claims.get("iss") != issuer:
        raise EnvelopeRefused("issuer", "iss must be the code of the partner that signs and is signed in.")
    if claims.get("aud") != audience:
        raise EnvelopeRefused("audience", f"aud must be {audience}.")
    made, ends, at = _seconds(claims, "iat"), _seconds(claims, "exp"), now.timestamp()
    # What was kept on its way is old and still good; of what comes at once that says that a clock goes wrong.
    behind = longest == LONGEST_LIFE and (ends > at or at - ends > LONGEST_LIFE.total_seconds())
    if abs(made - at) > SKEW.total_seconds() and (made > at or behind):
        off = round(made - at)
        side = "ahead of" if off > 0 else "behind"
        words = f"iat is {abs(off)} s {side} our clock ({now:%Y-%m-%dT%H:%M:%SZ}); {int(SKEW.total_seconds())} s are allowed."
        raise EnvelopeRefused("clock", words + " Set your clock by NTP.")
    if ends + SKEW.total_seconds() <= at:
        raise EnvelopeRefused("expired", "exp is over: make the envelope anew for each try.")
    if ends - made > longest.total_seconds():
        raise EnvelopeRefused("form", f"exp lies at most {int(longest.total_seconds())} s after iat.")
    name = claims.get("jti")
    if not isinstance(name, str) or not 0 < len(name) <= 100:
        raise EnvelopeRefused("form", "jti: a name of 1 to 100 characters, another one for each envelope.")


def check_digest(claims: Mapping[str, Any], text: str) -> None:
    """That a statement is about this body. :class:`EnvelopeRefused` ``digest``."""
    said = claims.get("digest")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode("utf-8", "replace"), written(digest_of(text)).encode()):
        raise EnvelopeRefused("digest", "digest must be the base64url SHA-256 of the exact bytes of body.")


# Reading ------------------------------------------------------------------------------------------------------------------------------


def _header(token: str, *, parts: int, most: int) -> dict[str, Any]:
    """The header alone, before anything else of it is decoded."""
    if len(token) > most or not token.isascii():
        raise EnvelopeRefused("too_large" if len(token) > most else "form", f"At most {most} characters.")
    first, _, _ = token.partition(".")
    if len(first) > MOST_HEADER or token.count(".") != parts - 1:
        raise EnvelopeRefused("form", f"A compact form of {parts} parts with a header of at most {MOST_HEADER} characters.")
    try:
        return object_of(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, ValueError):
        raise EnvelopeRefused("form", "The header cannot be read.") from None


def object_of(data: bytes) -> dict[str, Any]:
    """The JSON object in these bytes; :class:`EnvelopeRefused` ``form`` for anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise EnvelopeRefused("form", "A JSON object is expected.")
    return found


def _named(keys: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> Mapping[str, Any]:
    if header.get("kid") is None and len(keys) == 1:
        return keys[0]
    found = [key for key in keys if key.get("kid") == header.get("kid")]
    if len(found) != 1:
        raise EnvelopeRefused("key_unknown", "The kid names no signing key of yours that holds: unknown, expired or revoked.")
    return found[0]


def _bare(key: Mapping[str, Any]) -> dict[str, Any]:
    """The key's numbers alone: what it says of its own use is the register's affair."""
    return {name: key[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in key}


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise EnvelopeRefused("form", f"{name}: seconds since 1970.")
    return float(value)
