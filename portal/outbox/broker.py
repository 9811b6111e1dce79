"""The nudge: a task on the broker that makes a worker look into a queue at once. It may fail or be lost; the sweeper follows.

One task is enough for any number of messages: while one that nobody has begun stands on the broker (its flag says so), no other is
put beside it. The worker takes the flag down before it looks, so whatever was committed before somebody found the flag up is seen.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from celery import current_app
from kombu import Connection
from kombu.pools import producers

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.5
"""For connecting and for each answer of the broker; a page waits no longer than about twice this."""
PAUSE_SECONDS = 5.0
"""After a failure nobody in this process tries for so long: the next pages do not wait for a dead broker one by one."""
FLAG_SECONDS = 5
"""A flag whose task was lost comes down by itself: before the sweeper comes again."""

_lock = threading.Lock()
_quiet_until = 0.0
_connections: dict[str, Connection] = {}


def _connection() -> Connection:
    """A connection of our own: Celery's waits and retries as a worker should, a page must not."""
    url = str(current_app.conf.broker_url)
    with _lock:
        if url not in _connections:
            _connections[url] = Connection(
                url,
                connect_timeout=TIMEOUT_SECONDS,
                transport_options={
                    **(current_app.conf.broker_transport_options or {}),
                    "socket_timeout": TIMEOUT_SECONDS,
                    "socket_connect_timeout": TIMEOUT_SECONDS,
                    "retry_on_timeout": False,
                    "max_retries": 0,
                    "connect_retries_timeout": TIMEOUT_SECONDS,
                },
            )
        return _connections[url]


def _flag(queue: str) -> str:
    return f"outbox-look-{queue}"


@contextlib.contextmanager
def _asking(queue: str) -> Iterator[Any]:
    """A producer whose failures are noted, not raised."""
    global _quiet_until
    try:
        with producers[_connection()].acquire(block=True, timeout=TIMEOUT_SECONDS) as producer:
            yield producer
    except Exception as error:  # whatever the broker's client raises: the messages are safe in their table
        _quiet_until = time.monotonic() + PAUSE_SECONDS
        log.warning("broker away, left to the sweeper", extra={"queue": queue, "error": type(error).__name__})


def nudge(queue: str) -> bool:
    """Have a worker look into the queue. False (and a line in the log) when the broker is away; never raises."""
    from portal.outbox.tasks import work

    if time.monotonic() < _quiet_until:
        return False
    with _asking(queue) as producer:
        if producer.channel.client.set(_flag(queue), 1, nx=True, ex=FLAG_SECONDS):
            work.apply_async(args=(queue,), queue=queue, producer=producer, retry=False)
        return True
    return False


def begun(queue: str) -> None:
    """Take the flag down: from now on another nudge is another task. To be called before the worker looks."""
    with _asking(queue) as producer:
        producer.channel.client.delete(_flag(queue))


def reset() -> None:
    """Forget a failure and open new connections (after a fork, after the broker moved, between tests)."""
    global _quiet_until
    with _lock:
        _quiet_until = 0.0
        _connections.clear()
