"""States and deadlines reckoned anew from the events, compared with what is kept, and moved where the calendar has changed since.

What happened is read from the events alone; limits, calendars and policies are those that hold for the dossier. A state that differs is a
fault and is only told. A deadline of an open dossier that differs is mended (``apply``): a holiday that was declared after the appointment
was given moves it, with an event and a notice. What has ended was measured by the calendar of its time and stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dossiers import slips
from dossiers.costs import Limit, limit_of
from dossiers.models import OPEN_STATES, TABLE, Dossier, DossierEvent, ShownResult, Standing, State, SupplementRequest
from dossiers.queries import unit_calendar
from dossiers.services.common import notify_parties, write_event
from dossiers.terms import TermsUnknown, terms_of
from portal.access import SYSTEM
from portal.workdays import Calendar, Unit, due_at, is_working_day, moved, response_due

SLICE = 200
MOVED = "due_moved"
"""Name of the event; the state stays."""
BEGIN_PAUSE = frozenset({"ask_payment", "ask_supplement", "approve_supplement"})
END_SHOWING = frozenset({"agree_draft", "object_draft", "draft_unanswered", "call_off_draft"})
END_PAYING = frozenset({"paid", "unpaid", "call_off_payment"})
ANSWERED_FROM = frozenset({"submit", "resend", "complete_first", "unanswered_first"})
"""Events from which the eight working hours of reception run; money that came, or did not, too."""


@dataclass
class Reckoned:
    """What the events say of a dossier."""

    state: str = ""
    due_at: datetime | None = None
    due_counted: datetime | None = None
    response_from: datetime | None = None
    faults: list[str] = field(default_factory=list)
    """What cannot have happened so."""


def reckon(
    events: Iterable[DossierEvent],
    *,
    submitted_at: datetime,
    limit: Limit,
    requests: Mapping[datetime, SupplementRequest],
    calendar: Calendar,
    stopped_by: Collection[datetime] = (),
) -> Reckoned:
    """State and deadlines from the events in their order; ``requests`` by the moment at which they went out, ``stopped_by``: moments at
    which a draft of the result was shown and the clock stopped. Pure."""
    found, paused = Reckoned(), None
    asked: SupplementRequest | None = None
    for event in events:
        if fault := _fault(event, found.state):
            found.faults.append(fault)
        has_moved = event.from_state != event.to_state
        if event.name == "receive":
            found.due_at = due_at(max(event.at, submitted_at), limit.amount, limit.unit, calendar)
        elif event.name == "undo_receive":
            found.due_at = found.due_counted = None
        elif event.name in BEGIN_PAUSE:
            paused = event.at
            asked = None if event.name == "ask_payment" else requests.get(event.at)
        elif event.name == "show_draft" and event.at in stopped_by:
            paused = event.at
        elif (event.name in END_SHOWING and paused is not None) or (event.name in END_PAYING and has_moved and paused is not None):
            _move(found, paused, event.at, calendar)
            paused = None
        elif event.name in ("complete", "unanswered") and paused is not None:
            if asked is not None and asked.clock == SupplementRequest.Clock.RESTART:
                _restart(found, due_at(event.at, limit.amount, limit.unit, calendar))
            else:
                _move(found, paused, event.at, calendar)
            paused = None
        elif event.name == "extend" and event.due_at is not None:
            named = _on_a_working_day(event.due_at, calendar)
            found.due_at = max(named, found.due_at or named)
        elif event.name == "reappoint" and event.due_at is not None:
            found.due_counted, named = found.due_at, _on_a_working_day(event.due_at, calendar)
            found.due_at = max(named, found.due_counted or named)
        if event.name in ANSWERED_FROM or (event.name in ("paid", "unpaid") and event.to_state == State.SUBMITTED):
            found.response_from = event.at
        found.state = event.to_state
    return found


def _fault(event: DossierEvent, before: str) -> str:
    """Why an event cannot have followed the state before it; empty where it can."""
    edge, step = TABLE.transitions.get(event.name), f"{event.from_state or '–'} → {event.to_state}"
    if event.from_state != before:
        return f"{event.name}: {step}, nhưng trước đó là {before or '–'}"
    if event.from_state == event.to_state or event.name == "submit":
        return ""
    if edge is None or event.from_state not in edge.sources or event.to_state != edge.target:
        return f"{event.name}: bảng không có bước {step}"
    return ""


def _move(found: Reckoned, paused: datetime, resumed: datetime, calendar: Calendar) -> None:
    until = max(paused, resumed)
    found.due_at = moved(found.due_at, paused, until, calendar) if found.due_at is not None else None
    found.due_counted = moved(found.due_counted, paused, until, calendar) if found.due_counted is not None else None


def _restart(found: Reckoned, again: datetime) -> None:
    if found.due_counted is None:
        found.due_at = again
    else:
        found.due_counted, found.due_at = again, max(found.due_at or again, again)


def _on_a_working_day(at: datetime, calendar: Calendar) -> datetime:
    """A day that was named, or the next one on which the agency works."""
    day = timezone.localdate(at)
    if is_working_day(day, calendar):
        return at
    while not is_working_day(day, calendar):
        day += timedelta(days=1)
    return calendar.intervals(day)[-1][1]


@dataclass(frozen=True)
class Difference:
    """One dossier whose columns say other than its events."""

    dossier_id: UUID
    code: str
    faults: tuple[str, ...]
    columns: Mapping[str, tuple[Any, Any]]
    """Name → what is kept, what follows from the events."""

    @property
    def is_fault(self) -> bool:
        """Whether more differs than deadlines, which may follow a calendar that has changed."""
        return bool(self.faults) or "state" in self.columns


def _reckoned(dossier: Dossier, calendar: Calendar) -> tuple[Reckoned, dict[str, tuple[Any, Any]]]:
    requests = {one.asked_at: one for one in dossier.supplements.all() if one.asked_at is not None}
    stopped_by = {one.shown_at for one in dossier.shown_results.all() if one.clock == ShownResult.Clock.PAUSE}
    found = reckon(
        dossier.events.all(),
        submitted_at=dossier.submitted_at,
        limit=limit_of(dossier, terms_of(dossier)),
        requests=requests,
        calendar=calendar,
        stopped_by=stopped_by,
    )
    columns: dict[str, tuple[Any, Any]] = {}
    if found.state != dossier.state:
        columns["state"] = (dossier.state, found.state)
    elif dossier.state == State.SUBMITTED:
        answer_by = response_due(found.response_from, calendar) if found.response_from is not None else None
        if dossier.payment != Standing.DUE and answer_by is not None and answer_by != dossier.response_due_at:
            columns["response_due_at"] = (dossier.response_due_at, answer_by)
    elif dossier.state in OPEN_STATES and dossier.received_at is not None:
        for name, value in (("due_at", found.due_at), ("due_counted", found.due_counted)):
            if getattr(dossier, name) != value:
                columns[name] = (getattr(dossier, name), value)
    if dossier.state == State.INCOMPLETE and (request := next((one for one in requests.values() if one.state == "open"), None)) is not None:
        assert request.asked_at is not None and request.until is not None
        until = due_at(request.asked_at, request.days, Unit.WORKING_DAY, calendar)
        if until > request.until:
            # Its applicant loses nothing by a day that became a working one.
            columns["supplement_until"] = (request.until, until)
    return found, columns


def compare(dossier: Dossier, calendar: Calendar) -> Difference | None:
    """What differs between a dossier and its events; None where nothing does."""
    try:
        found, columns = _reckoned(dossier, calendar)
    except TermsUnknown:
        # Its law has no time limit in numbers any more: nothing can be reckoned.
        return None
    return Difference(dossier.pk, dossier.code or "", tuple(found.faults), columns) if found.faults or columns else None


@transaction.atomic
def mend(dossier_id: UUID, *, now: datetime) -> bool:
    """Move the deadlines of an open dossier to where its events and today's calendar put them; its parties are told. Whether one moved."""
    dossier = Dossier.objects.select_for_update().get(pk=dossier_id)
    difference = compare(dossier, unit_calendar(dossier.unit_code))
    if difference is None or difference.is_fault:
        return False
    for name, (_kept, value) in difference.columns.items():
        setattr(dossier, name, value)
    dossier.version += 1
    dossier.save()
    write_event(dossier, MOVED, before=dossier.state, actor=SYSTEM, now=now)
    if "due_at" in difference.columns:
        notify_parties(dossier, "dossiers.due_moved", due=slips.moment(dossier.due_at))
    if "supplement_until" in difference.columns:
        dossier.supplements.filter(state=SupplementRequest.State.OPEN).update(until=dossier.supplement_until)
        notify_parties(dossier, "dossiers.supplement_longer", until=slips.moment(dossier.supplement_until))
    return True


def recompute(*, after: UUID | None = None, unit: str = "", size: int = SLICE) -> tuple[list[Difference], int, UUID | None]:
    """Compare a slice of dossiers, of a unit and those below it or all: what differs, how many were looked at, where the next begins."""
    # What was disposed of has nothing left to reckon from; what was counted of it stays.
    whole = Dossier.objects.filter(disposed_at__isnull=True)
    rows = whole.order_by("pk").select_related("form_version").prefetch_related("events", "supplements", "shown_results")
    if unit:
        rows = rows.filter(unit_code=unit) | rows.filter(unit_code__startswith=f"{unit}.")
    found = list((rows.filter(pk__gt=after) if after is not None else rows)[:size])
    calendars = {code: unit_calendar(code) for code in {dossier.unit_code for dossier in found}}
    differences = [one for dossier in found if (one := compare(dossier, calendars[dossier.unit_code])) is not None]
    return differences, len(found), found[-1].pk if len(found) == size else None
