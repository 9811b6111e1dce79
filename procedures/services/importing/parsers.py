"""Reading the words of a source into numbers and codes. What a parser is not sure of it hands back as text: nothing is guessed.

Every function is pure and total: any text in, an answer out.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from procedures.models import Level, Subject, TimeUnit

NOTHING = frozenset(["", ".", "-", "n/a", "không có thông tin", "không có", "null", "none"])
"""What sources write where they have nothing to say."""

_UNITS = {
    "ngày làm việc": TimeUnit.WORKING_DAY,
    "ngày": TimeUnit.DAY,
    "giờ": TimeUnit.HOUR,
    "giờ làm việc": TimeUnit.HOUR,
    "tháng": TimeUnit.MONTH,
}
_LIMIT = re.compile(
    r"(?P<before>(?:trong (?:thời hạn|vòng) )?(?:(?:không quá|tối đa) )?)"
    r"(?P<amount>\d{1,4}(?:[.,]\d{1,2})?) ?(?:\([^()\d]{1,30}\) )?"
    r"(?P<unit>ngày làm việc|giờ làm việc|ngày|giờ|tháng)"
    r"(?P<after>,? (?:kể từ|tính từ) (?:ngày|khi) nhận (?:được |đủ |đầy đủ )*hồ sơ(?: hợp lệ| đầy đủ| theo quy định)*)? ?\.?",
    re.IGNORECASE,
)


def plain(text: Any) -> str:
    """The text without surrounding blanks; "" where the source says it has nothing."""
    text = str(text).strip() if text is not None else ""
    return "" if text.lower() in NOTHING else text


@dataclass(frozen=True)
class Limit:
    """A time limit: a number with its unit, or words. ``text`` also keeps the words around a number."""

    amount: Decimal | None
    unit: str
    text: str

    @property
    def typed(self) -> bool:
        """Whether it is a number."""
        return self.amount is not None


def time_limit(text: str) -> Limit | None:
    """ "07 Ngày làm việc" → 7 working days; None where the source gives none.

    Only a text that is nothing but one number, one unit and the usual words around them is typed. Zero stays words: sources write it
    both for "the same day" and for "not laid down".
    """
    text = plain(text)
    if not text:
        return None
    match = _LIMIT.fullmatch(" ".join(text.split()))
    if match is None or not match["amount"].isascii():
        return Limit(None, "", text)
    amount = Decimal(match["amount"].replace(",", "."))
    if not amount:
        return Limit(None, "", text)
    return Limit(amount, _UNITS[match["unit"].lower()].value, text if match["before"] or match["after"] else "")


_FEE_KINDS = {"phí": "fee", "lệ phí": "charge", "mức giá": "other", "khoản thu khác": "other"}
_FEE_START = re.compile(r"(?im)^(?=\s*(?:lệ phí|phí|mức giá|khoản thu khác)\s*:)")
_FEE_LINE = re.compile(
    r"\s*(?P<kind>lệ phí|phí|mức giá|khoản thu khác)\s*:\s*"
    r"(?:(?P<amount>\d{1,3}(?:\.\d{3})+|\d{1,12})(?![\d.,]))?\s*(?P<currency>đồng|vnđ|vnd|usd|eur)?\s*(?:\((?P<condition>.*)\))?\s*\.?\s*",
    re.IGNORECASE | re.DOTALL,
)
_FREE = frozenset(["miễn phí", "không thu phí", "không thu", "miễn lệ phí", "không thu lệ phí", "không thu phí, lệ phí"])
_FREE_CONDITION = frozenset(["", "không", "không có", "không thu phí", "không thu", "không thu lệ phí", "miễn phí", "miễn lệ phí"])
_LEAST = 1000
"""Đồng. No fee in force is lower: a lower number is a slip of the source (20 for 20.000)."""
_ATTACHMENT = re.compile(r"(?im)^\s*file đính kèm\s*:.*$\n?")
UNSTATED = "Nguồn không nêu mức thu"


@dataclass(frozen=True)
class Fee:
    """One fee line in the shape of a record, and whether its amount was understood."""

    row: dict[str, Any]
    typed: bool


def _words(kind: str, label: str, text: str) -> Fee:
    return Fee({"kind": kind, "name": label, "condition": text}, typed=False)


def fee_lines(text: str) -> list[Fee]:
    """ "Phí : 20.000 Đồng (mỗi bản)" → 20,000 đồng with its condition. An empty text has no lines: that is not "free of charge".

    A line is typed when it is a kind, one number, one currency and at most one remark in brackets. An amount of 0 is typed only where
    the remark does not say something else; amounts from 1 to 999 đồng stay words.
    """
    text = plain(_ATTACHMENT.sub("", text))
    found = []
    for entry in (part.strip() for part in _FEE_START.split(text)):
        if not entry:
            continue
        if entry.lower().strip(" .") in _FREE:
            found.append(Fee({"kind": "fee", "name": "Phí", "amount": 0, "condition": ""}, typed=True))
            continue
        match = _FEE_LINE.fullmatch(entry)
        if match is None:
            label, colon, rest = entry.partition(":")
            kind = _FEE_KINDS.get(label.strip().lower()) if colon else None
            if kind and rest.lower().replace("đồng", "").strip(" .()") in _FREE:
                found.append(Fee({"kind": kind, "name": _label(label), "amount": 0, "condition": ""}, typed=True))
            elif kind:
                found.append(_words(kind, _label(label), rest.strip()))
            else:
                found.append(_words("fee", "Phí", entry))
            continue
        fee = _matched_fee(match)
        if fee is not None:
            found.append(fee)
    return found


def _label(text: str) -> str:
    return text.strip().capitalize()


def _matched_fee(match: re.Match[str]) -> Fee | None:
    label, kind = _label(match["kind"]), _FEE_KINDS[match["kind"].lower()]
    condition = " ".join((match["condition"] or "").split())
    currency = (match["currency"] or "").upper()
    if match["amount"] is None:
        words = plain(condition) if currency != "USD" else f"{condition} (USD)".strip()
        if words.lower().strip(" .") in _FREE:
            return Fee({"kind": kind, "name": label, "amount": 0, "condition": ""}, typed=True)
        return _words(kind, label, words) if words else None
    amount = int(match["amount"].replace(".", ""))
    if not match["amount"].isascii() or not currency:
        return _words(kind, label, f"{match['amount']} {condition}".strip())
    if currency in ("USD", "EUR"):
        if not amount or amount > 9_999_999:
            return _words(kind, label, f"{match['amount']} {currency} {condition}".strip())
        row = {"kind": kind, "name": label, "currency": currency, "currency_amount": str(amount), "condition": condition}
        return Fee(row, typed=True)
    if 0 < amount < _LEAST or (amount == 0 and condition.lower().strip(" .;") not in _FREE_CONDITION):
        return _words(kind, label, f"{match['amount']} Đồng ({condition})" if condition else f"{match['amount']} Đồng")
    return Fee({"kind": kind, "name": label, "amount": amount, "condition": "" if amount == 0 else condition}, typed=True)


_CHANNELS = {
    "trực tuyến": "online",
    "nộp trực tuyến": "online",
    "trực tiếp": "direct",
    "nộp trực tiếp": "direct",
    "dịch vụ bưu chính": "postal",
    "qua bưu chính": "postal",
    "bưu chính": "postal",
}


def channel_kind(text: str) -> str:
    """ "Dịch vụ bưu chính" → postal; "" where it is none of the three."""
    return _CHANNELS.get(" ".join(text.split()).lower(), "")


_LEVELS = {
    "cấp bộ": Level.MINISTRY,
    "cấp bộ/ngành": Level.MINISTRY,
    "cấp tỉnh": Level.PROVINCE,
    "cấp xã": Level.COMMUNE,
    "cơ quan khác": Level.OTHER,
}


def levels(text: str) -> tuple[list[str], bool]:
    """Levels in the catalogue's order, and whether every word was understood."""
    names = [" ".join(part.split()).lower() for part in plain(text).split(",")]
    known = {_LEVELS[name].value for name in names if name in _LEVELS}
    return [value for value in Level.values if value in known], all(name in _LEVELS for name in names if name)


