"""A year of made-up counts, and two officers of VPCP."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from pathlib import Path
from typing import Any

from django.utils import timezone

from portal.access import Actor
from ratings.models import Criterion, ScoreCount
from ratings.score import freezing
from tests import factories

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = json.loads((ROOT / "ratings/data/criteria.json").read_text(encoding="utf-8"))
COUNTS = {
    "H26": {"2.1": (90, 100), "3.3": (40, 100), "5.2": (0, 0), "4.1": (7, 9)},
    "H29": {"2.1": (95, 100), "3.3": (60, 100), "5.2": (3, 3), "4.1": (0, 0)},
    "G03": {"2.1": (1, 3), "3.3": (2, 3), "5.2": (1, 2)},
    "H26.101": {"2.1": (80, 90), "3.3": (30, 90)},
    "H26.102": {"2.1": (10, 10), "3.3": (10, 10)},
}


def script() -> Any:
    """recompute.py, as a module of its own."""
    path = ROOT / "ratings/opendata/recompute.py"
    spec = importlib.util.spec_from_file_location("recompute_alone", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def criteria() -> None:
    """Those that are shipped, in force; where the portal has loaded them, nothing."""
    if Criterion.objects.exists():
        return
    Criterion.objects.bulk_create(Criterion(**line, valid_from=SHIPPED["valid_from"]) for line in SHIPPED["criteria"])


def counted(period: str, first: dt.date, counts: dict[str, dict[str, tuple[int, int]]] = COUNTS) -> None:
    """What counting would have written."""
    ScoreCount.objects.filter(period=period, first=first).delete()
    ScoreCount.objects.bulk_create(
        ScoreCount(
            period=period, first=first, agency=agency, parent=agency.rpartition(".")[0], criterion=code, numerator=numerator,
            denominator=denominator, counted_at=timezone.now(),
        )
        for agency, of in counts.items()
        for code, (numerator, denominator) in of.items()
    )  # fmt: skip


def vpcp() -> Actor:
    """A new officer of the Government Office."""
    return factories.make_officer_actor("G22", ("steering",))


def published(year: int = 2025) -> Any:
    """A year with counts, frozen by one officer and published by another."""
    criteria()
    counted("y", dt.date(year, 1, 1))
    row = freezing.freeze(actor=vpcp(), year=year, seen=freezing.sheet(year).digest, now=timezone.now())
    return freezing.publish(actor=vpcp(), row_id=row.pk, now=timezone.now())
