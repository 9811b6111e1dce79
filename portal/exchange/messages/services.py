"""What rooms above do with messages: send one, ask who wants a kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from portal import outbox
from portal.crypto import seal_text
from portal.exchange.messages.models import SEALED, Message, MessageStep
from portal.exchange.messages.registry import KIND
from portal.exchange.partners.models import Partner
from portal.outbox.services import NotInTransaction

DELIVER = "exchange.deliver"
"""The outbox's kind: look now whether something can go to this partner."""


class MessageTooLarge(ValueError):
    """A body has more bytes than ``MESSAGE_MOST_BYTES``."""


def send(
    *, partner: Partner | str, kind: str, body: Mapping[str, Any], key: str, about: str = "", version: int = 1, now: Any = None
) -> Message:
    """Promise a message to a partner, within the caller's transaction; it leaves after the commit, signed and sealed.

    ``body``: what JSON can say (dates and numbers as Django writes them); it is sealed at rest. ``key``: the second call with the same
    partner and key is the same message, also when it ended long ago; nothing is written then. ``about``: the subject within which
    nothing overtakes (the code of a dossier); messages without one go in no order. Calls for one subject must be serialised by the
    caller's own lock on it. ``now`` is for tests and demo data: when it was promised.

    A partner that does not answer gets it when it is back; one that is suspended, when it is let in again; what nobody takes within
    ``MESSAGE_WAIT_DAYS`` becomes a dead letter on the desk. Raises :class:`portal.outbox.NotInTransaction`, :class:`MessageTooLarge`,
    ``ValueError`` for a kind or key that is none.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(kind)
    if not KIND.fullmatch(kind) or len(kind) > 60 or not 0 < len(key) <= 200 or len(about) > 100:
        raise ValueError("kind, key or about")
    text = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    data = text.encode()
    if len(data) > settings.MESSAGE_MOST_BYTES:
        raise MessageTooLarge(kind)
    code = partner.pk if isinstance(partner, Partner) else partner
    row = Message(
        partner_id=code,
        direction=Message.Direction.OUT,
        kind=kind,
        version=version,
        about=about,
        key=key,
        body_sealed=seal_text(text, context=SEALED),
        digest=hashlib.sha256(data).digest(),
        size=len(data),
        **({"created_at": now, "available_at": now} if now else {}),
    )
    Message.objects.bulk_create([row], ignore_conflicts=True)
    found = Message.objects.get(partner_id=code, direction=Message.Direction.OUT, key=key)
    if found.id == row.id:
        MessageStep.objects.create(message=found, what=MessageStep.What.PROMISED, **({"at": now} if now else {}))
        outbox.put(DELIVER, key=str(found.id), payload={"partner": code})
    return found


def subscribers(kind: str) -> list[Partner]:
    """Partners that asked for this kind and are not suspended, in the order of their codes (one query, by index). Those that are being
    tried out are among them."""
    return list(Partner.objects.filter(subscriptions__kind=kind, suspended_at=None).order_by("code"))
