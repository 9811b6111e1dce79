"""Celery jobs of the documents. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.documents import batches, proofs
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
