"""Put, carry out, sweep, send again.

All times are the database's clock, so that machines with different clocks agree about leases.
"""

from __future__ import annotations

import enum
import hashlib
import json
import logging
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, connections, transaction

from portal import audit, tracing
from portal.access import Actor, require
from portal.outbox import broker
from portal.outbox.handlers import DEFAULT_LEASE_SECONDS, DEFAULT_MAX_ATTEMPTS, GiveUp, RetryLater, handler_of, leases
from portal.outbox.hands import Hands, LeaseOver, interrupted_after
from portal.outbox.models import Message, Queue

log = logging.getLogger(__name__)

RUN_SECONDS = 5.0
"""One task takes batches for so long; then another one goes on, after whatever else waits on the queue."""
HOLD_SECONDS = 2.0
"""What of a batch has not been begun after so long goes back to whoever is free: it waits for no slow neighbour."""
TASK_SECONDS = 48
"""Celery interrupts a task then, and kills it 2 s later: the last message begins after RUN + HOLD and has at most 40 s."""
FIRST_BATCH, BIGGEST_BATCH = 20, 500
BATCH_SECONDS = 0.5
"""A batch is as big as what was done in so long before."""
THREADS = 8
"""How many messages of parallel kinds one worker process carries out at once."""
MOST_EXPIRED = 20_000
"""What one sweep drops at most."""
BACK_OFF_SECONDS = (5, 10, 20, 30)
"""Waits after the first tries; the last one is repeated until try 20, after that hourly."""
QUICK_TRIES = 20
SLOW_SECONDS = 3600
EXPIRED = "expired"


class NotInTransaction(RuntimeError):
    """A message was put outside a transaction: it would not stand or fall with what it belongs to."""


class Outcome(enum.StrEnum):
    """What came of one delivery."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    NOT_OURS = "not ours"
    """Done, dead, not yet due, or in another worker's hands."""
    RELEASED = "released"
    """Not begun in time: free for the next worker, as if nobody had taken it."""


def put(kind: str, *, key: str, payload: dict[str, Any], queue: str | None = None, expires_at: datetime | None = None) -> Message | None:
    """Promise an outside effect within the present transaction; it is carried out after the commit.

    ``payload`` holds ids only, never personal data. The second put of the same (kind, key) is the same row, or None when that
    was done and forgotten. ``queue`` is "now", "soon" or "bulk"; without it the handler's own queue, or "soon". After
    ``expires_at`` the effect is worth nothing: it is dropped. Raises :class:`NotInTransaction`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(kind)
    known = handler_of(kind)
    chosen = Queue(queue or (known.queue if known else Queue.SOON))
    digest = hashlib.sha256(f"{kind}\0{key}".encode()).digest()[:16]
    made = Message.objects.raw(
        "WITH promised AS (INSERT INTO outbox_key (digest, message_id) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING message_id)"
        " INSERT INTO outbox_message (id, kind, key, payload, queue, expires_at, attempts, last_error, trace)"
        " SELECT message_id, %s, %s, %s::jsonb, %s, %s, 0, '', %s FROM promised RETURNING *",
        [digest, uuid4(), kind, key, json.dumps(payload, cls=DjangoJSONEncoder), chosen, expires_at, tracing.parent()],
    )
    message = next(iter(made), None)
    if message is not None:
        transaction.on_commit(lambda: _nudge(chosen), robust=True)
        return message
    with connection.cursor() as cursor:
        cursor.execute("SELECT message_id FROM outbox_key WHERE digest = %s", [digest])
        return Message.objects.filter(pk=cursor.fetchone()[0]).first()


def _nudge(queue: str) -> None:
    broker.nudge(queue)


# Taking -----------------------------------------------------------------------------------------------------------------------

# One statement, so that only one worker gets a message; who is at work on others is passed by.
_CLAIM = """
    WITH due AS (
        SELECT id, available_at, make_interval(secs => coalesce((%s::jsonb ->> kind)::float8, %s)) AS lease FROM outbox_message
        WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= statement_timestamp() AND {which}
            AND NOT EXISTS (SELECT FROM outbox_hold)
        ORDER BY available_at LIMIT %s FOR UPDATE SKIP LOCKED)
    UPDATE outbox_message AS m SET attempts = attempts + 1, lease_until = clock_timestamp() + due.lease,
        available_at = clock_timestamp() + due.lease
    FROM due WHERE m.id = due.id RETURNING m.*, due.available_at AS was_available_at
