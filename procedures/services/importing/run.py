"""The way of a source into the catalogue: read to its end into staging, judged there by sets, written together."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor
from procedures.models import ImportRun, Procedure, ProcedureVersion, StagedRecord
from procedures.services import records
from procedures.services.importing import sources
from procedures.services.importing.report import Progress, Refused, Report, Unreadable
from procedures.services.importing.shapes import Names, code_of, record_of

_CHUNK = 300
"""Records held in memory at once: the largest real ones have some 150 KB."""
_NOT_CONTENT = frozenset(["source", "checked_on", "effective_from"])
"""What may differ between two sources that say the same."""


def quiet(_what: str, _share: float) -> None:
    """No progress bar."""


def import_procedures(
    path: Path, *, day: dt.date | None = None, dry_run: bool = False, actor: Actor = SYSTEM, progress: Progress = quiet
) -> Report:
    """Bring in ``procedures.jsonl.gz`` (or plain JSON lines). ``day`` is the start of versions whose source names no month; today if None.

    Raises :class:`Unreadable` when the file cannot be read to its end: then nothing has changed.
    """
    rows = sources.json_lines(path, progress)
    return _import(ImportRun.Kind.PROCEDURES, path, rows, day=day, dry_run=dry_run, actor=actor, progress=progress)


def import_exports(
    path: Path, *, day: dt.date | None = None, dry_run: bool = False, actor: Actor = SYSTEM, progress: Progress = quiet
) -> Report:
    """Bring in a folder of the present portal's Word exports. ``day``: when the exports were made, today if None. :class:`Unreadable`."""
    rows = sources.word_exports(path, progress)
    return _import(ImportRun.Kind.EXPORTS, path, rows, day=day, dry_run=dry_run, actor=actor, progress=progress)


def recorded(kind: str, path: Path, work: Callable[[], Report], *, dry_run: bool) -> Report:
    """Do the work in one transaction and keep a run with its report, whatever came of it."""
    started, clock = timezone.now(), time.monotonic()
    digest, report, state = "", Report(dry_run=dry_run), ImportRun.State.DRY if dry_run else ImportRun.State.DONE
    try:
        digest = sources.fingerprint(path)
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Rows are read and shaped while one COPY goes on: on a busy machine longer than a page's question may take.
                cursor.execute("SET LOCAL statement_timeout = 0")
            report = work()
            report.dry_run = dry_run
            if dry_run:
                transaction.set_rollback(True)
    except Unreadable as error:
        state = ImportRun.State.UNREADABLE
        report.notes = [str(error)]
        raise
    finally:
        report.seconds = time.monotonic() - clock
        ImportRun.objects.create(
            kind=kind,
            source=path.name[:300],
            digest=digest,
            state=state,
            started_at=started,
            finished_at=timezone.now(),
            report=report.as_json(),
        )
    return report


def _import(
    kind: str, path: Path, rows: Iterator[sources.Row | Refused], *, day: dt.date | None, dry_run: bool, actor: Actor, progress: Progress
) -> Report:
    today = day or timezone.localdate()

    def work() -> Report:
        report = Report()
        names = Names.read(today)
        batch = stage(_shaped(rows, names, today, report), report)
        judge(batch, report)
        apply(batch, report, progress)
        StagedRecord.objects.filter(batch=batch).delete()
        if report.added or report.changed:
            counts = {"added": report.added, "changed": report.changed, "same": report.same, "refused": len(report.refused)}
            audit.record(actor=actor, act="procedures.import", details={"kind": str(kind), **counts})
        return report

    return recorded(kind, path, work, dry_run=dry_run)


