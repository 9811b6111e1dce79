"""What is counted while it happens: traffic, and what looks like an attack. Any room may count; `portal.operations` reads.

Counts are gathered in the process and added to Redis every few seconds; without Redis they wait in memory, up to a bound. Nothing here
raises, waits for long, or stands or falls with a transaction: an attempt that was refused and rolled back is counted all the same.
Names and causes are words and codes of ours, never what somebody typed; ``source`` is a network address.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from portal.redis import guarded_redis

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 5.0
MOST_WAITING = 5000
"""Different counts that wait in one process while Redis is away; what is new beyond them is dropped."""
MOST_SOURCES = 200
"""Addresses told apart between two flushes; the rest count without one."""
FIGURES, SEEN = "watch:figures", "watch:seen"
MOST_FIELDS = 50_000
"""Of either hash: where nobody reads, it grows no further."""

_lock = threading.Lock()
_waiting: dict[tuple[str, str], float] = {}
_sources: set[str] = set()
_timer: threading.Timer | None = None
_pid = os.getpid()


@dataclass(frozen=True)
class Counted:
    """How often something happened in a minute (seconds since 1970, its start)."""

    minute: int
    name: str
    label: str
    source: str
    amount: float


def count(name: str, label: str = "", amount: float = 1.0) -> None:
    """Add to a figure of the running minute."""
    _add(FIGURES, name, label, "", amount)


def see(kind: str, cause: str, source: str = "") -> None:
    """Note one security event. ``kind`` is of ``portal.operations.security``; ``cause`` says which door, partner or position."""
    if source and source not in _sources:
        if len(_sources) >= MOST_SOURCES:
            source = ""
        else:
            _sources.add(source)
    _add(SEEN, kind, cause[:120], source[:64], 1.0)


def _add(where: str, name: str, label: str, source: str, amount: float) -> None:
    global _timer, _pid
    minute = int(time.time()) // 60 * 60
    field = json.dumps([minute, name, label, source], separators=(",", ":"), ensure_ascii=False)
    with _lock:
        if _pid != os.getpid():
            # A forked child: its parent flushes what was counted before.
            _pid, _timer = os.getpid(), None
            _waiting.clear()
        key = (where, field)
        if key in _waiting or len(_waiting) < MOST_WAITING:
            _waiting[key] = _waiting.get(key, 0.0) + amount
        if _timer is None:
            _timer = threading.Timer(FLUSH_SECONDS, flush)
            _timer.daemon = True
            _timer.start()


def flush() -> bool:
    """Hand on what waits; False where Redis does not answer (it waits on)."""
    global _timer
    with _lock:
        _timer = None
        taken = dict(_waiting)
        _waiting.clear()
        _sources.clear()
    if not taken:
        return True
    store = guarded_redis(settings.REDIS_URL, logger, "nothing is counted for the state page: redis does not answer")

    def write(client: object) -> bool:
        sizes = {where: client.hlen(where) for where in (FIGURES, SEEN)}  # type: ignore[attr-defined]
        pipe = client.pipeline(transaction=True)  # type: ignore[attr-defined]
        for (where, field), amount in taken.items():
            if sizes[where] < MOST_FIELDS:
                pipe.hincrbyfloat(where, field, amount)
        pipe.execute()
        return True

    if store.ask(write):
        return True
    with _lock:
        for key, amount in taken.items():
            if key in _waiting or len(_waiting) < MOST_WAITING:
                _waiting[key] = _waiting.get(key, 0.0) + amount
    return False


def taken(where: str) -> Iterator[Counted]:
    """Take everything that was counted since the last time (one reader: the beat's task). What a reader that dies here took is lost."""
    store = guarded_redis(settings.REDIS_URL, logger, "nothing counted can be read: redis does not answer")

    def take(client: object) -> dict[bytes, bytes]:
        pipe = client.pipeline(transaction=True)  # type: ignore[attr-defined]
        pipe.hgetall(where)
        pipe.delete(where)
        found: dict[bytes, bytes] = pipe.execute()[0]
        return found

    for field, amount in (store.ask(take) or {}).items():
        minute, name, label, source = json.loads(field)
        yield Counted(int(minute), name, label, source, float(amount))
