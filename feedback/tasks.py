"""Regular work of petitions, in slices."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from feedback.services import clocks, figures, publishing, stepping
from portal.retention.services import note

logger = logging.getLogger(__name__)


@shared_task(name="feedback.warn")
def warn() -> int:
    """Tell who works on petitions what is due soon, today, or late: the answer, and each step before it."""
    now = timezone.now()
    return clocks.warn(now=now) + stepping.warn_of_steps(now=now)


@shared_task(name="feedback.succeed")
def succeed() -> int:
    """Let successors go on with what agencies held that exist no more, a slice at a time."""
    moved = clocks.move_to_successors(now=timezone.now())
    if moved >= clocks.SLICE:
        succeed.apply_async(queue="bulk")
    return moved


@shared_task(name="feedback.recompute")
def recompute(after: str = "") -> int:
    """Bring deadlines in line with calendar and settings, a slice at a time; what is left goes on in a task of its own."""
    moved, reached = clocks.recompute_all(now=timezone.now(), after=UUID(after) if after else None)
    if reached is not None:
        recompute.apply_async(kwargs={"after": str(reached)}, queue="bulk")
    return moved


@shared_task(name="feedback.fold")
def fold() -> int:
    """Fold what acts changed into the figures."""
    folded = 0
    while done := figures.fold():
        folded += done
        if done < figures.SLICE:
            break
    return folded


@shared_task(name="feedback.check_figures")
def check_figures(after: str | None = None) -> int:
    """Count the figures of the next agency anew, mend what differs and say so in the log; the others follow in tasks of their own, the
    whole country last."""
    code = next((code for code in figures.agencies() if after is None or code > after), "")
    differing = figures.check(code, mend=True)
    if differing:
        logger.error("figures of petitions differed and were mended", extra={"agency": code, "figures": differing})
    if code:
        check_figures.apply_async(kwargs={"after": code}, queue="bulk")
    return differing


@shared_task(name="feedback.forget_votes")
def forget_votes() -> int:
    """Forget which address voted when, once it can vote again."""
    now = timezone.now()
    forgotten = publishing.forget_votes(today=timezone.localdate(now))
    note("feedback.forget_votes", {"fleeting": forgotten}, now=now)
    return forgotten
