"""What a row says of an old paper, what is wrong with it, and the keys by which it is found. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from accounts.identifiers import clean_id_number, fits
from portal.text import nfc, search_key

NUMBER, ISSUER, ISSUED, UNTIL = "number", "issuer", "issued_on", "valid_until"
OWNER, NAME, BORN, PLACE = "owner_number", "full_name", "birth_date", "birth_place"
LABELS: Mapping[str, str] = {
    NUMBER: "Số giấy tờ",
    ISSUER: "Cơ quan cấp",
    ISSUED: "Ngày cấp",
    UNTIL: "Có giá trị đến hết ngày",
    OWNER: "Số định danh",
    NAME: "Họ và tên",
    BORN: "Ngày sinh",
    PLACE: "Nơi sinh",
}
"""What is typed of a paper, as a table's header and a form name it."""
LENGTHS: Mapping[str, int] = {NUMBER: 100, ISSUER: 300, NAME: 200, PLACE: 300}
FILE, FIRST, LAST = "file", "first_page", "last_page"
PAGES = "pages"
"""What is wrong with the pages that a row names; kept with what it says."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    FILE: ("tệp", "tên tệp", "bản quét"),
    FIRST: ("từ trang", "trang đầu"),
    LAST: ("đến trang", "trang cuối"),
    NUMBER: ("số giấy tờ", "số", "số hiệu"),
    ISSUER: ("cơ quan cấp", "nơi cấp"),
    ISSUED: ("ngày cấp",),
    UNTIL: ("có giá trị đến hết ngày", "có giá trị đến", "ngày hết hạn"),
    OWNER: ("số định danh", "số căn cước", "số cccd"),
    NAME: ("họ và tên", "họ tên", "tên chủ giấy tờ"),
    BORN: ("ngày sinh", "ngày, tháng, năm sinh"),
    PLACE: ("nơi sinh",),
}
"""Headers of a table that are understood, without regard to capitals and diacritics."""
WANTED = (FILE, NUMBER, ISSUED, NAME, BORN)
"""Columns without which no row could be whole."""
_DAY = re.compile(
    r"(?P<d1>[0-9]{1,2})[/.\-](?P<m1>[0-9]{1,2})[/.\-](?P<y1>[0-9]{4})|(?P<y2>[0-9]{4})-(?P<m2>[0-9]{2})-(?P<d2>[0-9]{2})", re.ASCII
)
_YEAR = re.compile(r"(18|19|20)[0-9]{2}")
_PLACE_WORDS = re.compile(r"\b(tinh|thanh pho|tp|t p|quan|huyen|thi xa|phuong|xa|thi tran)\b")


def columns_of(header: Iterable[str]) -> dict[str, int]:
    """Where each column stands, by name."""
    known = {search_key(word): name for name, words in COLUMNS.items() for word in words}
    found: dict[str, int] = {}
    for at, title in enumerate(header):
        name = known.get(search_key(title))
        if name is not None:
            found.setdefault(name, at)
    return found


def day(text: str) -> date | None:
    """A day as people write it (``31/12/1998``, ``31-12-1998``) or a table keeps it (``1998-12-31``); None for anything else."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    parts = match.groupdict()
    try:
        return date(int(parts["y1"] or parts["y2"]), int(parts["m1"] or parts["m2"]), int(parts["d1"] or parts["d2"]))
    except ValueError:
        return None


def shown_day(text: str) -> str:
    """A kept day as people write it; any other text as it is."""
    read = day(text)
    return f"{read:%d/%m/%Y}" if read else text


def clean(said: Mapping[str, str]) -> dict[str, str]:
    """What was typed, in one form of Unicode, without blanks at the ends, days as ISO has them where they are days."""
    found = {name: " ".join(nfc(str(said.get(name, "") or "")).split()) for name in LABELS}
    for name in (ISSUED, UNTIL, BORN):
        read = day(found[name])
        found[name] = read.isoformat() if read else found[name]
    if number := clean_id_number(found[OWNER]):
        found[OWNER] = number
    return found


def problems(said: Mapping[str, str], *, today: date) -> dict[str, str]:
    """What is wrong with a row that was cleaned, by field, each as one sentence; empty where it is whole."""
    found: dict[str, str] = {}
    for name, most in LENGTHS.items():
        if len(said[name]) > most:
            found[name] = f"{LABELS[name]} dài quá {most} ký tự."
    if not said[NUMBER]:
        found[NUMBER] = "Thiếu số giấy tờ."
    issued, until, born = day(said[ISSUED]), day(said[UNTIL]), day(said[BORN])
    if issued is None:
        found[ISSUED] = "Ngày cấp không phải một ngày." if said[ISSUED] else "Thiếu ngày cấp."
    elif issued > today:
        found[ISSUED] = "Ngày cấp ở sau hôm nay."
    if said[UNTIL] and until is None:
        found[UNTIL] = "Ngày hết giá trị không phải một ngày."
    elif until is not None and until < today:
        found[UNTIL] = "Giấy tờ đã hết giá trị: chỉ số hóa giấy tờ còn hiệu lực."
    if not said[NAME]:
        found[NAME] = "Thiếu họ và tên."
    elif any(sign.isdigit() for sign in said[NAME]):
        found[NAME] = "Họ và tên có chữ số."
    return found | _owner_problems(said, issued, born)


