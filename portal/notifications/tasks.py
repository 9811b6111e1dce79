"""Celery jobs of the notices. Each may run any number of times."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from portal.notifications import services
from portal.retention.services import note

SLICE_SECONDS = 15.0
"""One task works for so long, then the next one goes on."""
BATCH = 1000


@shared_task(name="portal.notifications.tasks.forget_expired")
def forget_expired() -> None:
    """Every night: remove the texts of what was not sent in time."""
    until, now, removed = time.monotonic() + SLICE_SECONDS, timezone.now(), 0
    while (gone := services.forget_expired(now=now, limit=BATCH)) == BATCH:
        removed += gone
        if time.monotonic() > until:
            note("portal.notifications.tasks.forget_expired", {"notice": removed}, now=now, done=False)
            forget_expired.apply_async(queue="bulk")
            return
    note("portal.notifications.tasks.forget_expired", {"notice": removed + gone}, now=now)
