"""What a person lets a system know, and the sign-ins there that come of it: codes, tokens, and thieves given away (A-05).

A code and a refresh token serve once. Whoever comes with one that has served already, one of two has stolen it, and nobody knows which:
everything of that sign-in ends (RFC 9700 §4.14).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import Mandate, OidcClient, SeenAssertion, SignInConsent, SignInGrant, SignInToken, UserSession
from accounts.provider import clients, ending
from accounts.provider.asking import Here
from accounts.provider.levels import NAMED, amr, stated
from accounts.provider.scopes import known
from accounts.services import sessions
from portal import audit, watch
from portal.access import Actor

CODE_LIFETIME = timedelta(seconds=60)
ACCESS_LIFETIME = timedelta(minutes=10)
"""A system that wants to know something later uses its refresh token, and learns then that somebody has signed out."""
ID_TOKEN_LIFETIME = timedelta(minutes=10)


def digest(secret: str) -> bytes:
    """What stands in the database of a secret that another one holds."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


# Consents -------------------------------------------------------------------------------------------------------------------------


def _consents(person_id: UUID, organisation_id: UUID | None) -> QuerySet[SignInConsent]:
    whose: dict[str, UUID | None] = {"person_id": person_id, "organisation_id": organisation_id}
    return SignInConsent.objects.filter(withdrawn_at=None, **whose)


def agreed(*, client: OidcClient, here: Here) -> list[str] | None:
    """What this person, as whom they are here, lets this system know; None: they were never asked, or took it back (one query)."""
    return _consents(here.person_id, here.organisation_id).filter(client=client).values_list("scopes", flat=True).first()


@transaction.atomic
def agree(*, client: OidcClient, here: Here, scopes: Collection[str], actor: Actor, now: datetime) -> None:
    """Remember what a person lets a system know, beside what they let it know before."""
    row = _consents(here.person_id, here.organisation_id).select_for_update().filter(client=client).first()
    if row is None:
        row = SignInConsent(person_id=here.person_id, organisation_id=here.organisation_id, client=client, scopes=[], given_at=now)
    row.scopes, row.used_at = known({*row.scopes, *scopes}), now
    row.save()
    _note(actor, "agree_to_sign_on", client, scopes=row.scopes)


@transaction.atomic
def withdraw(*, consent_id: UUID, actor: Actor, now: datetime) -> bool:
    """Take back what one let a system know: it is signed out of, and asks again the next time. False where there is no such consent."""
    assert actor.person_id is not None
    row = SignInConsent.objects.select_for_update(of=("self",)).select_related("client", "organisation").filter(
        pk=consent_id, person_id=actor.person_id, withdrawn_at=None
    ).first()  # fmt: skip
    if row is None:
        return False
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    rows = SignInGrant.objects.filter(client=row.client, person_id=actor.person_id, organisation=row.organisation)
    ending.end(rows, by=SignInGrant.End.WITHDRAWN, now=now)
    _note(actor, "withdraw_sign_on", row.client)
    return True


@transaction.atomic
def end_there(*, grant_id: UUID, actor: Actor, now: datetime) -> bool:
    """Sign out of one system, and stay here. False where one is not signed in there by this."""
    assert actor.person_id is not None
    rows = SignInGrant.objects.filter(pk=grant_id, person_id=actor.person_id)
    if not ending.end(rows, by=SignInGrant.End.ELSEWHERE, now=now):
        return False
    _note(actor, "end_sign_on", rows.select_related("client")[0].client)
    return True


def _note(actor: Actor, act: str, client: OidcClient, **details: object) -> None:
    audit.record(
        actor=actor,
        act=f"accounts.{act}",
        target="accounts.person",
        target_id=str(actor.person_id),
        details={"client": str(client.pk), **details},
    )


# Codes ----------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(
    *, client: OidcClient, here: Here, scopes: Collection[str], acr_values: Collection[str], redirect_uri: str, nonce: str, challenge: str,
    code: str, now: datetime,
) -> SignInGrant:  # fmt: skip
    """Begin a sign-in of who is here; the system gets the code and takes it within a minute."""
    _consents(here.person_id, here.organisation_id).filter(client=client).update(used_at=now)
    return SignInGrant.objects.create(
        client=client,
        session_id=here.session_id,
        person_id=here.person_id,
        organisation_id=here.organisation_id,
        scopes=known(scopes),
        acr=stated(here.level, [name for name in acr_values if name in NAMED]),
        amr=amr(here.ways),
        auth_time=here.proved_at,
        code_digest=digest(code),
        nonce=nonce,
        redirect_uri=redirect_uri,
        challenge=challenge,
        asked_at=now,
    )


def holds(grant: SignInGrant, now: datetime) -> bool:
    """Whether a sign-in there still stands: not ended, its session here neither, its person with an account, its system let in, and still
    agreed to (four queries)."""
    if grant.ended_at is not None:
        return False
    session = UserSession.objects.select_related("user").get(pk=grant.session_id)
    if session.ended_at is not None or sessions.over_by(session, now) is not None or not session.user.is_active:
        return False
    if clients.client_of(str(grant.client_id)) is None:
        return False
    rows = _consents(grant.person_id, grant.organisation_id).filter(client=grant.client_id, scopes__contains=grant.scopes)
    return rows.exists() and _still_acts_for(grant, now)


def _still_acts_for(grant: SignInGrant, now: datetime) -> bool:
    """Whether the person may act for the organisation, in all its affairs, as when they signed in there."""
    if grant.organisation_id is None:
        return True
    held = Mandate.objects.in_force(now).filter(person=grant.person_id, organisation=grant.organisation_id, procedures__isnull=True)
    return held.exists()


