"""Batches begin: rows of a table with their scans, or scans alone; more scans, typing, turning, sending to be checked (D-26)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from dossiers.digitising import fields, judging, sampling, scans
from dossiers.digitising.packed import BROKEN, Given, Row
from dossiers.digitising.rights import ENTER, STALE, OldRefused
from dossiers.models import IssuerLevel, OldBatch, OldPage, OldPaper, OldScan
from dossiers.services.common import position_of
from dossiers.store.kinds import kind_named
from portal import audit, outbox
from portal.access import Actor, require, visible_to
from portal.documents import batches as signatures
from portal.files import services as files
from portal.files.errors import FileRefused

PURPOSE = "dossiers.old_scan"
PAGE = "dossiers.old_page"
MOST = signatures.MOST
"""Rows of a batch: what one authorisation signs."""


def record(actor: Actor, act: str, batch: OldBatch, **details: Any) -> None:
    """The act in the audit trail."""
    audit.record(
        actor=actor, act=f"dossiers.{act}", target="dossiers.oldbatch", target_id=str(batch.pk), unit=batch.unit_code, details=details
    )


def locked(actor: Actor, act: str, batch_id: UUID, seen_version: int | None = None) -> OldBatch:
    """A batch of the officer's unit, locked. ``OldBatch.DoesNotExist`` behind the door; :class:`OldRefused` for an older page."""
    batch = visible_to(actor, OldBatch.objects.select_for_update(), act, "unit_code").get(pk=batch_id)
    require(actor, act, batch.unit_code)
    position_of(actor)
    if seen_version is not None and batch.version != seen_version:
        raise OldRefused(STALE, status=409)
    return batch


def typing(actor: Actor, batch_id: UUID, seen_version: int | None = None) -> OldBatch:
    """A batch that is still being typed, locked."""
    batch = locked(actor, ENTER, batch_id, seen_version)
    if batch.state != OldBatch.TYPING:
        raise OldRefused("Lô này không còn ở bước nhập.", status=409)
    return batch


def changed(batch: OldBatch) -> None:
    """Pages that were shown before are old now."""
    batch.version += 1
    batch.save()


def person_of(actor: Actor) -> UUID:
    """Whose eyes: two positions of one person are one pair."""
    if actor.person_id is None:
        raise OldRefused("Việc này do cán bộ làm.", status=403)
    return actor.person_id


# Beginning -------------------------------------------------------------------------------------------------------------------------


def begin(*, actor: Actor, kind: str, level: str, given: Given, now: datetime) -> list[OldBatch]:
    """Begin batches: of the table's rows, at most :data:`MOST` in each, or of scans that blank pages part.

    ``kind``: a code or a name of the shared catalogue. The same table again gives the same batches and does nothing twice; each batch is
    a transaction of its own, so who is stopped in between goes on by giving the same again. :class:`OldRefused`, :class:`AccessDenied`.
    """
    require(actor, ENTER, actor.unit)
    code, title = kind_named(kind)
    if not code:
        raise OldRefused("Danh mục dùng chung không có loại giấy tờ này: bạn ghi đúng mã hoặc tên trong danh mục.", "kind")
    if level not in IssuerLevel.values:
        raise OldRefused("Bạn hãy chọn cấp đã cấp giấy.", "level")
    if not given.has_table:
        if len(given.scans) > MOST:
            raise OldRefused(f"Mỗi lô nhận tối đa {MOST} tệp.", "scans")
        return [_begin(actor, code, title, level, [], given, "", now)]
    if not given.rows:
        raise OldRefused("Bảng kê không có dòng nào.", "scans")
    parts = [given.rows[at : at + MOST] for at in range(0, len(given.rows), MOST)]
    return [_once(actor, code, title, level, rows, given, _print_of(actor.unit, code, level, rows), now) for rows in parts]


def _once(actor: Actor, code: str, title: str, level: str, rows: Sequence[Row], given: Given, digest: str, now: datetime) -> OldBatch:
    """The batch of a part of a table: begun now, or the one that stands; also where somebody begins it in the same moment."""
    standing = OldBatch.objects.exclude(state=OldBatch.DROPPED).filter(unit_code=actor.unit, source_sha256=digest)
    if (there := standing.first()) is not None:
        return there
    try:
        return _begin(actor, code, title, level, rows, given, digest, now)
    except IntegrityError:
        return standing.get()


