"""What was done leaves by term, the memory of its key later. Terms and their reasons: docs/operations.md."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from portal.retention.services import note

logger = logging.getLogger(__name__)

DONE_KEPT = timedelta(days=14)
KEYS_KEPT = timedelta(days=400)
BATCH = 5000

_DONE = """
    DELETE FROM outbox_message WHERE id IN (
        SELECT id FROM outbox_message WHERE done_at < statement_timestamp() - make_interval(days => %s)
        ORDER BY done_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""
# A key stays as long as its message: one that waits or is dead may still be sent again.
_KEYS = """
    DELETE FROM outbox_key WHERE digest IN (
        SELECT k.digest FROM outbox_key AS k WHERE k.created_at < statement_timestamp() - make_interval(days => %s)
        AND NOT EXISTS (SELECT FROM outbox_message AS m WHERE m.id = k.message_id) LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def forget(*, seconds: float) -> bool:
    """Remove what is past its term, batch by batch, each a transaction of its own, for so long. False: there is more to remove."""
    removed = {"done": 0, "keys": 0}
    done = _forget(removed, time.monotonic() + seconds)
    note("portal.outbox.tasks.forget", {"queue": sum(removed.values())}, now=timezone.now(), done=done)
    logger.info("outbox forgotten" if done else "outbox forgotten, more to come", extra=removed)
    return done


def _forget(removed: dict[str, int], until: float) -> bool:
    for name, statement, kept in (("done", _DONE, DONE_KEPT), ("keys", _KEYS, KEYS_KEPT)):
        gone = BATCH
        while gone == BATCH:
            with connection.cursor() as cursor:
                cursor.execute(statement, [kept.days, BATCH])
                gone = cursor.rowcount
            removed[name] += gone
            if gone == BATCH and time.monotonic() > until:
                return False
    return True
