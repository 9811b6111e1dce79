"""Celery jobs of this room."""

from __future__ import annotations

from celery import shared_task

from portal.crypto import ledger


@shared_task(name="portal.crypto.tasks.complete_ledger")
def complete_ledger() -> None:
    """Every night: what was erased stands in the ledger that is kept apart, whatever hindered it then."""
    ledger.complete()
