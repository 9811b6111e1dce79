"""What people type → what is reckoned with, by the kind of the field. Pure functions; what cannot be read stays as it was typed.

A form is looked at again while it is filled in: conditions and calculated values read answers through :func:`canonical`. What a dossier
keeps is written this way already and is never read twice: ``1.125`` typed is a thousand, kept it is little more than one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from accounts.identifiers import clean_foreign_phone, clean_id_number, clean_tax_code
from portal.text import visible

YES = "yes"
"""The answer of a box that is ticked."""

_SEPARATED = re.compile(r"([0-9]{1,2})[\s/.\-]+([0-9]{1,2})[\s/.\-]+([0-9]{4}|[0-9]{2})")
_SEPARATED_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_TOGETHER = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4}|[0-9]{2})")


def parse_day(text: str, *, today: date) -> date | None:
    """A day as people type it, day before month; None where it is none.

    ``15/11/2026``, ``15-11-26``, ``1.3.26``, ``15 11 2026``, without any sign as on a keypad of digits (``15112026``,
    ``151126``), and ``2026-11-15`` as browsers' date pickers send it. Of a year with two digits the last one not after this
    year is meant.
    """
    typed = text.strip().strip("./-").strip()
    if iso := _SEPARATED_ISO.fullmatch(typed):
        year, month, day = iso.groups()
    elif match := _SEPARATED.fullmatch(typed) or _TOGETHER.fullmatch(typed):
        day, month, year = match.groups()
    else:
        return None
    century = 0 if len(year) == 4 else 2000 if 2000 + int(year) <= today.year else 1900
    with suppress(ValueError):
        return date(century + int(year), int(month), int(day))
    return None


def parse_whole(text: str) -> str:
    """A whole number, ``3``, ``-3``, ``3.0``; empty where it is none."""
    match = re.fullmatch(r"(-?[0-9]{1,15})(?:\.0*)?", text)
    return str(int(match.group(1))) if match else ""


def parse_money(text: str) -> str:
    """An amount in whole đồng, with or without points, spaces or its sign; empty where it is none."""
    bare = re.sub(r"[\s\u00a0\u202f]", "", text).removesuffix("đ").removesuffix("₫")
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+", bare):
        bare = bare.replace(".", "")
    return str(int(bare)) if re.fullmatch(r"[0-9]{1,15}", bare) else ""


def parse_decimal(text: str) -> str:
    """A number with a fraction as people here write it: ``1.250,5`` and ``1250,5`` are one, ``1.250`` is a thousand, ``0.5`` a half.

    Empty where it is none; without zeros at the end.
    """
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    grouped = r"-?[1-9][0-9]{0,2}(\.[0-9]{3})+"
    if re.fullmatch(rf"{grouped}(,[0-9]+)?", bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?[0-9]+([.,][0-9]+)?", bare):
        bare = bare.replace(",", ".")
    else:
        return ""
    return plain(Decimal(bare)) if len(bare) <= 30 else ""


def plain(number: Decimal) -> str:
    """A number as answers are kept: digits, a point before a fraction, no zeros behind it."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def parse_month(text: str) -> str:
    """A month as ``YYYY-MM``, typed ``3/2026`` or ``03-2026`` (or so kept); empty where it is none."""
    typed = text.strip()
    match = re.fullmatch(r"([0-9]{1,2})\s*[/.\-]\s*([0-9]{4})", typed)
    iso = re.fullmatch(r"([0-9]{4})-([0-9]{2})", typed)
    month, year = (match.group(1), match.group(2)) if match else (iso.group(2), iso.group(1)) if iso else ("0", "")
    return f"{year}-{int(month):02d}" if 1 <= int(month) <= 12 and "1900" <= year <= "2199" else ""


def parse_time(text: str) -> str:
    """A time of day as ``HH:MM``, typed ``8:30``, ``8h30``, ``8 giờ 30``, ``8h``; empty where it is none."""
    match = re.fullmatch(r"([0-9]{1,2})\s*(?::|h|g|giờ)\s*([0-9]{1,2})?\s*(?:phút|p)?", text.strip().lower())
    if match is None or int(match.group(1)) > 23 or int(match.group(2) or 0) > 59:
        return ""
    return f"{int(match.group(1)):02d}:{int(match.group(2) or 0):02d}"


def parse_year(text: str) -> str:
    """A year of four digits; empty where it is none."""
    return text if re.fullmatch(r"(19|20|21)[0-9]{2}", text) else ""


def offered(spec: Mapping[str, Any]) -> list[str]:
    """Values of the choices a field offers by itself."""
    return [pair[0] for pair in spec.get("choices", ())]


def canonical(spec: Mapping[str, Any], typed: Any, *, today: date) -> Any:
    """An answer as it is reckoned with: text, or of several choices their list. A choice that is not offered is no answer."""
    kind = spec["kind"]
    if kind == "choices":
        given = [typed] if isinstance(typed, str) else typed if isinstance(typed, list | tuple) else []
        return [value for value in offered(spec) if value in given]
    if not isinstance(typed, str):
        return ""
    text = visible(typed).strip()
    if kind == "choice" or (kind == "select" and spec.get("choices")):
        return text if text in offered(spec) else ""
    if kind == "confirm":
        return YES if text.lower() in ("yes", "on", "true", "1") else ""
    if kind == "name":
        return " ".join(text.split())
    if kind == "date":
        day = parse_day(text, today=today)
        return day.isoformat() if day else text
    reader = _READERS.get(kind)
    return (reader(text) or text) if reader else text


_READERS = {
    "number": parse_whole,
    "money": parse_money,
    "decimal": parse_decimal,
    "month": parse_month,
    "time": parse_time,
    "year": parse_year,
    "phone": clean_foreign_phone,
    "tax_code": clean_tax_code,
    "id_number": clean_id_number,
}


def as_decimal(value: Any) -> Decimal | None:
    """A kept number to reckon with; None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", value):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:  # pragma: no cover  # the pattern admits numbers only
        return None
