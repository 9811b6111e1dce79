"""The national document axis: what waits there for us is fetched and taken at the same door as everything else (``door.take``), and our
receipts go back by it. Whoever is killed on the way asks the axis again; each document counts once.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import outbox
from portal.exchange import document_axis, edxml
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.exchange.messages import carriers, door, envelopes
from portal.exchange.messages.arrival import AXIS_RECEIPT
from portal.exchange.messages.envelopes import EnvelopeRefused
from portal.exchange.messages.models import AxisDocument, Message
from portal.exchange.partners import register, services
from portal.exchange.partners.consents import narrowed
from portal.exchange.partners.models import Call, Partner, PartnerLine
from portal.outbox import GiveUp, RetryLater

logger = logging.getLogger(__name__)
KEPT = timedelta(days=30)
"""So long a document's number is remembered; longer than the axis lists it to us."""
_RECEIPT_DOTS = 2


def fetch(*, clock: Callable[[], datetime] = timezone.now, seconds: float = 20.0) -> int:
    """Take what waits on the axis, for so long; how many documents were new. One that cannot be fetched now waits for the next time."""
    begun, new = clock(), 0
    today = timezone.localdate(begun)
    for listed in document_axis.waiting(first=today - timedelta(days=settings.MESSAGE_WAIT_DAYS), last=today):
        row = AxisDocument.objects.filter(number=listed.number).first()
        if row is None:
            try:
                row = take(listed.number, document_axis.get(listed.number), now=clock())
            except OutsideRefused as refused:
                logger.warning("document on the axis cannot be fetched", extra={"reason": refused.code})
                continue
            except services.NotLetIn:
                continue
            new += 1
        if row.answered_at is None:
            document_axis.answer(listed.number, done=row.taken)
            AxisDocument.objects.filter(pk=row.pk).update(answered_at=clock())
        if (clock() - begun).total_seconds() > seconds:
            break
    return new


def take(number: str, data: bytes, *, now: datetime) -> AxisDocument:
    """Take one document: what is attached is an envelope or a receipt, signed by the partner whom the axis knows by the sender's code. What
    is refused is kept by its reason. :class:`services.NotLetIn` (``too_many``): later."""
    try:
        document = edxml.read(data)
        attached = document.attachments[0].data if len(document.attachments) == 1 else b""
    except edxml.NotReadable:
        return _keep(number, None, data, "form", now=now)
    partner = register.partner_on_axis(document.sender, now)
    if partner is None or partner.suspended_at is not None or settings.DOCUMENT_AXIS_ORGAN not in document.receivers:
        return _keep(number, partner, attached, "sender_unknown" if partner is None else "not_allowed", now=now)
    digest = hashlib.sha256(attached).digest()
    same = AxisDocument.objects.filter(partner=partner, digest=digest, taken=True).first()
    if same is not None:
        return _keep(number, partner, attached, "repeated", taken=True, now=now)
    services.take_call(partner)
    try:
        with transaction.atomic():
            word = _take(narrowed(partner, now), attached, now)
            row = _keep(number, partner, attached, word, taken=True, now=now)
    except EnvelopeRefused as refused:
        services.note_call(partner, now=now, refused={refused.code: 1})
        return _keep(number, partner, attached, refused.code, now=now)
    services.note_call(partner, now=now, rows_in=1)
    return row


def _take(partner: Partner, attached: bytes, now: datetime) -> str:
    """What it was; :class:`EnvelopeRefused`."""
    if Call.MESSAGES not in partner.calls:
        raise EnvelopeRefused("not_allowed", "Your system may not call messages.")
    if attached.count(b".") == _RECEIPT_DOTS:
        if door.take_receipt(partner=partner, receipt=attached, now=now, longest=envelopes.STORED_LIFETIME) is None:
            raise EnvelopeRefused("not_found", "No message of ours has this id.")
        return "receipt"
    _, row = door.take(partner=partner, envelope=attached, now=now, carrier=PartnerLine.Carrier.EDOC, longest=envelopes.STORED_LIFETIME)
    outbox.put(AXIS_RECEIPT, key=f"{row.id}:{hashlib.sha256(attached).hexdigest()[:16]}", payload={"message": row.pk})
    return "message"


def _keep(number: str, partner: Partner | None, attached: bytes, outcome: str, *, now: datetime, taken: bool = False) -> AxisDocument:
    digest = hashlib.sha256(attached).digest()
    try:
        with transaction.atomic():
            return AxisDocument.objects.create(
                number=number, partner=partner, digest=digest, came_at=now, taken=taken, outcome=outcome[:60]
            )
    except IntegrityError:
        # Another worker was faster.
        return AxisDocument.objects.get(number=number)


def send_receipt(message: int) -> None:
    """Our receipt of a message that came by the axis, as it stands now, goes back by it. :class:`RetryLater`, :class:`GiveUp`."""
    row, now = Message.objects.select_related("partner").get(pk=message), timezone.now()
    line = register.line_of(row.partner, now)
    if line is None or line.carrier != PartnerLine.Carrier.EDOC:
        raise GiveUp("the partner is not on the axis any more")
    receipt = door.standing_receipt(row, now=now, life=envelopes.STORED_LIFETIME)
    try:
        carriers.hand_in(line.member, receipt.encode(), name=f"BN-{row.key}", receiver=row.partner.name)
    except OutsideUnavailable as away:
        raise RetryLater(away.code) from None
    except OutsideRefused as refused:
        raise GiveUp(refused.code) from None


def forget(*, now: datetime, limit: int = 5000) -> int:
    """Remove numbers of documents that the axis lists no longer; how many."""
    old = AxisDocument.objects.filter(came_at__lt=now - KEPT).order_by("came_at").values_list("pk", flat=True)[:limit]
    return AxisDocument.objects.filter(pk__in=list(old)).delete()[0]
