"""A token in the TLS handshake: where our own proxy has a door for it, and the certificate as the proxy passes it on."""

from __future__ import annotations

from django.conf import settings

from portal.crypto.handshake import certificate_of

__all__ = ["certificate_of", "token_address"]


def token_address(path: str) -> str:
    """Where a token signs in by the TLS handshake: the same host at a port of its own; empty where the proxy has none."""
    return f"{settings.TOKEN_SIGN_IN_URL.rstrip('/')}{path}" if settings.TOKEN_SIGN_IN_URL else ""
