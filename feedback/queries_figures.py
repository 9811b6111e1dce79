"""Figures of petitions, read from what is kept as counted and what acts have changed since; no petition is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from feedback.figures import (
    AGAIN,
    DUE,
    ENDED,
    HELPS,
    HELPS_NOT,
    LATE,
    NOW,
    ON_TIME,
    PUBLISHED,
    RECEIVED,
    REFUSED,
    SECRET,
    SETTLED,
    STANDING,
    WITHDRAWN,
)


@dataclass
class Counts:
    """Figures of one agency, unit, kind … or of the whole country."""

    within: dict[str, int] = field(default_factory=dict)
    """In the time asked about, by measure."""
    ever: dict[str, int] = field(default_factory=dict)
    """From the beginning to the last day asked about."""

    def _in(self, measure: str) -> int:
        return self.within.get(measure, 0)

    @property
    def received(self) -> int:
        """First received by the state in this time."""
        return self._in(RECEIVED)

    @property
    def on_time(self) -> int:
        """Answered in this time, within 20 days from first receipt."""
        return self._in(ON_TIME)

    @property
    def late(self) -> int:
        """Answered in this time, later than that."""
        return self._in(LATE)

    @property
    def answered(self) -> int:
        """Answered in this time."""
        return self.on_time + self.late

    @property
    def refused(self) -> int:
        """Not taken on, with a reason."""
        return self._in(REFUSED)

    @property
    def withdrawn(self) -> int:
        """Taken back by who sent it."""
        return self._in(WITHDRAWN)

    @property
    def secret(self) -> int:
        """Gone the way of state secrets."""
        return self._in(SECRET)

    @property
    def published(self) -> int:
        """Of those answered in this time: with a published answer."""
        return self._in(PUBLISHED)

    @property
    def again(self) -> int:
        """Written again by who did not agree with an answer."""
        return self._in(AGAIN)

    @property
    def helps(self) -> int:
        """Senders who say that the answer helps."""
        return self._in(HELPS)

    @property
    def helps_not(self) -> int:
        """Senders who say that it does not."""
        return self._in(HELPS_NOT)

    @property
    def open(self) -> int:
        """Not ended at the end of the last day."""
        return self.ever.get(RECEIVED, 0) - sum(self.ever.get(measure, 0) for measure in ENDED)

    @property
    def overdue(self) -> int:
        """Of those: with the sender's deadline passed by the end of the last day."""
        return self.ever.get(DUE, 0) - self.ever.get(SETTLED, 0)

    @property
    def late_share(self) -> float | None:
        """Late among the answered, in percent; None where nothing was answered."""
        return 100 * self.late / self.answered if self.answered else None

    @property
    def on_time_share(self) -> float | None:
        """On time among the answered, in percent; None where nothing was answered."""
        return 100 * self.on_time / self.answered if self.answered else None

    @property
    def standing(self) -> dict[str, int]:
        """How many stand in each open state now, by state."""
        return {state: self.ever.get(measure, 0) for state, measure in STANDING.items()}

    @property
    def standing_open(self) -> int:
        """How many are open now."""
        return sum(self.standing.values())


# One statement: what is folded meanwhile is seen on one side or the other, never on both.
_SUMS = """
SELECT {key}measure, coalesce(sum(number) FILTER (WHERE day >= %(first)s), 0)::int, sum(number)::int
FROM ({parts}) AS figure
GROUP BY {key}measure
"""


def _month(day: date) -> date:
    return day.replace(day=1)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _sums(
    grain: str, key: Sequence[str], *, first: date, last: date, agency: str | None, from_first: bool, measures: Iterable[str] = ()
) -> dict[tuple[Any, ...], Counts]:
    """Sums by ``key`` (columns), from the grain's rows up to ``last``: within [first, last], and ever.

    ``agency``: of one ministry or province; ``""`` of the whole country; None of each. The grain ``month`` is exact to the day: years
    before, full months, and of the last one either its days or what remains without those after. ``from_first``: nothing before ``first``
    is looked at (``ever`` is then the same).
    """
    given: dict[str, Any] = {"first": first, "last": last, "grain": grain, "agency": agency, "month": _month(last), "now": NOW}
    given |= {"end": _next_month(last), "measures": list(measures), "year": date(first.year, 1, 1)}
    whose = "agency_code <> ''" if agency is None else "agency_code = %(agency)s"
    after = " AND day >= %(first)s" if from_first else ""
    kept: list[tuple[str, str]] = []
    if grain == "month":
        until = "day <= %(last)s"
        begins = " AND day >= %(first)s" if from_first else " AND day >= %(year)s"
        if not from_first:
            kept.append(("number", f"grain = 'year' AND {whose} AND day < %(year)s"))
        # The shorter side of the month is read; after today next to nothing is dated.
        days = _next_month(last) - last
        if days.days <= last.day or last >= timezone.localdate():
            kept.append(("number", f"grain = 'month' AND {whose} AND day < %(end)s{begins}"))
            if days > timedelta(days=1):
                kept.append(("-number AS number", f"grain = 'day' AND {whose} AND day > %(last)s AND day < %(end)s"))
        else:
            kept.append(("number", f"grain = 'month' AND {whose} AND day < %(month)s{begins}"))
            kept.append(("number", f"grain = 'day' AND {whose} AND day BETWEEN %(month)s AND %(last)s{after}"))
    else:
        kept, until = [("number", f"grain = %(grain)s AND {whose} AND day < %(end)s{after}")], "day < %(end)s"
    changed = until + after + (" AND agency_code = %(agency)s" if agency else "")
    if grain == "sector":
        changed += " AND sector_code <> ''"
    if grain == "proc":
        changed += " AND procedure_code <> '' AND measure = 'received'"
    only = " AND measure = ANY (%(measures)s)" if measures else ""
    columns = ", ".join(dict.fromkeys([*key, "day", "measure"]))
    parts = [f"SELECT {columns}, {number} FROM feedback_tally WHERE {where}{only}" for number, where in kept]  # noqa: S608
    parts.append(f"SELECT {columns}, number FROM feedback_tallydelta WHERE {changed}{only}")  # noqa: S608
    sql = _SUMS.format(key="".join(f"{column}, " for column in key), parts=" UNION ALL ".join(parts))
    found: dict[tuple[Any, ...], Counts] = defaultdict(Counts)
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        for *values, measure, within, ever in cursor.fetchall():
            counts = found[tuple(values)]
            counts.within[measure] = counts.within.get(measure, 0) + within
            counts.ever[measure] = counts.ever.get(measure, 0) + ever
    return dict(found)


