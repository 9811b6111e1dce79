"""The keys that sign what the portal states about people: made, published, signing, published still, gone.

A system keeps our keys for hours. So one is published a day before it signs (:data:`AHEAD`) and a day after it has (:data:`BEHIND`); one
that may be known to others signs no more and is published no more at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from accounts.models import SigningKey
from portal import audit, crypto
from portal.access import SYSTEM, Actor

ALGORITHM = "RS256"
"""What every client of OpenID Connect must understand."""
BITS = 2048
AHEAD, BEHIND = timedelta(days=1), timedelta(days=1)
_SEALED = "accounts.signingkey.private"
LIFETIME = timedelta(days=60)
"""How long one key signs."""


def _make(now: datetime) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    row = SigningKey(made_at=now)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    public = RSAKey.import_key(pem).as_dict(private=False)
    row.private = crypto.encrypt(row.id, pem.encode(), context=_SEALED)
    row.public = {**{name: public[name] for name in ("kty", "n", "e")}, "kid": row.id.hex, "use": "sig", "alg": ALGORITHM}
    row.save()
    return row


def _published() -> Q:
    return Q(left_at__isnull=True)


def _lock() -> None:
    """Two who rotate at once wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.provider.keys'))")


@transaction.atomic
def ensure(*, now: datetime | None = None) -> SigningKey:
    """The key that signs; made where there is none yet (a new portal)."""
    now = now or timezone.now()
    found = _signing()
    if found is not None:
        return found
    _lock()
    found = _signing()
    if found is None:
        found = _make(now)
        found.signs_from = now
        found.save(update_fields=["signs_from"])
    return found


def load_first() -> str:
    """The first key of a new portal; a second time changes nothing. Returns one line that says what there is."""
    ensure()
    return f"{SigningKey.objects.filter(_published()).count()} khóa ký đăng nhập một lần"


def _signing() -> SigningKey | None:
    return SigningKey.objects.filter(signs_from__isnull=False, signs_until__isnull=True).first()


@transaction.atomic
def rotate(*, now: datetime, actor: Actor = SYSTEM, at_once: bool = False) -> list[str]:
    """Take each key a step on where its time has come; what was done, in words for the log.

    ``at_once``: the signing key may be known to others. Another one signs from now on, and what the old one signed holds no longer.
    """
    _lock()
    done: list[str] = []
    current = ensure(now=now)
    waiting = SigningKey.objects.filter(_published(), signs_from__isnull=True).order_by("made_at").first()
    if at_once or (waiting is not None and waiting.made_at <= now - AHEAD and (current.signs_from or now) <= now - LIFETIME):
        current.signs_until = now
        if at_once:
            _leave(current, now)
        current.save()
        if at_once:
            # Whoever got at the one may have got at the next.
            for row in SigningKey.objects.filter(_published(), signs_from__isnull=True):
                _leave(row, now)
                row.save()
            waiting = _make(now)
        assert waiting is not None
        waiting.signs_from = now
        waiting.save(update_fields=["signs_from"])
        done.append(f"signing: {waiting.id.hex}")
        current, waiting = waiting, None
    if waiting is None and (current.signs_from or now) <= now - LIFETIME + AHEAD:
        done.append(f"published ahead: {_make(now).id.hex}")
    for row in SigningKey.objects.filter(_published(), signs_until__lte=now - BEHIND):
        _leave(row, now)
        row.save()
        done.append(f"left: {row.id.hex}")
    if done:
        details = {"keys": done, "at_once": at_once}
        audit.record(
            actor=actor, act="accounts.rotate_sign_on_keys", target="accounts.signingkey", target_id=current.id.hex, details=details
        )
    return done


def _leave(row: SigningKey, now: datetime) -> None:
    row.left_at, row.private = now, None
    crypto.shred(row.id, SYSTEM)


def public_keys() -> list[dict[str, Any]]:
    """What is published: the key that signs, the one that will, and those that have (one query)."""
    ensure()
    return [dict(row.public) for row in SigningKey.objects.filter(_published()).order_by("-made_at", "id")]


@lru_cache(maxsize=4)
def _private(key_id: UUID) -> RSAKey:
    sealed = SigningKey.objects.values_list("private", flat=True).get(pk=key_id)
    return RSAKey.import_key(crypto.decrypt(key_id, bytes(sealed or b""), context=_SEALED))


def sign(claims: Mapping[str, Any], *, kind: str = "JWT") -> str:
    """A signed statement (one query; two more in a process that has not signed with this key yet). ``kind``: its ``typ``."""
    row = SigningKey.objects.only("pk").filter(signs_from__isnull=False, signs_until__isnull=True).first() or ensure()
    header = {"alg": ALGORITHM, "kid": row.pk.hex, "typ": kind}
    return jwt.encode(header, dict(claims), _private(row.pk), [ALGORITHM])


def own_claims(token: str, *, issuer: str) -> dict[str, Any] | None:
    """What stands in a statement of ours, also in one that has expired; None for what we have not signed (one query)."""
    if len(token) > 8192 or not token.isascii():
        return None
    try:
        found = jwt.decode(token, KeySet.import_key_set({"keys": public_keys()}), [ALGORITHM])  # type: ignore[typeddict-item]
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    claims = dict(found.claims)
    return claims if found.header.get("typ") == "JWT" and claims.get("iss") == issuer else None
