"""The worker's part: scans taken apart, pages read. Each step may be killed anywhere and run again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dossiers.digitising import judging, scans, taking
from dossiers.models import OldBatch, OldPage, OldPaper, OldScan
from portal import outbox
from portal.access import SYSTEM
from portal.files import services as files
from portal.files.errors import FileUnreadable
from portal.files.models import FileState, StoredFile
from portal.outbox import RetryLater


def put_scan(file: StoredFile) -> None:
    """The check of a scan has ended: promise that it is taken apart. Called in the transaction that notes the verdict."""
    scan = OldScan.objects.filter(file=file).first()
    if scan is not None:
        outbox.put("dossiers.read_old_scan", key=str(scan.pk), payload={"scan": str(scan.pk)})


def read_scan(scan_id: UUID, *, now: datetime) -> None:
    """Take a scan apart: into the pages of the rows that point to it, or into papers where blank pages part them. Again is harmless.

    Pages are drawn outside the transaction, kept inside it with the states of the rows: killed in between, nothing stands yet.
    """
    scan = OldScan.objects.select_related("file", "batch").filter(pk=scan_id, state=OldScan.State.WAITING).first()
    if scan is None:
        return
    pages: list[scans.Page] = []
    problem = ""
    try:
        if scan.file.state == FileState.QUARANTINED:
            problem = "Bản quét không an toàn: tệp có nội dung nguy hiểm hoặc bị hỏng."
        else:
            pages = scans.take_apart(files.read_bytes(scan.file), scan.file.media_type)
    except FileUnreadable:
        problem = "Bản quét không đọc lại được từ kho tệp."
    except scans.ScanUnreadable as error:
        problem = error.message
    except scans.ReaderBusy as error:
        raise RetryLater(str(error)) from error
    _keep(scan_id, pages, problem, now)


@transaction.atomic
def _keep(scan_id: UUID, pages: Sequence[scans.Page], problem: str, now: datetime) -> None:
    # The batch first: typing, and papers that are parted elsewhere in it, wait.
    batch_id = OldScan.objects.filter(pk=scan_id).values_list("batch_id", flat=True).first()
    batch = OldBatch.objects.select_for_update().filter(pk=batch_id).first() if batch_id is not None else None
    scan = OldScan.objects.select_for_update().filter(pk=scan_id, state=OldScan.State.WAITING).first()
    if batch is None or scan is None or batch.state != OldBatch.TYPING:
        return
    scan.state, scan.problem = (OldScan.State.BAD, problem) if problem else (OldScan.State.READ, "")
    scan.save(update_fields=["state", "problem"])
    if problem:
        for paper in scan.papers.filter(state__in=[OldPaper.WAITING, OldPaper.BAD]):
            OldPaper.table.move(paper, "fault")
            paper.problem = f"{paper.problem} {problem}".strip()[:300]
            paper.save(update_fields=["state", "problem"])
        if scan.splits:
            batch.note = f"{scan.name}: {problem}"[:300]
            batch.save(update_fields=["note"])
        return
    if scan.splits:
        for found in scans.parted(pages):
            _part(batch, scan, found)
        return
    for paper in scan.papers.select_related("batch").order_by("number"):
        _pages_of(paper, pages)
        judging.judge(paper, now=now)


def _part(batch: OldBatch, scan: OldScan, found: Sequence[scans.Page]) -> None:
    """A paper between two blank pages: nobody typed yet what it is."""
    paper = OldPaper.objects.create(
        batch=batch, number=taking.last_number(batch) + 1, scan=scan, typed={}, person_id=batch.person_id,
        state=OldPaper.BAD, problem="Chưa nhập thông tin của giấy tờ này.",
    )  # fmt: skip
    _hold(paper, found)


def _pages_of(paper: OldPaper, pages: Sequence[scans.Page]) -> None:
    """The pages that a row names; blank ones are left out. One that names pages which are not there gets none."""
    last = paper.last_page or len(pages)
    if last > len(pages):
        paper.state, paper.problem = OldPaper.BAD, f"Bản quét chỉ có {len(pages)} trang, dòng ghi đến trang {last}."
        return
    _hold(paper, [page for page in pages[(paper.first_page or 1) - 1 : last] if not page.blank])


def _hold(paper: OldPaper, pages: Sequence[scans.Page]) -> None:
    reads = scans.reads_text()
    held = [
        OldPage.objects.create(
            paper=paper, position=position, file=taking.keep_page(paper.pk, position, page.jpeg, SYSTEM), is_read=not reads
        )
        for position, page in enumerate(pages, 1)
    ]
    if reads:
        taking.put_reading(held)


def read_page(page_id: int) -> None:
    """Have a machine put a page upright and read it. Again is harmless; a page that has gone is left alone."""
    page = OldPage.objects.select_related("file").filter(pk=page_id, is_read=False).first()
    if page is None:
        return
    jpeg = files.read_bytes(page.file)
    turn = scans.turn_of(jpeg)
    text = scans.text_of(scans.turned(jpeg, turn) if turn else jpeg)
    with transaction.atomic():
        row = OldPage.objects.select_for_update(of=("self",)).select_related("file").filter(pk=page_id, is_read=False).first()
        if row is None:
            return
        # An officer may have turned it meanwhile: then it stands as they want it.
        if turn and row.file_id == page.file_id:
            taking.put_upright(row, turn, actor=SYSTEM)
        row.text, row.is_read = text[:20_000] or None, True
        row.save(update_fields=["text", "is_read"])
