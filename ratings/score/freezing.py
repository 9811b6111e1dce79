"""A year is frozen by one officer, published by another, and kept (Rules art. 30.3).

While a year is frozen its counts are left alone. What is published is a document: the criteria that were in force, the counts of every
agency and all that follows from them, as canonical JSON whose SHA-256 stands on a paper with the portal's seal.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.audit.words import uuids
from portal.catalogues.tables import write
from portal.documents import services as documents
from portal.files import services as files
from portal.files.models import StoredFile
from portal.states import TransitionRefused
from ratings.models import FrozenYear, ScoreCount
from ratings.queries import agency_names
from ratings.score import criteria, paper, rules
from ratings.score.sheets import FACTS, UNIT, Counted, Result, number, results

FREEZE, PUBLISH = "ratings.freeze_year", "ratings.publish_year"
UNIT_CODE = "G22"
"""The Government Office, which answers for the portal: its seal."""
SCHEMA = "dvcqg/ket-qua-nam/1"
"""What the document is and which columns it has; another form gets another number."""
_LOCK = 1_515_030
COUNT_COLUMNS = ("agency", "parent", "criterion", "numerator", "denominator")
RESULT_COLUMNS = ("agency", "name", "parent", "kind", "rank", "class", "total", "reached", "possible", "left_out", "points")


class YearRefused(Exception):
    """It cannot be done; ``message`` is for the officer, ``status`` the answer's."""

    def __init__(self, message: str, *, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


@dataclass(frozen=True)
class Sheet:
    """A year as it is counted now."""

    year: int
    criteria: list[dict[str, Any]]
    counts: list[Counted]
    results: list[Result]

    @property
    def left_out(self) -> list[str]:
        """Criteria without any source of data: the total is measured anew without them."""
        return [criterion["code"] for criterion in self.criteria if not criterion["source"]]

    @property
    def digest(self) -> str:
        """Of what decides: whoever freezes says by it what they saw."""
        rows = [[row.agency, row.parent, row.criterion, row.numerator, row.denominator] for row in self.counts]
        return hashlib.sha256(canonical({"criteria": self.criteria, "counts": rows})).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and without spaces: the same values are the same bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def rules_version() -> str:
    """The rules that this software computes by, told by the bytes of their file."""
    return hashlib.sha256(Path(rules.__file__).read_bytes()).hexdigest()[:16]


# Whether it is frozen ----------------------------------------------------------------------------------------------------------


def is_frozen(year: int) -> bool:
    """Whether the counts of a year are to be left alone: its newest edition is frozen or published (one query)."""
    newest = FrozenYear.objects.filter(year=year).order_by("-edition").values_list("state", flat=True).first()
    return newest not in (None, FrozenYear.OPEN)


def stands(year: int) -> bool:
    """For counting, within its transaction: whether a year is frozen; until that ends, nobody freezes it (two queries)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [_LOCK, year])
    return is_frozen(year)


def _lock(year: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, year])


def years_to_freeze(today: date) -> list[int]:
    """Years that are over, have counts and no edition yet, the newest first (one query)."""
    known = FrozenYear.objects.values_list("year", flat=True)
    found = ScoreCount.objects.filter(period="y", first__lt=date(today.year, 1, 1)).values_list("first__year", flat=True)
    return sorted(set(found.order_by().distinct()) - set(known), reverse=True)


# What is frozen ----------------------------------------------------------------------------------------------------------------


def criteria_of(first: date) -> list[dict[str, Any]]:
    """The criteria that score the period which begins on a day, as plain values (one query)."""
    return [{name: _plain(getattr(row, name)) for name in FACTS} for row in criteria.in_force(first)]


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | str):
        return value
    return "" if value is None else str(value)


def counts_of(period: str, first: date) -> list[Counted]:
    """The counts of every agency in a period (one query)."""
    rows = ScoreCount.objects.filter(period=period, first=first).order_by("agency", "criterion")
    return [Counted(*row) for row in rows.values_list(*COUNT_COLUMNS).iterator(chunk_size=5_000)]


def sheet(year: int) -> Sheet:
    """A year as it stands (two queries): its criteria, the counts of every agency, what follows."""
    first = date(year, 1, 1)
    in_force, counts = criteria_of(first), counts_of("y", first)
    return Sheet(year, in_force, counts, results(in_force, counts))


def document_of(found: Sheet, row: FrozenYear, names: dict[str, str]) -> dict[str, Any]:
    """What is published of a year, as values of JSON. Numbers of points are texts with two decimals: no reader rounds them."""
    assert row.frozen_at is not None
    return {
        "schema": SCHEMA,
        "year": row.year,
        "edition": row.edition,
        "reason": row.reason,
        "frozen_at": timezone.localtime(row.frozen_at).isoformat(timespec="seconds"),
        "rules": rules_version(),
        "left_out": found.left_out,
        "criteria": found.criteria,
        "counts": {
            "columns": list(COUNT_COLUMNS),
            "rows": [[one.agency, one.parent, one.criterion, one.numerator, one.denominator] for one in found.counts],
        },
        "results": {"columns": list(RESULT_COLUMNS), "rows": [_result_row(one, names) for one in found.results]},
    }


def _result_row(row: Result, names: dict[str, str]) -> list[Any]:
    points = {one.code: number(one.points) for one in row.points}
    return [
        row.agency, names.get(row.agency, row.agency), row.parent, row.kind, row.rank, row.class_name, number(row.total.points),
        number(row.total.reached), number(row.total.possible), list(row.total.left_out), points,
    ]  # fmt: skip


def summary_of(document: dict[str, Any]) -> dict[str, Any]:
    """What pages show: all but the counts, and of the results those of ministries and provinces."""
    rows = [row for row in document["results"]["rows"] if row[3] != UNIT]
    kept = {name: document[name] for name in ("schema", "year", "edition", "frozen_at", "rules", "left_out", "criteria")}
    sizes = {"agencies": len(document["results"]["rows"]), "counts": len(document["counts"]["rows"])}
    return {**kept, **sizes, "results": {"columns": document["results"]["columns"], "rows": rows}}


def table_of(in_force: Sequence[dict[str, Any]], rows: Iterable[Sequence[Any]]) -> tuple[list[str], list[list[Any]]]:
    """Results as a table: a line an agency, a column a criterion."""
    codes = [criterion["code"] for criterion in in_force]
    return [*RESULT_COLUMNS[:-1], *codes], [[*row[:9], " ".join(row[9]), *(row[10].get(code, "") for code in codes)] for row in rows]


def _csv(header: list[str], rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


# Acts --------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def freeze(*, actor: Actor, year: int, seen: str, now: datetime) -> FrozenYear:
    """Freeze the result of a year that is over (Rules art. 30.3). ``seen``: the digest of the preview that the officer looked at.

    AccessDenied; :class:`YearRefused` for a year that runs, is frozen already, has no counts, or was counted on since the preview.
    """
    require(actor, FREEZE)
    today = timezone.localdate(now)
    if not 2000 <= year < today.year:
        raise YearRefused("Năm này chưa hết nên chưa chốt được kết quả.", field="year")
    _lock(year)
    row = FrozenYear.objects.select_for_update().filter(year=year).order_by("-edition").first()
    if row is None:
        row = FrozenYear(year=year, opened_at=now, opened_by=actor.user_id)
    _move(row, "freeze", "Kết quả năm này đã được chốt. Tải lại trang để xem.")
    found = sheet(year)
    if not found.counts:
        raise YearRefused("Năm này chưa có số đếm nào nên chưa chốt được.", field="year")
    if found.digest != seen:
        raise YearRefused("Số liệu đã thay đổi sau khi bạn xem trước. Hãy xem lại bảng dưới đây rồi chốt.", status=409)
    row.frozen_at, row.frozen_on, row.frozen_by, row.frozen_label = now, today, actor.user_id, actor.label[:200]
    names = agency_names({one.agency for one in found.counts})
    document = document_of(found, row, names)
    content = canonical(document)
    header, rows = table_of(found.criteria, document["results"]["rows"])
    _header, top = table_of(found.criteria, summary_of(document)["results"]["rows"])
    row.sha256, row.summary = hashlib.sha256(content).hexdigest(), summary_of(document)
    row.json_file = _keep(row, content, "json", "application/json")
    row.csv_file = _keep(row, _csv(header, rows), "csv", "text/csv")
    book = write("xlsx", header, [_figures(line) for line in top], figures=f"Năm {year}")
    row.xlsx_file = _keep(row, book, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    row.save()
    _note(row, actor, FREEZE, sha256=row.sha256)
    return row


def _figures(line: list[Any]) -> list[Any]:
    """Numbers as numbers, for a spreadsheet."""
    return [float(cell) if cell and (place in (6, 7, 8) or place > 9) else cell for place, cell in enumerate(line)]


@transaction.atomic
def reopen(*, actor: Actor, row_id: UUID, reason: str, now: datetime) -> FrozenYear:
    """Take back what is frozen and not published: counting goes on. Its files are erased."""
    require(actor, FREEZE)
    row = _locked(row_id)
    _move(row, "reopen", "Kết quả này không còn chờ công bố nên không mở lại được.")
    leftovers = [file for file in (row.json_file, row.csv_file, row.xlsx_file) if file is not None]
    row.json_file = row.csv_file = row.xlsx_file = row.frozen_at = row.frozen_on = row.frozen_by = None
    row.sha256, row.frozen_label, row.summary = "", "", {}
    row.save()
    for leftover in leftovers:
        files.erase(file=leftover, actor=SYSTEM)
    _note(row, actor, "ratings.reopen_year", reason=reason)
    return row


@transaction.atomic
def publish(*, actor: Actor, row_id: UUID, now: datetime) -> FrozenYear:
    """Publish what another officer froze; its paper is sealed by the worker. AccessDenied; :class:`YearRefused`."""
    require(actor, PUBLISH)
    row = _locked(row_id)
    if actor.user_id is None or actor.user_id == row.frozen_by:
        raise YearRefused("Bạn là người chốt kết quả này. Người công bố phải là một cán bộ khác.", status=403)
    _move(row, "publish", "Kết quả này không còn chờ công bố. Tải lại trang để xem.")
    assert row.json_file is not None
    # What is kept is read to its last byte before the portal's seal vouches for it.
    if hashlib.sha256(files.read_bytes(row.json_file)).hexdigest() != row.sha256:
        raise YearRefused("Tệp kết quả đã lưu không còn nguyên vẹn. Hãy mở lại rồi chốt lại.", status=409)
    row.published_at, row.published_by, row.published_label = now, actor.user_id, actor.label[:200]
    row.document = documents.issue_sealed(
        key=f"{paper.KIND}:{row.pk}",
        kind=paper.KIND,
        title=f"Kết quả đánh giá năm {row.year}" + (f", công bố lần {row.edition}" if row.edition > 1 else ""),
        template="documents/score_year.html",
        context=paper.paper_context(row),
        unit_code=UNIT_CODE,
        subject=row.pk,
        actor=SYSTEM,
    )
    row.save()
    # Whoever reads the result wants to compute it: the files of the open data are made now, not tonight. They read what is frozen here.
    from ratings.opendata import making

    making.begin("diem", str(row.year), now=now)
    _note(row, actor, PUBLISH, sha256=row.sha256)
    return row


@transaction.atomic
def correct(*, actor: Actor, year: int, reason: str, now: datetime) -> FrozenYear:
    """Begin another edition of a published year: it is counted again, then frozen and published as the first was; that one stays."""
    require(actor, FREEZE)
    _lock(year)
    newest = FrozenYear.objects.filter(year=year).order_by("-edition").first()
    if newest is None or newest.state != FrozenYear.PUBLISHED:
        raise YearRefused("Chỉ công bố lại được một năm đã công bố.", status=409)
    row = FrozenYear.objects.create(year=year, edition=newest.edition + 1, reason=reason, opened_at=now, opened_by=actor.user_id)
    _note(row, actor, "ratings.correct_year")
    return row


def _locked(row_id: UUID) -> FrozenYear:
    # The year first, as freezing does: two acts that took the locks in another order would wait for each other.
    _lock(FrozenYear.objects.values_list("year", flat=True).get(pk=row_id))
    return FrozenYear.objects.select_for_update(of=("self",)).select_related("json_file", "csv_file", "xlsx_file").get(pk=row_id)


def _move(row: FrozenYear, name: str, words: str) -> None:
    try:
        FrozenYear.table.move(row, name)
    except TransitionRefused as refused:
        raise YearRefused(words, status=409) from refused


def _keep(row: FrozenYear, content: bytes, ending: str, media_type: str) -> StoredFile:
    name = f"ket-qua-{row.year}-lan-{row.edition}.{ending}"
    return files.store_bytes(subject=row.pk, data=content, name=name, purpose="ratings.year", media_type=media_type, actor=SYSTEM)


def _note(row: FrozenYear, actor: Actor, act: str, **details: Any) -> None:
    said = {"year": row.year, "edition": row.edition, **details}
    audit.record(actor=actor, act=act, target="ratings.frozenyear", target_id=str(row.pk), unit=UNIT_CODE, details=said)


def titles(ids: Iterable[str]) -> dict[str, str]:
    """What editions are called in the audit trail, by their ids as texts (one query)."""
    return {str(row.pk): f"Kết quả năm {row}" for row in FrozenYear.objects.filter(pk__in=uuids(ids)).only("year", "edition")}


# Checked -----------------------------------------------------------------------------------------------------------------------


def recomputed(row: FrozenYear) -> str:
    """What the kept counts and criteria give by the rules of today: the first difference from what was published; empty for none."""
    assert row.json_file is not None
    content = files.read_bytes(row.json_file)
    if hashlib.sha256(content).hexdigest() != row.sha256:
        return "sha256 of the kept file is not the published one"
    document = json.loads(content)
    if canonical(document) != content:
        return "the kept file is not canonical JSON"
    counts = [Counted(*line) for line in document["counts"]["rows"]]
    kept = {line[0]: line for line in document["results"]["rows"]}
    for found in results(document["criteria"], counts):
        known = kept.pop(found.agency, None)
        if known is None:
            return f"{found.agency}: no result was published"
        mine = _result_row(found, {found.agency: known[1]})
        for column, published, computed in zip(RESULT_COLUMNS, known, mine, strict=True):
            if published != computed:
                return f"{found.agency} {column}: published {published}, computed {computed}"
    return f"{next(iter(kept))}: published without counts" if kept else ""