"""
_CLAIM_BATCH = _CLAIM.format(which="queue = %s AND (expires_at IS NULL OR expires_at > statement_timestamp())")
_CLAIM_ONE = _CLAIM.format(which="id = %s")


def _claim(message_id: UUID) -> Message | None:
    """Take the message if it is free and due."""
    return next(iter(_take(_CLAIM_ONE, message_id, 1)), None)


def _take(statement: str, which: object, most: int) -> list[Message]:
    rows = Message.objects.raw(statement, [json.dumps(leases(HOLD_SECONDS)), DEFAULT_LEASE_SECONDS + HOLD_SECONDS, which, most])
    return sorted(rows, key=attrgetter("was_available_at"))


# Carrying out -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Result:
    """What came of a message, to be noted."""

    message: Message
    outcome: Outcome
    error: str = ""
    delay: float = 0.0


def back_off(attempts: int) -> float:
    """Seconds to wait after so many failed tries: 5, 10, 20, 30, 30 … for the first 20, then an hour."""
    if attempts >= QUICK_TRIES:
        return SLOW_SECONDS
    return BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS)) - 1]


def _place_of(error: BaseException) -> str:
    """Class of an error and where it arose. Its text stays out: it may hold personal data."""
    if isinstance(error, LeaseOver):
        return "took longer than its lease"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _perform(message: Message) -> _Result:
    """Call the handler, within the trace in which it was promised. Raises nothing that a handler may raise."""
    about = {"messaging.destination.name": message.kind, "messaging.attempts": message.attempts}
    with tracing.following(message.trace, f"outbox {message.kind}", about) as span:
        result = _called(message)
        if span is not None:
            span.set_attribute("outcome", result.outcome.value)
        return result


def _called(message: Message) -> _Result:
    known = handler_of(message.kind)
    limit = known.max_attempts if known else DEFAULT_MAX_ATTEMPTS
    extra = {"outbox_id": str(message.id), "outbox_kind": message.kind, "attempts": message.attempts}
    try:
        if known is None:
            raise RetryLater("no handler of this kind in this process")
        with interrupted_after(known.lease_seconds):
            known.function(message)
    except GiveUp as refusal:
        log.error("outbox message given up", extra=extra | {"reason": refusal.reason})
        return _Result(message, Outcome.DEAD, refusal.reason)
    except Exception as error:
        reason = error.reason if isinstance(error, RetryLater) else _place_of(error)
        if message.attempts >= limit:
            log.error("outbox message dead after all tries", extra=extra | {"reason": reason})
            return _Result(message, Outcome.DEAD, reason)
        wished = error.delay_seconds if isinstance(error, RetryLater) else None
        log.warning("outbox message to be tried again", extra=extra | {"reason": reason})
        return _Result(message, Outcome.RETRY, reason, wished if wished is not None else back_off(message.attempts))
    return _Result(message, Outcome.DONE)


# The effect has happened, whoever holds the message now: no fence.
_NOTE_DONE = """
    UPDATE outbox_message SET lease_until = NULL, last_error = '', done_at = clock_timestamp()
    WHERE id = ANY(%s::uuid[]) AND done_at IS NULL AND dead_at IS NULL
"""
# ``attempts`` is the fence: a worker whose lease ran out cannot write over the one that took the message after it.
_NOTE_FAILED = """
    UPDATE outbox_message AS m SET lease_until = NULL, last_error = v.error,
        available_at = clock_timestamp() + make_interval(secs => v.delay), dead_at = CASE WHEN v.dead THEN clock_timestamp() END
    FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::bool[], %s::float8[]) AS v(id, attempts, error, dead, delay)
    WHERE m.id = v.id AND m.attempts = v.attempts AND m.done_at IS NULL AND m.dead_at IS NULL
"""
_RELEASE = """
    UPDATE outbox_message AS m SET lease_until = NULL, attempts = m.attempts - 1, available_at = v.at
    FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS v(id, attempts, at)
    WHERE m.id = v.id AND m.attempts = v.attempts AND m.done_at IS NULL AND m.dead_at IS NULL
