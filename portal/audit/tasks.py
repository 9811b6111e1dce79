"""Celery jobs of the audit trail."""

from __future__ import annotations

import time

from celery import shared_task

from portal.audit import services

SECONDS = 30.0
"""No further batch is begun after so long: no task outlives the broker's patience."""


@shared_task(name="portal.audit.tasks.seal")
def seal() -> None:
    """Every 10 s: chain and sign what was committed, batch by batch; what a pause has left goes on in the next run."""
    began = time.monotonic()
    while services.seal() == services.BATCH and time.monotonic() - began < SECONDS:
        pass
