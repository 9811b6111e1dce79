"""Places in the text of a result: ``{answer.child_name}``, ``{decision.ground|answer.reason}``, ``{answer.birth_date:words}``.

``answer.<question>``    what the applicant declared
``decision.<question>``  what the officer wrote
``row.<column>``         in a table: the row's own
the rest                 a fact of the dossier or its decision (:data:`FACTS`)

Of several names with ``|`` between them the first that is there counts. After a colon stands how it is written (:data:`FORMATS`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dossiers.forms import shown
from dossiers.slips import day_in_words
from portal.documents.proofs import masked

FACTS: dict[str, tuple[str, str]] = {
    "dossier.code": ("Mã hồ sơ", "text"),
    "dossier.procedure": ("Tên thủ tục", "text"),
    "dossier.filer": ("Người nộp", "text"),
    "dossier.owner": ("Chủ hồ sơ", "text"),
    "dossier.sent_on": ("Ngày nộp hồ sơ", "date"),
    "unit.name": ("Cơ quan giải quyết", "text"),
    "register.number": ("Số trong sổ, có năm", "text"),
    "register.short": ("Số trong sổ, không có năm", "text"),
    "register.book": ("Quyển số", "text"),
    "result.decided_on": ("Ngày quyết định", "date"),
    "result.valid_until": ("Có giá trị đến hết ngày", "date"),
    "signer.name": ("Người ký", "text"),
    "signer.title": ("Chức vụ người ký", "text"),
}
"""Facts of a dossier and its decision: what they are called and how they are written."""
FORMATS: dict[str, str] = {
    "upper": "chữ in hoa",
    "lower": "chữ thường",
    "words": "ngày viết bằng chữ",
    "year": "chỉ năm của một ngày",
}
"""Ways of writing a value, and what the desk calls them."""
OF_DAYS = frozenset({"words", "year"})
_NAME = r"[a-z]+\.[a-z][a-z0-9_]*"
PLACE = re.compile(r"\{(" + _NAME + r"(?:\|" + _NAME + r")*)(?::([a-z]+))?\}")


@dataclass(frozen=True)
class Value:
    """Something that can stand in a text: ``spec`` says how it is written, as of a form's field."""

    spec: Mapping[str, Any]
    raw: Any


@dataclass(frozen=True)
class Filled:
    """A text with its places filled."""

    text: str
    compared: str
    """The same for comparing a print: numbers of identity by their last digits."""
    has_places: bool
    is_empty: bool
    """Whether it has places and nothing stands in any of them."""


def places_in(text: str) -> list[tuple[list[str], str]]:
    """Names and format of each place, in order."""
    return [(match[1].split("|"), match[2] or "") for match in PLACE.finditer(text)]


def stray_braces(text: str) -> bool:
    """Whether braces are left that belong to no place."""
    rest = PLACE.sub("", text)
    return "{" in rest or "}" in rest


def filled(text: str, values: Mapping[str, Value]) -> Filled:
    """The text under these values; a place of nothing is empty."""
    there = False

    def put(masks: bool) -> Callable[[re.Match[str]], str]:
        def one(match: re.Match[str]) -> str:
            nonlocal there
            found = next((values[name] for name in match[1].split("|") if name in values and values[name].raw), None)
            if found is None:
                return ""
            there = True
            said = _written(found, match[2] or "")
            return masked(said) if masks and found.spec["kind"] == "id_number" else said

        return one

    plain, compared = PLACE.sub(put(False), text), PLACE.sub(put(True), text)
    has_places = PLACE.search(text) is not None
    return Filled(_tidied(plain), _tidied(compared), has_places, has_places and not there)


def _written(value: Value, how: str) -> str:
    if how in OF_DAYS:
        try:
            day = date.fromisoformat(str(value.raw)[:10])
        except ValueError:
            return str(value.raw)
        return day_in_words(day.isoformat()) if how == "words" else str(day.year)
    said = shown(value.spec, value.raw)
    return {"upper": said.upper(), "lower": said.lower()}.get(how, said)


def _tidied(text: str) -> str:
    """Without the blanks that an empty place leaves."""
    return "\n".join(line.strip() for line in re.sub(r" {2,}", " ", text).splitlines()).strip()
