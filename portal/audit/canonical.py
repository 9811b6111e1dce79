"""The canonical bytes of an act and the arithmetic of the chain. What is written here must never change for rows already sealed."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.audit.models import Act

GENESIS = "0" * 64
"""What the first link is chained to."""


def act_bytes(act: Act) -> bytes:
    """All columns of an act as JSON with sorted keys, times in UTC to the microsecond."""
    row: dict[str, Any] = {
        "act": act.act,
        "acting_as": act.acting_as,
        "at": act.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "details": act.details,
        "id": act.id,
        "person_id": str(act.person_id or ""),
        "position_id": str(act.position_id or ""),
        "request_id": act.request_id,
        "target": act.target,
        "target_id": act.target_id,
        "unit": act.unit,
        "user_id": str(act.user_id or ""),
        "xid": act.xid,
    }
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def chained(previous: str, seq: int, act: Act) -> str:
    """Hash of a link: SHA-256 over the previous hash, the place in the chain and the act."""
    return hashlib.sha256(bytes.fromhex(previous) + seq.to_bytes(8, "big") + act_bytes(act)).hexdigest()


def seal_bytes(*, seq: int, head: str, at: datetime, key_id: str) -> bytes:
    """What a seal signs."""
    return f"portal.audit seal v1|{seq}|{head}|{at.astimezone(UTC).isoformat(timespec='microseconds')}|{key_id}".encode()


def _raw(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: not base64") from None
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name}: an Ed25519 key has 32 bytes")
    return key


def signing_key() -> Ed25519PrivateKey:
    """The key that signs now (``settings.AUDIT_SIGNING_KEY``)."""
    return Ed25519PrivateKey.from_private_bytes(_raw("AUDIT_SIGNING_KEY", settings.AUDIT_SIGNING_KEY))


def id_of(key: Ed25519PublicKey) -> str:
    """Short name of a public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def trusted_keys() -> dict[str, Ed25519PublicKey]:
    """Public keys whose seals count: the present one and those of ``settings.AUDIT_PUBLIC_KEYS`` (base64; earlier keys)."""
    keys = [signing_key().public_key()]
    keys += [Ed25519PublicKey.from_public_bytes(_raw("AUDIT_PUBLIC_KEYS", text)) for text in getattr(settings, "AUDIT_PUBLIC_KEYS", [])]
    return {id_of(key): key for key in keys}


def signature_holds(key: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    """Whether the signature (hex) is this key's over the message."""
    try:
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
