"""How a paper of the catalogue is told to people: a short name, then what the law adds to it. Pure functions on the source's text."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_NAME = 90
"""Characters that still read as a name, two lines on a phone; only what is longer is taken apart."""
SHORTEST_NAME = 6
_BULLET = re.compile(r"^(?:[-–+*•·.\s]+|\(?[a-zđ]{1,2}\)\s+|\(?[0-9]{1,2}(?:\.[0-9]{1,2})*[).]\s+)+", re.IGNORECASE)
_BOUNDARY = re.compile(
    r"(?P<drop>[.;:]\s+|\s+[-–]\s+)"
    r"|(?P<keep>\s+(?=\()|,?\s+(?=(?:trong đó|bao gồm|theo mẫu|theo quy định|theo Phụ lục|thực hiện theo|được lập theo|ban hành kèm"
    r"|kèm theo|trong trường hợp|đối với trường hợp|trừ trường hợp|nếu|có xác nhận|(?<!đang )còn hiệu lực|do (?:cơ quan|người|cơ sở))\b))",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^\W*(?:trường hợp|TH)\s*(?:thứ\s+)?(?:[0-9]{1,2}|[IVX]{1,4})\b", re.IGNORECASE)


def name_and_details(text: str) -> tuple[str, str]:
    """A paper's text as the source has it → its name and the rest (empty where all of it is name).

    Bullets and letters of a list in front are dropped; otherwise no word is lost: name and details together are the text.
    """
    whole = " ".join(text.split())
    whole = _BULLET.sub("", whole).rstrip(";, ") or whole
    if len(whole) <= LONGEST_NAME:
        return whole, ""
    for cut in _BOUNDARY.finditer(whole, SHORTEST_NAME):
        name, details = whole[: cut.start()].rstrip(" ,"), whole[cut.end() :].strip()
        inside_brackets = name.count("(") > name.count(")")
        if details and not inside_brackets and len(name) <= 2 * LONGEST_NAME:
            return name, details[0].upper() + details[1:]
    return whole, ""


def exclusive_cases(cases: Iterable[str]) -> frozenset[str]:
    """Of the cases named in a list of papers, those that exclude each other: numbered ones ("Trường hợp 1 …"), when there are several."""
    numbered = frozenset(case for case in cases if _NUMBERED.match(case))
    return numbered if len(numbered) > 1 else frozenset()
