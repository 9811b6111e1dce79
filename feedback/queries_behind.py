"""The rounds of petitions behind a number: what figures (`feedback.figures`) and measures count, as a list that agrees with it.

Counted is a round at the agency that dealt with it, so a list has two sides: petitions in their present round, and finished rounds, whose
sender did not agree. Both are read in the order of one moment, the newest first, and merged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from feedback.measures import of_agency, processed_on_time, satisfied
from feedback.models import FinishedRound, Petition, State
from portal.crypto.fields import prefetch_keys

COUNTED = 10_000
"""A list is counted so far; then it says "more than"."""
PER_PAGE = 50


@dataclass(frozen=True)
class Of:
    """Whose petitions: of an agency with all below it, of one unit alone; of the whole country where both are empty."""

    agency: str = ""
    unit: str = ""

    @property
    def code(self) -> str:
        """Of the agency or unit."""
        return self.unit or self.agency

    def condition(self) -> Q:
        """On rows with the columns ``agency_code`` and ``unit_code``."""
        return Q(unit_code=self.unit) if self.unit else of_agency(self.agency)


@dataclass(frozen=True)
class Behind:
    """The rounds behind one number."""

    rows: QuerySet[Petition]
    """In their present round."""
    former: QuerySet[FinishedRound]
    by: str = "received_at"
    """The moment by which they are listed; :attr:`by_former` of finished rounds."""
    by_former: str = "received_at"

    def count(self) -> tuple[int, bool]:
        """How many, and whether that is all of them: counted is to :data:`COUNTED` (two queries)."""
        number = sum(rows.order_by()[: COUNTED + 1].count() for rows in (self.rows, self.former))
        return min(number, COUNTED), number <= COUNTED

    def page(self, after: str = "", limit: int = PER_PAGE) -> tuple[list[Round], str]:
        """The rounds after a place in the list, and the place from which the next page goes on, empty on the last (three queries).

        ``ValueError`` for a place that is none.
        """
        place = _place(after) if after else None
        petitions = self.rows.select_related(None).only(
            "id", "code", "subject", "state", "round", "unit_code", "agency_code", "received_at", "due_at", "ended_at", "answered_at"
        )
        finished = self.former.select_related("petition").only(
            "id", "number", "unit_code", "received_at", "due_at", "answered_at", "disagreed_at",
            "petition__id", "petition__code", "petition__subject",
        )  # fmt: skip
        if place is not None:
            petitions = petitions.filter(_beyond(place, self.by, "id", "round"))
            finished = finished.filter(_beyond(place, self.by_former, "petition_id", "number"))
        found = [_round(row, getattr(row, self.by)) for row in petitions.order_by(f"-{self.by}", "-id")[: limit + 1]]
        order = (f"-{self.by_former}", "-petition_id", "-number")
        found += [_finished_round(row, getattr(row, self.by_former)) for row in finished.order_by(*order)[: limit + 1]]
        found.sort(key=lambda one: one.place, reverse=True)
        shown = found[:limit]
        prefetch_keys([one.petition for one in shown])
        at, number, turn = shown[-1].place if shown else (timezone.now(), UUID(int=0), 0)
        return shown, f"{at.isoformat()}~{number}~{turn}" if len(found) > limit else ""


@dataclass(frozen=True)
class Round:
    """One line of a list."""

    petition: Petition
    turn: int
    unit_code: str
    received_at: datetime
    due_at: datetime
    ended_at: datetime | None
    how: str
    """How it ended or stands, in words."""
    is_answered: bool
    place: tuple[datetime, UUID, int]


def _round(row: Petition, at: datetime) -> Round:
    how, is_answered = str(row.get_state_display()), row.state == State.ANSWERED
    place = (at, row.pk, row.round)
    return Round(row, row.round, row.unit_code, row.received_at, row.due_at, row.ended_at, how, is_answered, place)


def _finished_round(row: FinishedRound, at: datetime) -> Round:
    how = "Đã trả lời, người gửi không đồng ý"
    place = (at, row.petition_id, row.number)
    return Round(row.petition, row.number, row.unit_code, row.received_at, row.due_at, row.answered_at, how, True, place)


def _place(token: str) -> tuple[datetime, UUID, int]:
    at, number, turn = token.split("~")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None or not (turn.isascii() and turn.isdigit() and len(turn) < 5):
        raise ValueError(token)
    return moment, UUID(number), int(turn)


def _beyond(place: tuple[datetime, UUID, int], by: str, key: str, turn: str) -> Q:
    """The condition on what comes after a place; its first part is for the index, which knows nothing of "or"."""
    at, number, of = place
    return Q(**{f"{by}__lte": at}) & (Q(**{f"{by}__lt": at}) | Q(**{f"{key}__lt": number}) | Q(**{key: number, f"{turn}__lt": of}))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


FIGURES = ("received", "on_time", "late", "open", "overdue", "refused", "again")
"""Numbers of `feedback.queries_figures.Counts` that have a list."""
MEASURES = ("5.2", "5.3")
"""Criteria of Decision 766/QĐ-TTg; with ``-dat`` those that fulfil it, with ``-chua`` those that do not."""


def behind(number: str, of: Of, first: date, last: date, now: datetime) -> Behind:
    """The list behind a number of days [first, last]; ``open`` and ``overdue`` are those of the end of the last day. ``KeyError`` for a
    number that there is not. No query is made here."""
    if number not in FIGURES:
        return _measured(number, of, first, last, now)
    rows, former = Petition.objects.filter(of.condition()), FinishedRound.objects.filter(of.condition())
    begin, end = _start(first), _start(last + timedelta(days=1))
    received = {"received_at__gte": begin, "received_at__lt": end}
    ended, answered = {"ended_at__gte": begin, "ended_at__lt": end}, {"answered_at__gte": begin, "answered_at__lt": end}
    match number:
        case "received":
            return Behind(rows.filter(**received), former.filter(**received))
        case "on_time" | "late":
            side = Q(answered_at__gt=F("due_at")) if number == "late" else Q(answered_at__lte=F("due_at"))
            given = rows.filter(state=State.ANSWERED, **ended).filter(side)
            return Behind(given, former.filter(**answered).filter(side), by="ended_at", by_former="answered_at")
        case "refused":
            return Behind(rows.filter(state=State.REFUSED, **ended), former.none(), by="ended_at")
        case "again":
            again = former.filter(disagreed_at__gte=begin, disagreed_at__lt=end)
            return Behind(rows.none(), again, by_former="disagreed_at")
    # Not ended by the end of the last day: what was received up to it is walked through, the newest first.
    not_ended, not_answered = Q(ended_at__isnull=True) | Q(ended_at__gte=end), Q(answered_at__gte=end)
    before = {"received_at__lt": end}
    if number == "overdue":
        # From the day after the deadline.
        before = {"received_at__lt": _start(last), "due_at__lt": _start(last)}
    return Behind(rows.filter(not_ended, **before), former.filter(not_answered, **before))


def _measured(number: str, of: Of, first: date, last: date, now: datetime) -> Behind:
    name, _mark, side = number.partition("-")
    if name not in MEASURES or side not in ("", "dat", "chua") or (side == "" and number != name) or of.unit:
        raise KeyError(number)
    measure = processed_on_time(of.agency, first, last, now) if name == "5.2" else satisfied(of.agency, first, last)
    rows, former = measure.rows, measure.former
    if side == "dat":
        rows, former = measure.good, measure.former_good
    elif side == "chua":
        rows = rows.exclude(pk__in=measure.good.values("pk"))
        former = former.exclude(pk__in=measure.former_good.values("pk"))
    found = Behind(rows, former)
    # Answered is what ended then: the index is of that.
    between = {"ended_at__gte": _start(first), "ended_at__lt": _start(last + timedelta(days=1))}
    return found if name == "5.2" else replace(found, rows=rows.filter(**between), by="ended_at", by_former="disagreed_at")


def as_query(of: Of) -> dict[str, str]:
    """Whose petitions, for an address."""
    return {"don-vi": of.unit} if of.unit else {"co-quan": of.agency} if of.agency else {}


def asked_of(query: Any) -> Of:
    """Whose petitions an address asks for. ``ValueError`` for what is no code."""
    unit, agency = str(query.get("don-vi", "")), str(query.get("co-quan", ""))
    if len(unit) > 40 or len(agency) > 40 or "\0" in unit + agency:
        raise ValueError(unit or agency)
    return Of(unit=unit) if unit else Of(agency=agency)
