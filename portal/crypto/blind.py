"""Blind indexes: exact search in what is sealed; the cover over them can be changed, also where no value stands behind an index.

An index is an HMAC-SHA256 of the value under ``BLIND_INDEX_KEY``. Over it lies a *cover*: the 32 bytes encrypted with AES-256 under the
first key of ``BLIND_INDEX_COVERS``. What is encrypted looks random and is the same for the same value, so nothing random is added: two
blocks, CBC without an initial vector. A MAC over a MAC would hide as much, but a cover can be taken off again: every index becomes the one
of the next key without the value, and two indexes under different covers can be compared.

Whoever has ``BLIND_INDEX_KEY`` and the database, but not the cover's key, can try no number. ``BLIND_INDEX_COVERS`` names every form that
may stand in the database: the first is written, all are looked up (:class:`~portal.crypto.fields.BlindIndexField`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.crypto import keyring
from portal.crypto.errors import KeyMissing

BARE = "bare"
"""In ``BLIND_INDEX_COVERS``: indexes without a cover, as they stood before there were covers."""
_BARE = re.compile(r"[0-9a-f]{64}")
_COVERED = re.compile(r"([a-z0-9-]{1,20})\.([A-Za-z0-9_-]{43})")


@lru_cache(maxsize=8)
def _parse(entries: tuple[str, ...]) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {}
    for entry in entries:
        name, _, text = entry.partition(":")
        if not re.fullmatch(r"[a-z0-9-]{1,20}", name) or name in found or (name == BARE) != (text == ""):
            raise ImproperlyConfigured(
                "BLIND_INDEX_COVERS: each entry is `bare` or id:base64 with an id of its own (at most 20 of a-z, 0-9, hyphen)"
            )
        found[name] = keyring.derived(keyring.decoded("BLIND_INDEX_COVERS", text), "blind-cover") if text else None
    if not found:
        raise ImproperlyConfigured("BLIND_INDEX_COVERS is empty: `bare` means indexes without a cover")
    return found


def covers() -> dict[str, bytes | None]:
    """The covers that may lie over an index, by id; the first is written. ``bare`` has no key."""
    return _parse(tuple(settings.BLIND_INDEX_COVERS))


def written() -> str:
    """Id of the cover that is written now."""
    return next(iter(covers()))


def _covered(name: str, inner: bytes) -> str:
    key = covers()[name]
    if key is None:
        return inner.hex()
    by = Cipher(AES256(key), CBC(bytes(16))).encryptor()
    return f"{name}.{base64.urlsafe_b64encode(by.update(inner) + by.finalize()).decode().rstrip('=')}"


def _inner(index: str) -> bytes | None:
    """What lies under the cover of an index; None for what is no index. :class:`KeyMissing` where the cover is none of ours."""
    if _BARE.fullmatch(index):
        return bytes.fromhex(index)
    if not (found := _COVERED.fullmatch(index)):
        return None
    key = covers().get(found[1])
    if key is None:
        raise KeyMissing(f"no cover {found[1]!r} in BLIND_INDEX_COVERS")
    try:
        raw = base64.urlsafe_b64decode(found[2] + "=")
    except binascii.Error:
        return None
    by = Cipher(AES256(key), CBC(bytes(16))).decryptor()
    return by.update(raw) + by.finalize()


def blind_index(purpose: str, value: str) -> str:
    """Keyed index of a value (at most 64 signs), for exact search in what is sealed. Another purpose gives another index.

    The caller normalises the value first. The index of a value from a small set (an ID number has 12 digits) is as secret as the keys; it
    is personal data and is nulled on erasure. It is kept in a :class:`~portal.crypto.fields.BlindIndexField`, and nowhere else.
    """
    key = keyring.decoded("BLIND_INDEX_KEY", settings.BLIND_INDEX_KEY)
    per_purpose = hmac.digest(key, b"blind-index|" + purpose.encode(), hashlib.sha256)
    return _covered(written(), hmac.digest(per_purpose, value.encode(), hashlib.sha256))


def index_forms(index: str) -> list[str]:
    """Every form in which the same index may stand in the database, the one that is written first; of what is no index, itself."""
    inner = _inner(index)
    return [index] if inner is None else [_covered(name, inner) for name in covers()]


def bare_index(index: str) -> str:
    """One name for an index whatever its cover, to compare and to queue up by; never kept. Of what is no index, itself."""
    inner = _inner(index)
    return index if inner is None else inner.hex()


def same_index(one: str | None, other: str | None) -> bool:
    """Whether two indexes are of the same value, whatever their covers. None and an empty one are nobody's."""
    return bool(one and other) and hmac.compare_digest(bare_index(one or ""), bare_index(other or ""))


def recovered(index: str) -> str | None:
    """The index under the cover that is written now; None for what is no index."""
    inner = _inner(index)
    return None if inner is None else _covered(written(), inner)
