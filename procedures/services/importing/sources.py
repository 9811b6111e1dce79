"""Opening sources: JSON lines (gzip or plain), the present portal's Word export, the national list as CSV.

Each gives rows one by one, a :class:`Row` or a :class:`Refused`, and raises :class:`Unreadable` when it cannot be read to its end.
Sizes are bounded: a source of nonsense ends in a report, not in a full memory.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from procedures.services.importing.report import Progress, Refused, Unreadable

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of one line; the longest real one has some 150 thousand."""
MOST_BYTES = 1024 * 1024 * 1024
"""Bytes of a source once unpacked; the real one has 50 million."""
LARGEST_LIST = 64 * 1024 * 1024
"""A national list is read at once; the real one has 1.5 MB."""
MOST_ROWS = 200_000
LARGEST_DOCUMENT = 20 * 1024 * 1024
"""Bytes of the text of one Word file."""


@dataclass(frozen=True)
class Row:
    """One row of a source and where it stands."""

    place: str
    raw: dict[str, Any]


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, or of all exports in a folder. :class:`Unreadable`."""
    found = hashlib.sha256()
    try:
        for file in sorted(path.glob("*.docx")) if path.is_dir() else [path]:
            with file.open("rb") as stream:
                found.update(hashlib.file_digest(stream, "sha256").digest())
    except OSError as error:
        raise Unreadable(f"không mở được {path.name}: {error.strerror}") from error
    return found.hexdigest()


def json_lines(path: Path, progress: Progress) -> Iterator[Row | Refused]:
    """The rows of a file of JSON lines."""
    try:
        size = path.stat().st_size or 1
        with path.open("rb") as packed:
            is_packed = packed.read(2) == b"\x1f\x8b"
            packed.seek(0)
            with gzip.GzipFile(fileobj=packed) if is_packed else path.open("rb") as stream:
                for number, line in _lines(stream):  # type: ignore[arg-type]
                    if number % 200 == 0:
                        progress("đọc", min((packed if is_packed else stream).tell() / size, 1.0))
                    yield _json_row(number, line)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"{path.name} bị cắt cụt hoặc hỏng: {error}") from error
    except OSError as error:
        raise Unreadable(f"không đọc được {path.name}: {error.strerror or error}") from error


def _lines(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    number = total = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        total += len(line)
        if len(line) > LONGEST_LINE:
            raise Unreadable(f"dòng {number} dài hơn {LONGEST_LINE} byte: không phải bản kê thủ tục")
        if number > MOST_ROWS or total > MOST_BYTES:
            raise Unreadable(f"nguồn lớn bất thường (quá dòng {number}): không phải bản kê thủ tục")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise Unreadable(f"dòng {number} không phải UTF-8 (byte thứ {error.start + 1})") from error
        if text:
            yield number, text


def _json_row(number: int, line: str) -> Row | Refused:
    place = f"dòng {number}"
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return Refused(place, "", "không phải JSON")
    if not isinstance(raw, dict):
        return Refused(place, "", "không phải một đối tượng JSON")
    return Row(place, raw)


def national_list(path: Path, progress: Progress) -> Iterator[Row | Refused]:
    """The rows of the national list. Columns ``code`` and ``name`` must be there; a row with too few cells means a cut file."""
    try:
        if path.stat().st_size > LARGEST_LIST:
            raise Unreadable(f"{path.name} lớn bất thường (quá {LARGEST_LIST // 2**20} MB): không phải danh mục thủ tục")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name} không phải UTF-8 (byte thứ {error.start + 1})") from error
    except OSError as error:
        raise Unreadable(f"không đọc được {path.name}: {error.strerror or error}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not {"code", "name"} <= set(reader.fieldnames or []):
            raise Unreadable(f"{path.name} không có cột code và name")
        for number, row in enumerate(reader, start=1):
            if number > MOST_ROWS:
                raise Unreadable(f"{path.name} có hơn {MOST_ROWS} dòng")
            if number % 500 == 0:
                progress("đọc", 0.5)
            place = f"dòng {reader.line_num}"
            if None in row.values() or None in row:
                raise Unreadable(f"{path.name} {place}: số cột khác dòng tiêu đề, tệp bị cắt cụt hoặc hỏng")
            yield Row(place, dict(row))
    except csv.Error as error:
        raise Unreadable(f"{path.name} dòng {reader.line_num}: {error}") from error


# --- Word exports ---------------------------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LABELS = {
    "Mã thủ tục": "code",
    "Số quyết định": "decision",
    "Tên thủ tục": "name",
    "Cấp thực hiện": "levels",
    "Loại thủ tục": "kind",
    "Lĩnh vực": "field",
    "Trình tự thực hiện": "steps",
    "Cách thức thực hiện": "channels",
    "Thành phần hồ sơ": "documents",
    "Đối tượng thực hiện": "audience",
    "Cơ quan thực hiện": "executing",
    "Cơ quan có thẩm quyền": "competent",
    "Địa chỉ tiếp nhận HS": "place",
    "Cơ quan được ủy quyền": "authorised",
    "Cơ quan phối hợp": "coordinating",
    "Kết quả thực hiện": "results",
    "Căn cứ pháp lý": "legal",
    "Yêu cầu, điều kiện thực hiện": "conditions",
    "Từ khóa": "keywords",
    "Mô tả": "description",
}
_LABEL = re.compile("(" + "|".join(sorted(_LABELS, key=len, reverse=True)) + r")\s*:\s*", re.DOTALL)
_COUNTS = re.compile(r"Bản chính\s*:\s*(\d+)\s*Bản sao\s*:\s*(\d+)")
_TABLES = {"channels", "documents", "legal"}


def word_exports(folder: Path, progress: Progress) -> Iterator[Row | Refused]:
    """The procedures of all ``*.docx`` in a folder; a file that is no export is refused by its name."""
    if not folder.is_dir():
        raise Unreadable(f"{folder.name} không phải thư mục")
    files = sorted(folder.glob("*.docx"))
    if not files:
        raise Unreadable(f"{folder.name} không có tệp .docx nào")
    for done, file in enumerate(files):
        progress("đọc", done / len(files))
        try:
            yield Row(file.name, export_row(file))
        except Unreadable as error:
            yield Refused(file.name, "", str(error))


def export_row(file: Path) -> dict[str, Any]:
    """One export in the shape of a JSON row. :class:`Unreadable`."""
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("word/document.xml").file_size > LARGEST_DOCUMENT:
                raise Unreadable("phần văn bản lớn bất thường")
            with archive.open("word/document.xml") as part:
                text = part.read(LARGEST_DOCUMENT + 1)
        if len(text) > LARGEST_DOCUMENT:
            raise Unreadable("phần văn bản lớn bất thường")
        root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise Unreadable("không phải tệp Word đọc được đến hết") from error
    except etree.XMLSyntaxError as error:
        raise Unreadable("phần văn bản không phải XML") from error
    body = root.find(f"{_W}body")
    if body is None:
        raise Unreadable("tệp Word không có nội dung")
    return _read_body(body)


def _text(element: Any) -> str:
    pieces = []
    for node in element.iter(f"{_W}t", f"{_W}br", f"{_W}cr", f"{_W}tab"):
        pieces.append(node.text or "" if node.tag == f"{_W}t" else "\n" if node.tag != f"{_W}tab" else "\t")
    return "".join(pieces)


def _cell(cell: Any) -> str:
    return "\n".join(text for paragraph in cell.iter(f"{_W}p") if (text := _text(paragraph).strip()))


def _read_body(body: Any) -> dict[str, Any]:
    """Walk the sheet from label to label (domain facts §4.5)."""
    row: dict[str, Any] = {"channels": [], "documents": [], "legal": []}
    texts: dict[str, list[str]] = {}
    part, group = "", ""
    for element in body:
        if element.tag == f"{_W}p":
            text = _text(element).strip()
            match = _LABEL.match(text)
            # Only in the sheet's order: a step may well begin with "Mô tả: …".
            if match and _LABELS[match[1]] not in texts and _comes_after(_LABELS[match[1]], part):
                part, group = _LABELS[match[1]], ""
                texts[part] = [text[match.end() :]] if text[match.end() :].strip() else []
            elif part == "documents":
                group = text or group
            elif part and not text.startswith("Để xem chi tiết thủ tục hành chính"):
                texts[part].append(text)
        elif element.tag == f"{_W}tbl" and part in _TABLES:
            row[part].extend(_table_rows(part, group, element))
        elif element.tag == f"{_W}tbl" and part:
            texts[part].extend(_cell(cell) for cell in element.iter(f"{_W}tc"))
    if "code" not in texts or "name" not in texts:
        raise Unreadable("không có nhãn “Mã thủ tục” và “Tên thủ tục”: không phải bản chi tiết thủ tục")
    for name, lines in texts.items():
        if name not in _TABLES:
            row[name] = "\n".join(lines).strip()
        elif not row[name]:
            row[f"{name}_glued"] = "\n".join(lines).strip()
    return row


def _comes_after(label: str, part: str) -> bool:
    order = list(_LABELS.values())
    return not part or order.index(label) > order.index(part)


def _table_rows(part: str, group: str, table: Any) -> list[dict[str, str]]:
    rows = []
    for line in list(table.iter(f"{_W}tr"))[1:]:
        cells = [_cell(cell) for cell in line.findall(f"{_W}tc")]
        cells += [""] * (4 - len(cells))
        if part == "channels":
            rows.append({"channel": cells[0], "time": cells[1], "fee": cells[2], "note": cells[3]})
        elif part == "legal":
            rows.append({"number": cells[0], "title": cells[1], "date": cells[2], "issuer": cells[3]})
        else:
            counts = _COUNTS.search(cells[2])
            rows.append(
                {
                    "group": group,
                    "name": cells[0],
                    "form": cells[1],
                    "originals": counts[1] if counts else cells[2],
                    "copies": counts[2] if counts else "",
                }
            )
    return rows
