"""Key ring, subject keys, field encryption, blind index, certificate validation.

``from portal import crypto; crypto.encrypt(...)``: the names below load on first use, because models need ready apps.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from portal.crypto.errors import CryptoError, KeyDestroyed, KeyMissing, Tampered

if TYPE_CHECKING:
    from portal.crypto.blind import bare_index, blind_index, index_forms, same_index
    from portal.crypto.keyring import open_text, seal_text
    from portal.crypto.services import decrypt, encrypt, forget_keys, is_destroyed, prefetch, shred

__all__ = [
    "CryptoError",
    "KeyDestroyed",
    "KeyMissing",
    "Tampered",
    "bare_index",
    "blind_index",
    "decrypt",
    "encrypt",
    "forget_keys",
    "index_forms",
    "is_destroyed",
    "open_text",
    "prefetch",
    "same_index",
    "seal_text",
    "shred",
]

_BLIND = frozenset({"bare_index", "blind_index", "index_forms", "same_index"})
_KEYRING = frozenset({"open_text", "seal_text"})
_SERVICES = frozenset({"decrypt", "encrypt", "forget_keys", "is_destroyed", "prefetch", "shred"})


def __getattr__(name: str) -> Any:
    if name in _BLIND:
        return getattr(import_module("portal.crypto.blind"), name)
    if name in _KEYRING:
        return getattr(import_module("portal.crypto.keyring"), name)
    if name in _SERVICES:
        return getattr(import_module("portal.crypto.services"), name)
    raise AttributeError(name)
