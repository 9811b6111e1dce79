"""The Celery application. Queues are named by human impatience: ``now`` (seconds), ``soon`` (a minute), ``bulk`` (tonight)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.local")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

QUEUES = ("now", "soon", "bulk")
