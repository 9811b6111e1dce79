"""Whether the settings let a task run twice at once."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.core import checks

from portal.outbox import services
from portal.outbox.handlers import MAX_LEASE_SECONDS

ROOM_SECONDS = 10
"""Between the kill of a task and the moment at which the broker gives it to another worker."""


@checks.register
def no_task_outlives_its_visibility(**_: Any) -> list[checks.CheckMessage]:
    """Tasks are acknowledged at their end: whatever runs longer than the visibility time-out would be begun a second time."""
    visible: Any = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    # A task of the outbox begins its last message then, and gives it its lease.
    needed = services.RUN_SECONDS + services.HOLD_SECONDS + MAX_LEASE_SECONDS
    longest = max(settings.CELERY_TASK_TIME_LIMIT or math.inf, needed)
    if (
        longest + ROOM_SECONDS <= visible
        and (settings.CELERY_TASK_SOFT_TIME_LIMIT or math.inf) < longest
        and needed < services.TASK_SECONDS
    ):
        return []
    return [
        checks.Error(
            f"a task may run {longest} s, but the broker gives it to another worker after {visible} s",
            hint="Lower CELERY_TASK_TIME_LIMIT or the leases, and cut long work into pieces.",
            id="outbox.E001",
        )
    ]
