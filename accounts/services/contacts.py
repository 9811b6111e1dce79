"""A person's e-mail address and choice of channels (D-13). Whoever signs in as the person changes them, and is told of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.linking.syncing import person_changed
from accounts.models import ContactChoice, EmailAddress, Organisation, OrganisationChoice, Person
from portal import audit
from portal.access import SYSTEM, Actor
from portal.limits import take
from portal.notifications.registry import OUTSIDE, kind_of, kinds
from portal.notifications.services import notify

LINK_LIVES = timedelta(days=1)
LETTERS_A_DAY = 5
"""Letters with links that one person may have sent: they go to whatever address is typed."""
_UNSUBSCRIBE_SALT = "accounts.unsubscribe"
_SEAL_BYTES = 12
SECURITY = "accounts.security"


class TooManyLetters(Exception):
    """More letters with links asked for today than anybody needs."""


class LinkRefused(Exception):
    """The link is wrong, used, too old, replaced by a newer one, or another person's. Which, it does not say."""


class CodeWanted(Exception):
    """One-time passwords go to the address that counts: another one takes its place by a code to it, and it is not left out."""


class NothingLeft(Exception):
    """No channel left for a kind that the law binds us to tell; ``kinds`` names them."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(", ".join(kinds))
        self.kinds = list(kinds)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _record(actor: Actor, act: str, person_id: UUID, **details: str) -> None:
    audit.record(actor=actor, act=f"accounts.{act}", target="accounts.person", target_id=str(person_id), details=details)


@transaction.atomic
def add_email(*, person_id: UUID, address: str, actor: Actor, now: datetime) -> None:
    """Send a link to an address; it counts when the person opens the link. A newer one replaces one that waits.

    An address that counts already stays until then. Raises :class:`TooManyLetters`.
    """
    if not take("email-link", str(person_id), capacity=LETTERS_A_DAY, refill_per_second=LETTERS_A_DAY / 86400).allowed:
        raise TooManyLetters
    Person.objects.select_for_update().get(pk=person_id)
    EmailAddress.objects.filter(person_id=person_id, verified_at__isnull=True).delete()
    token = secrets.token_urlsafe(32)
    row = EmailAddress.objects.create(
        person_id=person_id, address=address, token_digest=_digest(token), token_expires_at=now + LINK_LIVES, created_at=now
    )
    _record(actor, "add_email", person_id)
    notify(
        party_id=person_id,
        template="accounts.email_verify",
        context={"verify": settings.SITE_URL + reverse("email-verify", args=[token]), "hours": str(LINK_LIVES // timedelta(hours=1))},
        key=f"email-verify:{row.id}",
        channels=("email",),
        address=address,
        expires_at=row.token_expires_at,
    )


def waiting_for(*, token: str, person_id: UUID, now: datetime) -> EmailAddress:
    """The person's own address that the link is for. Raises :class:`LinkRefused`."""
    row = EmailAddress.objects.filter(token_digest=_digest(token), person_id=person_id, token_expires_at__gt=now).first()
    if row is None:
        raise LinkRefused
    return row


def codes_go_there(person_id: UUID) -> bool:
    """Whether the person signs in by codes to their address, for they have no phone (two queries, and the person's key)."""
    if Person.objects.get(pk=person_id).phone:
        return False
    return EmailAddress.objects.filter(person_id=person_id, verified_at__isnull=False, bounced_at__isnull=True).exists()


@transaction.atomic
def verify_email(*, token: str, person_id: UUID, actor: Actor, now: datetime, proved: bool = False) -> str:
    """The link was opened by the person who asked for it: the address counts from now on. Returns it.

    One that counted before is told and forgotten. Where codes go to that one (:func:`codes_go_there`), a session alone does not turn them
    elsewhere: ``proved`` says that a code to it was right. Raises :class:`LinkRefused`, :class:`CodeWanted`.
    """
    Person.objects.select_for_update().get(pk=person_id)
    if not proved and codes_go_there(person_id):
        raise CodeWanted
    row = waiting_for(token=token, person_id=person_id, now=now)
    before = EmailAddress.objects.filter(person_id=person_id, verified_at__isnull=False).first()
    if before is not None:
        old = before.address
        before.delete()
        if old and old != row.address:
            _tell_old(person_id, old, "accounts.email_changed", f"email-changed:{row.id}")
    EmailAddress.objects.filter(pk=row.pk).update(verified_at=now, token_digest=None, token_expires_at=None)
    _record(actor, "verify_email", person_id)
    person_changed(person_id, now=now)
    return str(row.address)


def _tell_old(person_id: UUID, address: str, template: str, key: str) -> None:
    notify(party_id=person_id, template=template, context={}, key=key, channels=("inbox", "email"), address=address)


@transaction.atomic
def remove_email(*, person_id: UUID, actor: Actor) -> None:
    """Forget the person's addresses; the one that counted is told. Where codes go to it, only what waits is forgotten: :class:`CodeWanted`
    where nothing does, for nobody could sign in any more."""
    Person.objects.select_for_update().get(pk=person_id)
    if codes_go_there(person_id):
        if not EmailAddress.objects.filter(person_id=person_id, verified_at__isnull=True).delete()[0]:
            raise CodeWanted
        return
    for row in EmailAddress.objects.filter(person_id=person_id):
        address, verified = row.address, row.verified_at is not None
        row.delete()
        if verified:
            _record(actor, "remove_email", person_id)
            if address:
                _tell_old(person_id, address, "accounts.email_removed", f"email-removed:{row.id}")
    person_changed(person_id, now=timezone.now())


