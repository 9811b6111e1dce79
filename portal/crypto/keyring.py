"""The master keys (``settings.FIELD_KEYS``) and what is done with them directly: wrapping, tokens without a subject.

AES-256-GCM with random 96-bit nonces. The place a value belongs to (its *context*) is authenticated with it, so a sealed
value copied to another row or column does not open there. Every use of a master key has a key of its own, derived by HKDF.
"""

from __future__ import annotations

import base64
import binascii
import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.crypto.errors import KeyMissing, Tampered

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
VERSION = b"\x01"


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Version byte, nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def open_sealed(key: bytes, token: bytes, aad: bytes) -> bytes:
    """The plaintext of :func:`seal`; :class:`Tampered` when anything about it is not as it was."""
    if len(token) < 1 + NONCE_BYTES + TAG_BYTES or token[:1] != VERSION:
        raise Tampered("not a sealed value")
    try:
        return AESGCM(key).decrypt(token[1 : 1 + NONCE_BYTES], token[1 + NONCE_BYTES :], aad)
    except InvalidTag:
        raise Tampered("sealed value does not open") from None


def decoded(name: str, text: str) -> bytes:
    """A key of a setting; ``ImproperlyConfigured`` for what is none."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{name}: not base64") from None
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name}: a key has {KEY_BYTES} bytes")
    return key


@lru_cache(maxsize=8)
def _parse(entries: tuple[str, ...]) -> dict[str, bytes]:
    ring: dict[str, bytes] = {}
    for entry in entries:
        key_id, _, text = entry.partition(":")
        if not key_id or len(key_id) > 40 or key_id in ring or "." in key_id:
            raise ImproperlyConfigured("FIELD_KEYS: each entry is id:base64 with an id of its own (at most 40 characters, no full stop)")
        ring[key_id] = decoded("FIELD_KEYS", text)
    if not ring:
        raise ImproperlyConfigured("FIELD_KEYS is empty: there is no key to seal personal data with")
    return ring


def ring() -> dict[str, bytes]:
    """Master keys by id, newest first."""
    return _parse(tuple(settings.FIELD_KEYS))


def newest() -> str:
    """Id of the master key that wraps now."""
    return next(iter(ring()))


@lru_cache(maxsize=64)
def derived(master: bytes, use: str) -> bytes:
    """The key for one use of a master key."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=f"portal.crypto/{use}".encode()).derive(master)


def master_key(key_id: str, use: str) -> bytes:
    """The key for one use, derived from the master key of that id; :class:`KeyMissing` when the ring does not hold it."""
    try:
        return derived(ring()[key_id], use)
    except KeyError:
        raise KeyMissing(f"no master key {key_id!r} in FIELD_KEYS") from None


def wrap(subject: UUID, key: bytes) -> tuple[bytes, str]:
    """A subject's key wrapped by the newest master key, and that key's id."""
    key_id = newest()
    return seal(master_key(key_id, "wrap"), key, b"subject-key|" + subject.bytes), key_id


def unwrap(subject: UUID, wrapped: bytes, key_id: str) -> bytes:
    """The subject's key; bound to the subject, so that swapped rows do not open."""
    return open_sealed(master_key(key_id, "wrap"), wrapped, b"subject-key|" + subject.bytes)


def seal_text(text: str, *, context: str = "") -> str:
    """Seal a short text that belongs to no subject (a signing token, a state parameter) with the master key.

    The answer is URL-safe text. It cannot be erased by shredding, so it is for what lives minutes, never for personal data.
    """
    key_id = newest()
    token = seal(master_key(key_id, "text"), text.encode(), b"text|" + context.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(token).decode().rstrip('=')}"


def open_text(token: str, *, context: str = "") -> str:
    """The text of :func:`seal_text`; :class:`Tampered` when altered or sealed for another context."""
    key_id, dot, body = token.partition(".")
    if not dot:
        raise Tampered("not a sealed text")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Tampered("not a sealed text") from None
    return open_sealed(master_key(key_id, "text"), raw, b"text|" + context.encode()).decode()
