"""Regular work of editors' content."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.content import services


@shared_task(name="content.release")
def release() -> int:
    """Show what was planned for a moment that has come, archive what has run out."""
    return services.release(now=timezone.now())
