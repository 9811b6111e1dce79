"""Regular work of statistics, in slices."""

from __future__ import annotations

from celery import shared_task

from ratings.services import figures


@shared_task(name="ratings.fold")
def fold() -> int:
    """Fold what changed into the counts."""
    folded = 0
    while done := figures.fold():
        folded += done
        if done < figures.SLICE or folded >= 5 * figures.SLICE:
            # The next beat goes on: a task must end in time.
            break
    return folded
