"""Celery jobs of the inbox. Each may run any number of times."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from portal.inbox import services

SLICE_SECONDS = 15.0
"""One task works for so long, then the next one goes on."""
BATCH = 1000


@shared_task(name="portal.inbox.tasks.forget_bodies")
def forget_bodies() -> None:
    """Every night: remove the bytes of what was handled some days ago."""
    until = time.monotonic() + SLICE_SECONDS
    while services.forget_bodies(now=timezone.now(), limit=BATCH) == BATCH:
        if time.monotonic() > until:
            forget_bodies.apply_async(queue="bulk")
            return
