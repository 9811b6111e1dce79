"""Put, deliver, sweep, send again.

All times are the database's clock, so that machines with different clocks agree about leases.
"""

from __future__ import annotations

import enum
import json
import logging
import traceback
from typing import Any
from uuid import UUID, uuid4

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from portal import audit
from portal.access import Actor, require
from portal.outbox.broker import publish
from portal.outbox.handlers import DEFAULT_LEASE_SECONDS, DEFAULT_MAX_ATTEMPTS, GiveUp, RetryLater, handler_of
from portal.outbox.models import Message, Queue

log = logging.getLogger(__name__)

GRACE_SECONDS = 15
"""How long the sweeper leaves a published message to the workers before it nudges again; with its own 10 s that is under 30 s."""
SWEEP_LIMITS = {Queue.NOW: 500, Queue.SOON: 300, Queue.BULK: 200}
"""Messages one sweep publishes at most, per queue."""
BACK_OFF_SECONDS = (5, 10, 20, 30)
"""Waits after the first tries; the last one is repeated until try 20, after that hourly."""
QUICK_TRIES = 20
SLOW_SECONDS = 3600


class NotInTransaction(RuntimeError):
    """A message was put outside a transaction: it would not stand or fall with what it belongs to."""


class Outcome(enum.StrEnum):
    """What came of one delivery."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    NOT_OURS = "not ours"
    """Done, dead, not yet due, or in another worker's hands."""


def put(kind: str, *, key: str, payload: dict[str, Any], queue: str | None = None) -> Message:
    """Promise an outside effect within the present transaction; it is carried out after the commit.

    ``payload`` holds ids only, never personal data. The second put of the same (kind, key) is the same row. ``queue`` is
    "now", "soon" or "bulk"; without it the handler's own queue, or "soon". Raises :class:`NotInTransaction`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(kind)
    known = handler_of(kind)
    chosen = Queue(queue or (known.queue if known else Queue.SOON))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_message (id, kind, key, payload, queue, sweep_at, attempts, last_error)"
            " VALUES (%s, %s, %s, %s::jsonb, %s, clock_timestamp() + make_interval(secs => %s), 0, '')"
            " ON CONFLICT (kind, key) DO NOTHING RETURNING id",
            [uuid4(), kind, key, json.dumps(payload, cls=DjangoJSONEncoder), chosen, GRACE_SECONDS],
        )
        new = cursor.fetchone()
    message = Message.objects.get(kind=kind, key=key)
    if new is not None:
        transaction.on_commit(lambda: _publish_new(message), robust=True)
    return message


def _publish_new(message: Message) -> None:
    publish(message.id, kind=message.kind, queue=message.queue)


def _claim(message_id: UUID) -> Message | None:
    """Take the message if it is free and due: one statement, so that only one worker gets it."""
    kind = Message.objects.filter(pk=message_id).values_list("kind", flat=True).first()
    if kind is None:
        return None
    known = handler_of(kind)
    rows = Message.objects.raw(
        "UPDATE outbox_message SET attempts = attempts + 1, lease_until = clock_timestamp() + make_interval(secs => %s),"
        " sweep_at = clock_timestamp() + make_interval(secs => %s)"
        " WHERE id = %s AND done_at IS NULL AND dead_at IS NULL AND available_at <= clock_timestamp()"
        " AND (lease_until IS NULL OR lease_until < clock_timestamp()) RETURNING *",
        [lease := known.lease_seconds if known else DEFAULT_LEASE_SECONDS, lease, message_id],
    )
    return next(iter(rows), None)


def back_off(attempts: int) -> float:
    """Seconds to wait after so many failed tries: 5, 10, 20, 30, 30 … for the first 20, then an hour."""
    if attempts >= QUICK_TRIES:
        return SLOW_SECONDS
    return BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS)) - 1]


def _place_of(error: BaseException) -> str:
    """Class of an error and where it arose. Its text stays out: it may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _finish(message: Message, *, error: str, dead: bool = False, delay: float | None = None) -> None:
    # ``attempts`` is the fence: a worker whose lease ran out cannot write over the one that took the message after it.
    with connection.cursor() as cursor:
        if delay is not None:
            cursor.execute(
                "UPDATE outbox_message SET lease_until = NULL, last_error = %s,"
                " available_at = clock_timestamp() + make_interval(secs => %s), sweep_at = clock_timestamp() + make_interval(secs => %s)"
                " WHERE id = %s AND attempts = %s AND done_at IS NULL AND dead_at IS NULL",
                [error[:300], delay, delay, message.id, message.attempts],
            )
        elif dead:
            cursor.execute(
                "UPDATE outbox_message SET lease_until = NULL, last_error = %s, dead_at = clock_timestamp()"
                " WHERE id = %s AND attempts = %s AND done_at IS NULL AND dead_at IS NULL",
                [error[:300], message.id, message.attempts],
            )
        else:
            # The effect has happened, whoever holds the message now: no fence.
            cursor.execute(
                "UPDATE outbox_message SET lease_until = NULL, last_error = '', done_at = clock_timestamp()"
                " WHERE id = %s AND done_at IS NULL AND dead_at IS NULL",
                [message.id],
            )


