"""Celery jobs of the documents. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.documents import batches, proofs, renewing
from portal.retention.services import note


@shared_task(name="portal.documents.tasks.forget_old_tries")
def forget_old_tries() -> None:
    """Every night: the counts of typed numbers are of use for a day only."""
    now = timezone.now()
    note("portal.documents.tasks.forget_old_tries", {"fleeting": proofs.forget_old_tries(now)}, now=now)


@shared_task(name="portal.documents.tasks.forget_batches")
def forget_batches() -> None:
    """Every hour: erase what was prepared for a signature that nobody authorised."""
    batches.forget(timezone.now())


SLICE_SECONDS = 15.0


@shared_task(name="portal.documents.tasks.renew_stamps")
def renew_stamps() -> int:
    """Every night: signed files whose newest time-stamp ends within the set term get another one; a slice at a time."""
    renewed, done = renewing.renew_stamps(now=timezone.now(), seconds=SLICE_SECONDS)
    if not done:
        renew_stamps.apply_async(queue="bulk")
    return renewed