@transaction.atomic
def choose(*, person_id: UUID, language: str, channels: Mapping[str, Sequence[str]], actor: Actor) -> None:
    """Note language and, for each registered kind, the channels outside the account.

    Raises :class:`NothingLeft` where a kind that the law binds us to tell would have none; what is not known is left out. What only
    officers are told stays as it was where it is not among ``channels``.
    """
    asked = [kind for kind in kinds() if kind.key in channels or not kind.for_officers]
    known = {kind.key: [name for name in kind.channels if name in channels.get(kind.key, ())] for kind in asked}
    bare = [key for key, names in known.items() if kind_of(key).law_bound and not names]
    if bare:
        raise NothingLeft(bare)
    chosen = ContactChoice.Language(language)
    before = ContactChoice.objects.select_for_update().filter(person_id=person_id).values_list("channels", flat=True).first() or {}
    kept = {kind.key: before[kind.key] for kind in kinds() if kind not in asked and kind.key in before}
    ContactChoice.objects.update_or_create(person_id=person_id, defaults={"language": chosen, "channels": kept | known})
    _record(actor, "choose_channels", person_id, language=str(chosen))


def unsubscribe_address(person_id: UUID, kind: str) -> str:
    """Whole address that switches letters of a kind off for a person, or a kind that is optional altogether, without signing in: it
    stands in the letter's head (RFC 8058), and is short enough for an SMS."""
    said = person_id.bytes + kind.encode()
    token = base64.urlsafe_b64encode(said + _seal(said)).rstrip(b"=").decode()
    return settings.SITE_URL + reverse("email-unsubscribe", args=[token])


def _seal(said: bytes) -> bytes:
    return salted_hmac(_UNSUBSCRIBE_SALT, said, algorithm="sha256").digest()[:_SEAL_BYTES]


def _said(token: str) -> tuple[UUID, str]:
    """What an address says: of today, or as letters of before have it."""
    if ":" in token:
        person_id, kind = signing.loads(token, salt=_UNSUBSCRIBE_SALT)
        return UUID(person_id), kind
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    said, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if len(said) <= 16 or not hmac.compare_digest(seal, _seal(said)):
        raise signing.BadSignature
    return UUID(bytes=said[:16]), said[16:].decode()


def unsubscribed(token: str) -> tuple[UUID, str]:
    """Person and kind of such an address. Raises :class:`LinkRefused`."""
    try:
        person_id, kind = _said(token)
        if kind_of(kind).law_bound:
            raise LinkRefused
        return person_id, kind
    except (signing.BadSignature, KeyError, ValueError):
        raise LinkRefused from None


@transaction.atomic
def unsubscribe(*, person_id: UUID, kind: str) -> None:
    """No letters of this kind any more, other channels stay as they are; what is optional comes no more at all. Twice is as once."""
    if not Person.objects.select_for_update().filter(pk=person_id).exists():
        _switch(person_id, kind, off=True)
        return
    choice, _ = ContactChoice.objects.get_or_create(person_id=person_id)
    left = [] if kind_of(kind).optional else [name for name in choice.channels.get(kind, OUTSIDE) if name != "email"]
    choice.channels = {**choice.channels, kind: left}
    choice.save(update_fields=["channels"])
    _record(SYSTEM, "unsubscribe", person_id, kind=kind)


def _switch(organisation_id: UUID, kind: str, *, off: bool) -> None:
    """Of an organisation only what is optional is switched: it has no other ways to be told."""
    if not kind_of(kind).optional or not Organisation.objects.select_for_update().filter(pk=organisation_id).exists():
        return
    choice, _ = OrganisationChoice.objects.get_or_create(organisation_id=organisation_id)
    choice.off = sorted({*choice.off, kind} if off else {*choice.off} - {kind})
    choice.save(update_fields=["off"])
    act = "unsubscribe" if off else "subscribe_again"
    audit.record(
        actor=SYSTEM, act=f"accounts.{act}", target="accounts.organisation", target_id=str(organisation_id), details={"kind": kind}
    )


@transaction.atomic
def subscribe_again(*, organisation_id: UUID, kind: str) -> None:
    """An organisation wants a kind of reminders after all. A person chooses it in their account."""
    _switch(organisation_id, kind, off=False)


def is_off(party_id: UUID, kind: str) -> bool:
    """Whether an organisation has switched a kind off (one query)."""
    return OrganisationChoice.objects.filter(pk=party_id, off__contains=[kind]).exists()


@transaction.atomic
def email_bounced(person_id: UUID, address: str, status: str) -> None:
    """Letters to this address cannot be delivered: it counts no more, and the person is told in their account and by SMS.

    Another address than the present one changes nothing (a letter may come back after a change).
    """
    row = EmailAddress.objects.select_for_update().filter(person_id=person_id, verified_at__isnull=False, bounced_at__isnull=True).first()
    if row is None or (row.address or "").casefold() != address.casefold():
        return
    EmailAddress.objects.filter(pk=row.pk).update(bounced_at=timezone.now(), bounce=status[:80])
    _record(SYSTEM, "email_bounced", person_id, status=status)
    notify(
        party_id=person_id,
        template="accounts.email_bounced",
        context={},
        key=f"email-bounced:{row.id}",
        channels=("inbox", "sms"),
        link=reverse("contacts"),
    )
