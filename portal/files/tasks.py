"""Celery jobs of the files."""

from __future__ import annotations

from celery import shared_task

from portal.files import services


@shared_task(name="portal.files.tasks.remove_orphans")
def remove_orphans() -> None:
    """Nightly: delete what lies on disk without a row."""
    services.remove_orphans()
