"""Taking a draft from a kiosk to one's own phone: a link in a QR code, for minutes, once, for the draft's own party."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from dossiers.models import Draft, KioskDevice, KioskHandover
from dossiers.queries import own_drafts
from dossiers.services.common import filer
from portal import audit
from portal.access import Actor
from portal.crypto import blind_index
from portal.crypto.blind import index_forms

GOOD_FOR = timedelta(minutes=10)
_INDEX = "dossiers.kiosk_handover"


@transaction.atomic
def hand_over(*, actor: Actor, draft: Draft, device: KioskDevice, now: datetime) -> str:
    """The token of a link that leads to the party's own draft; links made for it before lead nowhere any more."""
    filer(actor)
    if not own_drafts(actor).filter(pk=draft.pk).exists():
        raise Draft.DoesNotExist
    KioskHandover.objects.filter(draft=draft, used_at=None).delete()
    token = secrets.token_urlsafe(24)
    made = KioskHandover.objects.create(
        token_index=blind_index(_INDEX, token), draft=draft, party_id=draft.party_id, device=device, made_at=now, until=now + GOOD_FOR
    )
    _record(actor, "hand_to_phone", made)
    return token


def open_handover(token: str, now: datetime) -> KioskHandover | None:
    """What a link leads to; None for none, one that was used, or is too old (one query)."""
    if len(token) > 64:
        return None
    rows = KioskHandover.objects.select_related("draft").filter(token_index__in=index_forms(blind_index(_INDEX, token)))
    return rows.filter(used_at=None, until__gt=now).first()


@transaction.atomic
def take(*, actor: Actor, token: str, now: datetime) -> Draft | None:
    """The draft, for its own party alone, once; None where there is none to take."""
    filer(actor)
    found = open_handover(token, now)
    if found is None:
        return None
    row = KioskHandover.objects.select_for_update().get(pk=found.pk)
    draft = own_drafts(actor).filter(pk=row.draft_id).first()
    if row.used_at is not None or draft is None:
        return None
    row.used_at = now
    row.save(update_fields=["used_at"])
    _record(actor, "take_on_phone", row)
    return draft


def _record(actor: Actor, act: str, row: KioskHandover) -> None:
    audit.record(
        actor=actor, act=f"dossiers.{act}", target="dossiers.draft", target_id=str(row.draft_id), details={"device": str(row.device_id)}
    )


def forget_old(*, now: datetime) -> int:
    """Delete links whose time was over a day ago; how many."""
    return KioskHandover.objects.filter(until__lt=now - timedelta(days=1)).delete()[0]
