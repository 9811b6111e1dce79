"""Celery jobs of the outbox. Both may run any number of times."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from portal.outbox import services


@shared_task(name="portal.outbox.tasks.deliver")
def deliver(message_id: str) -> None:
    """Carry out one message."""
    services.deliver(UUID(message_id))


@shared_task(name="portal.outbox.tasks.sweep")
def sweep() -> None:
    """Every 10 s: nudge what was missed."""
    services.sweep()
