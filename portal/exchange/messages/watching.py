"""How the line to each partner is: counted by what comes of each try; lost and back are events of which those concerned are told (Rules
art. 52)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal

from portal.exchange.messages.models import Connection, ConnectionEvent, Message, State

FAILURES_TO_REST = 3
REST_SECONDS = (15, 30, 60, 120, 300)
"""How long a line is left alone after that many failures and one more, and one more …; the last one is repeated."""
_NOTED = timedelta(seconds=10)

connection_changed = Signal()
"""A line was lost or is back; ``event``: the :class:`ConnectionEvent`. Sent in the transaction that notes it; who tells people listens."""


@transaction.atomic
def failed(partner: str, code: str, *, now: datetime) -> datetime | None:
    """Note a try that found the line broken; when the last one went through."""
    Connection.objects.bulk_create([Connection(partner_id=partner)], ignore_conflicts=True)
    row = Connection.objects.select_for_update().get(pk=partner)
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.last_error = code[:60]
    if row.failures >= FAILURES_TO_REST:
        rest = REST_SECONDS[min(row.failures - FAILURES_TO_REST, len(REST_SECONDS) - 1)]
        row.rest_until = now + timedelta(seconds=rest)
    _note_loss(row, now)
    row.save()
    return row.last_ok_at


def _note_loss(row: Connection, now: datetime) -> None:
    if row.lost_at is not None or row.failing_since is None:
        return
    long = now - row.failing_since >= timedelta(minutes=settings.MESSAGE_LOST_MINUTES)
    if row.failures < settings.MESSAGE_LOST_FAILURES and not (long and row.failures > 1):
        return
    row.lost_at = now
    _event(row, ConnectionEvent.What.LOST, since=row.failing_since, now=now)


def _event(row: Connection, what: str, *, since: datetime, now: datetime) -> None:
    waiting = Message.objects.filter(partner_id=row.partner_id, state=State.WAITING, direction=Message.Direction.OUT).count()
    event = ConnectionEvent.objects.create(partner_id=row.partner_id, what=what, at=now, since=since, error=row.last_error, waiting=waiting)
    connection_changed.send(sender=ConnectionEvent, event=event)


def is_resting(partner: str, *, now: datetime) -> bool:
    """Whether the line is to be left alone now (one query)."""
    return Connection.objects.filter(pk=partner, rest_until__gt=now).exists()


def went_through(partner: str, *, now: datetime) -> None:
    """Note a try that went through. Where the line was broken, whatever waited for it may leave at once."""
    changed = Connection.objects.filter(Q(failures=0) & Q(last_ok_at__gt=now - _NOTED), pk=partner).exists()
    if changed:
        return
    with transaction.atomic():
        Connection.objects.bulk_create([Connection(partner_id=partner)], ignore_conflicts=True)
        row = Connection.objects.select_for_update().get(pk=partner)
        was_broken, lost_at = row.failures > 0, row.lost_at
        row.failures, row.failing_since, row.rest_until, row.last_ok_at, row.lost_at = 0, None, None, now, None
        if lost_at is not None:
            _event(row, ConnectionEvent.What.BACK, since=lost_at, now=now)
        row.last_error = ""
        row.save()
        if was_broken:
            waiting = Message.objects.filter(partner_id=partner, state=State.WAITING, direction=Message.Direction.OUT)
            waiting.filter(available_at__gt=now).exclude(last_error__startswith="unsigned").exclude(last_error="handed").update(
                available_at=now
            )
