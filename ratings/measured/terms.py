"""The figures of the Framework's Annex I and how they are written in a file. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.db import models

from ratings.end_to_end import Shares


class Figure(models.TextChoices):
    """What Annex I says of an agency, and what these shares are counted from."""

    SERVICES = "services", "Dịch vụ công có phát sinh hồ sơ"
    SERVICES_END_TO_END = "services_end_to_end", "Dịch vụ công trực tuyến toàn trình có phát sinh hồ sơ"
    SHARE_OF_SERVICES = "share_of_services", "Tỷ lệ dịch vụ công trực tuyến toàn trình (%)"
    DOSSIERS = "dossiers", "Hồ sơ tiếp nhận"
    DOSSIERS_END_TO_END = "dossiers_end_to_end", "Hồ sơ trực tuyến toàn trình"
    SHARE_OF_DOSSIERS = "share_of_dossiers", "Tỷ lệ hồ sơ trực tuyến toàn trình (%)"


SHARES = frozenset({Figure.SHARE_OF_SERVICES, Figure.SHARE_OF_DOSSIERS})
HEADER = ["agency", "name", "from", "to", *Figure.values]
"""Of the file that goes out, and that a file that comes in may have: a column a figure."""
LONG = ("agency", "figure", "value")
"""The other way to write a file that comes in: a row a figure."""
_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 11


@dataclass(frozen=True)
class Told:
    """The figures of one agency."""

    agency: str
    name: str
    values: Mapping[str, Decimal | None]


def values_of(shares: Shares) -> dict[str, Decimal | None]:
    """The figures by their names; a share of nothing is None."""
    return {
        Figure.SERVICES.value: Decimal(shares.services),
        Figure.SERVICES_END_TO_END.value: Decimal(shares.services_end_to_end),
        Figure.SHARE_OF_SERVICES.value: shares.of_services,
        Figure.DOSSIERS.value: Decimal(shares.dossiers),
        Figure.DOSSIERS_END_TO_END.value: Decimal(shares.dossiers_end_to_end),
        Figure.SHARE_OF_DOSSIERS.value: shares.of_dossiers,
    }


def allowance(counted: Decimal | None, absolute: Decimal, per_cent: Decimal) -> Decimal:
    """How far a measured figure may lie from the counted one: the larger of so much, and so many per cent of it."""
    return max(absolute, (abs(counted or Decimal(0)) * per_cent / 100).quantize(_CENT, ROUND_HALF_UP))


def differs(measured: Decimal, counted: Decimal | None, allowed: Decimal) -> bool:
    """Whether both are named as different; what the portal does not count at all differs from whatever was measured but nothing."""
    if counted is None:
        return measured != 0
    return abs(measured - counted) > allowed


def number_of(text: str, figure: str) -> Decimal:
    """A number as agencies write it (``1.234,5``, ``1234.5``, ``45,67 %``); ``ValueError`` with words for who brought the file.

    A comma is a decimal comma; a point too, unless it stands before groups of three digits in a count or beside a comma.
    """
    plain = text.strip().removesuffix("%").strip().replace("\u00a0", "").replace(" ", "")
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif "." in plain and figure not in SHARES:
        head, *groups = plain.split(".")
        if head.isdigit() and all(len(group) == 3 and group.isdigit() for group in groups):
            plain = head + "".join(groups)
    try:
        number = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(f"“{text.strip()[:40]}” không phải là số") from error
    if not number.is_finite() or number < 0 or number >= _LARGEST:
        raise ValueError(f"“{text.strip()[:40]}” ngoài khoảng cho phép")
    if figure in SHARES and number > 100:
        raise ValueError(f"tỷ lệ “{text.strip()[:40]}” lớn hơn 100")
    if figure not in SHARES and number != number.to_integral_value():
        raise ValueError(f"“{text.strip()[:40]}” phải là số nguyên")
    return number.quantize(_CENT, ROUND_HALF_UP)
