"""The parts of a record as lines that an officer reads and writes: one row a line, its columns parted by ``|``.

Pure: text in, rows out, every fault with its line. What has no column of its own is kept from the row of the same name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from procedures.models import Channel, FeeLine, RequiredDocument, TimeUnit

BREAK = " ⏎ "
"""Stands for a new line within a cell."""
Row = dict[str, Any]


class LineFault(ValueError):
    """A line that cannot be read; the message names it."""


def _named(choices: Iterable[tuple[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    words = {value: str(label).lower() for value, label in choices}
    return words, {label: value for value, label in words.items()}


_KINDS, _KIND_OF = _named(Channel.Kind.choices)
_UNITS, _UNIT_OF = _named(TimeUnit.choices)
_FEES, _FEE_OF = _named(FeeLine.Kind.choices)
_MODES, _MODE_OF = _named(RequiredDocument.Mode.choices)

COLUMNS: Mapping[str, Sequence[str]] = {
    "steps": ("title", "text", "case"),
    "documents": ("name", "mode", "originals", "copies", "required", "case", "form", "note", "paper_kind"),
    "results": ("name", "code"),
    "legal_bases": ("number", "title", "issued_on", "agency"),
}
HEADINGS: Mapping[str, str] = {
    "steps": "Tên bước | nội dung | trường hợp",
    "documents": (
        "Tên giấy tờ | nộp hoặc xuất trình | bản chính | bản sao | bắt buộc hoặc khi có | trường hợp | mẫu | ghi chú | mã loại giấy tờ"
    ),
    "results": "Tên kết quả | mã kết quả",
    "legal_bases": "Số ký hiệu | trích yếu | ngày ban hành (năm-tháng-ngày) | cơ quan ban hành",
    "channels": (
        "Mỗi cách nộp: trực tuyến, trực tiếp hoặc qua bưu chính | ghi chú. Dòng sau, bắt đầu bằng +: thời hạn | đơn vị | bằng lời "
        "| áp dụng khi. Dòng sau nữa, bắt đầu bằng -: "
        "phí, lệ phí hoặc khoản thu khác | tên khoản | số tiền | tính trên | áp dụng khi | miễn, giảm"
    ),
}


def written(part: str, rows: Sequence[Row]) -> str:
    """A part's rows as lines."""
    if part == "channels":
        return "\n".join(_channel_lines(rows))
    return "\n".join(_line([_shown(part, name, row) for name in COLUMNS[part]]) for row in rows)


def _shown(part: str, name: str, row: Row) -> str:
    value = row.get(name)
    if part == "documents":
        if name == "mode":
            return _MODES[value or RequiredDocument.Mode.SUBMIT]
        if name == "required":
            return "khi có" if value is False else "bắt buộc"
        if name in ("originals", "copies"):
            return str(value or 0)
    return "" if value is None else str(value)


def _line(cells: Sequence[str]) -> str:
    tidy = [cell.replace("\r", "").replace("\n", BREAK).replace("|", "/").strip() for cell in cells]
    while len(tidy) > 1 and not tidy[-1]:
        tidy.pop()
    return " | ".join(tidy)


def _channel_lines(rows: Sequence[Row]) -> Iterable[str]:
    for row in rows:
        yield _line([_KINDS[row["kind"]], row.get("note", "")])
        for limit in row.get("limits", []):
            amount = limit.get("time_amount")
            unit = _UNITS.get(limit.get("time_unit", ""), "")
            cells = ["" if amount is None else str(amount), unit, limit.get("time_text", ""), limit.get("note", "")]
            yield "+ " + _line(cells)
            for fee in limit.get("fees", []):
                money = fee.get("amount")
                in_dong = "" if money is None else str(money)
                shown = f"{fee.get('currency_amount')} {fee['currency']}" if fee.get("currency") else in_dong
                rest = [fee.get(name, "") for name in ("per", "condition", "exemption")]
                yield "- " + _line([_FEES[fee["kind"]], fee["name"], shown, *rest])


def read(part: str, text: str, before: Sequence[Row] = ()) -> list[Row]:
    """Rows out of lines; :class:`LineFault`. What stood unchanged is the row it was."""
    if text.strip() == written(part, before).strip():
        return list(before)
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if part == "channels":
        return _read_channels(lines)
    known = {row.get(COLUMNS[part][0], ""): row for row in before}
    return [_read_row(part, number, line, known) for number, line in lines]


def _cells(line: str, most: int, number: int) -> list[str]:
    cells = ["\n".join(part.strip() for part in cell.split(BREAK.strip())).strip() for cell in line.split("|")]
    if len(cells) > most:
        raise LineFault(f"Dòng {number} có {len(cells)} cột, nhiều nhất {most}.")
    return cells + [""] * (most - len(cells))


