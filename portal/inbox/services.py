"""Take and handle."""

from __future__ import annotations

import base64
import enum
import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from portal import outbox
from portal.crypto import open_text, seal_text
from portal.inbox.handlers import handler_of
from portal.inbox.models import Received
from portal.outbox import RetryLater

logger = logging.getLogger(__name__)

KIND = "inbox.handle"
_CONTEXT = "inbox.received"
BODIES_KEPT = timedelta(days=7)


class Taken(enum.StrEnum):
    """What became of a message at the door."""

    NEW = "new"
    AGAIN = "again"
    """The same bytes under the same key: acknowledged like the first, nothing else."""
    OTHER_BYTES = "other bytes"
    """Other bytes under a key that was taken: refused, and noted."""


@transaction.atomic
def take(*, source: str, key: str, body: bytes, queue: str = "soon") -> Taken:
    """Keep a message and have it handled. When this has returned, the sender may be told that we have it (or that we refuse it).

    Two at once with one key wait for each other and make one row. ``queue``: the outbox's, on which it is handled.
    """
    digest = hashlib.sha256(body).digest()
    number = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_received (id, source, key, digest, body_sealed, times, refused, outcome)"
            " VALUES (%s, %s, %s, %s, %s, 1, 0, '') ON CONFLICT (source, key) DO NOTHING",
            [number, source, key, digest, seal_text(base64.b64encode(body).decode(), context=_CONTEXT)],
        )
        new = cursor.rowcount == 1
    if new:
        message = outbox.put(KIND, key=str(number), payload={"received": str(number)}, queue=queue)
        assert message is not None
        Received.objects.filter(pk=number).update(message_id=message.id)
        return Taken.NEW
    rows = Received.objects.filter(source=source, key=key)
    if rows.filter(digest=digest).update(times=F("times") + 1):
        return Taken.AGAIN
    rows.update(refused=F("refused") + 1)
    logger.error("other bytes under a known key", extra={"source": source})
    return Taken.OTHER_BYTES


@transaction.atomic
def take_and_handle(*, source: str, key: str, body: bytes, handle: Callable[[], str]) -> Taken:
    """Keep a message and handle it at once, in one transaction: for protocols whose sender waits for what came of it.

    ``handle`` does the work and answers with a word of ours for the desk; what it raises undoes the keeping too, and the sender comes
    again. A repetition is handled again: the sender wants the verdict of its own delivery, and what is done twice must change nothing. Two
    at once with one key wait for each other.
    """
    digest = hashlib.sha256(body).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_received (id, source, key, digest, body_sealed, times, refused, outcome)"
            " VALUES (%s, %s, %s, %s, %s, 1, 0, '') ON CONFLICT (source, key) DO UPDATE SET times = inbox_received.times + 1"
            " RETURNING times, digest",
            [uuid4(), source, key, digest, seal_text(base64.b64encode(body).decode(), context=_CONTEXT)],
        )
        times, first_digest = cursor.fetchone()
    if bytes(first_digest) != digest:
        raise ValueError("the key of a message must name its bytes")
    outcome = handle()
    if times == 1:
        Received.objects.filter(source=source, key=key).update(outcome=outcome[:80], handled_at=timezone.now())
        return Taken.NEW
    return Taken.AGAIN


@transaction.atomic
def handle(received_id: UUID) -> None:
    """Do what its source's handler says (worker); a second time changes nothing."""
    row = Received.objects.select_for_update().filter(pk=received_id).first()
    if row is None or row.handled_at is not None:
        return
    function = handler_of(row.source)
    if function is None:
        raise RetryLater("no handler of this source in this process")
    row.outcome = function(base64.b64decode(open_text(row.body_sealed, context=_CONTEXT)))[:80]
    row.handled_at = timezone.now()
    row.save(update_fields=["outcome", "handled_at"])


def forget_bodies(*, now: datetime, limit: int = 1000) -> int:
    """Remove the bytes of what was handled :data:`BODIES_KEPT` ago; how many. Key and digest stay."""
    old = Received.objects.filter(handled_at__lt=now - BODIES_KEPT).exclude(body_sealed="").order_by("handled_at")
    return Received.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:limit])).update(body_sealed="")
