"""What happened on the desk and at counters is folded into the counts of work; it can be counted anew.

One folds at a time. An event waits in a table of its own until the transaction that counts it takes it away (`dossiers.happened`); numbers
of counters are counted once their day is over, before they are forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import connection, transaction

from dossiers import happened
from dossiers.queries import unit_calendar
from portal.workdays import Calendar
from ratings.models import CountedUntil, ReturnCount, StepCount, WorkCount
from ratings.models.work import MONTH, YEAR
from ratings.work.reading import Did, Gain, Left, Returned, gains

SLICE = 500
"""Events that are folded at a time."""
DAYS = 10
"""Days of counters that are counted at a time."""
_LOCK = 1_515_011
_WORK_KEY = ("kind", "place", "parent", "key", "period", "first")
_WORK = (
    "received", "refused", "answered", "answered_in_time", "requests", "resolved", "late", "called", "waited_seconds", "waited_over",
    "served", "handled_seconds", "handled_over",
)  # fmt: skip
_OF_EVENTS = _WORK[:7]
_CELLS: Mapping[type, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    WorkCount: (_WORK_KEY, ("kind", "place", "period", "first", "key"), _WORK),
    StepCount: (("place", "period", "first", "procedure_code", "step"),) * 2 + (("number", "seconds"),),
    ReturnCount: (("place", "period", "first", "procedure_code", "kind", "name", "reason"),) * 2 + (("asked",),),
}
"""Of each table: what names a cell, what is unique of it, what is added up."""

Cells = dict[tuple[Any, ...], dict[str, int]]


class _Sums:
    """What a slice adds, by table and cell."""

    def __init__(self) -> None:
        self.cells: dict[type, Cells] = {model: defaultdict(lambda: defaultdict(int)) for model in _CELLS}
        self.labels: dict[tuple[Any, ...], str] = {}

    def work(self, unit: str, day: date, values: Mapping[str, int], *, officer: object = None, counter: object = None) -> None:
        """Of an officer, a counter, and the unit with all above it."""
        whose = [(WorkCount.Kind.PLACE.value, place, parent, "") for place, parent in places(unit)]
        if officer is not None:
            whose.append((WorkCount.Kind.OFFICER.value, unit, "-", str(officer)))
        if counter is not None:
            whose.append((WorkCount.Kind.COUNTER.value, unit, "-", str(counter)))
        for one in whose:
            for period in _periods(day):
                cell = self.cells[WorkCount][(*one, *period)]
                for name, value in values.items():
                    cell[name] += value

    def gain(self, gain: Gain) -> None:
        """What one event adds."""
        if isinstance(gain, Did):
            self.work(gain.unit_code, gain.day, {gain.measure: gain.times}, officer=gain.officer_id)
            return
        for place, _parent in places(gain.unit_code):
            for period in _periods(gain.day):
                if isinstance(gain, Left):
                    cell = self.cells[StepCount][(place, *period, gain.procedure_code, gain.step.value)]
                    cell["number"] += gain.times
                    cell["seconds"] += gain.seconds
                elif isinstance(gain, Returned):
                    key = (place, *period, gain.procedure_code, gain.kind, gain.name, gain.reason)
                    self.cells[ReturnCount][key]["asked"] += gain.times
                    self.labels[key] = gain.label

    def write(self) -> None:
        """Add everything to the counts."""
        for model, cells in self.cells.items():
            _add(model, cells, self.labels if model is ReturnCount else None)


def places(unit: str) -> list[tuple[str, str]]:
    """A unit, those above it by code, and the country, each with what is above it: ``-`` above the country."""
    parts = unit.split(".") if unit else []
    return [("", "-"), *((".".join(parts[: depth + 1]), ".".join(parts[:depth])) for depth in range(len(parts)))]


def _periods(day: date) -> tuple[tuple[str, date], tuple[str, date]]:
    return (MONTH, day.replace(day=1)), (YEAR, day.replace(month=1, day=1))


def _add(model: type, cells: Cells, labels: Mapping[tuple[Any, ...], str] | None) -> None:
    key, unique, measures = _CELLS[model]
    rows = [(*cell, *((labels[cell],) if labels is not None else ()), *(values.get(name, 0) for name in measures))
            for cell, values in sorted(cells.items(), key=lambda item: [str(part) for part in item[0]])]  # fmt: skip
    if not rows:
        return
    named = ("label",) if labels is not None else ()
    names = (*key, *named, *measures)
    sums = [f"{name} = excluded.{name}" for name in named] + [f"{name} = old.{name} + excluded.{name}" for name in measures]
    table = model._meta.db_table  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} AS old ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
            f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {', '.join(sums)}",
            rows,
        )


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def fold(*, most: int = SLICE) -> int:
    """Fold a slice of what happened to dossiers into the counts; how many events. Nothing where another folds."""
    return _fold(most) if _is_alone() else 0


def _fold(most: int) -> int:
    taken, histories = happened.take(most)
    calendars: dict[str, Calendar] = {}
    sums = _Sums()
    for history in histories:
        unit = history.happenings[-1].unit_code
        if unit not in calendars:
            calendars[unit] = unit_calendar(unit)
        for gain in gains(history, calendars[unit]):
            sums.gain(gain)
    sums.write()
    return taken


@transaction.atomic
def count_counters(today: date, *, most: int = DAYS) -> int:
    """Count the numbers of days that are over and not counted yet, the oldest first; how many days. Nothing where another counts."""
    if not _is_alone():
        return 0
    until = CountedUntil.objects.get_or_create(pk=1)[0]
    counted = 0
    while counted < most:
        day = happened.first_counter_day(until.counters_on)
        if day is None or day >= today:
            break
        _count_day(day)
        until.counters_on = day
        counted += 1
    if counted:
        until.save()
    return counted


def _count_day(day: date) -> None:
    sums = _Sums()
    for row in happened.served_on(day):
        values = {
            "called": row["called"], "waited_seconds": row["waited"], "waited_over": row["waited_over"], "served": row["served"],
            "handled_seconds": row["handled"], "handled_over": row["handled_over"],
        }  # fmt: skip
        sums.work(row["unit_code"], day, values, officer=row["position_id"], counter=row["counter"])
    sums.write()


@transaction.atomic
def recount(say: Callable[[str], object] = lambda line: None) -> int:
    """Throw away what events have added and add every event anew, in one transaction: readers see the old counts until it is done.

    What was counted at counters stays: its numbers are forgotten after ninety days. How many events there are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    StepCount.objects.all().delete()
    ReturnCount.objects.all().delete()
    WorkCount.objects.update(**dict.fromkeys(_OF_EVENTS, 0))
    happened.put_back_all()
    say("counts emptied")
    counted = 0
    while done := _fold(SLICE):
        counted += done
    return counted