def _read_row(part: str, number: int, line: str, known: Mapping[str, Row]) -> Row:
    columns = COLUMNS[part]
    cells = dict(zip(columns, _cells(line, len(columns), number), strict=True))
    if not cells[columns[0]] and not cells.get("text"):
        raise LineFault(f"Dòng {number} không có tên.")
    row = {name: value for name, value in known.get(cells[columns[0]], {}).items() if name not in columns}
    for name, value in cells.items():
        found = _READERS.get((part, name), _text)(value, number)
        if found not in ("", None):
            row[name] = found
    if part == "steps" and "text" not in row:
        # One column alone is the step's text, as sources without titles have it.
        row["text"] = row.pop("title")
    return row


def _text(value: str, number: int) -> str:
    return value


def _number(value: str, number: int) -> int | None:
    if not value:
        return None
    plain = value.replace(".", "").replace(" ", "")
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 12:
        raise LineFault(f"Dòng {number}: “{value}” không phải là một số.")
    return int(plain)


def _choice(words: Mapping[str, str]) -> Callable[[str, int], str]:
    def reader(value: str, number: int) -> str:
        if value and value.lower() not in words:
            raise LineFault(f"Dòng {number}: “{value}” không phải là {', '.join(words)}.")
        return words[value.lower()] if value else ""

    return reader


def _required(value: str, number: int) -> bool | None:
    return {"": None, "bắt buộc": None, "khi có": False}[_choice({"bắt buộc": "bắt buộc", "khi có": "khi có"})(value, number)]


def _day(value: str, number: int) -> str:
    try:
        return dt.date.fromisoformat(value).isoformat() if value else ""
    except ValueError as error:
        raise LineFault(f"Dòng {number}: “{value}” không phải là một ngày, ví dụ 2026-07-01.") from error


_READERS: Mapping[tuple[str, str], Callable[[str, int], Any]] = {
    ("documents", "mode"): _choice(_MODE_OF),
    ("documents", "originals"): _number,
    ("documents", "copies"): _number,
    ("documents", "required"): _required,
    ("legal_bases", "issued_on"): _day,
}


def _read_channels(lines: Sequence[tuple[int, str]]) -> list[Row]:
    rows: list[Row] = []
    for number, line in lines:
        if line.startswith("+"):
            if not rows:
                raise LineFault(f"Dòng {number}: thời hạn đứng trước cách nộp.")
            amount, unit, text, note = _cells(line[1:], 4, number)
            limit: Row = {"time_amount": _amount(amount, number), "time_unit": _choice(_UNIT_OF)(unit, number), "time_text": text}
            if (limit["time_amount"] is None) != (limit["time_unit"] == ""):
                raise LineFault(f"Dòng {number}: thời hạn có số thì có đơn vị, và ngược lại.")
            rows[-1]["limits"].append({**limit, "note": note, "fees": []})
        elif line.startswith("-"):
            if not rows or not rows[-1]["limits"]:
                raise LineFault(f"Dòng {number}: khoản thu đứng trước thời hạn.")
            rows[-1]["limits"][-1]["fees"].append(_fee(line[1:], number))
        else:
            kind, note = _cells(line, 2, number)
            value = _choice(_KIND_OF)(kind, number)
            if not value:
                raise LineFault(f"Dòng {number}: chưa ghi cách nộp.")
            if any(row["kind"] == value for row in rows):
                raise LineFault(f"Dòng {number}: đã có cách nộp “{kind}” ở trên.")
            rows.append({"kind": value, "note": note, "limits": []})
    for row in rows:
        if not row["limits"]:
            raise LineFault(f"Cách nộp “{_KINDS[row['kind']]}” chưa có thời hạn.")
    return rows


def _amount(value: str, number: int) -> int | str | None:
    if not value:
        return None
    plain = value.replace(",", ".")
    whole, _point, part = plain.partition(".")
    if not (whole + part).isascii() or not whole.isdecimal() or (part and not part.isdecimal()) or len(plain) > 7 or len(part) > 2:
        raise LineFault(f"Dòng {number}: “{value}” không phải là một số.")
    return int(whole) if not part.strip("0") else plain


def _fee(line: str, number: int) -> Row:
    kind, name, money, per, condition, exemption = _cells(line, 6, number)
    if not name:
        raise LineFault(f"Dòng {number}: khoản thu không có tên.")
    row: Row = {"kind": _choice(_FEE_OF)(kind, number) or "fee", "name": name}
    sum_, _space, currency = money.partition(" ")
    if currency.isascii() and currency.isupper() and len(currency) == 3 and currency != "VND":
        row |= {"currency": currency, "currency_amount": _amount(sum_, number)}
    elif money:
        row["amount"] = _number(money, number)
    elif not condition:
        raise LineFault(f"Dòng {number}: khoản thu không có số tiền thì phải ghi ai quyết định mức thu (cột áp dụng khi).")
    return {**row, **{key: value for key, value in (("per", per), ("condition", condition), ("exemption", exemption)) if value}}
