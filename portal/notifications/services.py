"""Tell parties: a row for each channel in the caller's transaction, SMS and letters by the outbox."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from portal import outbox
from portal.exchange import mail, sms
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.notifications import letters, registry
from portal.notifications.models import Notification, Reading

logger = logging.getLogger(__name__)


def notify(
    *,
    party_id: UUID,
    template: str,
    context: Mapping[str, str],
    key: str,
    channels: Sequence[str] | None = None,
    in_inbox: bool = True,
    address: str | None = None,
    link: str = "",
    queue: Literal["now", "soon", "bulk"] = "soon",
    expires_at: datetime | None = None,
) -> None:
    """Tell a party (a person or an organisation), in its language, once for each ``key`` and channel.

    Must run inside the act's transaction. Without ``channels``: in the inbox (unless not ``in_inbox``) and by what the party chose for
    this kind of notices, as far as the template has texts; texts of an optional kind have a place ``{off}``, the address that switches it
    off. ``key`` names the occasion, not the subject: two parties are told of one occasion, one party of each of several. ``address`` is
    where a letter or message goes instead of the party's own. ``link`` is a path of ours. What has not been sent by ``expires_at`` is not
    sent, and what is sent leaves no text behind then.
    Raises ``KeyError`` for an unknown template or a missing place in the context.
    """
    transaction.get_connection().validate_no_broken_transaction()
    known, contact = registry.template(template), registry.contact_of(party_id)
    if channels is None:
        has_inbox = in_inbox and contact.wants_in_account(known.kind)
        wanted = (*(("inbox",) if has_inbox else ()), *contact.channels_for(known.kind))
        channels = [name for name in wanted if name in known.channels()]
    places = {**context, "link": settings.SITE_URL + link}
    if registry.kind_of(known.kind).optional:
        places["off"] = registry.unsubscribe_address(party_id, known.kind)
    text = registry.rendered(template, places, contact.language)
    rows = [
        Notification(
            party_id=party_id,
            template=template,
            channel=channel,
            key=key,
            link=link,
            language=contact.language,
            address=address,
            expires_at=expires_at,
            title=None if channel == Notification.Channel.SMS else text.title,
            body=text.sms if channel == Notification.Channel.SMS else text.body,
            sent_at=timezone.now() if channel == Notification.Channel.INBOX else None,
        )
        for channel in channels
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    to_send = [row for row in rows if row.channel != Notification.Channel.INBOX]
    made = set(Notification.objects.filter(pk__in=[row.pk for row in to_send]).values_list("pk", flat=True)) if to_send else set()
    for row in to_send:
        if row.pk in made:
            payload = {"notification": str(row.id)}
            outbox.put(f"notifications.{row.channel}", key=str(row.id), payload=payload, queue=queue, expires_at=expires_at)


def _to_send(notification_id: UUID) -> Notification | None:
    """The notice, if it is still to be sent."""
    row = Notification.objects.get(pk=notification_id)
    if row.sent_at is not None or row.failed_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= timezone.now():
        _give_up(row, "expired", title=None, body=None)
        return None
    return row


def _give_up(row: Notification, why: str, **more: None) -> None:
    Notification.objects.filter(pk=row.pk).update(failed_at=timezone.now(), failure=why[:80], **more)


def _sent(row: Notification, **more: str) -> None:
    # What serves once has no business in our tables once it is on its way.
    spent: dict[str, None] = {"title": None, "body": None} if row.expires_at is not None else {}
    Notification.objects.filter(pk=row.pk).update(sent_at=timezone.now(), **more, **spent)


def _report_address() -> str:
    token = settings.SMS_REPORT_TOKEN
    return settings.SITE_URL + reverse("sms-report", args=[token]) if token else ""


def send_sms(notification_id: UUID) -> None:
    """Hand one SMS to the gateway (worker). The notice's id is the correlator: the gateway sends it once.

    Raises ``OutsideUnavailable`` to be tried again.
    """
    row = _to_send(notification_id)
    if row is None:
        return
    phone = row.address or registry.contact_of(row.party_id).phone
    if not phone or not row.body:
        _give_up(row, "no_address")
        return
    try:
        provider_id = sms.send(to=phone, text=row.body, correlator=str(row.id), report_to=_report_address())
    except OutsideRefused as refused:
        logger.warning("sms refused", extra={"notification": str(row.id), "code": refused.code})
        _give_up(row, refused.code)
        return
    _sent(row, provider_id=provider_id[:200])


def send_email(notification_id: UUID) -> None:
    """Hand one letter to the mail server (worker). Its Message-ID is the notice's: a mailbox can tell a repetition.

    An address that the server does not know counts no more. Raises ``OutsideUnavailable`` to be tried again.
    """
    row = _to_send(notification_id)
    if row is None:
        return
    to = row.address or registry.contact_of(row.party_id).email
    if not to or not row.title or not row.body:
        _give_up(row, "no_address")
        return
    if not settings.MAIL_FROM or not settings.MAIL_BOUNCES:
        raise OutsideUnavailable("mail", "not_configured")
    known = registry.template(row.template)
    letter = letters.compose(
        number=row.id,
        to=to,
        title=row.title,
        body=row.body,
        link=settings.SITE_URL + row.link if row.link else "",
        action=registry.action_of(row.template, row.language),
        language=row.language,
        at=row.created_at,
        unsubscribe="" if row.address or registry.kind_of(known.kind).law_bound else registry.unsubscribe_address(row.party_id, known.kind),
    )
    try:
        mail.send(letter, to=to, sender=letters.bounce_address(row.id))
    except OutsideRefused as refused:
        logger.warning("letter refused", extra={"notification": str(row.id), "code": refused.code})
        with transaction.atomic():
            _give_up(row, refused.code)
            if refused.code == "no_recipient":
                registry.address_bounced(row.party_id, to, refused.code)
        return
    _sent(row)


@transaction.atomic
def note_bounce(*, notification_id: UUID, address: str, status: str) -> bool:
    """Note that a letter came back: ``status`` is RFC 3463's (5.1.1). False where no letter of ours has this number.

    An address that does not exist or takes no letters at all (5.1.x, 5.2.1) counts no more.
    """
    row = Notification.objects.select_for_update().filter(pk=notification_id, channel=Notification.Channel.EMAIL).first()
    if row is None:
        return False
    if row.failed_at is None:
        _give_up(row, f"bounce_{status}")
    if status.startswith("5.1.") or status == "5.2.1":
        registry.address_bounced(row.party_id, address, f"bounce_{status}")
    return True


def note_delivery(*, notification_id: UUID, reached: bool) -> bool:
    """Note what the gateway says of an SMS: it has reached the phone, or never will. False where no SMS of ours has this number."""
    rows = Notification.objects.filter(pk=notification_id, channel=Notification.Channel.SMS)
    now = timezone.now()
    return bool(rows.update(delivered_at=now) if reached else rows.update(failed_at=now, failure="undeliverable"))


def mark_read(*, party_id: UUID, reader: UUID, notification_id: UUID) -> None:
    """Note that a person has opened one of the party's notices; for another party's nothing is noted."""
    if Notification.objects.filter(pk=notification_id, party_id=party_id, channel=Notification.Channel.INBOX).exists():
        Reading.objects.bulk_create([Reading(notification_id=notification_id, person_id=reader)], ignore_conflicts=True)


def forget_expired(*, now: datetime, limit: int = 1000) -> int:
    """Note for notices whose time is over that they were not sent, and remove their texts; how many. In batches, from the nightly task."""
    expired = Notification.objects.filter(expires_at__lte=now, sent_at__isnull=True, failed_at__isnull=True).order_by("expires_at")
    batch = list(expired.values_list("pk", flat=True)[:limit])
    return Notification.objects.filter(pk__in=batch, sent_at__isnull=True).update(failed_at=now, failure="expired", title=None, body=None)