def _print_of(unit_code: str, kind: str, level: str, rows: Sequence[Row]) -> str:
    """SHA-256 of what a part of a table says, for this unit and kind."""
    said = [[row.number, row.scan, row.pages.first, row.pages.last, sorted(row.said.items())] for row in rows]
    return hashlib.sha256(json.dumps([unit_code, kind, level, said], ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def _begin(actor: Actor, code: str, title: str, level: str, rows: Sequence[Row], given: Given, digest: str, now: datetime) -> OldBatch:
    batch = OldBatch.objects.create(
        unit_code=actor.unit, level=level, kind=code, title=title[:300], source_sha256=digest,
        position_id=position_of(actor), person_id=person_of(actor), officer_label=actor.label[:200], began_at=now,
    )  # fmt: skip
    record(actor, "begin_old_batch", batch, kind=code, level=level, rows=len(rows))
    person, today = person_of(actor), timezone.localdate(now)
    OldPaper.objects.bulk_create(
        OldPaper(
            batch=batch, number=row.number, first_page=row.pages.first, last_page=row.pages.last,
            typed={**row.said, **({fields.PAGES: row.pages.problem} if row.pages.problem else {})},
            person_id=person, **judging.first_look(row, today),
        )
        for row in rows
    )  # fmt: skip
    named = {row.scan for row in rows}
    wanted = {name: read for name, read in given.scans.items() if not rows or name in named}
    refused_ones = _add(actor, batch, wanted, splits=not rows, now=now)
    if rows:
        _point(batch, refused_ones, rows)
    return batch


def _add(actor: Actor, batch: OldBatch, found: Mapping[str, Any], *, splits: bool, now: datetime) -> dict[str, str]:
    """Take scans: each is looked at, sealed and has its check promised. Those that are refused, with the reason."""
    refused_ones: dict[str, str] = {}
    for name, read in found.items():
        try:
            content: bytes = read()
        except BROKEN:
            refused_ones[name] = "Tệp bị hỏng."
            continue
        try:
            stored = files.receive(
                subject=batch.pk, upload=[content], name=name.rpartition("/")[2], purpose=PURPOSE,
                max_bytes=settings.MAX_FILE_BYTES, allowed_types=scans.TYPES, actor=actor,
            )  # fmt: skip
        except FileRefused as refused:
            refused_ones[name] = refused.message
            continue
        OldScan.objects.create(batch=batch, name=name, file=stored, splits=splits, added_at=now)
    if refused_ones and splits:
        batch.note = f"{len(refused_ones)} tệp không nhận được: {'; '.join(f'{name}: {why}' for name, why in refused_ones.items())}"[:300]
        batch.save(update_fields=["note"])
    return refused_ones


def _point(batch: OldBatch, refused_ones: Mapping[str, str], rows: Iterable[Row] | None = None) -> None:
    """Let rows point to their scans; one without is bad until it comes."""
    by_name = {scan.name: scan for scan in batch.scans.all()}
    wanted = {row.number: row.scan for row in rows or ()}
    for paper in batch.papers.filter(scan__isnull=True):
        name = wanted.get(paper.number) or (paper.typed or {}).get(fields.FILE, "")
        paper.scan = by_name.get(name)
        if paper.scan is None:
            paper.typed = {**(paper.typed or {}), fields.FILE: name}
            paper.state, paper.problem = OldPaper.BAD, judging.without_scan(name, refused_ones.get(name, ""))
        paper.save()


@transaction.atomic
def add_scans(*, actor: Actor, batch_id: UUID, seen_version: int | None, given: Given, now: datetime) -> OldBatch:
    """More scans for a batch that is being typed: those that rows name, or further papers parted by blank pages."""
    batch = typing(actor, batch_id, seen_version)
    if given.has_table:
        raise OldRefused("Bảng kê khác là lô khác: bạn bắt đầu lô mới.", "scans")
    there = {scan.name for scan in batch.scans.all()}
    fresh = {name: read for name, read in given.scans.items() if name not in there}
    if len(there) + len(fresh) > MOST:
        raise OldRefused(f"Mỗi lô nhận tối đa {MOST} tệp.", "scans")
    if batch.source_sha256:
        named = {(paper.typed or {}).get(fields.FILE) for paper in batch.papers.filter(scan__isnull=True)}
        fresh = {name: read for name, read in fresh.items() if name in named}
        if not fresh:
            raise OldRefused("Không dòng nào còn thiếu bản quét có tên như các tệp này.", "scans")
    refused_ones = _add(actor, batch, fresh, splits=not batch.source_sha256, now=now)
    if batch.source_sha256:
        _point(batch, refused_ones)
    changed(batch)
    record(actor, "add_old_scans", batch, scans=len(fresh))
    return batch


# Typing ----------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def type_in(*, actor: Actor, paper_id: UUID, values: Mapping[str, str], now: datetime) -> OldPaper:
    """Write down what a paper says. What is still wrong is told by field, and nothing is kept then."""
    paper = _paper(actor, paper_id)
    said = fields.clean(values)
    if found := fields.problems(said, today=timezone.localdate(now)):
        raise OldRefused("Bạn hãy sửa các mục được đánh dấu.", more=found)
    paper.typed, paper.person_id = {**(paper.typed or {}), **said}, person_of(actor)
    paper.verdict, paper.verdict_words, paper.checked_by, paper.in_sample = "", "", None, False
    judging.judge(paper, now=now)
    changed(paper.batch)
    record(actor, "type_old_paper", paper.batch, row=paper.number)
    return paper


def _paper(actor: Actor, paper_id: UUID) -> OldPaper:
    paper = OldPaper.objects.select_for_update(of=("self",)).select_related("batch", "scan").get(pk=paper_id)
    paper.batch = typing(actor, paper.batch_id)
    return paper


@transaction.atomic
def turn(*, actor: Actor, paper_id: UUID, position: int) -> OldPage:
    """Turn a page a quarter with the clock. ``OldPage.DoesNotExist``."""
    paper = _paper(actor, paper_id)
    page = paper.pages.select_related("file").get(position=position)
    put_upright(page, 90, actor=actor)
    record(actor, "turn_old_page", paper.batch, row=paper.number)
    return page


def put_upright(page: OldPage, degrees: int, *, actor: Actor) -> None:
    """Keep the page turned with the clock in place of what it was."""
    old, jpeg = page.file, scans.turned(files.read_bytes(page.file), degrees)
    page.file = keep_page(page.paper_id, page.position, jpeg, actor)
    page.save(update_fields=["file"])
    files.erase(file=old, actor=actor)


def keep_page(paper_id: UUID, position: int, jpeg: bytes, actor: Actor) -> Any:
    """A page that our reader drew, under the paper's own key."""
    return files.store_bytes(subject=paper_id, data=jpeg, name=f"trang-{position}.jpg", purpose=PAGE, media_type="image/jpeg", actor=actor)


# To the second person, or away -------------------------------------------------------------------------------------------------------


def unread(batch: OldBatch) -> QuerySet[OldPage]:
    """Pages on which a machine is still reading."""
    return OldPage.objects.filter(paper__batch=batch, is_read=False)


@transaction.atomic
def submit(*, actor: Actor, batch_id: UUID, seen_version: int | None, now: datetime) -> OldBatch:
    """Have the batch checked: a sample is drawn among the rows that are whole, by the rule of the day. Bad rows stay behind."""
    batch = typing(actor, batch_id, seen_version)
    if batch.scans.filter(state=OldScan.State.WAITING).exists() or unread(batch).exists():
        raise OldRefused("Máy còn đang đọc bản quét. Bạn đợi ít phút rồi tải lại trang.", status=409)
    whole = list(batch.papers.filter(state=OldPaper.GOOD).order_by("number").values_list("pk", flat=True))
    if not whole:
        raise OldRefused("Chưa dòng nào đủ thông tin.", status=409)
    if len(whole) > MOST:
        raise OldRefused(f"Mỗi lô ký tối đa {MOST} giấy tờ: bạn chia thành nhiều lô.", status=409)
    rule = sampling.rule_on(timezone.localdate(now))
    drawn = sampling.draw(whole, sampling.sample_size(len(whole), rule))
    batch.papers.update(in_sample=False, verdict="", verdict_words="", checked_by=None)
    batch.papers.filter(pk__in=drawn).update(in_sample=True)
    OldBatch.table.move(batch, "submit")
    batch.sample_size, batch.bad_allowed, batch.round, batch.note = len(drawn), rule.bad_allowed, batch.round + 1, ""
    batch.checker_id, batch.checker_label, batch.checked_at = None, "", None
    changed(batch)
    record(actor, "submit_old_batch", batch, papers=len(whole), sample=len(drawn))
    return batch


@transaction.atomic
def drop(*, actor: Actor, batch_id: UUID, now: datetime) -> None:
    """Give a batch up before anything of it was checked: scans and pages are erased, rows go."""
    batch = typing(actor, batch_id)
    for page in OldPage.objects.select_related("file").filter(paper__batch=batch):
        _erase(page, actor)
    erase_scans(batch, actor)
    batch.papers.all().delete()
    OldBatch.table.move(batch, "drop")
    batch.ended_at = now
    changed(batch)
    record(actor, "drop_old_batch", batch)


def _erase(page: OldPage, actor: Actor) -> None:
    held = page.file
    page.delete()
    files.erase(file=held, actor=actor)


def erase_pages(paper: OldPaper, actor: Actor) -> None:
    """The pictures go once the signed document holds them."""
    for page in paper.pages.select_related("file"):
        _erase(page, actor)


def erase_scans(batch: OldBatch, actor: Actor) -> None:
    """What was given goes when the batch has ended: every page of it that counts stands in a signed document."""
    OldPaper.objects.filter(batch=batch).update(scan=None)
    for scan in batch.scans.select_related("file"):
        held = scan.file
        scan.delete()
        files.erase(file=held, actor=actor)


def put_reading(pages: Iterable[OldPage]) -> None:
    """Promise that a machine reads pages."""
    for page in pages:
        outbox.put("dossiers.read_old_page", key=str(page.pk), payload={"page": page.pk})


def counts(batch: OldBatch) -> Counter[str]:
    """How many rows stand how (one query)."""
    return Counter(batch.papers.values_list("state", flat=True))


def last_number(batch: OldBatch) -> int:
    """The number of the last row."""
    return int(batch.papers.aggregate(last=Max("number"))["last"] or 0)


def may_check(actor: Actor, batch: OldBatch) -> bool:
    """Whether the officer may be the second person: typed nothing of it."""
    return actor.person_id not in (None, batch.person_id) and not batch.papers.filter(person_id=actor.person_id).exists()
