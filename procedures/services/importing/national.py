"""The national list: the truth about which codes are in force (Rules art. 14)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor
from procedures.models import ImportRun, Procedure, ProcedureVersion, StagedRecord
from procedures.services import records
from procedures.services.importing import run, sources
from procedures.services.importing.report import Progress, Refused, Report, Unreadable
from procedures.services.importing.shapes import Names, code_of, thin_record

MOST_ENDED = 25
"""Per cent of the codes in force that one list may end. A list that ends more has most likely lost its tail on the way."""


def import_national_list(
    path: Path,
    *,
    day: dt.date | None = None,
    most_ended: int = MOST_ENDED,
    dry_run: bool = False,
    actor: Actor = SYSTEM,
    progress: Progress = run.quiet,
) -> Report:
    """Mark what the list of ``day`` (today if None) no longer names as out of force, bring back what it names again, and take in by
    name, agencies and field what the catalogue does not know yet.

    A procedure that an editor wrote is not ended by a list: it is reported. Raises :class:`Unreadable` when the list cannot be read to
    its end or would end more than ``most_ended`` per cent of what is in force: then nothing has changed.
    """
    today = day or timezone.localdate()

    def work() -> Report:
        report = Report()
        names = Names.read(today)
        listed: set[str] = set()
        unknown: list[tuple[str, dict]] = []
        rich = _rich_codes()
        source = f"Danh mục quốc gia ngày {today:%d/%m/%Y}"
        for row in sources.national_list(path, progress):
            report.rows += 1
            if isinstance(row, Refused):
                report.refused.append(row)
                continue
            try:
                code = code_of(row.raw)
                if code in listed:
                    raise records.BadRecord("mã đã có ở dòng trước")
                if code in rich:
                    report.same += 1
                else:
                    unknown.append((row.place, thin_record(row.raw, names=names, day=today, source=source)))
                listed.add(code)
            except records.BadRecord as error:
                report.refused.append(Refused(row.place, ascii(str(row.raw.get("code") or ""))[1:-1][:40], str(error)))
        if not listed:
            raise Unreadable(f"{path.name} không có mã thủ tục nào đúng dạng")
        batch = run.stage(iter(unknown), report)
        run.judge(batch, report)
        run.apply(batch, report, progress)
        StagedRecord.objects.filter(batch=batch).delete()
        _mark(listed, today, most_ended, report)
        if report.added or report.changed or report.ended or report.revived:
            counts = {"added": report.added, "changed": report.changed, "ended": report.ended, "revived": report.revived}
            audit.record(actor=actor, act="procedures.import", details={"kind": "national_list", **counts})
        return report

    return run.recorded(ImportRun.Kind.NATIONAL_LIST, path, work, dry_run=dry_run)


def _rich_codes() -> set[str]:
    """Codes of which more than the list's own columns is known."""
    versions = ProcedureVersion.objects.exclude(missing__contains=["steps", "channels", "documents"])
    return set(versions.values_list("procedure__code", flat=True))


def _mark(listed: set[str], day: dt.date, most_ended: int, report: Report) -> None:
    national = Procedure.objects.filter(code__regex=r"^\d\.\d{6}$", replaced_by__isnull=True)
    standing = national.filter(out_of_force_since__isnull=True, versions__isnull=False).distinct()
    curated = set(Procedure.objects.filter(versions__origin=ProcedureVersion.Origin.CURATED).values_list("code", flat=True))
    in_force = set(standing.values_list("code", flat=True))
    gone = in_force - listed - curated
    if in_force and len(gone) * 100 > most_ended * len(in_force):
        raise Unreadable(
            f"danh mục này sẽ chấm dứt {len(gone)} trong {len(in_force)} thủ tục đang có hiệu lực, quá {most_ended}%: "
            "có thể tệp bị cắt cụt; nếu đúng là vậy, chạy lại với --most-ended 100"
        )
    back = set(national.filter(out_of_force_since__isnull=False).values_list("code", flat=True)) & listed
    report.ended = Procedure.objects.filter(code__in=gone).update(out_of_force_since=day)
    report.revived = Procedure.objects.filter(code__in=back).update(out_of_force_since=None)
    report.notes.extend(
        f"{code} do biên tập viên soạn nhưng không có trong danh mục: cần xem lại" for code in sorted((in_force & curated) - listed)
    )
