"""What a dashboard shows, read from kept counts and by indexes: as many statements whatever there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from dossiers.models import Dossier
from dossiers.models.national import HERE, OPEN
from feedback import queries_figures as petition_figures
from feedback.models import OPEN_STATES, Petition
from portal.workdays import ZONE
from ratings.board.rules import Late, days_late
from ratings.periods import MONTH
from ratings.queries import Asked, Figures, agency_names, has_parts, procedure_names, province_codes, statistics
from ratings.score import queries as scores
from ratings.score.queries import Score
from ratings.slips import queries as slips
from ratings.slips.rules import Steps

DAYS, MONTHS = 31, 13
"""Of the trends, the running one with them: thirty days and twelve months before now."""
LONGEST = 8
"""Dossiers that are named."""


@dataclass(frozen=True)
class LongOverdue:
    """A dossier that is past its day, without anything of its people."""

    code: str
    unit_code: str
    procedure_code: str
    due_on: date
    days: int
    dossier_id: str = ""
    """Of one that is handled here."""


@dataclass(frozen=True)
class Petitions:
    """Petitions that have no answer yet; the day before not known of a single unit."""

    open: int
    late: int
    open_before: int | None = None
    late_before: int | None = None


@dataclass(frozen=True)
class Glance:
    """One look at an agency, or at the country (``agency`` empty)."""

    agency: str
    at: datetime
    today: date
    days: list[tuple[date, Figures]]
    """The last is today."""
    months: list[tuple[date, Figures]]
    """The last is the running one."""
    parts: Literal["agency", "procedure"]
    """Into what it is taken apart: the agencies below, or the procedures of one that has none below."""
    late: list[Late]
    petitions: Petitions
    longest: list[LongOverdue]
    names: dict[str, str]
    """Of agencies and procedures, by code."""
    on_time_by_place: dict[str, float | None] = field(default_factory=dict)
    """Share on time this month, by agency; of the country only."""
    places: dict[str, str] = field(default_factory=dict)
    satisfied: Steps = field(default_factory=Steps)
    """The overall question of slips, this month so far."""
    satisfied_before: Steps = field(default_factory=Steps)
    """That of last month, whole."""
    score: Score | None = None
    """Of the running month, as counted so far; the country has none."""
    score_before: Decimal | None = None
    """Points of the month before."""
    """The statistics office's code of the province that an agency governs."""

    @property
    def now(self) -> Figures:
        """Today so far, and what stands at this moment."""
        return self.days[-1][1]

    @property
    def yesterday(self) -> Figures:
        """Yesterday, and what stood at its end."""
        return self.days[-2][1]

    @property
    def month(self) -> Figures:
        """This month so far."""
        return self.months[-1][1]

    @property
    def last_month(self) -> Figures:
        """The month before, whole."""
        return self.months[-2][1]

    def name(self, code: str) -> str:
        """What an agency or a procedure is called."""
        return self.names.get(code, code)


