"""What in a text tells who somebody is (Rules art. 45: published without personal data): found by the machine, decided by an officer.

Pure functions. Rather a mark too many than one too few: leaving in costs the officer a press, a number that slipped through costs a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

ID, PHONE, EMAIL, ADDRESS, ACCOUNT, CODE, NAME, NUMBER = "id", "phone", "email", "address", "account", "code", "name", "number"
LABELS = {
    NAME: "Tên người",
    ID: "Số định danh, chứng minh nhân dân",
    PHONE: "Số điện thoại",
    EMAIL: "Thư điện tử",
    ADDRESS: "Địa chỉ",
    ACCOUNT: "Số tài khoản",
    CODE: "Mã hồ sơ, mã phản ánh, mã thanh toán",
    NUMBER: "Dãy số khác",
}
"""Kinds, as the officer reads them."""
STAND_INS = {
    NAME: "[tên người]",
    ID: "[số định danh]",
    PHONE: "[số điện thoại]",
    EMAIL: "[thư điện tử]",
    ADDRESS: "[địa chỉ]",
    ACCOUNT: "[số tài khoản]",
    CODE: "[mã]",
    NUMBER: "[số]",
}
"""What stands in the text where something was taken out."""
_ORDER = (ADDRESS, NAME, EMAIL, CODE, ACCOUNT, ID, PHONE, NUMBER)
"""Which kind names a place that several found, the first first."""


@dataclass(frozen=True)
class Known:
    """What is known of the people in a case."""

    names: Collection[str] = ()
    """Of the sender and of whom the sender writes for."""
    officers: Collection[str] = ()
    addresses: Collection[str] = ()
    codes: Collection[str] = ()
    """Of the petition, its dossier, its payment."""
    contacts: Collection[str] = ()
    """Phones and e-mail addresses of the sender, however they are written."""


@dataclass(frozen=True)
class Mark:
    """A place in a text: ``text[start:end]``."""

    start: int
    end: int
    kind: str
    text: str

    @property
    def label(self) -> str:
        """The kind, as the officer reads it."""
        return LABELS[self.kind]

    @property
    def key(self) -> str:
        """By which the same thing is known in another place: its letters and digits, plain."""
        return sign_key(self.text)


def sign_key(text: str) -> str:
    """Letters and digits of a text, lower case, without diacritics."""
    return "".join(sign for sign in plain(text) if sign.isalnum())


def plain(text: str) -> str:
    """The text in lower case without diacritics, sign by sign: every sign keeps its place."""
    return "".join(_plain_sign(sign) for sign in text)


def _plain_sign(sign: str) -> str:
    if sign in "đĐ":
        return "d"
    if unicodedata.category(sign) == "Nd":
        return str(unicodedata.digit(sign))
    # Full-width letters and the like too.
    base = unicodedata.normalize("NFKD", sign)[:1] or sign
    low = base.lower()
    return low if len(low) == 1 else sign


# Letters with their marks apart (a text that was not composed): between the letters of a name.
_MARKS = "[\u0300-\u036f]*"
_GAP = r"[\s.,\-_·\u00a0]+"
_DIGIT_GAP = r"[ .\-\u00a0\u2009\u2010-\u2015()/]{0,3}"

_EMAIL = re.compile(r"[\w.+%\-]+\s?(?:@|\(at\)|\[at\]|\(a còng\))\s?[\w\-]+(?:\.[\w\-]+)+", re.IGNORECASE)
_CODE = re.compile(
    r"(?<![\w.])(?:\d{3}\.\d{2}\.\d{2}\.)?[a-z]{1,3}\d{1,3}(?:\.\d{1,4})*-\d{6}-\d{3,10}(?!\w)"  # dossiers: H26.101-251116-0001
    r"|(?<!\w)(?:pa|tt|dv|bl)[0-9a-z]{2}[0-9a-z\-]{6,16}(?!\w)(?<=[0-9a-z])",  # what the portal gives out itself
)
_DIGITS = re.compile(rf"(?<![0-9])\+?\(?\d(?:{_DIGIT_GAP}\d){{5,}}")
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./\- ](?:0?[1-9]|1[0-2])[./\- ](?:19|20)\d\d|(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
)
_MONEY = re.compile(r"[1-9]\d{0,2}(?:[.\s]\d{3})+|[1-9]\d*")
_MONEY_AFTER = re.compile(r"\s*(?:,-\s*)?(?:d|dong|vnd|vnđ|trieu|ty)\b")
_NO_NUMBERS = re.compile(
    r"(?<![\d.])\d\.\d{6}(?:\.\d{1,3})*(?:\.h\d+)?(?!\d)"  # codes of procedures
    r"|(?<![\d/])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/(?:19|20)\d\d(?![\d/])"  # days
)
_ACCOUNT_BEFORE = re.compile(r"(?:so tai khoan|tai khoan(?: ngan hang)?(?: so)?|stk|tk|so the|the so)\W{0,4}$")

_STREET = (
    r"(?:đường|duong|phố|pho|ngõ|ngo|ngách|ngach|hẻm|hem|kiệt|kiet|thôn|thon|ấp|xóm|xom|bản|buôn|buon|làng|lang|khu phố|khu pho|khu|"
    r"tổ dân phố|to dan pho|tổ|to)"
)
_CAPITAL = (
    "["
    + "".join(sign for sign in map(chr, range(ord("A"), ord("Ỹ") + 1)) if sign.isupper() and unicodedata.name(sign).startswith("LATIN"))
    + "]"
)
_PROPER = rf"(?:{_CAPITAL}[\w'’]*|\d[\w/\-]*)"
_PLACE = rf"{_PROPER}(?:[ \u00a0]{_PROPER}){{0,4}}"
_NUMBERED = r"[ \u00a0]*[A-Za-z]{0,2}\d+[\w/\-]*"
_HOUSE_WORD = r"(?i:số nhà|so nha|nhà số|nha so|sn)"
_HOUSE = rf"(?:{_HOUSE_WORD}|(?i:căn hộ(?: số)?|can ho(?: so)?|phòng|phong|nhà|nha|lô|lo|số|so)){_NUMBERED}"
_PART = rf"(?:(?i:{_STREET})[ \u00a0]+{_PLACE})"
_REST = rf"(?:[ ,\u00a0]+{_PART})"
_ADDRESS = re.compile(rf"(?<!\w)(?:{_HOUSE}{_REST}+|{_HOUSE_WORD}{_NUMBERED}(?:[ ,\u00a0]+{_PLACE})?|\d+[\w/\-]*{_REST}+|{_PART}{_REST}*)")

_TITLE = (
    r"(?:ông|bà|anh|chị|cô|chú|bác|em|cháu|cụ|thầy|đồng chí|đ/c|cán bộ|công chức|viên chức|chuyên viên|con tên|tên là|tên|"
    r"ong|ba|chi|co|chu|bac|chau|cu|thay|dong chi|d/c|can bo|cong chuc|chuyen vien|ten la|ten)"
)
_TITLED = re.compile(rf"(?<!\w)(?i:{_TITLE})\s*:?\s+(?P<name>{_CAPITAL}[^\W\d_]*(?:[ \u00a0]{_CAPITAL}[^\W\d_]*){{0,5}})")
_FAMILIES = frozenset(
    re.findall(
        r"[a-z]+",
        "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh trinh truong doan mai cao luu luong thai chau ta "
        "phung to quach tang la ha kieu nghiem tong trieu bach van dam lam giang vuong",
    )
)
_FULL_NAME = re.compile(
    rf"(?<!\w)(?P<family>{_CAPITAL}[^\W\d_]*)(?:[ \u00a0]{_CAPITAL}[^\W\d_]*){{1,4}}(?!\w)"
)  # fmt: skip
_NO_NAMES = re.compile(
    r"(?:van phong|ha (?:noi|tinh|nam|giang|long)|cao bang|lam dong|thai (?:nguyen|binh|lan)|ho chi minh|dong (?:nai|thap)|kien giang|"
    r"to (?:quoc|dan pho|chuc)|dang cong san)\b"
)
"""What begins like names: agencies and places (``Văn phòng Chính phủ``, ``Hà Nội``)."""


def marks(text: str, known: Known | None = None) -> list[Mark]:
    """All places of a text that may tell who somebody is, in order, none overlapping another."""
    about = known or Known()
    flat = plain(text)
    found = [
        *_found(_EMAIL, text, EMAIL),
        *_found(_CODE, flat, CODE),
        *_numbers(flat),
        *_found(_ADDRESS, text, ADDRESS),
        *((match.start("name"), match.end("name"), NAME) for match in _TITLED.finditer(text)),
        *_full_names(text, flat),
    ]
    for names in (about.names, about.officers):
        for name in names:
            found += _said(flat, name, NAME)
            parts = name.split()
            if len(parts) >= 3:
                # "Giả Định" for Nguyễn Thị Giả Định.
                found += _said(flat, " ".join(parts[-2:]), NAME)
    for address in about.addresses:
        found += _said(flat, address, ADDRESS)
        for part in re.split(r"[,;–\n]", address):
            if any(sign.isdigit() for sign in part) or re.match(rf"\s*{_PART}", part):
                found += _said(flat, part, ADDRESS)
    for code in about.codes:
        found += _said(flat, code, CODE)
    for contact in about.contacts:
        if "@" in contact:
            found += _said(flat, contact, EMAIL)
        else:
            found += _phone(flat, contact)
    return [replace(mark, text=text[mark.start : mark.end]) for mark in _joined(found)]


def _found(pattern: re.Pattern[str], text: str, kind: str) -> Iterable[tuple[int, int, str]]:
    return ((match.start(), match.end(), kind) for match in pattern.finditer(text))


def _numbers(flat: str) -> Iterable[tuple[int, int, str]]:
    """Rows of six digits and more: numbers of people, phones, accounts; not dates, amounts, codes of procedures."""
    flat = _NO_NUMBERS.sub(lambda match: "x" * len(match.group()), flat)
    for match in _DIGITS.finditer(flat):
        start, end, said = match.start(), match.end(), match.group()
        while said and said[-1] in " .-()/\u00a0":
            said, end = said[:-1], end - 1
        digits = re.sub(r"\D", "", said)
        if _DATE.fullmatch(said):
            continue
        if _MONEY.fullmatch(said) and _MONEY_AFTER.match(flat, end):
            continue
        if _ACCOUNT_BEFORE.search(flat, max(0, start - 40), start):
            kind = ACCOUNT
        elif said.lstrip("(")[0] == "+" or (10 <= len(digits) <= 11 and said.lstrip("(").startswith(("0", "84"))):
            kind = PHONE
        elif len(digits) in (9, 12):
            kind = ID
        elif len(digits) >= 8:
            kind = ACCOUNT
        elif len(digits) >= 6 and not re.search(r"[ /\-]", said) and "." not in said:
            kind = NUMBER
        else:
            continue
        yield start, end, kind


def _full_names(text: str, flat: str) -> Iterable[tuple[int, int, str]]:
    for match in _FULL_NAME.finditer(text):
        words = flat[match.start() : match.end()].split()
        if words[0] in _FAMILIES and not _NO_NAMES.match(" ".join(words)):
            yield match.start(), match.end(), NAME


def _said(flat: str, words: str, kind: str) -> Iterable[tuple[int, int, str]]:
    """Where words stand in a plain text, whatever their capitals, diacritics, spaces and punctuation between."""
    parts = re.findall(r"\w+", plain(unicodedata.normalize("NFC", words)))
    if not parts or len("".join(parts)) < 3:
        return []
    said = _GAP.join(_MARKS.join(re.escape(sign) for sign in part) + _MARKS for part in parts)
    if kind == EMAIL:
        said = r"\W{1,3}".join(re.escape(part) for part in parts)
    elif kind in (CODE, ADDRESS):
        said = r"[\W_]{1,5}".join(_MARKS.join(re.escape(sign) for sign in part) + _MARKS for part in parts)
    return ((match.start(), match.end(), kind) for match in re.finditer(rf"(?<!\w){said}(?!\w)", flat))


def _phone(flat: str, number: str) -> Iterable[tuple[int, int, str]]:
    digits = re.sub(r"\D", "", number)
    local = digits.removeprefix("84") if digits.startswith("84") else digits.removeprefix("0")
    if len(local) < 6:
        return []
    said = _DIGIT_GAP.join(local)
    return ((match.start(), match.end(), PHONE) for match in re.finditer(rf"(?:\+?{_DIGIT_GAP.join('84')}|0)?{_DIGIT_GAP}{said}", flat))


def _joined(found: Iterable[tuple[int, int, str]]) -> list[Mark]:
    """Places in order; those that overlap become one."""
    joined: list[Mark] = []
    for start, end, kind in sorted(found, key=lambda place: (place[0], -place[1])):
        if start >= end:
            continue
        if joined and start < joined[-1].end:
            last = joined[-1]
            # Of two that overlap the longer one says what it is; of equals the order of kinds.
            longer = end - start > last.end - last.start or (
                end - start == last.end - last.start and _ORDER.index(kind) < _ORDER.index(last.kind)
            )
            joined[-1] = Mark(last.start, max(last.end, end), kind if longer else last.kind, "")
        else:
            joined.append(Mark(start, end, kind, ""))
    return joined


def without(text: str, places: Sequence[Mark]) -> str:
    """The text with these places taken out, each replaced by what was there."""
    out, at = [], 0
    for mark in sorted(places, key=lambda place: place.start):
        out += [text[at : mark.start], STAND_INS[mark.kind]]
        at = mark.end
    return "".join([*out, text[at:]])


def undecided(text: str, known: Known, left: Collection[str]) -> list[Mark]:
    """The places of a text that nobody decided to leave in. ``left``: keys (:attr:`Mark.key`) of what was."""
    return [mark for mark in marks(text, known) if mark.key not in left]
