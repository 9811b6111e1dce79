"""A certificate in the TLS handshake, as our own proxy passes it on."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from urllib.parse import unquote

from django.http import HttpRequest

_PEM = re.compile(r"^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$")


def certificate_of(request: HttpRequest) -> bytes | None:
    """The certificate of this very connection as nginx writes it (``$ssl_client_escaped_cert``); None for none, or for what is none."""
    found = _PEM.match(unquote(request.META.get("HTTP_X_CLIENT_CERTIFICATE", "")[:20_000]))
    try:
        return base64.b64decode("".join(found.group(1).split()), validate=True) if found else None
    except (binascii.Error, ValueError):
        return None


def thumbprint(der: bytes) -> str:
    """How a certificate is named (``x5t#S256``, RFC 8705 §3.1)."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
