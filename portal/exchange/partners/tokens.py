"""Machines sign in by client credentials: a signed assertion (``private_key_jwt``, RFC 7523) or the certificate of the connection
(RFC 8705); what they get is a token of a quarter of an hour for what they may call, bound to the certificate where there was one."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest

from portal.crypto.handshake import certificate_of, thumbprint
from portal.crypto.tokens import TokenRefused, read_assertion, said_subject
from portal.exchange.partners.consents import narrowed
from portal.exchange.partners.models import Partner, PartnerKey, PartnerToken
from portal.exchange.partners.register import holding, public_of
from portal.exchange.partners.services import NotLetIn
from portal.limits import take

PATH = "/api/v1/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = timedelta(minutes=15)
PREFIX = "pt_"
"""Tells a token of ours from a session of the national format."""
TRIES_PER_SECOND = 1


class TokenDenied(Exception):
    """No token. ``error``: a word of RFC 6749 §5.2; ``words``: for the engineer, nothing of what was sent; seconds to wait at
    ``slow_down``."""

    def __init__(self, error: str, words: str = "", retry_after: int = 0) -> None:
        super().__init__(error)
        self.error, self.words, self.retry_after = error, words, retry_after


@dataclass(frozen=True)
class Given:
    """A token, shown once."""

    token: str
    scopes: list[str]
    bound: bool


def digest_of(text: str) -> bytes:
    """SHA-256: what is random through and through needs no slow digest."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def is_first_use(*, partner: Partner, purpose: str, name: str, until: datetime) -> bool:
    """Whether a name (``jti``) is used by this partner for the first time; of two at once one is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO partners_seenname (digest, until) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [hashlib.sha256(f"{partner.pk}\0{purpose}\0{name}".encode("utf-8", "surrogatepass")).digest(), until],
        )
        return cursor.rowcount == 1


def _slowed(name: str, address: str) -> None:
    grant = take("partners.token", f"{name[:60]}|{address}", capacity=60, refill_per_second=TRIES_PER_SECOND)
    if not grant.allowed:
        raise TokenDenied("slow_down", "Too many wrong proofs from this address.", max(1, int(grant.retry_after) + 1))


def _by_assertion(form: Mapping[str, str], now: datetime) -> tuple[Partner, PartnerKey]:
    token = form.get("client_assertion", "")
    name = said_subject(token)
    partner = Partner.objects.filter(pk=name).first() if name and len(name) <= 40 and "\0" not in name else None
    if partner is None or form.get("client_id", partner.pk) != partner.pk:
        raise TokenDenied("invalid_client", "iss and sub of the assertion must be your code.")
    keys = list(holding(partner, PartnerKey.Use.SIGN, now))
    names = {settings.SITE_URL, settings.SITE_URL + PATH}
    if settings.TOKEN_SIGN_IN_URL:
        names.add(settings.TOKEN_SIGN_IN_URL.rstrip("/") + PATH)
    try:
        claims = read_assertion(token, public_of(keys), client=partner.pk, audiences=names, now=now)
    except TokenRefused as refused:
        raise TokenDenied("invalid_client", f"The assertion is not taken: {refused.code}.") from None
    until = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(minutes=5)
    if not is_first_use(partner=partner, purpose="assertion", name=claims["jti"], until=until):
        raise TokenDenied("invalid_client", "The assertion was used before (jti).")
    # Named by its kid, or the only one there is.
    kid = _kid(token)
    return partner, next(key for key in keys if kid in ("", key.kid))


def _kid(token: str) -> str:
    """The name of the key in the header of an assertion that was read already."""
    first = token.split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4))).get("kid", ""))


def _by_certificate(request: HttpRequest, form: Mapping[str, str], now: datetime) -> tuple[Partner, PartnerKey, str]:
    der = bound_certificate(request)
    partner = Partner.objects.filter(pk=form.get("client_id", "")[:40].replace("\0", "")).first()
    key = holding(partner, PartnerKey.Use.TLS, now).filter(kid=der).first() if partner is not None and der else None
    if partner is None or key is None:
        raise TokenDenied(
            "invalid_client", "Prove yourself: client_assertion (private_key_jwt), or client_id with a registered certificate."
        )
    return partner, key, der


def bound_certificate(request: HttpRequest) -> str:
    """Thumbprint of the connection's certificate; empty without one. Only the proxy's own door has any (``TOKEN_SIGN_IN_URL``)."""
    der = certificate_of(request) if settings.TOKEN_SIGN_IN_URL else None
    return thumbprint(der) if der else ""


def give(*, request: HttpRequest, form: Mapping[str, str], address: str, now: datetime) -> Given:
    """The token that a machine asks for. :class:`TokenDenied` (``invalid_client``, ``invalid_scope``, ``unsupported_grant_type``,
    ``slow_down``). In no transaction: a used assertion stays used, whatever comes after it."""
    if form.get("grant_type") != "client_credentials":
        raise TokenDenied("unsupported_grant_type", "grant_type must be client_credentials.")
    print_ = ""
    if "client_assertion" in form:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise TokenDenied("invalid_client", f"client_assertion_type must be {ASSERTION_TYPE}.")
        partner, key = _by_assertion(form, now)
        print_ = bound_certificate(request)
    else:
        partner, key, print_ = _by_certificate(request, form, now)
    if partner.suspended_at is not None:
        raise TokenDenied("invalid_client", "Your system is suspended; ask the Government Office.")
    scopes = _scopes(form.get("scope", ""), narrowed(partner, now).calls)
    token = PREFIX + secrets.token_urlsafe(32)
    PartnerToken.objects.create(
        digest=digest_of(token), partner=partner, scopes=scopes, thumbprint=print_, key=key, expires_at=now + LIFETIME
    )
    return Given(token, scopes, bool(print_))


def denied(*, error: TokenDenied, form: Mapping[str, str], address: str) -> TokenDenied:
    """What is told after a refusal; past a number of them from one address: to wait."""
    if error.error == "invalid_client":
        try:
            _slowed(form.get("client_id", ""), address)
        except TokenDenied as slow:
            return slow
    return error


def _scopes(asked: str, calls: Collection[str]) -> list[str]:
    wanted = asked.split() or sorted(calls)
    if not wanted or set(wanted) - set(calls):
        raise TokenDenied("invalid_scope", f"You may call: {' '.join(sorted(calls))}.")
    return sorted(set(wanted))


def partner_of_token(*, request: HttpRequest, token: str, now: datetime) -> Partner:
    """Whose token this is, with the calls it was given for (not to be saved). :class:`NotLetIn` ``expired`` (also for one
    that never was, whose key was revoked or that is bound to another certificate) or ``suspended`` (one query)."""
    alive = Q(key=None) | Q(key__revoked_at=None) & (Q(key__not_after=None) | Q(key__not_after__gt=now))
    found = PartnerToken.objects.filter(alive, digest=digest_of(token), expires_at__gt=now).select_related("partner").first()
    if found is None or (found.thumbprint and found.thumbprint != bound_certificate(request)):
        raise NotLetIn("expired")
    if found.partner.suspended_at is not None:
        raise NotLetIn("suspended")
    found.partner.calls = [call for call in found.partner.calls if call in found.scopes]
    return narrowed(found.partner, now)


def forget(*, now: datetime, limit: int = 5000) -> int:
    """Remove tokens and names whose time is over; how many."""
    gone = 0
    with connection.cursor() as cursor:
        for table, column in (("partners_partnertoken", "expires_at"), ("partners_seenname", "until")):
            cursor.execute(
                f"DELETE FROM {table} WHERE digest IN (SELECT digest FROM {table} WHERE {column} < %s LIMIT %s)",  # noqa: S608
                [now, limit],
            )
            gone += cursor.rowcount
    return gone
