"""Housekeeping of what pages are kept by."""

from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from portal.caching.models import Change
from portal.retention.services import note

KEEP_DAYS = 7
"""Rows older than this are removed by the beat; a removal looks like a change and costs each page that it is about one rendering."""


def remove_old() -> int:
    """Remove rows that no process needs any more, the newest of each whole room excepted. Returns how many."""
    with transaction.atomic():
        newest = Change.objects.exclude(room__contains="/").order_by("room", "-id").distinct("room").values_list("id", flat=True)
        old = timezone.now() - dt.timedelta(days=KEEP_DAYS)
        return Change.objects.filter(noted_at__lt=old).exclude(id__in=list(newest)).delete()[0]


@shared_task(name="portal.caching.tasks.remove_old_changes")
def remove_old_changes() -> None:
    """Keep the table of changes short."""
    note("portal.caching.tasks.remove_old_changes", {"technical": remove_old()}, now=timezone.now())
