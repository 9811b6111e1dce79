"""What can be asked about counters, appointments, numbers and receptions at home."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Avg, Count, F, FloatField, Q, QuerySet, Sum
from django.db.models.functions import Cast, NullIf
from django.utils import timezone

from dossiers.appointments import rules
from dossiers.models import Appointment, CounterDay, CounterPlan, HomeVisit, Slot, Ticket
from dossiers.queries import unit_calendar
from portal.access import Actor, belonging_to
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.text import search_key
from portal.workdays import Calendar, national_calendar
from procedures import queries as procedures
from procedures.models import ProcedureVersion

PLACES = 30
"""Units of one page of places."""
BOARD_LAST = 6
"""Numbers served last that still stand on the board."""


class Unknown(ObjectDoesNotExist):
    """There is no such procedure in force, unit or appointment here. Pages answer 404."""


def procedure_called(code: str, now: dt.datetime) -> ProcedureVersion:
    """The procedure with this code today: name and levels (one query). :class:`Unknown`."""
    found = procedures.in_force(timezone.localdate(now)).filter(procedure__code=code).first()
    if found is None:
        raise Unknown(code)
    return found


def _general(levels: Collection[str]) -> Q:
    """Agencies that carry out what is carried out at these levels. What a department or an office does is not known by its level."""
    return Q(level__in=set(levels) & {Agency.Level.MINISTRY, Agency.Level.PROVINCE, Agency.Level.COMMUNE})


def places(version: ProcedureVersion, *, words: str = "", commune: str = "", at_home: bool = False) -> list[Agency]:
    """The units one may come to for a procedure (or that come to people's homes for it), those of a commune first (one query)."""
    plans = CounterPlan.objects.filter(at_home=True) if at_home else CounterPlan.objects.filter(is_open=True)
    named = plans.filter(procedure_codes__contains=[version.procedure.code]).values("unit_code")
    every = plans.filter(procedure_codes=[]).values("unit_code")
    rows = Agency.objects.on(timezone.localdate()).filter(Q(code__in=named) | Q(code__in=every) & _general(version.levels))
    if search_key(words.replace("\0", "")):
        rows = catalogues.named_like(rows, words)
    found = list(rows.select_related("administrative_unit").order_by("sort_key", "code")[:PLACES])
    return sorted(found, key=lambda one: one.administrative_unit is None or one.administrative_unit.code != commune)


def takes(plan: CounterPlan, version: ProcedureVersion) -> bool:
    """Whether a unit's counters take people for a procedure (one query where the plan names none)."""
    if plan.procedure_codes:
        return version.procedure.code in plan.procedure_codes
    return Agency.objects.on(timezone.localdate()).filter(_general(version.levels), code=plan.unit_code).exists()


def calendar_of(plan: CounterPlan) -> Calendar:
    """When a unit's counters receive people: their own hours where they have some, else the agency's (one query)."""
    if plan.hours is None:
        return unit_calendar(plan.unit_code)
    return own_hours(plan.hours)


def own_hours(hours: list[list[list[str]]]) -> Calendar:
    """Hours of one's own on the national calendar of days off. ``ValueError`` where they overlap or are none at all."""
    national = national_calendar()
    week = tuple(tuple((dt.time.fromisoformat(opens), dt.time.fromisoformat(closes)) for opens, closes in day) for day in hours)
    return Calendar(
        opening=week,
        days_off=national.days_off,
        worked_days=national.worked_days,
        worked_hours=next(filter(None, week), ()),
    )


@dataclass(frozen=True)
class Offer:
    """When one may come to a unit's counters; read once, asked by day."""

    plan: CounterPlan
    calendar: Calendar
    closed: frozenset[dt.date]
    now: dt.datetime

    def days(self) -> list[dt.date]:
        """Days with times on them."""
        plan = self.plan
        return rules.offered_days(self.now, self.calendar, self.closed, minutes=plan.slot_minutes, ahead=plan.ahead_days)

    def times(self, day: dt.date) -> list[dt.datetime]:
        """The times of a day, taken or not."""
        plan = self.plan
        return rules.offered(day, self.now, self.calendar, self.closed, minutes=plan.slot_minutes, ahead=plan.ahead_days)


def offer(plan: CounterPlan, now: dt.datetime) -> Offer:
    """What a unit's counters offer (two queries)."""
    return Offer(plan, calendar_of(plan), frozenset(plan.closed_days.values_list("day", flat=True)), now)


def places_left(given: Offer, day: dt.date) -> list[tuple[dt.datetime, int]]:
    """The times of a day with places left, and how many (one query). Places held for who never typed the code count as taken here; they
    are found free again when nothing else is left."""
    begins = given.times(day)
    taken = dict(
        Slot.objects.filter(unit_code=given.plan.unit_code, starts_at__in=begins).values_list("starts_at", "taken") if begins else ()
    )
    left = [(begin, given.plan.per_slot - taken.get(begin, 0)) for begin in begins]
    return [(begin, places) for begin, places in left if places > 0]


def open_plan(unit_code: str, version: ProcedureVersion, *, at_home: bool = False) -> CounterPlan:
    """The plan of a unit that takes appointments (or comes home) for a procedure (two queries). :class:`Unknown`."""
    wanted = {"at_home": True} if at_home else {"is_open": True}
    plan = CounterPlan.objects.filter(unit_code=unit_code, **wanted).first()
    if plan is None or not takes(plan, version):
        raise Unknown(unit_code)
    return plan


# One's own ---------------------------------------------------------------------------------------------------------------------


def own_appointments(actor: Actor) -> QuerySet[Appointment]:
    """The appointments of the party for whom the actor acts."""
    return belonging_to(actor, Appointment.objects.all(), "party_id", procedure="procedure_code")


def own_visits(actor: Actor) -> QuerySet[HomeVisit]:
    """The receptions at home that the party has asked for."""
    return belonging_to(actor, HomeVisit.objects.all(), "party_id", procedure="procedure_code")


def appointment_for(actor: Actor, code: str) -> Appointment:
    """An appointment by its code: a party's for that party alone; one made without an account for whoever has its code, which nobody
    guesses (one query). :class:`Unknown`; ``PermissionError`` for a stranger where signing in may help."""
    found = Appointment.objects.filter(code=code.upper()).exclude(state=Appointment.State.HELD).first()
    if found is None:
        raise Unknown(code)
    if found.party_id is None:
        return found
    if not actor.is_signed_in:
        raise PermissionError
    if not actor.is_citizen or not own_appointments(actor).filter(pk=found.pk).exists():
        raise Unknown(code)
    return found


# At the counters ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Queue:
    """A unit's numbers of one day as its officers see them."""

    called: list[Ticket]
    """Those at a counter now."""
    waiting: list[tuple[Ticket, rules.Line]]
    missed: list[Ticket]


def as_waiting(one: Ticket) -> rules.Waiting:
    """A ticket as the rule of calling knows it."""
    return rules.Waiting(one.number, one.taken_at, one.due_at, bool(one.priority))


def queue(unit_code: str, now: dt.datetime) -> Queue:
    """A unit's numbers of today that are not done with, in the order of their lines (one query)."""
    rows = Ticket.objects.filter(unit_code=unit_code, day=timezone.localdate(now)).exclude(state=Ticket.State.DONE)
    found = list(rows.select_related("appointment").order_by("number"))
    waiting = [(one, rules.line_of(as_waiting(one), now)) for one in found if one.state == Ticket.State.WAITING]
    waiting.sort(key=lambda pair: (rules.LINES.index(pair[1]), pair[0].number))
    at_counters = [one for one in found if one.state in (Ticket.State.CALLED, Ticket.State.SERVING)]
    at_counters.sort(key=lambda one: one.counter or 0)
    return Queue(at_counters, waiting, [one for one in found if one.state == Ticket.State.MISSED])


@dataclass(frozen=True)
class Board:
    """What everybody in the hall sees: numbers and counters, nobody's name."""

    called: list[tuple[int, int, bool]]
    """Number, counter, whether it is being called just now; the newest first."""
    last: list[tuple[int, int]]
    waiting: int


def board(unit_code: str, now: dt.datetime) -> Board:
    """The numbers of a unit's board (two queries)."""
    rows = Ticket.objects.filter(unit_code=unit_code, day=timezone.localdate(now))
    at_counters = rows.filter(state__in=(Ticket.State.CALLED, Ticket.State.SERVING)).order_by("-last_called_at")
    found = at_counters.values_list("number", "counter", "state")
    last = rows.filter(state=Ticket.State.DONE).order_by("-finished_at").values_list("number", "counter")[:BOARD_LAST]
    return Board(
        [(number, counter or 0, state == Ticket.State.CALLED) for number, counter, state in found],
        [(number, counter or 0) for number, counter in last],
        rows.filter(state=Ticket.State.WAITING).count(),
    )


def at_counters(unit_code: str, day: dt.date) -> list[dict[str, Any]]:
    """Of each counter and officer on one day: people served, seconds of waiting and handling on average (one query)."""
    rows = Ticket.objects.filter(unit_code=unit_code, day=day, called_at__isnull=False)
    by = rows.values("counter", "position_id").annotate(
        served=Count("pk", filter=Q(state=Ticket.State.DONE)), waited=Avg("waited_seconds"), handled=Avg("handled_seconds")
    )
    return [dict(row) for row in by.order_by("counter", "position_id")]


def figures(rows: QuerySet[CounterDay], since: dt.date, until: dt.date) -> list[dict[str, Any]]:
    """What the days of a span add up to, by unit, the longest average wait first (one query)."""
    names = ("last", "booked", "first", "called", "waited_seconds", "waited_over", "served", "handled_seconds", "handled_over", "missed")
    added = rows.filter(day__range=(since, until)).order_by().values("unit_code").annotate(**{f"sum_{name}": Sum(name) for name in names})
    average = Cast(F("sum_waited_seconds"), FloatField()) / NullIf(F("sum_called"), 0)
    found = added.annotate(average=average).order_by(F("average").desc(nulls_last=True), "unit_code")
    return [dict(row) for row in found[:500]]
