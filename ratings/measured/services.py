"""A file of what was measured is taken, read row by row, and held against what the portal counts of the same days."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pghistory
from django.db import IntegrityError, transaction

from portal import audit
from portal.access import Actor, require
from portal.catalogues import tables
from portal.catalogues.models import Agency
from portal.text import search_key
from ratings import queries
from ratings.measured.terms import HEADER, SHARES, Figure, Told, allowance, differs, number_of, values_of
from ratings.models import MeasuredFigure, MeasuredFile, MeasureTolerance

COMPARE, TOLERATE = "ratings.compare_measured", "ratings.tolerate_measured"
MAX_PROBLEMS = 30
"""Wrong rows that are named; how many there are is said."""
LONGEST = 366 * 2
"""Days of one file."""
_CODE_NAMES = {"agency", "ma", "ma co quan", "ma dinh danh", "co quan", "code"}
_FIGURE_NAMES = {"figure", "chi so", "chi tieu"}
_VALUE_NAMES = {"value", "gia tri", "so do", "so"}
_BY_NAME = {search_key(name): one.value for one in Figure for name in (one.value, str(one.label))}


class MeasuredRefused(Exception):
    """The file cannot be taken; ``message`` is for the officer, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


@dataclass(frozen=True)
class Measured:
    """One figure of a file."""

    row: int
    agency: str
    figure: str
    value: Decimal


def told(first: date, last: date) -> list[Told]:
    """The figures of a span by ministry and province, in the order of their codes (two queries)."""
    found = queries.end_to_end(first, last)
    names = queries.agency_names(found)
    return [Told(code, names.get(code, code), values_of(of)) for code, of in sorted(found.items())]


def rows_of(first: date, last: date) -> list[list[object]]:
    """The same as lines of a file under :data:`~ratings.measured.terms.HEADER`."""
    return [
        [one.agency, one.name, first.isoformat(), last.isoformat(),
         *(None if (value := one.values[name]) is None else float(value) if name in SHARES else int(value) for name in Figure.values)]
        for one in told(first, last)
    ]  # fmt: skip


def read(name: str, content: bytes, known: set[str]) -> tuple[list[Measured], list[tuple[int, str]]]:
    """The figures of a file, and what is wrong with which row. A column a figure (as the portal's own file), or a row a figure.

    :class:`MeasuredRefused` where it is no such table at all.
    """
    try:
        table = tables.read(name, content)
    except tables.TableUnreadable as error:
        raise MeasuredRefused(f"Tệp không đọc được: {error}", "table") from error
    header = [search_key(cell) for cell in table.header]
    code_at = next((at for at, cell in enumerate(header) if cell in _CODE_NAMES), None)
    figure_at = next((at for at, cell in enumerate(header) if cell in _FIGURE_NAMES), None)
    value_at = next((at for at, cell in enumerate(header) if cell in _VALUE_NAMES), None)
    columns = {at: _BY_NAME[cell] for at, cell in enumerate(header) if cell in _BY_NAME}
    is_long = figure_at is not None and value_at is not None
    if code_at is None or not (is_long or columns) or len(set(columns.values())) != len(columns):
        raise MeasuredRefused(
            f"Tệp phải có cột “agency” (mã cơ quan) và các cột chỉ số ({', '.join(HEADER[4:])}), hoặc ba cột agency, figure, value.",
            "table",
        )
    found: list[Measured] = []
    wrong: list[tuple[int, str]] = []
    seen: set[tuple[str, str]] = set()
    for number, cells in table.rows:
        cells = [*cells, *[""] * (len(header) - len(cells))]
        agency = cells[code_at].strip().upper()
        if agency not in known:
            wrong.append((number, f"không có bộ, ngành, tỉnh mang mã “{agency[:20]}”"))
            continue
        said = _said(cells, figure_at, value_at) if is_long else [(name, cells[at]) for at, name in columns.items() if cells[at].strip()]
        for figure, text in said:
            try:
                if figure not in Figure.values:
                    raise ValueError(f"không có chỉ số “{figure[:40]}”")
                if (agency, figure) in seen:
                    raise ValueError(f"{agency} {figure} đã có ở dòng trên")
                seen.add((agency, figure))
                found.append(Measured(number, agency, figure, number_of(text, figure)))
            except ValueError as error:
                wrong.append((number, str(error)))
    return found, wrong


