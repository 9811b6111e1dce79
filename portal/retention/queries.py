"""What the desk asks."""

from __future__ import annotations

from dataclasses import dataclass

from portal.retention.classes import CLASSES, RetentionClass
from portal.retention.models import Removal
from portal.retention.registry import models_by_class


@dataclass(frozen=True)
class Standing:
    """A class, the tables in it, and the last run of each of its tasks (None: it has not run here)."""

    key: str
    retention: RetentionClass
    tables: list[str]
    runs: list[tuple[str, Removal | None]]


def standings() -> list[Standing]:
    """All classes in their order (one query)."""
    last: dict[tuple[str, str], Removal] = {
        (row.task, row.kind): row for row in Removal.objects.order_by("task", "kind", "-day").distinct("task", "kind")
    }
    tables = models_by_class()
    return [Standing(key, one, sorted(tables[key]), [(task, last.get((task, key))) for task in one.tasks]) for key, one in CLASSES.items()]
