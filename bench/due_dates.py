"""`make bench-due-dates`: how many due dates a second one process reckons (`portal.workdays`). Wanted: 10,000.

Limits of all four units (working hours, working days, calendar days, months), receptions at any minute of three years, over Tết and swapped
days, in three calendars: the national one, one with Saturday mornings, one that closes at noon. Beside it: moving a deadline after a pause,
and the eight working hours of an online filing. No database, nothing is kept between two. ``WRITE=1`` puts the table into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from bench.pages import write

NUMBER = 50_000
WANTED = 10_000


def calendars() -> list[Any]:
    """The national calendar and two agencies' own hours on it."""
    from portal.workdays import national_calendar

    national = national_calendar()
    morning = ((dt.time(7), dt.time(11, 30)),)
    saturdays = (*national.opening[:5], morning, ())
    return [national, replace(national, opening=saturdays), replace(national, opening=(morning,) * 5 + ((), ()))]


def cases(number: int) -> list[tuple[dt.datetime, int, str, Any]]:
    """Reception, amount, unit, calendar; the same ones every time."""
    from portal.workdays import ZONE, Unit

    dice, known = random.Random(18), calendars()
    begin = dt.datetime(2026, 1, 1, tzinfo=ZONE)
    amounts = {Unit.HOUR: (1, 80), Unit.WORKING_DAY: (0, 45), Unit.DAY: (1, 90), Unit.MONTH: (1, 6)}
    found = []
    for _number in range(number):
        unit = dice.choice(list(amounts))
        start = begin + dt.timedelta(minutes=dice.randrange(3 * 365 * 24 * 60))
        found.append((start, dice.randint(*amounts[unit]), unit, dice.choice(known)))
    return found


def a_second(jobs: Iterable[Any], do: Callable[[Any], object]) -> int:
    """How many are done in a second, the best of three rounds."""
    rounds, work = [], list(jobs)
    for _round in range(3):
        started = time.perf_counter()
        for job in work:
            do(job)
        rounds.append(len(work) / (time.perf_counter() - started))
    return round(max(rounds))


def measured(number: int) -> list[tuple[str, int]]:
    """Each thing that is reckoned, and how often a second."""
    from portal.workdays import Unit, due_at, moved, response_due

    made = cases(number)
    lines = [
        (f"limits in {words}", a_second([case for case in made if case[2] == unit], lambda case: due_at(*case)))
        for unit, words in ((Unit.HOUR, "working hours"), (Unit.WORKING_DAY, "working days"), (Unit.DAY, "calendar days"),
                            (Unit.MONTH, "months"))
    ]  # fmt: skip
    lines.append(("limits of all units", a_second(made, lambda case: due_at(*case))))
    lines.append(("the eight hours of an online filing", a_second(made, lambda case: response_due(case[0], case[3]))))
    paused = [(due_at(*case), case[0], case[0] + dt.timedelta(days=3), case[3]) for case in made]
    lines.append(("deadlines moved after a pause of three days", a_second(paused, lambda case: moved(*case))))
    return lines


def main() -> None:
    """Measure, print, fail below what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=NUMBER)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    lines = measured(given.number)
    table = "| what | a second |\n|---|---|\n" + "\n".join(f"| {words} | {rate:,} |" for words, rate in lines)
    print(table)
    if given.write:
        write(
            "due-dates", f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}; one process on {os.cpu_count()} shared cores.\n\n{table}"
        )
    slowest = min(rate for _words, rate in lines)
    if slowest < WANTED:
        raise SystemExit(f"{slowest:,} a second, wanted {WANTED:,}")


if __name__ == "__main__":
    main()
