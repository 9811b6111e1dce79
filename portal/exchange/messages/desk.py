"""What officers do with messages: see the way of one, send a dead letter again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from portal import audit, outbox
from portal.access import AccessDenied, Actor, may
from portal.exchange.messages.arrival import have_handled
from portal.exchange.messages.models import STATES, Message, MessageStep
from portal.exchange.messages.services import DELIVER
from portal.exchange.partners.models import Partner

SEE, OWN_SEE = "exchange.messages", "exchange.own_messages"
RESEND, OWN_RESEND = "exchange.resend_any_message", "exchange.resend_message"


class NotAgain(Exception):
    """A message cannot be sent again; ``message`` is for the officer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def partners_of(actor: Actor) -> QuerySet[Partner]:
    """Partners whose lines and messages an officer watches: VPCP all, an agency those that speak for it or below it (Rules art. 48.4)."""
    if may(actor, SEE):
        return Partner.objects.all()
    if not may(actor, OWN_SEE, actor.unit):
        return Partner.objects.none()
    rows = Partner.objects.only("code", "units")
    return Partner.objects.filter(pk__in=[row.pk for row in rows if any(may(actor, OWN_SEE, unit) for unit in row.units)])


def may_resend(actor: Actor, partner: Partner) -> bool:
    """VPCP, or who runs or administers an agency for which the partner speaks."""
    return may(actor, RESEND) or any(may(actor, OWN_RESEND, unit) for unit in partner.units)


@transaction.atomic
def send_again(*, message: int, actor: Actor, now: datetime) -> Message:
    """Give a dead letter, or one that was refused, all its tries again, in its old place within its subject; one that came in is handled
    again. :class:`NotAgain` for one that is neither, and once its body has been removed."""
    row = Message.objects.select_for_update().select_related("partner").get(pk=message)
    if not may_resend(actor, row.partner):
        raise AccessDenied(OWN_RESEND)
    if STATES.refusal(row, "again"):
        raise NotAgain("Tin này không còn ở tình trạng cho gửi lại. Tải lại trang để xem tình trạng mới nhất.")
    if not row.body_sealed:
        raise NotAgain("Nội dung tin đã bị xóa theo thời hạn lưu giữ, không gửi lại được nữa.")
    STATES.move(row, "again")
    row.attempts, row.available_at, row.lease_until, row.failed_since = 0, now, None, None
    row.last_error, row.outcome, row.ended_at = "", "", None
    row.save()
    MessageStep.objects.create(message=row, what=MessageStep.What.AGAIN, at=now)
    if row.direction == Message.Direction.OUT:
        rounds = row.steps.filter(what=MessageStep.What.AGAIN).count()
        outbox.put(DELIVER, key=f"{row.id}:{rounds}", payload={"partner": row.partner_id})
    else:
        have_handled(row)
    details: dict[str, Any] = {"partner": row.partner_id, "kind": row.kind, "about": row.about}
    audit.record(actor=actor, act="exchange.resend_message", target="partner_messages.message", target_id=str(row.id), details=details)
    return row
