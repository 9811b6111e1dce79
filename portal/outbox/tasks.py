"""Celery jobs of the outbox. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task

from portal.outbox import broker, housekeeping, services

SLICE_SECONDS = 15.0
"""One task of the night works for so long, then the next one goes on."""


@shared_task(name="portal.outbox.tasks.work", soft_time_limit=services.TASK_SECONDS, time_limit=services.TASK_SECONDS + 2)
def work(queue: str) -> None:
    """Carry out what waits in a queue; where more waits than one task should take, another task goes on."""
    broker.begun(queue)
    if services.work(queue):
        broker.nudge(queue)


@shared_task(name="portal.outbox.tasks.sweep")
def sweep() -> None:
    """Every 10 s: nudge what was missed, drop what has expired."""
    services.sweep()


@shared_task(name="portal.outbox.tasks.forget")
def forget() -> None:
    """Every night: forget what is done and past its term, a slice at a time."""
    if not housekeeping.forget(seconds=SLICE_SECONDS):
        forget.apply_async(queue="bulk")
