"""Telling a system that somebody signed out (OpenID Connect Back-Channel Logout 1.0): a logout token, until it is taken (A-06)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import OidcClient, SignInGrant
from accounts.provider import keys
from accounts.provider.scopes import subject
from portal.exchange import http

SERVICE = "sign-on"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = timedelta(minutes=2)
MOST_TRIES = 20 + 24 * 7
"""By the outbox's pauses: ten minutes, then hourly for a week. No session there is as old."""


def logout_token(*, client: OidcClient, sid: str, person_id: UUID, organisation_id: UUID | None, now: datetime) -> str:
    """Our word that this session is over."""
    at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": settings.SITE_URL,
        "aud": str(client.pk),
        "iat": at,
        "exp": at + int(LIFETIME.total_seconds()),
        "jti": uuid.uuid4().hex,
        "sid": sid,
        "sub": subject(client, person_id, organisation_id),
        "events": {EVENT: {}},
    }
    return keys.sign(claims, kind="logout+jwt")


def tell(*, payload: dict[str, Any], now: datetime) -> None:
    """Give a system our word. ``OutsideUnavailable`` and ``OutsideRefused`` where it was not taken. Nothing for one that is no more."""
    client = OidcClient.objects.filter(pk=payload["client"]).first()
    if client is None or not client.logout_uri:
        return
    token = logout_token(
        client=client,
        sid=payload["sid"],
        person_id=UUID(payload["person"]),
        organisation_id=UUID(payload["organisation"]) if payload["organisation"] else None,
        now=now,
    )
    http.hand_over(SERVICE, client.logout_uri, {"logout_token": token})
    SignInGrant.objects.filter(pk=payload["sid"], ended_at__isnull=False, told_at=None).update(told_at=now)
