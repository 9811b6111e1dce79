"""Celery jobs of the notices. Each may run any number of times."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from portal.notifications import services

SLICE_SECONDS = 15.0
"""One task works for so long, then the next one goes on."""
BATCH = 1000


@shared_task(name="portal.notifications.tasks.forget_expired")
def forget_expired() -> None:
    """Every night: remove the texts of what was not sent in time."""
    until = time.monotonic() + SLICE_SECONDS
    while services.forget_expired(now=timezone.now(), limit=BATCH) == BATCH:
        if time.monotonic() > until:
            forget_expired.apply_async(queue="bulk")
            return
