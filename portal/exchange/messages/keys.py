"""The portal's own keys: one that signs, one to which partners seal; published, replaced, kept readable for what was sealed before."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from joserfc.jwk import ECKey, RSAKey, import_key

from portal import audit
from portal.access import SYSTEM, Actor
from portal.crypto import open_text, seal_text
from portal.exchange.messages.envelopes import SEALING_KEYS, SIGNING_KEYS
from portal.exchange.messages.models import PortalKey

SIGN, SEAL = "sig", "enc"
BEHIND = timedelta(days=7)
"""For so long what is sealed to a replaced key is still opened, and what it signed can be checked by the published set."""
_SEALED = "exchange.portal_key"


def _algorithm(use: str) -> tuple[str, tuple[str, str]]:
    name = (settings.MESSAGE_SIGNING if use == SIGN else settings.MESSAGE_SEALING)[0]
    return name, (SIGNING_KEYS if use == SIGN else SEALING_KEYS)[name]


def _make(use: str, now: datetime) -> PortalKey:
    name, (kty, curve) = _algorithm(use)
    key = ECKey.generate_key(curve or "P-256") if kty == "EC" else RSAKey.generate_key(2048)
    row = PortalKey(use=use, algorithm=name, made_at=now)
    public = {part: value for part, value in key.as_dict(private=False).items() if part in ("kty", "crv", "x", "y", "n", "e")}
    row.public = {**public, "kid": row.id.hex, "use": use, "alg": name}
    row.private_sealed = seal_text(json.dumps(key.as_dict(private=True)), context=_SEALED)
    row.save(force_insert=True)
    return row


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('exchange.messages.keys'))")


@transaction.atomic
def ensure(use: str, *, now: datetime | None = None) -> PortalKey:
    """The key in use; made where there is none yet, or where the settings name another algorithm first (one query as a rule)."""
    found = PortalKey.objects.filter(use=use, replaced_at=None).first()
    if found is None or found.algorithm != _algorithm(use)[0]:
        _lock()
        now = now or timezone.now()
        found = PortalKey.objects.filter(use=use, replaced_at=None).first()
        if found is not None and found.algorithm != _algorithm(use)[0]:
            PortalKey.objects.filter(pk=found.pk).update(replaced_at=now)
            found = None
        found = found or _make(use, now)
    return found


@transaction.atomic
def rotate(*, now: datetime, actor: Actor = SYSTEM, at_once: bool = False) -> list[str]:
    """Replace both keys. The old ones open and are published for :data:`BEHIND`; ``at_once`` (stolen): no longer, from now. Their names."""
    _lock()
    made = []
    for use in (SIGN, SEAL):
        PortalKey.objects.filter(use=use, replaced_at=None).update(replaced_at=now)
        made.append(_make(use, now).id.hex)
    left = PortalKey.objects.filter(replaced_at__isnull=False, left_at=None)
    (left if at_once else left.filter(replaced_at__lte=now - BEHIND)).update(left_at=now, private_sealed="")
    details = {"keys": made, "at_once": at_once}
    audit.record(actor=actor, act="exchange.rotate_message_keys", target="partner_messages.portalkey", target_id=made[0], details=details)
    return made


def public_keys() -> list[dict[str, Any]]:
    """What is published: the keys in use and those that were a short while ago."""
    for use in (SIGN, SEAL):
        ensure(use)
    return [dict(row.public) for row in PortalKey.objects.filter(left_at=None).order_by("-made_at", "id")]


@lru_cache(maxsize=16)
def _private(key_id: UUID) -> Any:
    sealed = PortalKey.objects.values_list("private_sealed", flat=True).get(pk=key_id)
    return import_key(json.loads(open_text(sealed, context=_SEALED)))


def signing() -> tuple[Any, str, str]:
    """Private key, ``kid`` and algorithm by which we sign now."""
    row = ensure(SIGN)
    return _private(row.id), row.id.hex, row.algorithm


def opening() -> dict[str, Any]:
    """Private keys by ``kid`` that open what was sealed to us (one query)."""
    ensure(SEAL)
    return {pk.hex: _private(pk) for pk in PortalKey.objects.filter(use=SEAL, left_at=None).values_list("pk", flat=True)}
