"""Importing and exporting a catalogue as a table (Rules art. 6): checked row by row first, written by a second act.

A file that cannot be read to its end changes nothing. Of one that can, the good rows go in together and each bad one is reported with
its number, column and reason. A row whose code is new adds an entry; one that says something else than the entry in force amends it,
from the day the row names or from today; one with an end lets the entry end; one that says what is there changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from portal import audit
from portal.access import Actor, require
from portal.catalogues import tables
from portal.catalogues.models import CatalogueEntry, CatalogueImport
from portal.catalogues.registry import CATALOGUES, Catalogue
from portal.catalogues.services import bulk
from portal.catalogues.services.entries import EDIT, EntryRefused, history, problems_of
from portal.text import search_key

KEEP_UNAPPLIED = dt.timedelta(days=1)


@dataclass(frozen=True)
class Problem:
    """One reason why a row is not taken."""

    row: int
    column: str
    reason: str
    value: str = ""


@dataclass
class Report:
    """What a file would do, or did."""

    rows: int = 0
    added: int = 0
    amended: int = 0
    ended: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    refused: str = ""
    """Why the file as a whole was not read; then nothing of it is taken."""

    @property
    def good(self) -> int:
        """Rows that change something."""
        return self.added + self.amended + self.ended

    @property
    def bad_rows(self) -> int:
        """Rows that are not taken."""
        return len({problem.row for problem in self.problems})

    def as_json(self) -> dict[str, Any]:
        """For keeping with the upload."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Report:
        """What :meth:`as_json` wrote."""
        return cls(**{**kept, "problems": [Problem(**problem) for problem in kept["problems"]]})


def check(*, catalogue: Catalogue, name: str, content: bytes, actor: Actor) -> Report:
    """What importing the file would do; writes nothing. Raises ``AccessDenied``."""
    require(actor, EDIT)
    report, _ = _planned(catalogue, name, content)
    return report


@transaction.atomic
def import_table(*, catalogue: Catalogue, name: str, content: bytes, actor: Actor) -> Report:
    """Take the good rows of a file together; the report says what was done and which rows were not taken. Raises ``AccessDenied``."""
    require(actor, EDIT)
    with connection.cursor() as cursor:
        # One import of a catalogue at a time; its rows are locked against the desk.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"catalogues.{catalogue.name}"])
    report, plan = _planned(catalogue, name, content, locked=True)
    if report.good:
        with history(actor, "catalogues.import"):
            bulk.write(plan)
        counts = {"added": report.added, "amended": report.amended, "ended": report.ended, "refused_rows": report.bad_rows}
        digest = hashlib.sha256(content).hexdigest()
        audit.record(actor=actor, act="catalogues.import", target=catalogue.name, unit=actor.unit, details={"sha256": digest, **counts})
    return report


@transaction.atomic
def upload(*, catalogue: Catalogue, name: str, content: bytes, actor: Actor) -> CatalogueImport:
    """Check a file and keep it until somebody applies it, for a day at most. Raises ``AccessDenied``."""
    report = check(catalogue=catalogue, name=name, content=content, actor=actor)
    CatalogueImport.objects.filter(applied_at=None, created_at__lt=timezone.now() - KEEP_UNAPPLIED).delete()
    return CatalogueImport.objects.create(
        catalogue=catalogue.name,
        file_name=name[:200],
        digest=hashlib.sha256(content).hexdigest(),
        content=None if report.refused else content,
        report=report.as_json(),
        unit=actor.unit,
        position_id=actor.position_id,
    )


@transaction.atomic
def apply(*, upload_id: UUID, actor: Actor) -> CatalogueImport:
    """Import an uploaded file as the catalogue stands now. Raises ``AccessDenied``, :class:`EntryRefused`, ``DoesNotExist``."""
    require(actor, EDIT)
    kept = CatalogueImport.objects.select_for_update().get(pk=upload_id)
    if kept.position_id != actor.position_id:
        raise CatalogueImport.DoesNotExist
    if kept.applied_at is not None:
        raise EntryRefused("Tệp này đã được ghi vào danh mục.")
    if kept.content is None:
        raise EntryRefused("Tệp này không đọc được nên không ghi được gì.")
    report = import_table(catalogue=CATALOGUES[kept.catalogue], name=kept.file_name, content=bytes(kept.content), actor=actor)
    kept.report, kept.content, kept.applied_at = report.as_json(), None, timezone.now()
    kept.save(update_fields=["report", "content", "applied_at"])
    return kept


def export(*, catalogue: Catalogue, kind: str, actor: Actor, everything: bool = False) -> bytes:
    """The catalogue as a file (``csv`` or ``xlsx``): what is in use, or every row there ever was. Raises ``AccessDenied``."""
    require(actor, "catalogues.read")
    rows = catalogue.model._default_manager.order_by("code", "effective_from", "pk")
    if not everything:
        rows = rows.filter(effective_to__isnull=True)
    paths = [f"{column}__code" if column in catalogue.relations else column for column in catalogue.columns]
    header = [catalogue.label(column) for column in catalogue.columns]
    return tables.write(kind, header, (_shown(row) for row in rows.values_list(*paths).iterator(chunk_size=bulk.BATCH)))


