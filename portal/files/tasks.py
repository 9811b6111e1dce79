"""Celery jobs of the files."""

from __future__ import annotations

from celery import shared_task

from portal.files import services

SLICE_SECONDS = 15.0
"""One task looks through folders for so long, then the next one goes on: none outlives the broker's patience."""


@shared_task(name="portal.files.tasks.remove_orphans")
def remove_orphans(after: str = "") -> None:
    """Nightly: delete what lies on disk without a row, a slice at a time."""
    _, reached = services.remove_orphans(after=after, seconds=SLICE_SECONDS)
    if reached:
        remove_orphans.apply_async(args=(reached,), queue="bulk")
