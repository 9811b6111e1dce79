"""Celery jobs of the files."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from portal.access import SYSTEM
from portal.files import pieces, services
from portal.retention.services import note

SLICE_SECONDS = 15.0
"""One task looks through folders for so long, then the next one goes on: none outlives the broker's patience."""


@shared_task(name="portal.files.tasks.remove_orphans")
def remove_orphans(after: str = "") -> None:
    """Nightly: delete what lies on disk without a row, a slice at a time."""
    removed, reached = services.remove_orphans(after=after, seconds=SLICE_SECONDS)
    note("portal.files.tasks.remove_orphans", {"file": removed}, now=timezone.now(), done=not reached)
    if reached:
        remove_orphans.apply_async(args=(reached,), queue="bulk")


@shared_task(name="portal.files.tasks.expire_uploads")
def expire_uploads() -> None:
    """Each hour: give up what nobody went on with for a day."""
    began = time.monotonic()
    while pieces.expire(actor=SYSTEM, now=timezone.now()):
        if time.monotonic() - began >= SLICE_SECONDS:
            expire_uploads.apply_async(queue="bulk")
            return
    pieces.remove_strays()


@shared_task(name="portal.files.tasks.check_again")
def check_again() -> None:
    """Each morning: what was not checked in a day is put before the scanner once more."""
    services.check_again(now=timezone.now())
