"""Sandboxes: a test system that a signed-in person makes by themself; what it sends counts nowhere, and it can be emptied."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from portal import audit
from portal.access import AccessDenied, Actor
from portal.exchange.messages.models import Connection, ConnectionEvent, Message
from portal.exchange.partners import register
from portal.exchange.partners.models import Call, Partner, PartnerKey
from portal.exchange.partners.services import PartnerRefused

UNIT = "T99"
"""No agency has it: a sandbox speaks for nobody."""
CALLS_PER_MINUTE = 120

sandbox_emptied = Signal()
"""What a sandbox sent is to be forgotten; ``partner``. Sent in the transaction; rooms above remove what they keep of it."""


def _person(actor: Actor) -> Any:
    if not actor.is_signed_in or actor.person_id is None or actor.is_officer:
        raise AccessDenied("exchange.sandbox")
    return actor.person_id


def sandbox_of(actor: Actor) -> Partner | None:
    """The person's own, if they made one (one query)."""
    return Partner.objects.filter(owner_id=actor.person_id).first() if actor.is_signed_in and actor.person_id else None


@transaction.atomic
def make(*, actor: Actor, key: str, now: datetime) -> Partner:
    """A sandbox with a first signing key. :class:`PartnerRefused` where there is one already, or for a key that is none."""
    person = _person(actor)
    row = register.read_key(key, PartnerKey.Use.SIGN)
    code = f"thu-{secrets.token_hex(4)}"
    try:
        with transaction.atomic():
            partner = Partner.objects.create(
                code=code,
                name=f"Hệ thống thử {code}",
                units=[UNIT],
                calls=sorted(Call.values),
                is_test=True,
                calls_per_minute=CALLS_PER_MINUTE,
                created_at=now,
                owner_id=person,
            )
    except IntegrityError:
        raise PartnerRefused("Bạn đã có hệ thống thử rồi.") from None
    row.partner, row.added_at = partner, now
    row.save()
    audit.record(actor=actor, act="exchange.make_sandbox", target="partners.partner", target_id=code, details={"kid": row.kid})
    return partner


@transaction.atomic
def replace_key(*, actor: Actor, key: str, now: datetime) -> PartnerKey:
    """Another signing key; those before it hold no longer. :class:`PartnerRefused`."""
    partner = _own(actor)
    row = register.read_key(key, PartnerKey.Use.SIGN)
    if partner.keys.filter(use=PartnerKey.Use.SIGN, kid=row.kid).exists():
        raise PartnerRefused("Khóa này đã đăng ký rồi.", "key")
    partner.keys.filter(use=PartnerKey.Use.SIGN, revoked_at=None).update(revoked_at=now, revoked_why="thay khóa")
    partner.tokens.all().delete()
    row.partner, row.added_at = partner, now
    row.save()
    audit.record(actor=actor, act="exchange.add_partner_key", target="partners.partner", target_id=partner.code, details={"kid": row.kid})
    return row


@transaction.atomic
def empty(*, actor: Actor) -> None:
    """Forget whatever the sandbox sent and was sent; its code and key stay."""
    partner = _own(actor)
    Message.objects.filter(partner=partner).delete()
    Connection.objects.filter(partner=partner).delete()
    ConnectionEvent.objects.filter(partner=partner).delete()
    for rows in (partner.tokens, partner.days, partner.refusals, partner.answers, partner.subscriptions):
        rows.all().delete()
    sandbox_emptied.send(sender=Partner, partner=partner)
    audit.record(actor=actor, act="exchange.empty_sandbox", target="partners.partner", target_id=partner.code, details={})


def _own(actor: Actor) -> Partner:
    person = _person(actor)
    partner = Partner.objects.select_for_update().filter(owner_id=person).first()
    if partner is None:
        raise PartnerRefused("Bạn chưa có hệ thống thử.")
    return partner
