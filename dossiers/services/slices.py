"""Work of the night or morning, row by row, a slice at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

logger = logging.getLogger(__name__)

BATCH = 100
M = TypeVar("M", bound=Model)


def each(rows: QuerySet[M], order: str, step: Callable[[M, datetime], None], *, now: datetime, seconds: float) -> tuple[int, bool]:
    """Take every row by itself, each in its transaction, for so long: how many, and whether it came to the end.

    A step takes its row out of the query. What somebody works on at this moment is left to the next time; so is what cannot be done, which
    must not keep the others waiting.
    """
    until, done, left = time.monotonic() + seconds, 0, set[Any]()
    while batch := list(rows.exclude(pk__in=left).order_by(order, "pk").values_list("pk", flat=True)[:BATCH]):
        for pk in batch:
            if time.monotonic() > until:
                return done, False
            try:
                with transaction.atomic():
                    # The same conditions again, under the lock: what has changed meanwhile is no more in the query.
                    row = rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
                    if row is not None:
                        step(row, now)
                        done += 1
                        continue
            except Exception:
                logger.exception("a row could not be taken", extra={"row": str(pk), "step": step.__name__})
            left.add(pk)
    return done, True