def _shaped(rows: Iterable[sources.Row | Refused], names: Names, day: dt.date, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows:
        report.rows += 1
        if isinstance(row, Refused):
            report.refused.append(row)
            continue
        try:
            shaped = record_of(row.raw, names=names, day=day)
        except records.BadRecord as error:
            report.refused.append(Refused(row.place, _shown_code(row.raw), str(error)))
            continue
        report.parts += Counter(shaped.counts)
        yield row.place, shaped.record


def _shown_code(raw: dict[str, Any]) -> str:
    try:
        return code_of(raw)
    except records.BadRecord:
        return ascii(str(raw.get("code") or ""))[1:-1][:40]


def stage(shaped: Iterable[tuple[str, dict[str, Any]]], report: Report) -> uuid.UUID:
    """Put records down in the staging table; a code that comes a second time is refused."""
    batch = uuid.uuid4()
    seen: dict[str, str] = {}

    def rows() -> Iterator[StagedRecord]:
        for place, record in shaped:
            code = record["code"]
            if code in seen:
                report.refused.append(Refused(place, code, f"mã đã có ở {seen[code]}"))
                continue
            seen[code] = place
            content = {name: value for name, value in record.items() if name not in _NOT_CONTENT}
            yield StagedRecord(batch=batch, place=place[:300], code=code, digest=records.digest(content), payload=record)

    records.copy_in(StagedRecord, rows())
    return batch


# The latest version of each code decides; what an earlier one says already is no news.
# Thin ones (from the national list alone) give way to any richer record.
_JUDGE = """
UPDATE procedures_stagedrecord AS staged
SET verdict = found.verdict, reason = found.reason
FROM (
    SELECT s.id,
        CASE
            WHEN EXISTS (SELECT 1 FROM procedures_procedureversion v WHERE v.procedure_id = p.id AND v.origin = 'curated') THEN 'kept'
            WHEN v.id IS NULL THEN 'new'
            WHEN EXISTS (SELECT 1 FROM procedures_procedureversion e WHERE e.procedure_id = p.id AND e.source_digest = s.digest) THEN 'same'
            WHEN v.effective_from > (s.payload ->> 'effective_from')::date
                 AND NOT v.missing @> ARRAY['steps', 'channels', 'documents']::varchar[] THEN 'refused'
            ELSE 'changed'
        END AS verdict,
        CASE WHEN v.effective_from > (s.payload ->> 'effective_from')::date
             THEN 'cũ hơn phiên bản từ ngày ' || to_char(v.effective_from, 'DD/MM/YYYY') ELSE '' END AS reason
    FROM procedures_stagedrecord s
    LEFT JOIN procedures_procedure p ON p.code = s.code
    LEFT JOIN LATERAL (
        SELECT * FROM procedures_procedureversion v
        WHERE v.procedure_id = p.id ORDER BY v.effective_from DESC LIMIT 1
    ) v ON TRUE
    WHERE s.batch = %s
) found
WHERE staged.id = found.id
"""


def judge(batch: uuid.UUID, report: Report) -> None:
    """Decide for all records at once what becomes of them. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_JUDGE, [batch])
    for verdict, place, code, reason in StagedRecord.objects.filter(batch=batch).values_list("verdict", "place", "code", "reason"):
        if verdict == "refused":
            report.refused.append(Refused(place, code, reason))
        elif verdict == "kept":
            report.kept += 1
        elif verdict == "same":
            report.same += 1
        elif verdict == "new":
            report.added += 1
        else:
            report.changed += 1


def apply(batch: uuid.UUID, report: Report, progress: Progress) -> None:
    """Write the new and the changed, chunk by chunk, in sets."""
    total = report.added + report.changed
    staged = StagedRecord.objects.filter(batch=batch, verdict__in=["new", "changed"]).order_by("id")
    done = last = 0
    while chunk := list(staged.filter(id__gt=last)[:_CHUNK]):
        last = chunk[-1].pk
        _write(chunk)
        done += len(chunk)
        progress("ghi", done / total)


def _write(chunk: list[StagedRecord]) -> None:
    codes = [row.code for row in chunk]
    procedures = {row.code: row for row in Procedure.objects.filter(code__in=codes)}
    new = Procedure.objects.bulk_create([Procedure(code=code) for code in codes if code not in procedures])
    procedures.update({row.code: row for row in new})
    latest: dict[int, ProcedureVersion] = {}
    for version in ProcedureVersion.objects.select_for_update().filter(procedure__code__in=codes).order_by("effective_from"):
        latest[version.procedure_id] = version
    pairs: list[tuple[ProcedureVersion, dict[str, Any]]] = []
    for row in chunk:
        procedure = procedures[row.code]
        version = _version(procedure, latest.get(procedure.pk), dt.date.fromisoformat(row.payload["effective_from"]))
        records.fill(version, row.payload)
        version.origin = ProcedureVersion.Origin.IMPORT
        version.source_digest = row.digest
        pairs.append((version, row.payload))
    records.tie_decisions(pairs)
    added = [version for version, _record in pairs if version.pk is None]
    known = [version for version, _record in pairs if version.pk is not None]
    ProcedureVersion.objects.bulk_create(added)
    columns = [field.name for field in ProcedureVersion._meta.concrete_fields if not field.primary_key]
    ProcedureVersion.objects.bulk_update(known, columns, batch_size=100)
    kept = {version.pk for version in known}
    records.write_parts([pair for pair in pairs if pair[0].pk in kept])
    records.write_parts([pair for pair in pairs if pair[0].pk not in kept], replace=False)


def _version(procedure: Procedure, latest: ProcedureVersion | None, start: dt.date) -> ProcedureVersion:
    """The row to write: the latest where the record speaks of the same time or the row is thin, else a new one that follows it."""
    if latest is not None and (latest.effective_from >= start or is_thin(latest)):
        latest.effective_from = min(start, latest.effective_from)
        return latest
    if latest is not None and (latest.effective_to is None or latest.effective_to > start):
        latest.effective_to = start
        latest.save(update_fields=["effective_to"])
    return ProcedureVersion(procedure=procedure, effective_from=start)


def is_thin(version: ProcedureVersion) -> bool:
    """Whether only the national list speaks of it: a name, agencies and a field."""
    return {"steps", "channels", "documents"} <= set(version.missing)
