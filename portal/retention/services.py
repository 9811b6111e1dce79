"""Noting what was removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.utils import timezone

_ADD = """
    INSERT INTO retention_removal (day, task, kind, removed, noted_at, is_done) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (day, task, kind) DO UPDATE
    SET removed = retention_removal.removed + excluded.removed, noted_at = excluded.noted_at, is_done = excluded.is_done
"""


def note(task: str, removed: Mapping[str, int], *, now: datetime, done: bool = True) -> None:
    """Note what a task removed, class by class; slices of one day are added up. ``done``: whether it came to its end."""
    day = timezone.localdate(now)
    with connection.cursor() as cursor:
        for kind, number in sorted(removed.items()):
            cursor.execute(_ADD, [day, task, kind, number, now, done])
