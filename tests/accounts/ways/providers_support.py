"""Identity providers for tests: the demo rows, where this worker's simulators are, their descriptions read."""

from __future__ import annotations

from typing import Any

import requests
from django.utils import timezone

from accounts.models import IdentityProvider
from accounts.ways import demo, providers
from portal.exchange import oidc
from tests.simulators.running import TOKENS, Simulators


def connected(outside: Simulators, settings: Any) -> None:
    """The demo providers, known and let in. Another worker's have other keys."""
    oidc.forget()
    settings.SIMULATORS_URL, settings.DEMO_PROVIDER_SECRET = outside.url, TOKENS["DEMO_PROVIDER_SECRET"]
    demo.connect()
    for row in IdentityProvider.objects.all():
        providers.read(row, timezone.now())


def known_unread(settings: Any) -> None:
    """The demo providers as if their descriptions had been read: for pages that go nowhere."""
    endpoints = {
        name: f"https://vi-du.example/{name}" for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
    }
    demo.connect()
    IdentityProvider.objects.update(endpoints={**endpoints, "states_issuer": True}, read_at=timezone.now())


def rotate(outside: Simulators, code: str) -> None:
    """The provider signs with a new key from now on."""
    requests.post(f"{outside.url}/oidc/{code}/rotate", timeout=30).raise_for_status()
