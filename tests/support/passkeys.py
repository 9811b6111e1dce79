"""A device that holds a passkey, in Python: it answers what the library asks, as a browser would pass it on (WebAuthn level 2)."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

_FLAG = AuthenticatorData.FLAG
SEEN = _FLAG.UP | _FLAG.UV
"""Somebody touched it, and the device made sure who."""


class Device:
    """One device with one key."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)

    def bound(self, options: dict[str, Any], *, flags: Any = SEEN) -> str:
        """What the page sends when a passkey is made."""
        public = ES256.from_cryptography_key(self.key.public_key())
        data = AttestedCredentialData.create(bytes(16), self.id, public)
        seen = AuthenticatorData.create(_rp(), flags | _FLAG.AT, 0, data)
        said = self._said("webauthn.create", options["publicKey"]["challenge"])
        made = AttestationObject.create("none", seen, {})
        return self._sent({"clientDataJSON": websafe_encode(said), "attestationObject": websafe_encode(made)})

    def signed(self, options: dict[str, Any], user_id: Any, *, flags: Any = SEEN) -> str:
        """What the page sends when the passkey signs in."""
        seen = bytes(AuthenticatorData.create(_rp(), flags, 0))
        said = self._said("webauthn.get", options["publicKey"]["challenge"])
        signature = self.key.sign(seen + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"clientDataJSON": said, "authenticatorData": seen, "signature": signature, "userHandle": str(user_id).encode()}
        return self._sent({name: websafe_encode(value) for name, value in answer.items()})

    def _sent(self, response: dict[str, str]) -> str:
        known = websafe_encode(self.id)
        results = {"credProps": {"rk": True}}
        return json.dumps({"id": known, "rawId": known, "type": "public-key", "response": response, "clientExtensionResults": results})

    def _said(self, kind: str, challenge: str) -> bytes:
        parts = urlsplit(settings.SITE_URL)
        return bytes(CollectedClientData.create(kind, challenge, f"{parts.scheme}://{parts.netloc}"))


def _rp() -> bytes:
    return hashlib.sha256((urlsplit(settings.SITE_URL).hostname or "").encode()).digest()
