"""Settings of a worker whose patience is a fifth of the real one, with the real proportions, and a task that never ends."""

from __future__ import annotations

import time
from typing import Any

import redis
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from portal.settings.test import *  # noqa: F403
from portal.settings.test import CELERY_BROKER_TRANSPORT_OPTIONS as REAL
from portal.settings.test import CELERY_TASK_SOFT_TIME_LIMIT as SOFT
from portal.settings.test import CELERY_TASK_TIME_LIMIT as HARD
from portal.settings.test import REDIS_URL

VISIBLE = REAL["visibility_timeout"] / 5
LOOK_SECONDS = 10
"""So often the broker's client looks for what is due again: each tenth time."""
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {**REAL, "visibility_timeout": VISIBLE, "unacked_restore_interval": LOOK_SECONDS / 10}
CELERY_TASK_SOFT_TIME_LIMIT = SOFT / 5
CELERY_TASK_TIME_LIMIT = HARD / 5
BEGUN = "tests:begun"


@shared_task(name="tests.outbox.hasty.endless")
def endless() -> None:
    """Notes that it began, and takes no hint to end."""
    redis.Redis.from_url(str(REDIS_URL)).rpush(BEGUN, time.time())
    while True:
        try:
            time.sleep(60)
        except SoftTimeLimitExceeded:
            continue
