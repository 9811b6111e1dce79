"""Dashboards as spreadsheets: every figure that is shown, one a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse

from portal.catalogues.tables import write
from ratings.board.queries import Glance
from ratings.board.targets import Line
from ratings.board.tiles import Change, Tile

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = ["Phần", "Chỉ số", "Mã", "Tên, ngày", "Số", "Đơn vị", "So với trước"]
TARGETS_HEADER = [
    "Mã",
    "Chỉ tiêu",
    "Áp dụng cho",
    "Kỳ",
    "Đạt được",
    "Mục tiêu",
    "Hơn, kém",
    "Đơn vị",
    "Kết luận",
    "Tử số",
    "Mẫu số",
    "Căn cứ",
]
ACCOUNTS_HEADER = ["Tháng mở", "Loại", "Mức định danh", "Cách đăng nhập", "Mức xác thực cao nhất", "Số tài khoản"]


def answer(name: str, agency: str, today: date, header: list[str], rows: Iterable[list[Any]], *, sheet: str) -> HttpResponse:
    """The file, named by what and when."""
    found = HttpResponse(write("xlsx", header, rows, figures=sheet), content_type=_XLSX)
    found["Content-Disposition"] = f'attachment; filename="{name}-{(agency or "ca-nuoc").lower()}-{today}.xlsx"'
    return found


def _plain(value: Any) -> Any:
    """A number that a spreadsheet adds up; what is not known stays empty."""
    return float(value) if value is not None and not isinstance(value, int | str) else value


def of_glance(seen: Glance, tiles: Sequence[Tile], changes: Sequence[Change]) -> list[list[Any]]:
    """Tiles, what changed, places, dossiers, months and days."""
    place = seen.name(seen.agency) if seen.agency else "Cả nước"
    rows: list[list[Any]] = [["Hôm nay", one.label, seen.agency, place, _plain(one.value), one.unit.strip(), one.note] for one in tiles]
    rows += [["Từ hôm qua", one.label, seen.agency, place, one.now, "", one.more] for one in changes]
    part = "Cơ quan bên dưới" if seen.parts == "agency" else "Thủ tục"
    for line in seen.late:
        rows.append([part, "Đang giải quyết", line.key, seen.name(line.key), line.pending, "hồ sơ", None])
        rows.append([part, "Đang quá hạn", line.key, seen.name(line.key), line.overdue, "hồ sơ", line.more])
    for one in seen.longest:
        where = f"{seen.name(one.unit_code)}, hẹn {one.due_on}"
        rows.append(["Quá hạn lâu nhất", seen.name(one.procedure_code), one.code, where, one.days, "ngày", None])
    rows += [
        ["Đúng hạn tháng này", "Giải quyết đúng hạn", code, seen.name(code), _plain(value), "%", None]
        for code, value in seen.on_time_by_place.items()
    ]
    for title, course in (("Theo tháng", seen.months), ("Theo ngày", seen.days)):
        for day, figures in course:
            for label, number in (
                ("Tiếp nhận", figures.received), ("Giải quyết xong", figures.resolved), ("Giải quyết quá hạn", figures.late),
                ("Đang giải quyết cuối kỳ", figures.pending), ("Quá hạn cuối kỳ", figures.overdue),
            ):  # fmt: skip
                rows.append([title, label, seen.agency, f"{day:%Y-%m}" if title == "Theo tháng" else f"{day}", number, "hồ sơ", None])
    return rows


def met_in_words(line: Line) -> str:
    """Whether a target is met, as the page says it."""
    if line.source is None:
        return "Chưa có nguồn số liệu"
    return {True: "Đạt", False: "Chưa đạt", None: "Chưa có số liệu"}[line.is_met]


def of_targets(lines: Sequence[Line]) -> list[list[Any]]:
    """Each target with its year, then its months."""
    rows: list[list[Any]] = []
    for line in lines:
        target, reading = line.target, line.reading
        head = [target.code, target.name, target.get_level_display()]
        part, whole = (reading.part, reading.whole) if reading is not None and reading.whole else (None, None)
        figures = [_plain(line.value), _plain(line.wanted), _plain(line.gap)]
        rows.append([*head, "Năm", *figures, line.unit, met_in_words(line), part, whole, target.law])
        for month, value in reading.course if reading is not None else []:
            rows.append([*head, f"{month:%Y-%m}", _plain(value), None, None, line.unit, "", None, None, target.law])
    return rows
