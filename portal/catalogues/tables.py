"""Tables as agencies keep them: CSV and XLSX, read to their end or not at all, written so that they can be read back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from portal.text import nfc

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 60 * 1024 * 1024
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 60
MAX_CELL: Final = 4_000
"""Characters of one cell: more than any column holds."""
CSV: Final = "csv"
XLSX: Final = "xlsx"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run by a spreadsheet that opens a CSV file."""
_NEGATIVE: Final = re.compile(r"-[0-9]+(\.[0-9]+)?", re.ASCII)
"""A number below nothing: it begins like a formula and is none."""


class TableUnreadable(ValueError):
    """The file cannot be read to its end; nothing of it is used. The message is for the officer."""


@dataclass(frozen=True)
class Table:
    """A table with its header; each row with the number it has in a spreadsheet."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def read(name: str, content: bytes) -> Table:
    """The table in a file, told by its first bytes and not by its name. Raises :class:`TableUnreadable`."""
    if len(content) > MAX_BYTES:
        raise TableUnreadable(f"Tệp quá lớn: tối đa {MAX_BYTES // 1024 // 1024} MB.")
    if not content.strip():
        raise TableUnreadable("Tệp trống.")
    is_xlsx = content.startswith(b"PK") or name.lower().endswith(".xlsx")
    lines = _xlsx(content) if is_xlsx else _csv(content)
    rows: list[tuple[int, list[str]]] = []
    header: list[str] = []
    for number, cells in lines:
        if len(cells) > MAX_COLUMNS:
            raise TableUnreadable(f"Dòng {number} có hơn {MAX_COLUMNS} cột.")
        if any(len(cell) > MAX_CELL for cell in cells):
            raise TableUnreadable(f"Dòng {number} có một ô dài hơn {MAX_CELL} ký tự.")
        cleaned = [nfc(cell).strip() for cell in cells]
        if not any(cleaned):
            continue
        if not header:
            header = cleaned
        else:
            # A spreadsheet leaves out empty cells at the end of a row, a CSV file does not: there a short row was cut.
            rows.append((number, cleaned + [""] * (len(header) - len(cleaned)) if is_xlsx else cleaned))
        if len(rows) > MAX_ROWS:
            raise TableUnreadable(f"Bảng có hơn {MAX_ROWS} dòng. Hãy chia thành nhiều tệp.")
    if not header:
        raise TableUnreadable("Tệp không có dòng tiêu đề.")
    while header and not header[-1]:
        header.pop()
    return Table(header, rows)


def write(kind: str, header: list[str], rows: Iterable[list[Any]], *, figures: str = "") -> bytes:
    """A table as a file of the kind (``csv`` or ``xlsx``). In CSV a cell that a spreadsheet would run is led by an apostrophe,
    a number never.

    ``figures``: the sheet's name, where numbers are amounts to be added up and not codes.
    """
    if kind == XLSX:
        return _write_xlsx(header, rows, figures)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_guarded(as_text(cell)) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_text(value: Any) -> str:
    """A value as a cell shows it: days as ``2025-07-01``, nothing as an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time.min else value.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _guarded(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) and not _NEGATIVE.fullmatch(text) else text


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TableUnreadable(f"Tệp không phải UTF-8 (lỗi ở dòng {line}). Khi lưu hãy chọn “CSV UTF-8”.") from error
    if "\0" in text:
        raise TableUnreadable("Tệp có ký tự không thể có trong một bảng. Đây có phải tệp CSV không?")
    first = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell for cell in cells]
    except csv.Error as error:
        raise TableUnreadable(f"Không đọc được từ dòng {reader.line_num}: dấu ngoặc kép không khép, tệp có thể bị cắt.") from error


def _xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > MAX_UNPACKED_BYTES:
                raise TableUnreadable("Tệp nở ra quá lớn.")
            if package.testzip() is not None:
                raise TableUnreadable("Tệp Excel bị hỏng.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # What a file says of its own size is not to be believed.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1), start=1):
            if number > MAX_ROWS * 2:
                raise TableUnreadable(f"Bảng có hơn {MAX_ROWS} dòng. Hãy chia thành nhiều tệp.")
            texts = [as_text(cell) for cell in cells]
            while texts and not texts[-1]:
                texts.pop()
            yield number, texts
    except TableUnreadable:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, InvalidFileException, ParseError, OSError, EOFError, KeyError, ValueError, IndexError,
            TypeError, AttributeError, NotImplementedError) as error:  # fmt: skip
        # Whatever a broken or hostile package makes the reader stumble over, it is the file's fault.
        raise TableUnreadable("Không đọc được tệp Excel: tệp bị hỏng, bị cắt, có mật khẩu hoặc không phải .xlsx.") from error


def _write_xlsx(header: list[str], rows: Iterable[list[Any]], figures: str) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(figures or "Danh mục")
    sheet.freeze_panes = "A2"
    for row in (header, *rows):
        cells = []
        for value in row:
            if figures and isinstance(value, int | float):
                cells.append(WriteOnlyCell(sheet, value=value))
                continue
            cell = WriteOnlyCell(sheet, value=as_text(value))
            cell.data_type = "s"  # codes keep their zeros, and nothing is a formula
            cell.number_format = "@"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
