"""End-to-end shares by the Framework's definition, their targets, and what was measured when the Framework was sent out. Pure.

Source of targets and table: letter of the Ministry of Information and Communications of 2024 with the Framework, and its Annex I.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

MEASURED_FROM, MEASURED_TO = date(2024, 1, 1), date(2024, 8, 20)
"""The span of Annex I."""
_ANNEX = Path(__file__).resolve().parent / "data" / "end_to_end_2024.csv"
_TARGETS = {2024: (70, 30), 2025: (85, 70)}
"""By the end of a year, in per cent of dossiers: ministries, provinces. What is to be reached stays so afterwards."""


@dataclass(frozen=True)
class Shares:
    """What both shares are counted from."""

    services: int = 0
    """Services (procedures) with a dossier in the span."""
    services_end_to_end: int = 0
    """Of these: with a dossier filed online end to end."""
    dossiers: int = 0
    dossiers_end_to_end: int = 0

    @property
    def of_services(self) -> Decimal | None:
        """Per cent of services."""
        return share(self.services_end_to_end, self.services)

    @property
    def of_dossiers(self) -> Decimal | None:
        """Per cent of dossiers."""
        return share(self.dossiers_end_to_end, self.dossiers)


@dataclass(frozen=True)
class Measured:
    """A line of Annex I: the shares as measured then; None where the Annex gives none."""

    code: str
    name: str
    of_services: Decimal | None
    of_dossiers: Decimal | None
    note: str


def share(part: int, whole: int) -> Decimal | None:
    """Per cent with two decimals, as the Annex writes it; None of nothing."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if whole else None


def is_ministry(code: str) -> bool:
    """Whether the target is a ministry's; else a province's."""
    return not code.startswith("H")


def target(code: str, year: int) -> int | None:
    """What the share of dossiers of a ministry or province should have reached by the end of a year; None before there were targets."""
    known = [those for since, those in sorted(_TARGETS.items()) if since <= year]
    return known[-1][0 if is_ministry(code) else 1] if known else None


@lru_cache(maxsize=1)
def annex() -> dict[str, Measured]:
    """Annex I by the codes of that time, in its order: 21 ministries, 63 provinces."""
    with _ANNEX.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["code"]: Measured(
            row["code"], row["name"], _per_cent(row["services"]), _per_cent(row["dossiers"]), row["note"]
        )
        for row in rows
    }  # fmt: skip


def _per_cent(text: str) -> Decimal | None:
    return Decimal(text) if text else None
