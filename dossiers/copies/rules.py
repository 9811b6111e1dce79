"""Rules of certified copies: what a page costs, what a wording may say. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procedures.fees import Fee

PLACES: dict[str, str] = {
    "so": "số chứng thực",
    "ngay": "ngày chứng thực bằng chữ",
    "co_quan": "tên cơ quan",
    "nguoi_ky": "người ký và chức danh",
    "giay_to": "tên giấy tờ",
    "so_trang": "số trang của bản chính",
}
"""Places of a wording, as officers write them between braces."""
NEEDED = ("so", "ngay")
"""Without these nobody could find the entry in the register (Decree 23/2015/NĐ-CP art. 13)."""
_PLACE = re.compile(r"\{([^{}]*)\}")
_SHIPPED = Path(__file__).resolve().parents[1] / "data" / "copy-charges.json"


@dataclass(frozen=True)
class Tier:
    """Which pages of a copy a fee line is for; ``to`` None: all that follow."""

    name: str
    first: int
    last: int | None

    def pages(self, of: int) -> int:
        """How many of so many pages."""
        return max(0, (of if self.last is None else min(of, self.last)) - self.first + 1)


@dataclass(frozen=True)
class Charges:
    """What one copy costs: by the lines of a procedure, never more than ``most`` đồng."""

    procedure: str
    tiers: tuple[Tier, ...]
    most: int


def charges() -> Charges:
    """The rule of copies certified from originals (Circular 226/2016/TT-BTC art. 4), over the fee lines of their procedure."""
    said = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    tiers = tuple(Tier(line["name"], line["from"], line["to"]) for line in said["lines"])
    return Charges(said["procedure"], tiers, said["most"])


@dataclass(frozen=True)
class Line:
    """One line of what a copy costs, in đồng."""

    name: str
    unit_amount: int
    number: int
    reduction: int = 0
    """Above the most that one copy may cost."""

    @property
    def amount(self) -> int:
        """What is owed for it."""
        return self.unit_amount * self.number - self.reduction


class NoFee(Exception):
    """The catalogue's procedure has no line of that name with an amount: nothing is guessed."""


def charge(pages: int, rule: Charges, fees: Sequence[Fee]) -> list[Line]:
    """What one copy of so many pages costs, in the order of the rule; what is above the most is taken off the last lines.

    ``ValueError`` for no page, :class:`NoFee` where the law's lines do not say what a page costs.
    """
    if pages < 1:
        raise ValueError("a copy has a page")
    amounts = {fee.name: fee.amount for fee in fees}
    found: list[Line] = []
    left = rule.most
    for tier in rule.tiers:
        number = tier.pages(pages)
        if not number:
            continue
        amount = amounts.get(tier.name)
        if amount is None:
            raise NoFee(tier.name)
        whole = amount * number
        found.append(Line(tier.name, amount, number, max(0, whole - left)))
        left = max(0, left - whole)
    return found


def faults(words: str) -> list[str]:
    """What is wrong with a wording, in sentences."""
    places = _PLACE.findall(words)
    found = [f"Không có chỗ điền {{{place}}}." for place in dict.fromkeys(places) if place not in PLACES]
    found += [f"Lời chứng phải có chỗ điền {{{place}}} ({PLACES[place]})." for place in NEEDED if place not in places]
    if re.search(r"[{}]", _PLACE.sub("", words)):
        found.append("Dấu ngoặc nhọn phải đi thành cặp, ví dụ {so}.")
    return found


def filled(words: str, values: Mapping[str, Any]) -> str:
    """A wording with its places filled in."""
    return _PLACE.sub(lambda match: str(values.get(match[1], "")), words)