def _said(cells: list[str], figure_at: int | None, value_at: int | None) -> Iterator[tuple[str, str]]:
    if figure_at is not None and value_at is not None:
        yield _BY_NAME.get(search_key(cells[figure_at]), cells[figure_at].strip()), cells[value_at]


@transaction.atomic
def take(*, actor: Actor, name: str, content: bytes, first: date, last: date, now: datetime) -> MeasuredFile:
    """Take a file of what was measured from a day to another, both with it, and compare. All of it or nothing: :class:`MeasuredRefused`
    names the rows that are wrong by their numbers, so that a mended file is taken whole."""
    require(actor, COMPARE)
    if last < first or (last - first).days > LONGEST:
        raise MeasuredRefused("Ngày cuối phải từ ngày đầu trở đi, nhiều nhất hai năm.", "last")
    counted = {one.agency: one.values for one in told(first, last)}
    found, wrong = read(name, content, _known() | set(counted))
    if wrong:
        lines = "; ".join(f"dòng {number}: {words}" for number, words in wrong[:MAX_PROBLEMS])
        more = f"; và {len(wrong) - MAX_PROBLEMS} lỗi khác" if len(wrong) > MAX_PROBLEMS else ""
        raise MeasuredRefused(f"{len(wrong)} lỗi, chưa nạp gì. {lines[0].upper()}{lines[1:]}{more}.", "table")
    if not found:
        raise MeasuredRefused("Tệp không có số nào.", "table")
    tolerances = {one.figure: one for one in MeasureTolerance.objects.all()}
    lines_of = []
    for one in found:
        value = counted.get(one.agency, {}).get(one.figure)
        tolerance = tolerances.get(one.figure)
        allowed = allowance(value, tolerance.absolute, tolerance.per_cent) if tolerance is not None else Decimal(0)
        lines_of.append(
            MeasuredFigure(
                row=one.row, agency=one.agency, figure=one.figure, measured=one.value, counted=value, allowed=allowed,
                differs=differs(one.value, value, allowed),
            )
        )  # fmt: skip
    file = MeasuredFile(
        name=name[:200], first=first, last=last, digest=hashlib.sha256(content).hexdigest(), taken_at=now, taken_by=actor.position_id,
        taken_by_label=actor.label[:200], figures=len(lines_of), differing=sum(line.differs for line in lines_of),
    )  # fmt: skip
    try:
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError as error:
        raise MeasuredRefused("Tệp này của cùng thời gian đã được nạp.", "table") from error
    for line in lines_of:
        line.file = file
    MeasuredFigure.objects.bulk_create(lines_of)
    audit.record(
        actor=actor, act=COMPARE, target="ratings.measuredfile", target_id=str(file.pk),
        details={"from": first.isoformat(), "to": last.isoformat(), "figures": file.figures, "differing": file.differing},
    )  # fmt: skip
    return file


def _known() -> set[str]:
    """Codes of ministries and provinces (one query)."""
    return set(Agency.objects.filter(parent=None).values_list("code", flat=True))


@transaction.atomic
def tolerate(*, actor: Actor, figure: str, absolute: Decimal, per_cent: Decimal) -> MeasureTolerance:
    """Set how far a measured figure may lie from the portal's; files that were taken stay as they were compared."""
    require(actor, TOLERATE)
    row = MeasureTolerance.objects.select_for_update().get(figure=figure)
    row.absolute, row.per_cent = absolute, per_cent
    with pghistory.context(act=TOLERATE, position=str(actor.position_id or ""), unit=actor.unit):
        row.save()
    audit.record(
        actor=actor, act=TOLERATE, target="ratings.measuretolerance", target_id=figure,
        details={"absolute": str(absolute), "per_cent": str(per_cent)},
    )  # fmt: skip
    return row


def begin() -> str:
    """Tolerances with which a portal begins, where there are none: shares by a tenth of a point (two figures that are rounded), counts by
    one in a hundred. One line that says what there is."""
    known = set(MeasureTolerance.objects.values_list("figure", flat=True))
    MeasureTolerance.objects.bulk_create(
        MeasureTolerance(figure=one.value, absolute=Decimal("0.10") if one in SHARES else Decimal(0), per_cent=0 if one in SHARES else 1)
        for one in Figure
        if one.value not in known
    )
    return f"{len(Figure)} chỉ số"