def deliver(message_id: UUID) -> Outcome:
    """Carry out one message, if it is free and due: claim, commit, call the handler, note what came of it.

    Harmless to call twice, at once, late, or for a message that is done. Must be called outside a transaction in
    production (the task does); the handler then runs outside one.
    """
    message = _claim(message_id)
    if message is None:
        return Outcome.NOT_OURS
    known = handler_of(message.kind)
    limit = known.max_attempts if known else DEFAULT_MAX_ATTEMPTS
    extra = {"outbox_id": str(message.id), "outbox_kind": message.kind, "attempts": message.attempts}
    try:
        if known is None:
            raise RetryLater("no handler of this kind in this process")
        known.function(message)
    except GiveUp as refusal:
        _finish(message, error=refusal.reason, dead=True)
        log.error("outbox message given up", extra=extra | {"reason": refusal.reason})
        return Outcome.DEAD
    except Exception as error:
        reason = error.reason if isinstance(error, RetryLater) else _place_of(error)
        if message.attempts >= limit:
            _finish(message, error=reason, dead=True)
            log.error("outbox message dead after all tries", extra=extra | {"reason": reason})
            return Outcome.DEAD
        wished = error.delay_seconds if isinstance(error, RetryLater) else None
        _finish(message, error=reason, delay=wished if wished is not None else back_off(message.attempts))
        log.warning("outbox message to be tried again", extra=extra | {"reason": reason})
        return Outcome.RETRY
    _finish(message, error="")
    return Outcome.DONE


def sweep() -> int:
    """Nudge what was missed: never published, lost with the broker, due again, or held by a worker that died.

    Returns how many messages were published. Served by the partial index ``outbox_due``; bounded per queue; what is
    published now is left alone for :data:`GRACE_SECONDS`, so a backlog is not published again and again.
    """
    published = 0
    for queue, limit in SWEEP_LIMITS.items():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE outbox_message AS m SET sweep_at = clock_timestamp() + make_interval(secs => %s)"
                " FROM (SELECT id, sweep_at FROM outbox_message WHERE queue = %s AND done_at IS NULL AND dead_at IS NULL"
                "  AND sweep_at <= statement_timestamp() ORDER BY sweep_at LIMIT %s FOR UPDATE SKIP LOCKED) AS due"
                " WHERE m.id = due.id RETURNING m.id, m.kind, due.sweep_at",
                [GRACE_SECONDS, queue, limit],
            )
            due = sorted(cursor.fetchall(), key=lambda row: row[2])
        for index, (message_id, kind, _) in enumerate(due):
            if not publish(message_id, kind=kind, queue=queue):
                # The broker is away: the next sweep finds these at once.
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE outbox_message SET sweep_at = statement_timestamp() WHERE id = ANY(%s) AND lease_until IS NULL",
                        [[row[0] for row in due[index:]]],
                    )
                return published
            published += 1
    return published


def deliver_due(*, limit: int = 100) -> dict[Outcome, int]:
    """Carry out what is due in this process, without the broker: for the command line when Redis is away, and for tests.

    Goes on until nothing is due (handlers may put more), at most ``limit`` messages. Returns how many had which outcome.
    """
    outcomes: dict[Outcome, int] = {}
    for _ in range(limit):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= clock_timestamp()"
                " AND (lease_until IS NULL OR lease_until < clock_timestamp()) ORDER BY available_at, created_at LIMIT 1"
            )
            row = cursor.fetchone()
        if row is None:
            break
        outcome = deliver(row[0])
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


@transaction.atomic
def resend(*, message_id: UUID, actor: Actor) -> Message:
    """Give a dead letter all its tries again. A message that is not dead is left as it is (two officers press at once)."""
    require(actor, "outbox.resend")
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.dead_at is None:
        return message
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_message SET dead_at = NULL, attempts = 0, lease_until = NULL, available_at = clock_timestamp(),"
            " sweep_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
            [GRACE_SECONDS, message.id],
        )
    message.refresh_from_db()
    details = {"kind": message.kind, "key": message.key}
    audit.record(actor=actor, act="outbox.resend", target="outbox.message", target_id=str(message.id), details=details)
    transaction.on_commit(lambda: _publish_new(message), robust=True)
    return message
