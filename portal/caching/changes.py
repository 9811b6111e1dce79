"""How far each room has changed, read from PostgreSQL about twice a second in each process."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence

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
        self._found: dict[str, str] = {}
        self._due = -math.inf

    def of(self, rooms: Sequence[str]) -> str:
        """The mark of these rooms together. At most two queries a second in this process; a thread that comes while another one asks goes
        on with what was known, unless that is more than a second old.

        When the database does not answer the last mark stands: a kept page is better than none.
        """
        if not rooms:
            return ""
        late = time.monotonic() - self._due
        if late >= 0 and self._lock.acquire(blocking=late > CHECK_SECONDS):
            try:
                if time.monotonic() >= self._due:
                    self.look()
            finally:
                self._lock.release()
        found = self._found
        return "|".join(found.get(name, "0") for room in rooms for name in _names(room))

    def look(self) -> None:
        """Ask the database now."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(_QUERY)
                self._found = {room: f"{count}.{last}.{at:%d%H%M%S%f}" for room, count, last, at in cursor.fetchall()}
        except Error:
            logger.warning("changes could not be read: pages stand as they are")
        self._due = time.monotonic() + CHECK_SECONDS

    def forget(self) -> None:
        """Ask at the next use, whatever the clock says."""
        self._found, self._due = {}, -math.inf


def _names(room: str) -> tuple[str, ...]:
    """Where changes of a room are noted: a part of one (``room/part``) changes with its many (``room/*``) too."""
    whole, part, _one = room.partition("/")
    return (room, f"{whole}/*") if part else (room,)


marks = Marks()
