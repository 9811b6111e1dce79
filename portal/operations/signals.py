"""What the watch hears of the rooms below by their signals: background tasks, acts that were refused."""

from __future__ import annotations

from typing import Any

from celery.signals import task_failure, task_success

from portal import watch
from portal.access.signals import act_refused


def _done(sender: Any = None, **_: Any) -> None:
    watch.count("tasks.done", getattr(sender, "name", "?"))


def _failed(sender: Any = None, **_: Any) -> None:
    watch.count("tasks.failed", getattr(sender, "name", "?"))


def _refused(sender: Any, *, actor: Any, act: str, route: str, **_: Any) -> None:
    if actor.is_officer:
        watch.see("refused_acts", str(actor.position_id))


def connect() -> None:
    """Listen, once."""
    task_success.connect(_done, weak=False, dispatch_uid="operations.done")
    task_failure.connect(_failed, weak=False, dispatch_uid="operations.failed")
    act_refused.connect(_refused, weak=False, dispatch_uid="operations.refused")
