"""Public pages read from a standby of the database, as long as it is as new as what this process knows of changes.

A standby may lag. What is kept is kept under the mark of the primary (``portal.caching.changes``), so a page must never be made from
something older than its mark: it would stand until the next change. The position of the primary's log is read after the marks; a standby
that has replayed up to there shows all that the mark speaks of, and whatever else processes remember under it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpResponse
from prometheus_client import Counter

from portal.caching.changes import marks

logger = logging.getLogger(__name__)

REPLICA = "replica"
AWAY_SECONDS = 5.0
"""How long a standby that did not answer is left alone."""
replica_pages = Counter("portal_replica_pages_total", "Public pages rendered, by the database they were read from", ["origin"])
_from_replica, _behind, _away = (replica_pages.labels(origin) for origin in ("replica", "primary, replica behind", "primary, replica away"))
_reading: ContextVar[bool] = ContextVar("reading_from_replica", default=False)
_away_until = -math.inf


class Router:
    """Reads go to the standby inside of ``rendered`` only; writes, migrations and everything else to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """The standby while a public page is made; never where a row happened to come from."""
        return REPLICA if _reading.get() else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """The primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        """Both are one database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """The standby follows by itself."""
        return False if db == REPLICA else None


def rendered(make: Callable[[], HttpResponse]) -> HttpResponse:
    """What ``make`` answers, read from the standby where there is one as new as the marks, else (or where that failed) from the primary."""
    if REPLICA not in settings.DATABASES:
        return make()
    with marks.held() as position:
        if not _is_fresh(position):
            return make()
        token = _reading.set(True)
        try:
            response = make()
        finally:
            _reading.reset(token)
    if response.status_code < 500:
        _from_replica.inc()
        return response
    # The standby ended a statement that stood in the way of what it replays, or went away: nobody need notice.
    logger.warning("a page could not be read from the standby: asked from the primary")
    _leave_alone()
    return make()


def _is_fresh(position: str) -> bool:
    if not position:
        return False
    if time.monotonic() < _away_until:
        _away.inc()
        return False
    try:
        with connections[REPLICA].cursor() as cursor:
            # What is no standby at all is the primary itself, named twice.
            cursor.execute("SELECT NOT pg_is_in_recovery() OR coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false)", [position])
            found = cursor.fetchone()
    except Error:
        logger.warning("the standby does not answer: pages are read from the primary")
        _leave_alone()
        _away.inc()
        return False
    if not found or not found[0]:
        _behind.inc()
        return False
    return True


def _leave_alone() -> None:
    global _away_until
    _away_until = time.monotonic() + AWAY_SECONDS
    connections[REPLICA].close()
