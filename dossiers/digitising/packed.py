"""What an agency gives: a ZIP, single files or a folder of scans, and the table among them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from dossiers.digitising import fields
from dossiers.digitising.rights import OldRefused
from portal.catalogues import tables
from portal.text import nfc

MOST_ENTRIES = 2000
"""Of one ZIP; a folder on the server has no bound."""
MOST_UNPACKED = 500 * 1024 * 1024
"""Of all that a ZIP holds."""
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, RuntimeError)
"""What a broken or hostile ZIP makes its reader stumble over, also when an entry is read later."""
RATIO, RATIO_FROM = 200, 4 * 1024 * 1024
"""An entry larger than the second may not be packed more tightly than the first."""
TABLES = (".csv", ".xlsx")


@dataclass(frozen=True)
class Row:
    """One row of the table: what it says, and what is wrong with where it points."""

    number: int
    scan: str
    pages: fields.Pages
    said: Mapping[str, str]


@dataclass
class Given:
    """Scans by name (small letters, with folders), opened when they are wanted, and the rows of the table where there was one."""

    scans: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    has_table: bool = False


def name_key(name: str) -> str:
    """How a table names a scan, whichever slashes, capitals and form of Unicode it uses."""
    return nfc(name).strip().replace("\\", "/").removeprefix("./").casefold()


def of_uploads(uploads: Iterable[tuple[str, IO[bytes]]]) -> Given:
    """What came with a request: ZIPs are looked into. :class:`OldRefused`."""
    given = Given()
    for name, file in uploads:
        if name.lower().endswith(TABLES):
            _table(given, name, file.read())
        elif name.lower().endswith(".zip"):
            _zip(given, file)
        else:
            _scan(given, name, lambda file=file: _whole(file))  # type: ignore[misc]
    if not given.scans and not given.has_table:
        raise OldRefused("Bạn hãy chọn ít nhất một tệp.", "scans")
    return given


def of_folder(folder: Path) -> Given:
    """A folder of the server with all below it; its only table lies in it. :class:`OldRefused`."""
    given = Given()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        if path.suffix.lower() in TABLES:
            _table(given, path.name, path.read_bytes())
        else:
            _scan(given, path.relative_to(folder).as_posix(), path.read_bytes)
    return given


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _scan(given: Given, name: str, read: Callable[[], bytes]) -> None:
    key = name_key(name)
    if key in given.scans:
        raise OldRefused(f"Có hai tệp cùng tên {name}.", "scans")
    given.scans[key] = read


def _zip(given: Given, file: IO[bytes]) -> None:
    try:
        package = zipfile.ZipFile(file)
        entries = [entry for entry in package.infolist() if _is_wanted(entry.filename)]
        if len(entries) > MOST_ENTRIES:
            raise OldRefused(f"Tệp nén có hơn {MOST_ENTRIES} tệp: bạn chia thành nhiều lần.", "scans")
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise OldRefused("Tệp nén nở ra quá lớn: bạn chia thành nhiều lần.", "scans")
        for entry in entries:
            if entry.flag_bits & 1:
                raise OldRefused("Tệp nén có mật khẩu.", "scans")
            tight = entry.file_size > RATIO_FROM and entry.file_size > RATIO * max(1, entry.compress_size)
            if entry.file_size > settings.MAX_FILE_BYTES or tight:
                raise OldRefused(f"Tệp {entry.filename} trong tệp nén quá lớn.", "scans")
            if entry.filename.lower().endswith(TABLES):
                _table(given, entry.filename, package.read(entry))
            else:
                _scan(given, entry.filename, lambda entry=entry: package.read(entry))  # type: ignore[misc]
    except (*BROKEN, zipfile.LargeZipFile, ValueError) as error:
        raise OldRefused("Không mở được tệp nén: tệp bị hỏng hoặc bị cắt.", "scans") from error


def _is_wanted(name: str) -> bool:
    parts = name.split("/")
    return not name.endswith("/") and "__MACOSX" not in parts and not parts[-1].startswith(".")


def _table(given: Given, name: str, content: bytes) -> None:
    if given.has_table:
        raise OldRefused("Có hơn một bảng kê: mỗi lần chỉ gửi một bảng.", "scans")
    try:
        table = tables.read(name, content)
    except tables.TableUnreadable as error:
        raise OldRefused(f"Bảng kê {name}: {error}", "scans") from error
    at = fields.columns_of(table.header)
    if missing := [one for one in fields.WANTED if one not in at]:
        words = ", ".join(f"“{fields.COLUMNS[one][0].capitalize()}”" for one in missing)
        raise OldRefused(f"Bảng kê thiếu cột {words}. Dòng đầu của bảng là tên cột.", "scans")

    def cell(cells: list[str], column: str) -> str:
        place: Any = at.get(column)
        return cells[place] if place is not None and place < len(cells) else ""

    given.has_table = True
    given.rows = [
        Row(
            number,
            name_key(cell(cells, fields.FILE)),
            fields.pages_of(cell(cells, fields.FIRST), cell(cells, fields.LAST)),
            fields.clean({one: cell(cells, one) for one in fields.LABELS}),
        )
        for number, cells in table.rows
    ]