_SUBJECTS = sorted(
    {
        **{label.lower(): value for value, label in Subject.choices},
        "tổ chức (không bao gồm doanh nghiệp, htx)": Subject.ORGANISATION.value,
        "doanh nghiệp việt nam": Subject.ENTERPRISE.value,
        "người nước ngoài cư trú tại việt nam": Subject.FOREIGNER.value,
        "người nước ngoài đã cư trú tại việt nam": Subject.FOREIGNER.value,
        "công dân việt nam mà không xác định được nơi thường trú hoặc nơi tạm trú": Subject.CITIZEN.value,
    }.items(),
    key=lambda item: -len(item[0]),
)


def subjects(text: str) -> tuple[list[str], bool]:
    """Subjects in the catalogue's order, and whether every word was understood. Names may hold commas: the longest is tried first."""
    rest = " ".join(plain(text).lower().split())
    known = set()
    while rest := rest.lstrip(" ,;"):
        for name, value in _SUBJECTS:
            if rest.startswith(name) and (len(rest) == len(name) or rest[len(name)] in " ,;"):
                known.add(value)
                rest = rest[len(name) :]
                break
        else:
            return [value for value in Subject.values if value in known], False
    return [value for value in Subject.values if value in known], True


_FURNITURE = re.compile(r"(?:Từ khóa|Mô tả)\s*Không có thông tin.*|Từ khóa(?=.*Mô tả).*|Chọn cơ quan thực hiện.*", re.DOTALL)
_GLUED_RESULT = re.compile(r"(?P<name>.+?)\s*Mã:\s*(?P<code>KQ\.[GH]\d{2}\.\d{6}(?!\d))", re.DOTALL)
_LISTED_RESULT = re.compile(r"\* (?P<name>.+?) \(Mã: `(?P<code>[^`]*)`\)")
_RESULT_CODE = re.compile(r"KQ\.[GH]\d{2}\.\d{6}")


