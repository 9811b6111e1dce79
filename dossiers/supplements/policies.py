"""Why something is asked for, and what a request does to the clock: data, not code.

`data/supplement-reasons.csv`: the coded reasons. `data/supplement-policies.json`: of each procedure whether the agency's time pauses or
starts again, how many working days the applicant usually has, and what follows when nobody answers; what is not named has the default,
as the law has it (Decree 61/2018, Decision 766/QĐ-TTg: the time waited is deducted, more than one request after reception is late).
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
OTHER = "BS99"
"""The reason that says nothing by itself: the officer's words are needed."""
MOST_DAYS = 90


@dataclass(frozen=True)
class Reason:
    """One coded reason."""

    code: str
    label: str
    words: str
    """What the applicant reads where the officer writes nothing."""
    of_fields: bool
    of_papers: bool
    replaces: bool
    """Whether what is sent takes the place of what was there."""


@dataclass(frozen=True)
class Policy:
    """What a request does in one procedure."""

    clock: str
    days: int
    missed: str
    basis: str


@cache
def reasons() -> dict[str, Reason]:
    """The catalogue, by code, in its order."""
    with (DATA / "supplement-reasons.csv").open(encoding="utf-8", newline="") as rows:
        return {
            row["code"]: Reason(
                row["code"],
                row["label"],
                row["words"],
                row["for"] in ("field", "any"),
                row["for"] in ("paper", "any"),
                row["replaces"] == "yes",
            )
            for row in csv.DictReader(rows)
        }


@cache
def _policies() -> tuple[Policy, dict[str, Policy]]:
    said = json.loads((DATA / "supplement-policies.json").read_text(encoding="utf-8"))
    return Policy(**said["default"]), {code: Policy(**{**said["default"], **one}) for code, one in said["procedures"].items()}


def policy_of(procedure_code: str) -> Policy:
    """What a request does in a procedure."""
    default, named = _policies()
    return named.get(procedure_code, default)
