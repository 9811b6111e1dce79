"""Celery jobs of the inbox. Each may run any number of times."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from portal.inbox import services
from portal.retention.services import note

SLICE_SECONDS = 15.0
"""One task works for so long, then the next one goes on."""
BATCH = 1000


@shared_task(name="portal.inbox.tasks.forget_bodies")
def forget_bodies() -> None:
    """Every night: remove the bytes of what was handled some days ago."""
    until, now, removed = time.monotonic() + SLICE_SECONDS, timezone.now(), 0
    while (gone := services.forget_bodies(now=now, limit=BATCH)) == BATCH:
        removed += gone
        if time.monotonic() > until:
            note("portal.inbox.tasks.forget_bodies", {"message_in": removed}, now=now, done=False)
            forget_bodies.apply_async(queue="bulk")
            return
    note("portal.inbox.tasks.forget_bodies", {"message_in": removed + gone}, now=now)