def without_furniture(text: str) -> str:
    """The text without the labels and buttons that a copied web page leaves behind it."""
    return plain(_FURNITURE.sub("", text))


def results(text: str) -> tuple[list[dict[str, str]], bool]:
    """Results with their codes, and whether they were told apart. Several names joined by commas stay one text."""
    text = without_furniture(text)
    if not text:
        return [], True
    lines = [line for line in text.splitlines() if line.strip()]
    listed = [_LISTED_RESULT.fullmatch(line.strip()) for line in lines]
    if all(listed):
        rows = [match for match in listed if match]
        return [{"name": row["name"].strip(), "code": row["code"] if _RESULT_CODE.fullmatch(row["code"]) else ""} for row in rows], all(
            _RESULT_CODE.fullmatch(row["code"]) for row in rows
        )
    glued = list(_GLUED_RESULT.finditer(text))
    if glued and glued[-1].end() == len(text):
        return [{"name": match["name"].strip(" -\n"), "code": match["code"]} for match in glued], True
    alone = len(lines) == 1 and not re.search(r"[,;*]|Mã:", text)
    return [{"name": text, "code": ""}], alone


_STEP = re.compile(r"(?m)^[ \t]*(?:[-+*•]\s*)?(?:[a-zđ]\)\s*)?Bước\s+(?P<number>\d{1,2})\s*[:.]\s*")
_NUMBERED = re.compile(r"(?m)^(?P<number>\d{1,2})\.[ \t]+")
_BOLD = re.compile(r"\*\*(?P<title>[^*\n]{1,200})\*\*\s*")


def steps(text: str) -> tuple[list[dict[str, str]], bool]:
    """Steps in order, and whether they were told apart: only where they are numbered 1, 2, 3 … without a break."""
    text = plain(text)
    if not text:
        return [], True
    for pattern in (_STEP, _NUMBERED):
        marks = list(pattern.finditer(text))
        if len(marks) < 2 or text[: marks[0].start()].strip() or [int(mark["number"]) for mark in marks] != list(range(1, len(marks) + 1)):
            continue
        rows = []
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            body = text[mark.end() : following.start() if following else None].strip()
            bold = _BOLD.match(body)
            title = bold["title"].strip(" :.") if bold else f"Bước {mark['number']}"
            rows.append({"case": "", "title": title, "text": body[bold.end() :].strip() if bold else body})
        if all(row["text"] or not row["title"].startswith("Bước") for row in rows):
            return rows, True
    return [{"case": "", "title": "", "text": text}], False


def count(text: str) -> int | None:
    """ "2" → 2, "" → 0; None where it is no number of copies."""
    text = str(text or "").strip()
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None


_LINK = re.compile(r"\[(?P<label>[^\[\]]*)\]\((?:[^()]|\([^()]*\))*\)")


def form_files(text: str) -> str:
    """File names of forms, one a line, without the addresses behind them: those lead to somebody's own disk."""
    text = _LINK.sub(lambda match: match["label"] + "\n", plain(text))
    return "\n".join(line for line in (part.strip(" ,;") for part in text.splitlines()) if line and "://" not in line)


def day(text: str) -> dt.date | None:
    """ "15-05-2025" → that day; None where it is none."""
    match = re.fullmatch(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", plain(text))
    if match is None:
        return None
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


_MOJIBAKE = re.compile(r"á»|áº|Ä‘|Ä\x91|Æ°|Æ¡|Ã[\x80-\xbf]|\ufffd")


def is_misread(text: str) -> bool:
    """Whether Vietnamese was read in a wrong encoding somewhere on its way here."""
    return _MOJIBAKE.search(text) is not None
