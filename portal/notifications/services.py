"""Tell people: a row for each channel in the caller's transaction, SMS by the outbox."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal import outbox
from portal.exchange import sms
from portal.exchange.errors import OutsideRefused
from portal.notifications import registry
from portal.notifications.models import Notification, Reading

logger = logging.getLogger(__name__)


def notify(
    *,
    party_id: UUID,
    template: str,
    context: Mapping[str, str],
    key: str,
    channels: Sequence[str] = ("inbox", "sms"),
    link: str = "",
    queue: Literal["now", "soon", "bulk"] = "soon",
    expires_at: datetime | None = None,
) -> None:
    """Tell a party (a person or an organisation) by the channels given, once for each ``key`` and channel.

    Must run inside the act's transaction. ``key`` names the occasion, not the subject: two parties are told of one occasion, one
    party of each of several. ``link`` is a path of ours; what has not been sent by ``expires_at`` is not sent.
    Raises ``KeyError`` for an unknown template or a missing place in the context.
    """
    transaction.get_connection().validate_no_broken_transaction()
    text = registry.template(template)
    values = {**context, "link": settings.SITE_URL + link}
    for channel in channels:
        inbox = channel == Notification.Channel.INBOX
        row = Notification(
            party_id=party_id,
            template=template,
            channel=channel,
            key=key,
            link=link,
            expires_at=expires_at,
            title=text.inbox_title.format(**values) if inbox else None,
            body=(text.inbox_body if inbox else text.sms).format(**values),
            sent_at=timezone.now() if inbox else None,
        )
        made = Notification.objects.bulk_create([row], ignore_conflicts=True) and Notification.objects.filter(pk=row.pk).exists()
        if made and channel == Notification.Channel.SMS:
            outbox.put("notifications.sms", key=str(row.id), payload={"notification": str(row.id)}, queue=queue, expires_at=expires_at)


def _give_up(row: Notification, **more: None) -> None:
    Notification.objects.filter(pk=row.pk).update(failed_at=timezone.now(), **more)


def send_sms(notification_id: UUID) -> None:
    """Hand one SMS to the gateway (worker). The notice's id is the correlator: the gateway sends it once.

    Raises ``OutsideUnavailable`` to be tried again.
    """
    row = Notification.objects.get(pk=notification_id)
    if row.sent_at is not None or row.failed_at is not None:
        return
    if row.expires_at is not None and row.expires_at <= timezone.now():
        _give_up(row, body=None)
        return
    phone = registry.contact_of(row.party_id).phone
    if not phone or not row.body:
        _give_up(row)
        return
    try:
        provider_id = sms.send(to=phone, text=row.body, correlator=str(row.id))
    except OutsideRefused as refused:
        logger.warning("sms refused", extra={"notification": str(row.id), "code": refused.code})
        _give_up(row)
        return
    now = timezone.now()
    # A one-time password has no business in our tables once it is on its way.
    spent = {"body": None} if row.template == "accounts.otp" else {}
    Notification.objects.filter(pk=row.pk).update(sent_at=now, provider_id=provider_id[:200], **spent)


def mark_read(*, party_id: UUID, reader: UUID, notification_id: UUID) -> None:
    """Note that a person has opened one of the party's notices; for another party's nothing is noted."""
    if Notification.objects.filter(pk=notification_id, party_id=party_id, channel=Notification.Channel.INBOX).exists():
        Reading.objects.bulk_create([Reading(notification_id=notification_id, person_id=reader)], ignore_conflicts=True)


def forget_expired(*, now: datetime, limit: int = 1000) -> int:
    """Note for notices whose time is over that they were not sent, and remove their texts; how many. In batches, from the nightly task."""
    expired = Notification.objects.filter(expires_at__lte=now, sent_at__isnull=True, failed_at__isnull=True).order_by("expires_at")
    batch = list(expired.values_list("pk", flat=True)[:limit])
    return Notification.objects.filter(pk__in=batch, sent_at__isnull=True).update(failed_at=now, title=None, body=None)
