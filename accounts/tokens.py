"""A token in the TLS handshake: where our own proxy has a door for it, and the certificate as the proxy passes it on."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest

_PEM = re.compile(r"^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$")


def token_address(path: str) -> str:
    """Where a token signs in by the TLS handshake: the same host at a port of its own; empty where the proxy has none."""
    return f"{settings.TOKEN_SIGN_IN_URL.rstrip('/')}{path}" if settings.TOKEN_SIGN_IN_URL else ""


def certificate_of(request: HttpRequest) -> bytes | None:
    """The certificate of this very connection as nginx writes it (``$ssl_client_escaped_cert``); None for none, or for what is none."""
    found = _PEM.match(unquote(request.META.get("HTTP_X_CLIENT_CERTIFICATE", "")[:20_000]))
    try:
        return base64.b64decode("".join(found.group(1).split()), validate=True) if found else None
    except (binascii.Error, ValueError):
        return None
