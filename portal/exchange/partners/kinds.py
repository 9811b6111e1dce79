"""Kinds of systems that connect, and what each may call: shipped as data. All come in by the same door; the rights are the row's own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "data" / "partner_kinds.csv"


@dataclass(frozen=True)
class PartnerKind:
    """One kind."""

    code: str
    name: str
    calls: tuple[str, ...]
    basis: str


@cache
def kinds() -> dict[str, PartnerKind]:
    """All, by code, in their order."""
    with FILE.open(encoding="utf-8", newline="") as rows:
        found = [PartnerKind(row["code"], row["name"], tuple(row["calls"].split()), row["basis"]) for row in csv.DictReader(rows)]
    return {one.code: one for one in found}
