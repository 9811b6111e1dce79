"""Celery jobs of the audit trail."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from portal.access import SYSTEM
from portal.audit import checking, services

SECONDS = 30.0
"""No further batch is begun after so long: no task outlives the broker's patience."""


@shared_task(name="portal.audit.tasks.begin_check")
def begin_check() -> None:
    """Every night: look through the whole trail."""
    checking.begin(actor=SYSTEM, now=timezone.now())


@shared_task(name="portal.audit.tasks.go_on_with_check")
def go_on_with_check() -> None:
    """Every minute, and at once when somebody asked: carry on the look through the trail that runs."""
    checking.go_on(seconds=SECONDS, now=timezone.now())


@shared_task(name="portal.audit.tasks.seal")
def seal() -> None:
    """Every 10 s: chain and sign what was committed, batch by batch; what a pause has left goes on in the next run."""
    began = time.monotonic()
    while services.seal() == services.BATCH and time.monotonic() - began < SECONDS:
        pass
