"""Messages that partners send: kept with the proofs of both sides in one transaction, handled once by the room above."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from portal import outbox
from portal.crypto import seal_text
from portal.exchange.messages.models import SEALED, STATES, Message, MessageStep, State
from portal.exchange.messages.registry import MessageRefused, receiver_of
from portal.exchange.partners.models import Partner, PartnerLine
from portal.inbox.handlers import receiver
from portal.inbox.services import take
from portal.outbox.handlers import GiveUp, RetryLater

SOURCE = "exchange.messages"
"""The inbox's name for what comes by this door."""
AXIS_RECEIPT = "exchange.axis_receipt"
"""The outbox's kind: our receipt of a message goes back by the document axis."""


@dataclass(frozen=True)
class Arrived:
    """A message that came, and whether it is new."""

    message: Message
    is_new: bool


class OtherContent(Exception):
    """Another message came under a key that was used for one before."""


@transaction.atomic
def keep(
    *,
    partner: Partner,
    key: str,
    kind: str,
    version: int,
    about: str,
    text: str,
    now: datetime,
    sender_proof: str = "",
    carrier: str = PartnerLine.Carrier.HTTP,
    receipt: Callable[[Message], str] | None = None,
) -> Arrived:
    """Keep a message whose signature was checked and have it handled. When this has returned, the sender may be told that we have it.

    ``text``: the exact JSON text of the body. ``receipt`` makes our signed receipt, kept beside ``sender_proof``. The same key with the
    same content is the same message; with another content :class:`OtherContent`. Two at once with one key wait for each other.
    """
    digest = hashlib.sha256(text.encode()).digest()
    row = Message(
        id=uuid4(),
        partner=partner,
        direction=Message.Direction.IN,
        kind=kind,
        version=version,
        about=about,
        key=key,
        body_sealed=seal_text(text, context=SEALED),
        digest=digest,
        size=len(text.encode()),
        created_at=now,
        available_at=now,
        sender_proof=sender_proof,
        carrier=carrier,
    )
    row.receiver_proof = receipt(row) if receipt is not None else ""
    Message.objects.bulk_create([row], ignore_conflicts=True)
    found = Message.objects.get(partner=partner, direction=Message.Direction.IN, key=key)
    if found.id != row.id:
        if bytes(found.digest) != digest or (found.kind, found.version, found.about) != (kind, version, about):
            raise OtherContent
        MessageStep.objects.create(message=found, what=MessageStep.What.REPEATED, at=now)
        return Arrived(found, False)
    MessageStep.objects.create(message=found, what=MessageStep.What.ARRIVED, at=now)
    have_handled(found)
    return Arrived(found, True)


def have_handled(message: Message) -> None:
    """Put a message that is kept before the inbox's worker."""
    round_ = message.steps.filter(what=MessageStep.What.AGAIN).count()
    take(source=SOURCE, key=f"{message.id}:{round_}", body=json.dumps({"message": str(message.id)}).encode())


@receiver(SOURCE)
def handle(data: bytes) -> str:
    """The inbox's worker: what the room above does, once, in this transaction; the outcome in a word."""
    row = Message.objects.select_for_update().select_related("partner").get(id=UUID(json.loads(data)["message"]))
    if row.state != State.WAITING:
        return row.state
    earlier = Message.objects.filter(partner=row.partner, direction=Message.Direction.IN, state=State.WAITING, about=row.about)
    if row.about and earlier.filter(number__lt=row.number).exists():
        raise RetryLater("an earlier message about the same subject comes first")
    known = receiver_of(row.kind)
    if known is None:
        raise RetryLater("no receiver of this kind in this process")
    now = timezone.now()
    try:
        with transaction.atomic():
            word = known.function(row)
    except MessageRefused as refusal:
        end(row, "refuse", refusal.code, now)
    except GiveUp as given_up:
        end(row, "bury", given_up.reason, now)
    else:
        end(row, "acknowledge", word, now)
    return f"{row.state} {row.outcome}"


def end(row: Message, edge: str, word: str, now: datetime) -> None:
    """Take a (locked) message to the end that this edge of the table leads to."""
    STATES.move(row, edge)
    row.outcome, row.ended_at = word[:200], now
    row.save(update_fields=["state", "outcome", "ended_at"])
    MessageStep.objects.create(message=row, what=row.state, code=word[:200], at=now)
    if row.direction == Message.Direction.IN and row.carrier == PartnerLine.Carrier.EDOC:
        # By the axis nobody can ask how a message stands: they are told.
        outbox.put(AXIS_RECEIPT, key=f"{row.id}:{row.state}", payload={"message": row.pk})