def _shown(row: tuple[Any, ...]) -> list[Any]:
    return [bulk.as_json(value) if isinstance(value, (list, dict)) else value for value in row]


@dataclass
class _Candidate:
    number: int
    cells: dict[str, str]
    old: CatalogueEntry | None
    entry: CatalogueEntry
    ends: dt.date | None = None
    """The row only lets ``old`` end on this day."""


def _planned(catalogue: Catalogue, name: str, content: bytes, *, locked: bool = False) -> tuple[Report, bulk.Plan]:
    report, plan = Report(), bulk.Plan(catalogue)
    try:
        table = tables.read(name, content)
        columns = _columns(catalogue, table.header)
    except tables.TableUnreadable as error:
        report.refused = str(error)
        return report, plan
    report.rows = len(table.rows)
    rows = list(_cells(table, columns, report))
    newest = _newest(catalogue, {cells["code"] for _, cells in rows}, locked=locked)
    candidates = [made for number, cells in rows if (made := _candidate(catalogue, number, cells, newest, report)) is not None]
    _relate(catalogue, candidates, columns, report)
    bad = {problem.row for problem in report.problems}
    taken = [one for one in candidates if one.number not in bad]
    bulk.number(catalogue.model, [one.entry for one in taken if one.ends is None])
    for one in taken:
        _plan(one, plan, report)
    report.problems.sort(key=lambda problem: (problem.row, problem.column))
    return report, plan


def _newest(catalogue: Catalogue, codes: set[str], *, locked: bool) -> dict[str, CatalogueEntry]:
    """The row in force of each code, else the one that ended last."""
    rows = catalogue.model._default_manager.select_related(*catalogue.relations).filter(code__in=codes)
    if locked:
        rows = rows.select_for_update(of=("self",))
    newest: dict[str, CatalogueEntry] = {}
    for row in rows.order_by("code", "effective_from", "pk"):
        if row.effective_to is None or row.code not in newest or newest[row.code].effective_to is not None:
            newest[row.code] = row
    return newest


def _columns(catalogue: Catalogue, header: list[str]) -> list[str]:
    """The fact each column holds, told by our name or by the label of an exported table. An unknown column is not dropped in silence."""
    known = {search_key(catalogue.label(column)): column for column in catalogue.columns} | {column: column for column in catalogue.columns}
    found = [known.get(search_key(title), "") for title in header]
    unknown = [title or "(trống)" for title, column in zip(header, found, strict=True) if not column]
    if unknown:
        raise tables.TableUnreadable(f"Không biết cột: {', '.join(unknown[:10])[:300]}. Hãy lấy tệp xuất ra làm mẫu.")
    if len(set(found)) != len(found):
        raise tables.TableUnreadable("Có hai cột trùng tên.")
    missing = [catalogue.label(column) for column in ("code", "name") if column not in found]
    if missing:
        raise tables.TableUnreadable(f"Thiếu cột: {', '.join(missing)}.")
    return found


def _cells(table: tables.Table, columns: list[str], report: Report) -> Iterator[tuple[int, dict[str, str]]]:
    seen: dict[str, int] = {}
    wide = len(columns)
    for number, cells in table.rows:
        extra = [cell for cell in cells[wide:] if cell]
        row = dict(zip(columns, [*cells, *[""] * wide], strict=False))
        code = row["code"]
        if extra:
            report.problems.append(Problem(number, "", "Dòng có nhiều ô hơn tiêu đề; hãy kiểm tra dấu phẩy trong ô.", extra[0][:60]))
        elif len(cells) < wide:
            report.problems.append(Problem(number, "", "Dòng thiếu ô; tệp có thể bị cắt ở đây.", code[:60]))
        elif not code:
            report.problems.append(Problem(number, "mã", "Chưa có mã."))
        elif code in seen:
            report.problems.append(Problem(number, "mã", f"Trùng mã với dòng {seen[code]}.", code[:60]))
        else:
            seen[code] = number
            yield number, row


