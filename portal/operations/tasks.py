"""Celery jobs of the watch. Each may run any number of times; two at once do no harm."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portal.operations import figures, watching
from portal.retention.services import note


@shared_task(name="operations.look")
def look() -> None:
    """Every 20 s: take what was counted and seen, read figures once a minute, raise, tell, hand on."""
    watching.look(timezone.now())


@shared_task(name="operations.look_hourly")
def look_hourly() -> None:
    """Every hour: what asks others (certificates that servers show); fold the hours that ended."""
    now = timezone.now()
    figures.measure(now, hourly=True)
    figures.fold(now)


@shared_task(name="operations.forget")
def forget() -> None:
    """Every night: figures, alarms and events past their term."""
    now = timezone.now()
    note("operations.forget", {"watch": figures.forget(now) + watching.forget(now)}, now=now)
