"""Regular work of petitions, in slices."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from feedback.services import clocks


@shared_task(name="feedback.warn")
def warn() -> int:
    """Tell who works on petitions what is due soon, today, or late."""
    return clocks.warn(now=timezone.now())


@shared_task(name="feedback.succeed")
def succeed() -> int:
    """Let successors go on with what agencies held that exist no more."""
    return clocks.move_to_successors(now=timezone.now())


@shared_task(name="feedback.recompute")
def recompute(after: str = "") -> int:
    """Bring deadlines in line with calendar and settings, a slice at a time; what is left goes on in a task of its own."""
    moved, reached = clocks.recompute_all(now=timezone.now(), after=UUID(after) if after else None)
    if reached is not None:
        recompute.apply_async(kwargs={"after": str(reached)}, queue="bulk")
    return moved
