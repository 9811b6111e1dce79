"""Celery jobs of the audit trail."""

from __future__ import annotations

from celery import shared_task

from portal.audit import services


@shared_task(name="portal.audit.tasks.seal")
def seal() -> None:
    """Every 10 s: chain and sign what was committed. At most ten batches, then the next run goes on."""
    for _ in range(10):
        if services.seal() < services.BATCH:
            return
