"""How far each room has changed, read from PostgreSQL about twice a second in each process."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import Error, connection

logger = logging.getLogger(__name__)

CHECK_SECONDS = 0.5
"""How old a process's knowledge of changes may be."""
_QUERY = "SELECT room, count(*), max(id), max(noted_at) FROM caching_change GROUP BY room"


class Marks:
    """The state of every room as one string each: it differs whenever something in the room has changed.

    A row becomes visible when its transaction ends, so that rows with smaller ids may come later: the number of rows is part of the mark.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[dict[str, str], str] = ({}, "")
        self._due = -math.inf

    def of(self, rooms: Sequence[str]) -> str:
        """The mark of these rooms together. At most two queries a second in this process; a thread that comes while another one asks goes
        on with what was known, unless that is more than a second old.

        When the database does not answer the last mark stands: a kept page is better than none.
        """
        if not rooms:
            return ""
        held = _held.get()
        if held is not None:
            return _joined(held, rooms)
        late = time.monotonic() - self._due
        if late >= 0 and self._lock.acquire(blocking=late > CHECK_SECONDS):
            try:
                if time.monotonic() >= self._due:
                    self.look()
            finally:
                self._lock.release()
        return _joined(self._known[0], rooms)

    @contextmanager
    def held(self) -> Iterator[str]:
        """Marks stand still for this request as they are known now, whatever other threads learn meanwhile; gives the position that the
        primary's log had reached when they were read, empty where nobody needs it."""
        found, position = self._known
        token = _held.set(found)
        try:
            yield position
        finally:
            _held.reset(token)

    def look(self) -> None:
        """Ask the database now."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(_QUERY)
                found = {room: f"{count}.{last}.{at:%d%H%M%S%f}" for room, count, last, at in cursor.fetchall()}
                position = ""
                if "replica" in settings.DATABASES:
                    # After the marks: all that they speak of was committed before this position.
                    cursor.execute("SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_insert_lsn()::text END")
                    position = str((cursor.fetchone() or [None])[0] or "")
                self._known = (found, position)
        except Error:
            logger.warning("changes could not be read: pages stand as they are")
        self._due = time.monotonic() + CHECK_SECONDS

    def forget(self) -> None:
        """Ask at the next use, whatever the clock says."""
        self._known, self._due = ({}, ""), -math.inf


_held: ContextVar[dict[str, str] | None] = ContextVar("held_marks", default=None)


def _joined(found: dict[str, str], rooms: Sequence[str]) -> str:
    return "|".join(found.get(name, "0") for room in rooms for name in _names(room))


def _names(room: str) -> tuple[str, ...]:
    """Where changes of a room are noted: a part of one (``room/part``) changes with its many (``room/*``) too."""
    whole, part, _one = room.partition("/")
    return (room, f"{whole}/*") if part else (room,)


marks = Marks()
