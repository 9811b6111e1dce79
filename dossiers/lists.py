"""Long lists that a field of kind ``select`` may be answered from, as they are on a day: shared catalogues and those that ship here.

What ships stands in ``data/lists/<name>.csv`` (code, name, English name, first day, first day on which it no longer holds).
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils import timezone
from django.utils.translation import get_language

FOLDER = Path(__file__).resolve().parent / "data" / "lists"
CATALOGUES = frozenset({"provinces", "banks", "countries", "ethnicities", "relationships"})
"""What ``catalogue`` of a field may name."""


@dataclass(frozen=True)
class _Entry:
    code: str
    name: str
    name_en: str
    effective_from: str
    effective_to: str


@lru_cache
def _shipped(name: str) -> tuple[_Entry, ...]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_Entry(**row) for row in csv.DictReader(file))


def choices(catalogue: str, *, on: dt.date | None = None) -> list[tuple[str, str]]:
    """Codes and names that can be chosen on a day, in the order of the list (one query for a shared catalogue)."""
    day = on or timezone.localdate()
    if catalogue == "provinces":
        return provinces(day)
    if catalogue == "banks":
        return _banks(day)
    english = get_language() == "en"
    return [
        (one.code, one.name_en if english else one.name)
        for one in _shipped(catalogue)
        if one.effective_from <= day.isoformat() and (not one.effective_to or day.isoformat() < one.effective_to)
    ]


def provinces(on: dt.date) -> list[tuple[str, str]]:
    """Provinces of a day, by name."""
    from portal.catalogues import queries as catalogues

    return [(row.code, row.name) for row in catalogues.provinces(on=on)]


def wards(province: str, on: dt.date) -> list[tuple[str, str]]:
    """Communes, wards and special zones of a province on a day, by name; none for what is no province (one query)."""
    from portal.catalogues import queries as catalogues

    return [(row.code, row.name) for row in catalogues.communes(province, on=on)] if province else []


def _banks(on: dt.date) -> list[tuple[str, str]]:
    from portal.catalogues import queries as catalogues

    return [(row.code, row.name) for row in catalogues.institutions("bank", on=on)]


def name_of(catalogue: str, code: str) -> str:
    """What a code is called, today or when it last was; the code itself where no list knows it."""
    if catalogue in ("provinces", "wards"):
        return _unit_name(code, timezone.localdate())
    if catalogue == "banks":
        return _bank_name(code, timezone.localdate())
    entry = next((one for one in reversed(_shipped(catalogue)) if one.code == code), None)
    if entry is None:
        return code
    return entry.name_en if get_language() == "en" else entry.name


@lru_cache(maxsize=4096)
def _unit_name(code: str, day: dt.date) -> str:
    """A place's newest name; kept for the day, since pages with many rows ask for the same few."""
    from portal.catalogues.models import AdministrativeUnit

    if not code.isascii() or not code.isdigit():
        return code
    found = AdministrativeUnit.objects.filter(code=code, effective_from__lte=day).order_by("-effective_from").values_list("name", flat=True)
    return found.first() or code


@lru_cache(maxsize=512)
def _bank_name(code: str, day: dt.date) -> str:
    from portal.catalogues.models import PaymentInstitution

    found = PaymentInstitution.objects.filter(code=code, effective_from__lte=day).order_by("-effective_from").values_list("name", flat=True)
    return found.first() or code
