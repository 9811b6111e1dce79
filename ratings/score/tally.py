"""What one dossier of the country adds to the score: a pure function facts → cell (Decision 766/QĐ-TTg; Rules art. 30).

The cohort is that of reception: a dossier counts in the month in which it was received, and is told by the day from which criterion 2.1
takes it as late. So lateness at the end of any period is a sum, and the passing of days writes nothing anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from dossiers.models.states import State
from dossiers.national import Facts, measured_by, official_end

MEASURES = (
    "received", "online", "with_fee", "paid_online", "resulted", "electronic", "digitised", "reused", "stored", "population",
)  # fmt: skip
"""Each counts dossiers by the month of their reception: all; filed online; with a fee; paid online; with a result; of these with an
electronic one; of these with papers digitised as well; reusing data; with a paper out of the owner's store; known by the population
database."""
NEVER = date.max
"""In ``late_from``: on time for good, as far as is known."""
LAST_DAY = date(2099, 12, 31)
"""No period ends later; what is late from a later day on is never late."""
ONLINE = "2"
_WITH_RESULT = frozenset({State.DECIDED.value, State.RETURNED.value})


class Cell(NamedTuple):
    """What tells counts apart."""

    month: date
    unit: str
    procedure: str
    late_from: date


def late_from(facts: Facts) -> date | None:
    """The first day on whose evening ``dossiers.national.is_on_time`` counts a received dossier as late; None where it never does.

    For any ``until`` from the day of reception on: late if and only if ``late_from`` ≤ ``until``.
    """
    if facts.received_on is None:
        return None
    if facts.supplements_after > 1:
        return facts.received_on
    wanted = measured_by(facts)
    if wanted is None:
        return None
    limit = _later(wanted, timedelta(days=facts.supplement_days))
    end = official_end(facts)
    if limit >= LAST_DAY or (end is not None and end <= limit):
        return None
    return max(limit + timedelta(days=1), facts.received_on)


def _later(day: date, by: timedelta) -> date:
    """A day later by some; not after the last that is counted."""
    return LAST_DAY if day >= LAST_DAY - by else day + by


def cell_of(facts: Facts) -> tuple[Cell, tuple[int, ...]] | None:
    """Where a dossier counts and for what; None for one that was not received, or that a partner sent to try things out."""
    if facts.is_test or facts.received_on is None:
        return None
    cell = Cell(facts.received_on.replace(day=1), facts.unit_code, facts.procedure_code, late_from(facts) or NEVER)
    is_paid = facts.paid_online in ("1", "2")
    has_result = facts.state in _WITH_RESULT
    electronic = has_result and facts.has_digitised_result
    numbers = (
        True, facts.channel == ONLINE, facts.has_fee or is_paid, is_paid, has_result, electronic,
        electronic and facts.has_digitised_papers, facts.reuses_data, facts.from_store, facts.by_population,
    )  # fmt: skip
    return cell, tuple(map(int, numbers))


def difference(changes: Iterable[tuple[Facts | None, Facts]]) -> dict[Cell, tuple[int, ...]]:
    """What changes of rows (before, after) changed; cells that stay as they were are left out."""
    change: dict[Cell, Counter[int]] = {}
    for before, after in changes:
        for facts, sign in ((before, -1), (after, 1)):
            found = cell_of(facts) if facts is not None else None
            if found is not None:
                kept = change.setdefault(found[0], Counter())
                for at, number in enumerate(found[1]):
                    kept[at] += sign * number
    told = {cell: tuple(numbers[at] for at in range(len(MEASURES))) for cell, numbers in change.items()}
    return {cell: numbers for cell, numbers in told.items() if any(numbers)}