def _candidate(
    catalogue: Catalogue, number: int, cells: dict[str, str], newest: dict[str, CatalogueEntry], report: Report
) -> _Candidate | None:
    """The row as an entry, its relations still missing; None if its cells do not hold or nothing changes by them."""

    def bad(column: str, reason: str) -> None:
        report.problems.append(Problem(number, catalogue.label(column), reason, cells.get(column, "")[:60]))

    before = len(report.problems)
    facts: dict[str, Any] = {}
    for column, kind in bulk.kinds(catalogue).items():
        if column in cells and column not in catalogue.relations:
            try:
                facts[column] = _choice(catalogue, column, bulk.typed(kind, cells[column]))
            except ValueError as error:
                bad(column, str(error))
    dates: dict[str, dt.date | None] = {}
    for column in ("effective_from", "effective_to"):
        try:
            dates[column] = bulk.as_date(cells[column]) if cells.get(column) else None
        except ValueError as error:
            bad(column, str(error))
    if len(report.problems) > before:
        return None
    facts["owner_code"] = facts.get("owner_code") or catalogue.owner
    begins, ends, today = dates["effective_from"], dates["effective_to"], timezone.localdate()
    old = newest.get(cells["code"])
    if old is not None and old.effective_to is None:
        if not cells.get("owner_code"):
            facts["owner_code"] = old.owner_code
        facts = old.values() | facts
        said = bulk.comparable(facts) | {name: cells[name] or None for name in catalogue.relations if name in cells}
        same = bulk.comparable(old.values()) == said
        if ends is not None:
            if ends < old.effective_from:
                bad("effective_to", f"Mục này có hiệu lực từ {old.effective_from}; ngày kết thúc không thể sớm hơn.")
            elif not same:
                bad("effective_to", "Một dòng chỉ sửa hoặc chỉ kết thúc một mục. Hãy ghi hai lần nhập.")
            else:
                return _Candidate(number, cells, old, old, ends=ends)
            return None
        if same:
            report.unchanged += 1
            return None
        day = begins if begins is not None and begins > old.effective_from else max(today, old.effective_from)
        entry = catalogue.model(code=old.code, effective_from=day, **facts)
        return _Candidate(number, cells, old, entry)
    if begins is None:
        bad("effective_from", "Mục mới phải có ngày bắt đầu hiệu lực.")
        return None
    if ends is not None and ends < begins:
        bad("effective_to", "Ngày hết hiệu lực sớm hơn ngày bắt đầu.")
        return None
    if old is not None and old.effective_to is not None and begins < old.effective_to:
        if ends is not None and begins == old.effective_from and ends == old.effective_to:
            report.unchanged += 1
        else:
            bad("effective_from", f"Mã này đã hết hiệu lực từ {old.effective_to}; mục mới phải bắt đầu từ ngày đó trở đi.")
        return None
    return _Candidate(number, cells, old, catalogue.model(code=cells["code"], effective_from=begins, effective_to=ends, **facts))


def _choice(catalogue: Catalogue, column: str, value: Any) -> Any:
    """The value behind a label, where the column knows a few values only."""
    choices = dict(getattr(catalogue.model._meta.get_field(column), "flatchoices", ()) or ())
    if not choices or value in choices:
        return value
    by_label = {search_key(str(label)): key for key, label in choices.items()}
    try:
        return by_label[search_key(value)]
    except KeyError:
        raise ValueError(f"Ghi một trong: {', '.join(choices)}.") from None


def _relate(catalogue: Catalogue, candidates: list[_Candidate], columns: list[str], report: Report) -> None:
    """Put rows for codes; then the rules of the catalogue, row by row. A row that leans on a bad row of the file is bad too."""
    pending = [one for one in candidates if one.ends is None]
    inside: dict[str, list[_Candidate]] = defaultdict(list)
    for name, related in catalogue.relations.items():
        if name not in columns:
            continue
        resolver = bulk.Resolver(related, {one.cells[name] for one in pending})
        own = related is catalogue.model
        if own:
            for one in pending:
                if one.old is None or one.old.effective_to is not None:
                    resolver.add(one.entry)
        for one in pending:
            code = one.cells[name]
            found = resolver.find(code, one.entry.effective_from, one.entry.effective_to) if code else None
            if code and found is None:
                reason = f"Không có mã {code[:40]} đang có hiệu lực trong danh mục hay trong tệp."
                report.problems.append(Problem(one.number, catalogue.label(name), reason, code[:60]))
                continue
            setattr(one.entry, name, found)
            if own and found is not None and found.pk is None:
                inside[code].append(one)
    bad = {problem.row for problem in report.problems}
    for one in pending:
        if one.number not in bad:
            one.entry.derive()
            for column, reason in problems_of(one.entry):
                report.problems.append(Problem(one.number, catalogue.label(column), reason, one.cells.get(column, "")[:60]))
                bad.add(one.number)
    fallen = [one for one in pending if one.number in bad]
    while fallen:
        lost = fallen.pop()
        for child in inside.pop(lost.entry.code, []):
            if child.number not in bad:
                bad.add(child.number)
                fallen.append(child)
                reason = f"Mục cấp trên {lost.entry.code[:40]} ở dòng {lost.number} không được nhận."
                report.problems.append(Problem(child.number, "", reason, child.entry.code[:60]))


def _plan(one: _Candidate, plan: bulk.Plan, report: Report) -> None:
    if one.ends is not None and one.old is not None:
        plan.closings.append((one.old, one.ends, None))
        report.ended += 1
        return
    plan.additions.append(one.entry)
    if one.old is None or one.old.effective_to is not None:
        report.added += 1
        if one.old is not None and one.entry.continues(one.old):
            plan.links.append((one.old, one.entry))
    else:
        plan.closings.append((one.old, one.entry.effective_from, one.entry))
        report.amended += 1
