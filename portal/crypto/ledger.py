"""What was erased, kept apart from the database: a database brought back from a backup does not know what was erased since.

One line an erasure, ``moment subject``, only ever added to. It names nobody: a subject is a random number that means nothing
without the database. Law on personal data protection 91/2025/QH15: what was erased on request stays erased.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from portal.crypto.models import SubjectKey

log = logging.getLogger(__name__)


def place() -> Path:
    """``ERASURE_LEDGER``, else beside the private files, which have a backup of their own."""
    return Path(settings.ERASURE_LEDGER or Path(settings.FILES_ROOT) / "erasures.log")


def append(subject: UUID, moment: datetime) -> None:
    """Write one erasure down, to the disk. Where that is impossible it is logged, and the night writes it (:func:`complete`)."""
    try:
        _write([(moment, subject)])
    except OSError as error:
        log.error("an erasure is not in its ledger yet", extra={"error": type(error).__name__})


def _write(rows: list[tuple[datetime, UUID]]) -> None:
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # One write a batch: lines of several processes do not mix.
        os.write(descriptor, "".join(f"{moment.astimezone(UTC).isoformat()} {subject}\n" for moment, subject in rows).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path | None = None) -> Iterator[tuple[datetime, UUID]]:
    """What the ledger says, in its order. A last line that was cut off by a power cut is passed by; raises ValueError for any other."""
    path = path or place()
    if not path.exists():
        return
    lines = path.read_text(encoding="ascii").split("\n")
    for number, line in enumerate(lines, 1):
        try:
            moment, _, subject = line.partition(" ")
            yield datetime.fromisoformat(moment), UUID(subject)
        except ValueError:
            # Each whole line ends with a line break, so that what stands after the last one was never finished.
            if number < len(lines):
                raise ValueError(f"line {number} of the ledger of erasures cannot be read") from None


def complete() -> int:
    """Add what the database knows to be erased and the ledger does not; how many. Costs the destroyed keys, not all of them."""
    known = {subject for _moment, subject in read()}
    rows = SubjectKey.objects.filter(destroyed_at__isnull=False).order_by("destroyed_at").values_list("destroyed_at", "subject")
    missing = [(moment, subject) for moment, subject in rows.iterator() if moment and subject not in known]
    for at in range(0, len(missing), 500):
        _write(missing[at : at + 500])
    return len(missing)
