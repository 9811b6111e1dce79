"""What nights and sweeps do: bodies leave, what the inbox gave up is told apart."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from portal.exchange.messages.arrival import SOURCE, end
from portal.exchange.messages.models import Message, State
from portal.inbox.models import Received
from portal.outbox.models import Message as Promised

BODIES_KEPT = timedelta(days=30)
PATIENCE = timedelta(minutes=10)


def forget_bodies(*, now: datetime, limit: int = 1000) -> int:
    """Remove the bodies of messages that ended :data:`BODIES_KEPT` ago; how many. Digests and both proofs stay. What was delivered and
    never heard of again leaves after three times as long."""
    ended = Message.objects.filter(ended_at__lt=now - BODIES_KEPT).exclude(body_sealed="").order_by("ended_at")
    count = Message.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[:limit])).update(body_sealed="")
    if count < limit:
        quiet = Message.objects.filter(state=State.DELIVERED, created_at__lt=now - 3 * BODIES_KEPT).exclude(body_sealed="")
        count += Message.objects.filter(pk__in=list(quiet.order_by("created_at").values_list("pk", flat=True)[: limit - count])).update(
            body_sealed=""
        )
    return count


def bury_given_up(*, now: datetime, limit: int = 100) -> int:
    """Dead letters out of what came in and whose handling the worker gave up after all its tries; how many."""
    waiting = Message.objects.filter(direction=Message.Direction.IN, state=State.WAITING, created_at__lt=now - PATIENCE)
    count = 0
    for row in waiting.order_by("number")[:limit]:
        received = Received.objects.filter(source=SOURCE, key__startswith=f"{row.id}:").order_by("-received_at").first()
        if received is None or received.message_id is None:
            continue
        dead = Promised.objects.filter(pk=received.message_id, dead_at__isnull=False).first()
        if dead is None:
            continue
        with transaction.atomic():
            locked = Message.objects.select_for_update().get(pk=row.pk)
            if locked.state == State.WAITING:
                end(locked, "bury", dead.last_error, now)
                count += 1
    return count