def glance(agency: str, now: datetime) -> Glance:
    """Everything at once. Up to twenty-six queries."""
    today = timezone.localdate(now)
    yesterday, last_month = today - timedelta(days=1), today.replace(day=1) - timedelta(days=1)
    days = statistics(Asked(today - timedelta(days=DAYS - 1), today, agency=agency), by="day", today=today).lines
    first = today.replace(day=1)
    for _number in range(MONTHS - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    months = statistics(Asked(first, today, agency=agency), by="month", today=today).lines
    parts: Literal["agency", "procedure"] = "agency" if not agency or has_parts(agency) else "procedure"
    # What stands at the end of a span is the same however long it is: the month's says how it went, too.
    month = {line.key: line.figures for line in statistics(Asked(today.replace(day=1), today, agency=agency), by=parts, today=today).lines}
    before = {line.key: line.figures for line in statistics(Asked(yesterday, yesterday, agency=agency), by=parts, today=today).lines}
    late = [
        Late(key, month.get(key, Figures()).pending, month.get(key, Figures()).overdue, before.get(key, Figures()).overdue)
        for key in sorted({*month, *before})
    ]
    tops = [line.key for line in late if line.overdue] if not agency else [agency.split(".")[0]]
    longest = longest_overdue(tops, agency, today)
    on_time = {key: figures.kept_word for key, figures in month.items()} if not agency else {}
    codes = {agency} if agency else set()
    codes |= {one.unit_code for one in longest} | set(on_time)
    procedures = {one.procedure_code for one in longest}
    (codes if parts == "agency" else procedures).update(line.key for line in late)
    return Glance(
        agency=agency,
        at=now,
        today=today,
        days=[(date.fromisoformat(line.key), line.figures) for line in days],
        months=[(date.fromisoformat(line.key), line.figures) for line in months],
        parts=parts,
        late=late,
        petitions=petitions(agency, now),
        longest=longest,
        names=procedure_names(procedures) | agency_names(codes),
        on_time_by_place=on_time,
        places=province_codes(on_time) if on_time else {},
        satisfied=slips.satisfaction(agency, today.replace(day=1), today).total,
        satisfied_before=slips.satisfaction(agency, last_month.replace(day=1), last_month).total,
        score=scores.score_of(agency, MONTH, today.replace(day=1)) if agency else None,
        score_before=_points_before(agency, last_month) if agency else None,
    )


def _points_before(agency: str, last_month: date) -> Decimal | None:
    """The points of last month; None where it was not scored (three queries)."""
    past = scores.history(agency, MONTH, upto=last_month, most=1)
    return past[0].total.points if past and past[0].first == last_month.replace(day=1) else None


_LONGEST = f"""
SELECT found.* FROM unnest(%(tops)s::text[]) AS top (code) CROSS JOIN LATERAL (
    SELECT n.code, n.source, n.unit_code, n.procedure_code, n.due_at FROM dossiers_nationaldossier n
    WHERE n.agency_code = top.code AND n.state IN ({", ".join(f"'{state}'" for state in OPEN)}) AND NOT n.is_test
        AND n.due_at IS NOT NULL AND n.due_at < %(begin)s AND n.received_at < %(end)s
        AND (%(agency)s = '' OR n.unit_code = %(agency)s OR (n.unit_code >= %(below)s AND n.unit_code < %(after)s))
    ORDER BY n.due_at, n.code LIMIT {LONGEST}
) AS found ORDER BY found.due_at, found.code LIMIT {LONGEST}
"""


def longest_overdue(tops: Sequence[str], agency: str, today: date) -> list[LongOverdue]:
    """The open dossiers that have been overdue longest, of ministries and provinces (``tops``) or of one agency with all below it. Two
    queries: by the index of what is open, and which of them are handled here."""
    begin = datetime.combine(today, time(), ZONE)
    given: dict[str, Any] = {
        "tops": list(tops), "begin": begin, "end": begin + timedelta(days=1), "agency": agency, "below": f"{agency}.",
        "after": f"{agency}/",  # the character that follows the point
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LONGEST, given)
        rows = cursor.fetchall()
    own = [code for code, source, *_rest in rows if source == HERE]
    here = {str(code): str(pk) for code, pk in Dossier.objects.filter(code__in=own).values_list("code", "pk")}
    found = []
    for code, _source, unit, procedure, due_at in rows:
        due = timezone.localdate(due_at)
        found.append(LongOverdue(code, unit, procedure, due, days_late(due, today), here.get(code, "")))
    return found


def petitions(agency: str, now: datetime) -> Petitions:
    """Petitions without an answer, and those past the sender's day. Up to three queries."""
    today = timezone.localdate(now)
    if "." not in agency:
        counts, before = (petition_figures.whole(day, day, agency=agency) for day in (today, today - timedelta(days=1)))
        return Petitions(counts.open, counts.overdue, before.open, before.overdue)
    top = agency.split(".")[0]
    below = Q(unit_code=agency) | Q(unit_code__startswith=f"{agency}.")
    late = Petition.objects.filter(below, agency_code=top, state__in=OPEN_STATES, due_at__lt=now).count()
    units = petition_figures.by_unit(top, today.replace(day=1), today)
    standing = sum(counts.standing_open for code, counts in units.items() if code == agency or code.startswith(f"{agency}."))
    return Petitions(standing, late)


def overdue_now(agency: str, today: date) -> int:
    """Dossiers overdue at this moment (one query)."""
    return statistics(Asked(today, today, agency=agency), today=today).total.overdue