def close_over(*, now: datetime, limit: int = 500) -> int:
    """End sessions here that are past a limit and on which something hangs elsewhere, though nobody came back to them (every few minutes);
    how many. Systems hear of it then, not in the night."""
    longest, idle = (now - timedelta(seconds=one) for one in (settings.SESSION_LONGEST_SECONDS, settings.SESSION_IDLE_SECONDS))
    open_there = SignInGrant.objects.filter(ended_at=None).values("session")
    rows = UserSession.objects.filter(pk__in=open_there, ended_at=None).filter(Q(begun_at__lte=longest) | Q(seen_at__lte=idle))
    found = list(rows.order_by("begun_at")[:limit])
    for by in (UserSession.End.LIMIT, UserSession.End.IDLE):
        sessions.close([row.pk for row in found if sessions.over_by(row, now) == by], by=by, now=now)
    return len(found)


def take_code(*, client: OidcClient, code: str, now: datetime) -> SignInGrant | None:
    """The sign-in that a code of this system begins, locked; None for one that is none of its, too old, or comes again."""
    rows = SignInGrant.objects.select_for_update(of=("self",)).select_related("client")
    row = rows.filter(client=client, code_digest=digest(code)).first()
    if row is None:
        return None
    if row.begun_at is not None:
        watch.see("token_theft", str(client.pk))
        ending.end(SignInGrant.objects.filter(pk=row.pk), by=SignInGrant.End.STOLEN, now=now)
        return None
    return row if row.asked_at + CODE_LIFETIME > now and holds(row, now) else None


# Tokens ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tokens:
    """Given to the system, and kept as digests only."""

    access: str
    refresh: str
    scopes: list[str]


@transaction.atomic
def give_tokens(*, grant: SignInGrant, scopes: Collection[str], now: datetime) -> Tokens:
    """New tokens of a sign-in. The refresh token ends with the session here at the latest."""
    if grant.begun_at is None:
        grant.begun_at = now
        grant.save(update_fields=["begun_at"])
    session, longest = UserSession.objects.get(pk=grant.session_id), timedelta(seconds=settings.SESSION_LONGEST_SECONDS)
    made = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32), known(scopes))
    soon = now + ACCESS_LIFETIME
    for kind, secret, what, until in (
        (SignInToken.Kind.ACCESS, made.access, made.scopes, soon),
        (SignInToken.Kind.REFRESH, made.refresh, grant.scopes, session.begun_at + longest),
    ):
        SignInToken.objects.create(digest=digest(secret), grant=grant, kind=kind, scopes=what, made_at=now, expires_at=until)
    return made


def take_refresh(*, client: OidcClient, token: str, now: datetime) -> SignInToken | None:
    """The refresh token of this system, locked; None for one that is none of its or is over. One that comes again gives a thief away."""
    rows = SignInToken.objects.select_for_update(of=("self",)).select_related("grant__client")
    row = rows.filter(digest=digest(token), kind=SignInToken.Kind.REFRESH, grant__client=client).first()
    if row is None:
        return None
    if row.used_at is not None:
        watch.see("token_theft", str(client.pk))
        ending.end(SignInGrant.objects.filter(pk=row.grant_id), by=SignInGrant.End.STOLEN, now=now)
        return None
    if row.ended_at is not None or not holds(row.grant, now):
        return None
    return row


def rotate(row: SignInToken, now: datetime) -> None:
    """A refresh token has served; its sign-in was used, and so was the session here."""
    row.used_at = now
    row.save(update_fields=["used_at"])
    # What it opened goes with it: one access token of a sign-in at a time.
    SignInToken.objects.filter(grant=row.grant_id, kind=SignInToken.Kind.ACCESS, made_at__lt=now, ended_at=None).update(ended_at=now)
    sessions.touch(UserSession.objects.get(pk=row.grant.session_id), now)


def find(token: str, *, kind: str = "") -> SignInToken | None:
    """A token by what a system holds (one query)."""
    rows = SignInToken.objects.select_related("grant__client", "grant__session").filter(digest=digest(token))
    return (rows.filter(kind=kind) if kind else rows).first()


def is_good(row: SignInToken, now: datetime) -> bool:
    """Whether a token still opens anything (four queries)."""
    return row.ended_at is None and row.used_at is None and row.expires_at > now and holds(row.grant, now)


@transaction.atomic
def give_back(row: SignInToken, now: datetime) -> None:
    """A system needs a token no more (RFC 7009): a refresh token ends the sign-in there, an access token itself."""
    if row.kind == SignInToken.Kind.REFRESH:
        ending.end(SignInGrant.objects.filter(pk=row.grant_id), by=SignInGrant.End.REVOKED, now=now)
    SignInToken.objects.filter(pk=row.pk, ended_at=None).update(ended_at=now)


def is_first_use(*, client: OidcClient, name: str, until: datetime) -> bool:
    """Whether an assertion of a system is used for the first time; noted at once, so that of two at the same moment one is refused."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_seenassertion (digest, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [digest(f"{client.pk}\0{name}"), until],
        )
        return bool(cursor.rowcount == 1)


def old_rows(now: datetime, kept: timedelta) -> dict[str, QuerySet]:  # type: ignore[type-arg]
    """What nobody needs any more: tokens and assertions past their time, codes that no system took."""
    return {
        "sign_in_tokens": SignInToken.objects.filter(expires_at__lt=now - kept).order_by("expires_at"),
        "seen_assertions": SeenAssertion.objects.filter(expires_at__lt=now).order_by("expires_at"),
        "untaken_codes": SignInGrant.objects.filter(Q(begun_at=None), asked_at__lt=now - kept).order_by("asked_at"),
    }
