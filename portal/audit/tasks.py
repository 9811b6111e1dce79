"""Celery jobs of the audit trail."""

from __future__ import annotations

import time

from celery import shared_task

from portal.audit import services

SECONDS = 15.0
"""No further batch is begun after so long: with millions of acts waiting one takes five seconds."""


@shared_task(name="portal.audit.tasks.seal")
def seal() -> None:
    """Every 10 s: chain and sign what was committed. At most ten batches or some seconds, then the next run goes on."""
    began = time.monotonic()
    for _ in range(10):
        if services.seal() < services.BATCH or time.monotonic() - began > SECONDS:
            return
