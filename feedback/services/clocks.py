"""What the clocks ask for by themselves: warnings, a calendar or setting that changed, agencies that ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import queries as people
from dossiers.queries import unit_calendar
from feedback import figures
from feedback.models import OPEN_STATES, TOP, Opinion, Petition
from feedback.rules import Limit, progress_due, result_due, sender_due, unit_clocks
from feedback.services.common import day, keep
from feedback.services.reaching import RECEIVES, in_charge, top_staff
from feedback.services.routing import asked_without_agency, pass_opinion_on, succeed, units_without_agency
from feedback.terms import limits_at
from portal.access import SYSTEM
from portal.documents.units import unit_name
from portal.notifications.services import notify
from portal.workdays import national_calendar

SOON, TODAY, LATE = 1, 2, 3
_TEMPLATES = {SOON: "feedback.warn_soon", TODAY: "feedback.warn_today", LATE: "feedback.warn_late"}
SLICE = 200
"""Petitions, and opinions, that go on to successors at a time."""
HEADS = ("petition_checking",)
"""Who heads the handling of petitions at an agency."""


@transaction.atomic
def recompute(*, petition_id: UUID, now: datetime) -> bool:
    """Bring the stored deadlines of an open petition in line with calendar and settings as they are now: a holiday declared later moves
    them, those of what was asked of the sender and of other agencies too. Whether one moved; then it is an event that names which."""
    petition = Petition.objects.select_for_update(of=("self",)).get(pk=petition_id)
    if not petition.is_open:
        return False
    limits, national = limits_at(petition.received_at), national_calendar()
    clocks = unit_clocks(petition.unit_received_at, limits, unit_calendar(petition.unit_code))
    due = sender_due(petition.received_at, limits, national)
    last = petition.reports.filter(at__gte=due).order_by("-at").values_list("at", flat=True).first()
    wanted = {
        "due_at": due,
        "unit_due_at": clocks.answer,
        "refuse_due_at": clocks.refuse,
        "ask_due_at": clocks.ask,
        "transfer_due_at": clocks.transfer,
        "progress_due_at": progress_due(due, last, limits, national),
    }
    supplement = petition.supplements.filter(closed_at__isnull=True).first()
    if supplement is not None:
        reckoned = limits["supply"].after(supplement.asked_at, national)
        # What an incident gave the sender stays theirs (`feedback.services.postponing`).
        wanted["supply_due_at"] = max(reckoned, supplement.longer_until) if supplement.longer_until else reckoned
    moved = sorted(name for name, value in wanted.items() if getattr(petition, name) != value)
    if _recompute_parts(petition, limits):
        moved.append("parts")
    if not moved:
        return False
    was, before = figures.facts_of(petition), petition.due_at
    if {"due_at", "unit_due_at"} & set(moved):
        petition.warned = 0
    for name, value in wanted.items():
        setattr(petition, name, value)
    petition.holdings.filter(ended_at__isnull=True).update(due_at=clocks.answer)
    if supplement is not None:
        petition.supplements.filter(pk=supplement.pk).update(due_at=wanted["supply_due_at"])
    keep(petition, "recompute", before=petition.state, was=was, actor=SYSTEM, now=now, due_before=before, moved=moved)
    return True


def _recompute_parts(petition: Petition, limits: Mapping[str, Limit]) -> bool:
    """The deadlines of opinions that are waited for and of the answer that is being checked; whether one moved."""
    moved = False
    for opinion in petition.opinions.filter(given_at__isnull=True, called_off_at__isnull=True):
        due = limits["opinion"].after(opinion.asked_at, unit_calendar(opinion.unit_code))
        if due != opinion.due_at:
            moved = True
            Opinion.objects.filter(pk=opinion.pk).update(due_at=due)
    for answer in petition.answers.filter(state="submitted"):
        if answer.outcome_on is None:
            continue
        due = result_due(answer.outcome_on, limits, unit_calendar(petition.unit_code))
        if due != answer.result_due_at:
            moved = True
            petition.answers.filter(pk=answer.pk).update(result_due_at=due)
    return moved


def recompute_all(*, now: datetime, after: UUID | None = None, limit: int = 500) -> tuple[int, UUID | None]:
    """A slice of the open petitions (by id): how many moved, and where to go on; None at the end."""
    rows = Petition.objects.filter(state__in=OPEN_STATES).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    numbers = list(rows.values_list("pk", flat=True)[:limit])
    moved = sum(recompute(petition_id=number, now=now) for number in numbers)
    return moved, numbers[-1] if len(numbers) == limit else None


def move_to_successors(*, now: datetime, limit: int = SLICE) -> int:
    """Petitions held by agencies that exist no more go to who follows them, and what was asked of those too; how many (a slice)."""
    moved = 0
    if units := units_without_agency():
        rows = Petition.objects.filter(state__in=OPEN_STATES, unit_code__in=units).order_by("pk").values_list("pk", flat=True)[:limit]
        moved += sum(succeed(petition_id=number, now=now) for number in list(rows))
    if units := asked_without_agency():
        resting = Opinion.objects.filter(unit_code__in=units, given_at__isnull=True, called_off_at__isnull=True)
        numbers = list(resting.order_by("pk").values_list("pk", flat=True)[:limit])
        moved += sum(pass_opinion_on(opinion_id=number, now=now) for number in numbers)
    return moved


def warn(*, now: datetime, limit: int = 200) -> int:
    """Tell who works on petitions what is due soon, due today or late: the officer first, at the deadline the heads too, once late
    VPCP as well (a slice; how many). What counts is the earlier of the sender's deadline and the agency's own."""
    national = national_calendar()
    limits = limits_at(now)
    today_end = timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=999999)
    soon_end = limits["soon"].after(now, national)
    rows = Petition.objects.filter(state__in=OPEN_STATES)
    due = Q(due_at__lt=now) | Q(unit_due_at__lt=now)
    close = Q(due_at__lte=today_end) | Q(unit_due_at__lte=today_end)
    near = Q(due_at__lte=soon_end) | Q(unit_due_at__lte=soon_end)
    told = 0
    for level, condition in ((LATE, due), (TODAY, close), (SOON, near)):
        numbers = list(rows.filter(condition, warned__lt=level).order_by("due_at", "id").values_list("pk", flat=True)[: limit - told])
        for number in numbers:
            told += _warn_of(number, level, now=now)
    return told


@transaction.atomic
def _warn_of(petition_id: UUID, level: int, *, now: datetime) -> int:
    petition = Petition.objects.select_for_update(of=("self",)).get(pk=petition_id)
    if not petition.is_open or petition.warned >= level:
        return 0
    petition.warned = level
    petition.save(update_fields=["warned"])
    told: set[UUID | None] = set()
    if petition.handler_position_id is not None:
        told.add(people.position_person(petition.handler_position_id))
    else:
        told |= in_charge(petition.unit_code, RECEIVES)
    if level >= TODAY:
        told |= in_charge(petition.unit_code, HEADS)
    if level >= LATE or not told - {None}:
        # Where nobody works on petitions, not even above, the Government Office knows before it is late.
        told |= top_staff()
    due, unit = min(petition.due_at, petition.unit_due_at), unit_name(petition.unit_code)
    for person_id in told - {None}:
        notify(
            party_id=person_id,  # type: ignore[arg-type]  # None is taken out
            template=_TEMPLATES[level],
            context={"code": petition.code, "unit": unit, "due": day(due)},
            key=f"feedback.warn:{petition.pk}:{petition.round}:{due:%Y%m%d}:{level}",
            link=f"/quan-tri/feedback/petition/{petition.pk}/change/",
            channels=("inbox",) if level == LATE and petition.unit_code != TOP else None,
        )
    return 1
