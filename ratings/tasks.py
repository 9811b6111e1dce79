"""Regular work of statistics, in slices."""

from __future__ import annotations

import time

from celery import shared_task

from ratings.services import figures

SECONDS = 20
"""How long one task folds at most."""


@shared_task(name="ratings.fold")
def fold() -> int:
    """Fold what changed into the counts."""
    began, folded = time.monotonic(), 0
    while done := figures.fold():
        folded += done
        if done < figures.SLICE or time.monotonic() - began > SECONDS:
            # The next beat goes on: a task must end in time.
            break
    return folded
