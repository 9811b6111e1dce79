"""Warnings of the short clocks: receive or refuse, pass on, report, enter the outcome, give an opinion (Rules art. 42–44)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields import BigIntegerField
from django.utils import timezone

from accounts import queries as people
from feedback.models import OPEN_STATES, Answer, Opinion, Petition, State, WarnedStep
from feedback.services.clocks import HEADS, LATE, TODAY
from feedback.services.common import day
from feedback.services.reaching import OPINES, RECEIVES, in_charge, top_staff
from portal.documents.units import unit_name
from portal.notifications.services import notify

Step = WarnedStep.Step
_TEMPLATES = {TODAY: "feedback.step_today", LATE: "feedback.step_late"}


@dataclass(frozen=True)
class Due:
    """A step that is due: whose, until when, and where it is done."""

    petition_id: UUID
    of: int
    due_at: datetime
    unit: str
    step: Step


def warn_of_steps(*, now: datetime, limit: int = 200) -> int:
    """Tell who must do the next step what is due today or late, once of each: who does it; once it is late the heads too (a slice; how
    many). The deadline of the answer has warnings of its own (`feedback.services.clocks.warn`)."""
    told = 0
    today_end = timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=999999)
    for level, until in ((LATE, now), (TODAY, today_end)):
        for step in Step:
            for due in list(_due(step, level, until, limit - told)):
                told += _tell(due, level, now)
    return told


def _due(step: Step, level: int, until: datetime, limit: int) -> Iterator[Due]:
    """Steps whose deadline has come by ``until`` and of which nobody was told at this level or above, the earliest first."""
    rows, number, deadline, petition, unit = _rows(step)
    known = WarnedStep.objects.filter(
        petition=OuterRef(petition), step=step, of=OuterRef("step_of"), due_at=OuterRef("step_due"), level__gte=level
    )
    found = (
        rows.annotate(step_of=number, step_due=F(deadline)).filter(step_due__lte=until).exclude(Exists(known)).order_by("step_due", "pk")
    )
    for petition_id, of, due_at, unit_code in found.values_list(petition, "step_of", "step_due", unit)[: max(limit, 0)]:
        yield Due(petition_id, of, due_at, unit_code, step)


def _rows(step: Step) -> tuple[QuerySet[Petition] | QuerySet[Answer] | QuerySet[Opinion], Value | F, str, str, str]:
    """Where a step waits: rows, their number, the column of the deadline, that of the petition, that of the unit."""
    own = Value(0, output_field=BigIntegerField())
    if step == Step.OPINION:
        waited_for = Opinion.objects.filter(given_at__isnull=True, called_off_at__isnull=True)
        return waited_for, F("pk"), "due_at", "petition_id", "unit_code"
    if step == Step.ENTER:
        return Answer.objects.filter(state="submitted", result_due_at__isnull=False), F("pk"), "result_due_at", "petition_id", "unit_code"
    if step == Step.REPORT:
        reported = Petition.objects.filter(state__in=OPEN_STATES, progress_due_at__isnull=False, due_at__lt=F("progress_due_at"))
        return reported, own, "progress_due_at", "pk", "unit_code"
    new = Petition.objects.filter(Q(state=State.NEW))
    return new, own, "refuse_due_at" if step == Step.RECEIVE else "transfer_due_at", "pk", "unit_code"


_DOES = {
    Step.RECEIVE: RECEIVES,
    Step.TRANSFER: RECEIVES,
    Step.REPORT: ("petition_handling",),
    Step.ENTER: HEADS,
    Step.OPINION: OPINES,
}


@transaction.atomic
def _tell(due: Due, level: int, now: datetime) -> int:
    petition = Petition.objects.select_for_update(of=("self",)).get(pk=due.petition_id)
    row, made = WarnedStep.objects.get_or_create(petition=petition, step=due.step, of=due.of, due_at=due.due_at, level=level)
    if not made or not petition.is_open:
        return 0
    told: set[UUID | None] = set()
    if due.step == Step.REPORT and petition.handler_position_id is not None:
        told.add(people.position_person(petition.handler_position_id))
    else:
        told |= in_charge(due.unit, _DOES[due.step])
    if level >= LATE:
        told |= in_charge(due.unit, HEADS)
    if not told - {None}:
        told = top_staff()
    link = (
        f"/quan-tri/feedback/opinion/{due.of}/change/" if due.step == Step.OPINION else f"/quan-tri/feedback/petition/{petition.pk}/change/"
    )
    for person_id in told - {None}:
        notify(
            party_id=person_id,  # type: ignore[arg-type]  # None is taken out
            template=_TEMPLATES[level],
            context={"code": petition.code, "unit": unit_name(due.unit), "due": day(due.due_at), "step": str(due.step.label)},
            key=f"feedback.step:{row.pk}",
            link=link,
        )
    return 1
