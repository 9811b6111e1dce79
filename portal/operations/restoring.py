"""After the database was brought back as it was at an earlier moment: what it must not repeat, and what it must not forget.

What happened between that moment and now is known to people, to other systems and to printed papers, and unknown to the database.
Rooms register what is theirs to put right; ``manage.py after_restore`` does it all before anything else runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from portal import audit
from portal.access import SYSTEM
from portal.crypto import ledger
from portal.crypto.models import SubjectKey
from portal.crypto.services import shred
from portal.outbox import holding


@dataclass(frozen=True)
class Step:
    """What one room puts right; returns a line that says what it did."""

    name: str
    act: Callable[[datetime, datetime], str]


_steps: dict[str, Step] = {}


def register_restore_step(name: str, act: Callable[[datetime, datetime], str]) -> None:
    """Register a step, once, in ``ready()``: called once with the moment that was restored and the present one."""
    _steps[name] = Step(name, act)


def erase_again(path: Path | None) -> int:
    """Destroy again the keys that the ledger names and the database still has; how many. Raises ValueError for a ledger that is damaged."""
    subjects = list(dict.fromkeys(subject for _moment, subject in ledger.read(path)))
    count = 0
    for at in range(0, len(subjects), 500):
        alive = SubjectKey.objects.filter(pk__in=subjects[at : at + 500], wrapped__isnull=False).values_list("pk", flat=True)
        for subject in list(alive):
            shred(subject, SYSTEM)
            count += 1
    return count


def after_restore(*, restored_to: datetime, now: datetime, ledger_file: Path | None = None) -> list[str]:
    """Hold the outbox, erase again what was erased, and let each room put right what is its own; a line for each, in one transaction.

    ``restored_to``: the moment that the database is of. Twice is the same as once.
    """
    with transaction.atomic():
        waiting, first = holding.hold(restored_to=restored_to)
        lines = [waiting, f"erasures repeated: {erase_again(ledger_file)}"]
        lines += [f"{step.name}: {step.act(restored_to, now) if first else 'done before'}" for step in _steps.values()]
        audit.record(
            actor=SYSTEM, act="operations.after_restore", target="operations.database", details={"restored_to": restored_to.isoformat()}
        )
    return lines
