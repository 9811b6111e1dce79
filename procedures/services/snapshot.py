"""The whole catalogue as compressed JSON Lines, and back: what another portal keeps in step with (C-18; Rules art. 23)."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, Max

from portal import audit
from portal.access import SYSTEM, Actor
from portal.text import nfc
from procedures import queries
from procedures.models import Procedure, ProcedureVersion
from procedures.services import loading, records
from procedures.services.use import rank_by_use

BATCH = 200
"""Versions read at a time: their parts stay in memory no longer than that."""
LONGEST_LINE = 4 * 1024 * 1024


def mark(day: dt.date) -> str:
    """What changes whenever the snapshot of a day would: the last writing, how many there are, the day (one query)."""
    last = Procedure.objects.aggregate(newest=Max("updated_at"), number=Count("pk"))
    return hashlib.sha256(f"{day} {last['newest']} {last['number']}".encode()).hexdigest()[:32]


def in_lines(day: dt.date) -> Iterator[bytes]:
    """Everything in force on a day, a record a line (``procedures/data/README.md``), in the order of codes. Eleven queries a batch."""
    rows = queries.in_force(day).order_by("procedure__code").values_list("pk", flat=True)
    keys = list(rows)
    old: dict[str, list[str]] = {}
    for code, heir in Procedure.objects.filter(replaced_by__isnull=False).order_by("code").values_list("code", "replaced_by__code"):
        old.setdefault(heir, []).append(code)
    for start in range(0, len(keys), BATCH):
        batch = queries.whole(ProcedureVersion.objects.filter(pk__in=keys[start : start + BATCH])).order_by("procedure__code")
        for version in batch:
            record = records.record_of(version)
            code = version.procedure.code
            if code in old:
                record["old_codes"] = old[code]
            if version.procedure.featured_rank is not None:
                record["featured_rank"] = version.procedure.featured_rank
            yield json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines as one gzip file, piece by piece."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for line in lines:
        if piece := packer.compress(line):
            yield piece
    yield packer.flush()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a snapshot. :class:`BadRecord` names the line that is none; a file that ends too early is an ``EOFError``."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), ""), start=1):
            if len(line) > LONGEST_LINE:
                raise records.BadRecord(f"line {number} is too long")
            try:
                found = json.loads(nfc(line))
            except ValueError as error:
                raise records.BadRecord(f"line {number} is no JSON") from error
            if not isinstance(found, dict) or "code" not in found:
                raise records.BadRecord(f"line {number} is no procedure")
            yield found


@transaction.atomic
def load(path: Path, *, day: dt.date, actor: Actor = SYSTEM) -> loading.LoadReport:
    """Bring a snapshot into the catalogue: all or nothing, and a second time changes nothing. What the snapshot no longer names has ended
    there, and ends here on ``day``."""
    found = list(read(path))
    if not found:
        raise records.BadRecord("the snapshot is empty")
    report = loading.LoadReport()
    loading.load_records(found, report)
    loading.lead_old_codes(found)
    named = {record["code"] for record in found}
    gone = queries.in_force(day).exclude(procedure__code__in=named).order_by().values_list("procedure_id", flat=True)
    Procedure.objects.filter(pk__in=list(gone)).update(out_of_force_since=day)
    Procedure.objects.filter(code__in=named, out_of_force_since__isnull=False).update(out_of_force_since=None)
    rank_by_use(day)
    if report.added or report.changed:
        details = {"added": report.added, "changed": report.changed, "same": report.same}
        audit.record(actor=actor, act="procedures.import", details={"kind": "snapshot", **details})
    return report
