"""Regular work of the helpdesk, in slices."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from helpdesk.services import incidents, maintenance, requests


@shared_task(name="helpdesk.watch_requests")
def watch_requests() -> int:
    """Warn of agencies' requests that are due, escalate late ones."""
    return requests.watch(now=timezone.now())


@shared_task(name="helpdesk.follow_incidents")
def follow_incidents() -> int:
    """Bring applicants' deadlines in line with incidents."""
    return incidents.follow(now=timezone.now())


@shared_task(name="helpdesk.tell_maintenance")
def tell_maintenance() -> int:
    """Tell those whom planned maintenance concerns."""
    return maintenance.tell(now=timezone.now())
