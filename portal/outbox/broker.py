"""The nudge: publishing a message's id to the broker, so that a worker takes it at once. It may fail; the sweeper follows."""

from __future__ import annotations

import logging
import threading
import time
from uuid import UUID

from celery import current_app
from kombu import Connection
from kombu.pools import producers

from portal.outbox.handlers import DEFAULT_LEASE_SECONDS, KILL_SECONDS, handler_of

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.5
"""For connecting and for each answer of the broker; a page waits no longer than about twice this."""
PAUSE_SECONDS = 5.0
"""After a failure nobody in this process tries for so long: the next pages do not wait for a dead broker one by one."""

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


def publish(message_id: UUID, *, kind: str, queue: str) -> bool:
    """Put the deliver task of one message on its queue. False (and a line in the log) when the broker is away; never raises."""
    global _quiet_until
    from portal.outbox.tasks import deliver

    if time.monotonic() < _quiet_until:
        return False
    known = handler_of(kind)
    lease = known.lease_seconds if known else DEFAULT_LEASE_SECONDS
    try:
        with producers[_connection()].acquire(block=True, timeout=TIMEOUT_SECONDS) as producer:
            deliver.apply_async(
                args=(str(message_id),),
                queue=queue,
                producer=producer,
                retry=False,
                soft_time_limit=lease,
                time_limit=lease + KILL_SECONDS,
            )
    except Exception as error:  # whatever the broker's client raises: the message is safe in its table
        _quiet_until = time.monotonic() + PAUSE_SECONDS
        log.warning("broker away, left to the sweeper", extra={"outbox_id": str(message_id), "error": type(error).__name__})
        return False
    return True


def reset() -> None:
    """Forget a failure and open new connections (after a fork, after the broker moved, between tests)."""
    global _quiet_until
    with _lock:
        _quiet_until = 0.0
        _connections.clear()