def whole(first: date, last: date, *, agency: str = "") -> Counts:
    """The figures of a time, to the day, of the whole country or of a ministry or province with all below it (one query)."""
    return _sums("month", (), first=first, last=last, agency=agency, from_first=False).get((), Counts())


def by_agency(first: date, last: date) -> dict[str, Counts]:
    """The figures of each ministry and province (one query)."""
    return {
        key[0]: counts for key, counts in _sums("month", ("agency_code",), first=first, last=last, agency=None, from_first=False).items()
    }


def by_unit(agency: str, first: date, last: date) -> dict[str, Counts]:
    """The figures of whole months of each unit of a ministry or province; what stands open now beside (two queries)."""
    found = {
        key[0]: counts for key, counts in _sums("unit", ("unit_code",), first=first, last=last, agency=agency, from_first=True).items()
    }
    for (unit,), counts in _sums(
        "unit", ("unit_code",), first=NOW, last=NOW, agency=agency, from_first=True, measures=STANDING.values()
    ).items():
        found.setdefault(unit, Counts()).ever |= counts.within
    return found


def by_unit_to_the_end(agency: str, first: date, last: date) -> dict[str, Counts]:
    """The figures of whole months of each unit, with what was open and overdue at the end of the last of them; in the present month what
    falls due until its end counts as overdue already (one query over all its months)."""
    found = _sums("unit", ("unit_code",), first=first, last=last, agency=agency, from_first=False)
    return {key[0]: counts for key, counts in found.items()}


def by_kind(first: date, last: date, *, agency: str = "") -> dict[str, Counts]:
    """The figures of whole months by kind (one query)."""
    return {key[0]: counts for key, counts in _sums("kind", ("kind",), first=first, last=last, agency=agency, from_first=True).items()}


def most(column: str, first: date, last: date, *, agency: str = "", limit: int = 10) -> list[tuple[str, int]]:
    """The most frequent fields (``sector_code``) or procedures (``procedure_code``) of what was received in whole months (one query)."""
    grain = {"sector_code": "sector", "procedure_code": "proc"}[column]
    found = _sums(grain, (column,), first=first, last=last, agency=agency, from_first=True, measures=[RECEIVED])
    rows = [(key[0], counts.received) for key, counts in found.items() if counts.received > 0]
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:limit]


def by_month(first: date, last: date, *, agency: str = "") -> dict[date, Counts]:
    """The figures of each month of a time, those without any too (one query)."""
    found: dict[date, Counts] = {}
    month = _month(first)
    while month <= last:
        found[month] = Counts()
        month = _next_month(month)
    for (day,), counts in _sums("month", ("day",), first=_month(first), last=last, agency=agency, from_first=True).items():
        if day >= _month(first):
            of = found[_month(day)]
            for measure, number in counts.within.items():
                of.within[measure] = of.within.get(measure, 0) + number
    return found


def first_day() -> date | None:
    """The first month of which there are figures (one query)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(day) FROM feedback_tally WHERE grain = 'month' AND agency_code = '' AND day > %s", [NOW])
        found: date | None = cursor.fetchone()[0]
        return found


# Index scans that jump from code to code.
_AGENCIES = """
WITH RECURSIVE found AS (
    (SELECT agency_code FROM feedback_tally WHERE grain = 'month' AND agency_code > '' ORDER BY agency_code LIMIT 1)
    UNION ALL
    SELECT (SELECT t.agency_code FROM feedback_tally t WHERE t.grain = 'month' AND t.agency_code > found.agency_code
            ORDER BY t.agency_code LIMIT 1)
    FROM found WHERE found.agency_code IS NOT NULL
)
SELECT agency_code FROM found WHERE agency_code IS NOT NULL
"""


def agencies() -> list[str]:
    """The codes of ministries and provinces of which there are figures (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(_AGENCIES)
        return [code for (code,) in cursor.fetchall()]