"""


def _note(results: Sequence[_Result]) -> None:
    """Write down what came of a batch: at most one statement for each of done, failed, released."""
    done = [one.message.id for one in results if one.outcome is Outcome.DONE]
    failed = [one for one in results if one.outcome in (Outcome.RETRY, Outcome.DEAD)]
    back = [one.message for one in results if one.outcome is Outcome.RELEASED]
    with connection.cursor() as cursor:
        if done:
            cursor.execute(_NOTE_DONE, [done])
        if failed:
            ids, attempts = [one.message.id for one in failed], [one.message.attempts for one in failed]
            errors, dead = [one.error[:300] for one in failed], [one.outcome is Outcome.DEAD for one in failed]
            cursor.execute(_NOTE_FAILED, [ids, attempts, errors, dead, [float(one.delay) for one in failed]])
        if back:
            moments = [message.was_available_at for message in back]  # type: ignore[attr-defined]
            cursor.execute(_RELEASE, [[message.id for message in back], [message.attempts for message in back], moments])


class _Batch:
    """Messages taken together: each is begun within :data:`HOLD_SECONDS` or given back to whoever is free, noted together."""

    def __init__(self, messages: Sequence[Message], queue: str) -> None:
        self._queue = queue
        self._parallel = [message for message in messages if (known := handler_of(message.kind)) and known.parallel]
        threaded = {message.id for message in self._parallel} if len(self._parallel) > 1 else set()
        self._alone = [message for message in messages if message.id not in threaded]
        self._waiting = {message.id: message for message in messages}
        self._results: list[_Result] = []
        self._lock = threading.Lock()

    def _do(self, message: Message) -> None:
        with self._lock:
            if self._waiting.pop(message.id, None) is None:
                return  # given back meanwhile
        result = _perform(message)
        with self._lock:
            self._results.append(result)

    def _give_back(self) -> None:
        with self._lock:
            rest = list(self._waiting.values())
            self._waiting.clear()
        if rest:
            _note([_Result(message, Outcome.RELEASED) for message in rest])
            broker.nudge(self._queue)

    def _give_back_late(self) -> None:
        try:
            self._give_back()
        finally:
            connections.close_all()

    def carry_out(self, hands: Hands) -> int:
        """All of them, what waits outside side by side; how many were begun and have ended."""
        timer = threading.Timer(HOLD_SECONDS, self._give_back_late)
        timer.daemon = True
        timer.start()
        try:
            if len(self._parallel) > 1:
                hands.give([lambda message=message: self._do(message) for message in self._parallel])  # type: ignore[misc]
            for message in self._alone:
                self._do(message)
            hands.wait()
        finally:
            timer.cancel()
            # Also when the task's time is over: what was not begun goes back; what hangs in a thread keeps its lease.
            self._give_back()
            with self._lock:
                results = list(self._results)
            _note(results)
        return len(results)

    def next_size(self, done: int, seconds: float) -> int:
        """How many to take next: what is done in :data:`BATCH_SECONDS`; of what waits outside never fewer than there are threads."""
        least = THREADS if self._parallel else 1
        return max(least, min(BIGGEST_BATCH, round(done / max(seconds, 0.001) * BATCH_SECONDS)))


def work(queue: str, *, seconds: float = RUN_SECONDS) -> bool:
    """Carry out what is due in a queue, what fell due first first, batch by batch for so long (a worker's task).

    Any number of workers may do this at once. Whoever finds more than they take nudges one more. Must be called outside a
    transaction; handlers then run outside one. Returns whether there was still something to do at the end.
    """
    until = time.monotonic() + seconds
    size = FIRST_BATCH
    with Hands(THREADS) as hands:
        while messages := _take(_CLAIM_BATCH, queue, size):
            if len(messages) == size:
                broker.nudge(queue)
            batch, began = _Batch(messages, queue), time.monotonic()
            done = batch.carry_out(hands)
            now = time.monotonic()
            size = batch.next_size(done, now - began)
            if now > until:
                return True
    return False


def deliver(message_id: UUID) -> Outcome:
    """Carry out one message, if it is free and due: claim, commit, call the handler, note what came of it.

    Harmless to call twice, at once, late, or for a message that is done.
    """
    message = _claim(message_id)
    if message is None:
        return Outcome.NOT_OURS
    result = _perform(message)
    _note([result])
    return result.outcome


def sweep() -> int:
    """Nudge what was missed (never nudged, lost with the broker, due again, or held by a worker that died); drop what has expired.

    Returns for how many queues there was something. Served by the partial indexes ``outbox_available`` and ``outbox_expiring``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_message SET lease_until = NULL, last_error = %s, done_at = clock_timestamp() WHERE id IN"
            " (SELECT id FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL AND expires_at <= statement_timestamp()"
            " LIMIT %s FOR UPDATE SKIP LOCKED)",
            [EXPIRED, MOST_EXPIRED],
        )
        cursor.execute(
            "SELECT q FROM unnest(%s::text[]) AS q WHERE EXISTS (SELECT FROM outbox_message WHERE queue = q AND done_at IS NULL"
            " AND dead_at IS NULL AND available_at <= statement_timestamp())",
            [list(Queue.values)],
        )
        missed = [row[0] for row in cursor.fetchall()]
    for queue in missed:
        broker.nudge(queue)
    return len(missed)


def deliver_due(*, limit: int = 100) -> dict[Outcome, int]:
    """Carry out what is due in this process and thread, without the broker: when Redis is away, and for tests.

    Goes on until nothing is due (handlers may put more), at most ``limit`` messages. Returns how many had which outcome.
    """
    outcomes: dict[Outcome, int] = {}
    for _ in range(limit):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM outbox_message WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= statement_timestamp()"
                " AND (expires_at IS NULL OR expires_at > statement_timestamp()) AND NOT EXISTS (SELECT FROM outbox_hold)"
                " ORDER BY available_at, created_at LIMIT 1"
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
            "UPDATE outbox_message SET dead_at = NULL, attempts = 0, lease_until = NULL, available_at = clock_timestamp() WHERE id = %s",
            [message.id],
        )
    message.refresh_from_db()
    details = {"kind": message.kind, "key": message.key}
    audit.record(actor=actor, act="outbox.resend", target="outbox.message", target_id=str(message.id), details=details)
    transaction.on_commit(lambda: _nudge(message.queue), robust=True)
    return message