def _owner_problems(said: Mapping[str, str], issued: date | None, born: date | None) -> dict[str, str]:
    found: dict[str, str] = {}
    only_year = bool(_YEAR.fullmatch(said[BORN]))
    if not said[BORN]:
        found[BORN] = "Thiếu ngày sinh."
    elif born is None and not only_year:
        found[BORN] = "Ngày sinh không phải một ngày."
    elif born is not None and issued is not None and born > issued:
        found[BORN] = "Ngày sinh ở sau ngày cấp."
    if said[OWNER]:
        number = clean_id_number(said[OWNER])
        if not number:
            found[OWNER] = "Số định danh không đúng: phải có 12 chữ số."
        elif born is not None and not any(fits(number, birth_date=born, female=sex) for sex in (True, False)):
            found[OWNER] = "Số định danh không hợp với năm sinh."
    elif only_year:
        found[BORN] = "Không có số định danh thì phải có đủ ngày, tháng, năm sinh để tìm được chủ giấy tờ."
    elif not said[PLACE]:
        found[PLACE] = "Không có số định danh thì phải có nơi sinh để tìm được chủ giấy tờ."
    return found


@dataclass(frozen=True)
class Pages:
    """Which pages of a scan a row is about; None: all from the first, to the last."""

    first: int | None
    last: int | None
    problem: str = ""


def pages_of(first: str, last: str) -> Pages:
    """The pages as a table names them."""
    if not first and not last:
        return Pages(None, None)
    texts = (first or "1", last or first)
    if not all(text.isascii() and text.isdigit() and 0 < int(text) < 10_000 for text in texts):
        return Pages(None, None, "Trang phải là số, từ 1.")
    start, end = int(texts[0]), int(texts[1])
    return Pages(start, end) if start <= end else Pages(None, None, "Trang đầu ở sau trang cuối.")


def match_key(full_name: str, birth_date: str, birth_place: str) -> str:
    """By what somebody finds their paper without a number: name, day of birth and the last part of the place of birth (its province),
    without diacritics and words for kinds of places. Empty where one of them is missing."""
    name, place = search_key(full_name), place_key(birth_place)
    return f"{name}|{birth_date}|{place}" if name and place and day(birth_date) else ""


def place_key(text: str) -> str:
    """The last part of a place, as it is compared."""
    parts = [part for part in (search_key(one) for one in re.split(r"[,;\-–]", text)) if part]
    return " ".join(_PLACE_WORDS.sub(" ", parts[-1]).split()) if parts else ""


def paper_key(unit_code: str, kind: str, said: Mapping[str, str]) -> str:
    """What makes a paper the same one: who holds it, its kind, number, day and whom it names."""
    return "|".join((unit_code, kind, search_key(said[NUMBER]), said[ISSUED], search_key(said[NAME])))


def same_person(full_name: str, birth_date: str, name: str, born: str | None) -> bool:
    """Whether what a paper says of its owner is what is known of somebody. Who is known without a day of birth is compared by name."""
    return search_key(full_name) == search_key(name) and (not born or born.startswith(birth_date))


_NUMBER_READ = re.compile(r"\bs[ốôo6](?:\s+hiệu)?\s*[:.]\s*([0-9A-ZĐ][0-9A-ZĐ/.\- ]{0,28}[0-9A-ZĐ])", re.IGNORECASE)
_DAY_READ = re.compile(r"ng[àaáâ]y\s*([0-9]{1,2})\s*th[áaàâ]ng\s*([0-9]{1,2})\s*n[ăaâ]m\s*([0-9]{4})", re.IGNORECASE)
_NAME_READ = re.compile(r"h[ọoo]\s*(?:,\s*chữ đệm,\s*tên|và tên|v[àa] t[êe]n|tên)[^:\n]{0,20}:\s*([^\n:,0-9]{4,60})", re.IGNORECASE)
_BORN_READ = re.compile(r"ng[àa]y[^:\n]{0,20}sinh\s*:?\s*([0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{4})", re.IGNORECASE)
_PLACE_READ = re.compile(r"n[ơo]i sinh\s*:?\s*([^\n:]{3,120})", re.IGNORECASE)
_OWNER_READ = re.compile(r"(?<![0-9])([0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3})(?![0-9])")


def suggestions(text: str) -> dict[str, str]:
    """What a machine may have read of a paper, by field: for the officer to compare with the picture, never taken by itself."""
    found: dict[str, str] = {}
    for name, pattern in ((NUMBER, _NUMBER_READ), (NAME, _NAME_READ), (BORN, _BORN_READ), (PLACE, _PLACE_READ), (OWNER, _OWNER_READ)):
        if match := pattern.search(text):
            found[name] = " ".join(match.group(1).split()).strip(" .;")
    for match in _DAY_READ.finditer(text):
        # The last day on a paper is the one on which it was signed.
        found[ISSUED] = "/".join(part.zfill(2) for part in match.groups())
    if OWNER in found and not clean_id_number(found[OWNER]):
        del found[OWNER]
    return found
