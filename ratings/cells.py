"""What one dossier of the country adds to the statistics: a pure function facts → cells (Rules art. 23.2).

Nothing that depends on a day is ever rewritten: what was open at the end of a day is ``received`` − ``closed`` up to it, what was overdue
is ``due`` − ``settled``. Days are compared, end against appointment; criterion 2.1 of the score has a rule of its own
(`dossiers.national.is_on_time`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from dossiers.models.states import State
from dossiers.national import Facts

RECEIVED, CLOSED, DUE, SETTLED = "received", "closed", "due", "settled"
EARLY, ON_TIME, LATE, UNDATED = "early", "on_time", "late", "undated"
REFUSED, WITHDRAWN, STOPPED = "refused", "withdrawn", "stopped"
SUPPLEMENTED, WITH_FEE, PAID_ONLINE = "supplemented", "with_fee", "paid_online"
DIGITISED, DIGITISED_RESULTS, REUSED = "digitised", "digitised_results", "reused"
MEASURES = (
    RECEIVED, CLOSED, EARLY, ON_TIME, LATE, UNDATED, REFUSED, WITHDRAWN, STOPPED, DUE, SETTLED, SUPPLEMENTED, WITH_FEE, PAID_ONLINE,
    DIGITISED, DIGITISED_RESULTS, REUSED,
)  # fmt: skip
"""Each counts by one day: what came and how by the day of reception, what ended by the day of its end, ``due`` by the first day on which
it was or will be overdue, ``settled`` by the day on which that was over. ``stopped`` is a part of the resolved,
``digitised_results`` of those with a result, and ``digitised`` of these (papers too); ``reused`` of the received."""
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""What a report dates before or after counts on these days: the kept counts know these years only."""

Cell = tuple[date, str, str, str, str, str, str]
"""Day, measure, unit, procedure, field, channel, level of service. The agency is the first group of the unit's code."""


def _kept(day: date) -> date:
    return min(max(day, FIRST_DAY), LAST_DAY)


def cells(facts: Facts) -> Counter[Cell]:
    """What one dossier counts for, by cell; nothing for one that a partner sent to try things out.

    A dossier counts as received from the day of reception; one that was refused before only as refused. What ended counts once: as
    withdrawn, as refused, or as resolved early, on time, late (with a result or stopped), or resolved without an appointment.
    """
    found: Counter[Cell] = Counter()
    if facts.is_test:
        return found

    def add(day: date, measure: str) -> None:
        key = (_kept(day), measure, facts.unit_code, facts.procedure_code, facts.field_code, facts.channel, facts.service_level)
        found[key] += 1

    received, end = facts.received_on, facts.ended_on
    # Dates from elsewhere may contradict each other: nothing ends, and nothing is overdue, before it was received.
    closed = max(end, received) if end is not None and received is not None else end
    if received is not None:
        add(received, RECEIVED)
        if facts.supplements_before or facts.supplements_after:
            add(received, SUPPLEMENTED)
        if facts.paid_online in ("1", "2"):
            add(received, PAID_ONLINE)
        if facts.has_fee or facts.paid_online in ("1", "2"):
            add(received, WITH_FEE)
        if facts.reuses_data:
            add(received, REUSED)
        if closed is not None:
            add(closed, CLOSED)
        if facts.due_on is not None:
            late_from = max(facts.due_on + timedelta(days=1) if facts.due_on < date.max else facts.due_on, received)
            # What ended in time is never overdue: both would fall on one day, and it counts for neither.
            if closed is None or closed > late_from:
                add(late_from, DUE)
                if closed is not None:
                    add(closed, SETTLED)
    if end is None or closed is None:
        return found
    if facts.state == State.REFUSED:
        add(closed, REFUSED)
    elif facts.state == State.WITHDRAWN:
        add(closed, WITHDRAWN)
    elif received is not None:
        add(closed, _resolved(end, facts.due_on))
        if facts.state == State.STOPPED:
            add(closed, STOPPED)
        elif facts.has_digitised_result:
            add(closed, DIGITISED_RESULTS)
            if facts.has_digitised_papers:
                add(closed, DIGITISED)
    return found


def _resolved(end: date, due: date | None) -> str:
    if due is None:
        return UNDATED
    return LATE if end > due else EARLY if end < due else ON_TIME


def difference(changes: Iterable[tuple[Facts | None, Facts]]) -> Counter[Cell]:
    """What changes of rows (before, after) changed in the counts; cells that stay as they were are left out."""
    change: Counter[Cell] = Counter()
    for before, after in changes:
        if before is not None:
            change.subtract(cells(before))
        change.update(cells(after))
    return Counter({cell: number for cell, number in change.items() if number})
