"""What can be asked at the helpdesk."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Avg, Count, Q, QuerySet, Sum

from helpdesk.models import AgencyRequest, Incident, Ticket, TrialOpinion, TroubleKind
from portal.access import Actor, belonging_to
from portal.upkeep.models import Maintenance, TrialPeriod
from portal.upkeep.rules import months_after

TROUBLE_MONTHS = 12
PAST = 10
"""Past maintenance and incidents on the public page."""


def own_tickets(actor: Actor) -> QuerySet[Ticket]:
    """Tickets of the party for whom one acts, newest first. Page it."""
    return belonging_to(actor, Ticket.objects.all(), "party_id").order_by("-created_at", "id")


def troubles(day: dt.date) -> list[TroubleKind]:
    """Kinds of trouble with ``number`` of the last twelve months, the most frequent first (one query; Rules art. 54.3)."""
    since = months_after(day.replace(day=1), -TROUBLE_MONTHS + 1)
    rows = TroubleKind.objects.filter(in_use=True).annotate(number=Sum("counts__number", filter=Q(counts__month__gte=since), default=0))
    return list(rows.order_by("-number", "position", "code"))


@dataclass(frozen=True)
class Operations:
    """What the public page says of maintenance and incidents."""

    ahead: list[Maintenance]
    past: list[Maintenance]
    going_on: list[Incident]
    over: list[Incident]


def operations(now: dt.datetime) -> Operations:
    """Maintenance to come and past, incidents that go on and the last ones (four queries)."""
    planned = Maintenance.objects.filter(called_off_at__isnull=True)
    recorded = Incident.objects.filter(withdrawn_at__isnull=True)
    return Operations(
        list(planned.filter(ends_at__gt=now, ended_at__isnull=True).order_by("begins_at", "id")[:50]),
        list(planned.filter(Q(ends_at__lte=now) | Q(ended_at__isnull=False)).order_by("-begins_at", "-id")[:PAST]),
        list(recorded.filter(ended_at__isnull=True).order_by("-began_at", "-id")[:50]),
        list(recorded.filter(ended_at__isnull=False).order_by("-began_at", "-id")[:PAST]),
    )


def open_requests_of(unit: str) -> int:
    """How many requests of a unit and those below it wait for its answer (one query)."""
    mine = Q(unit_code=unit) | Q(unit_code__startswith=f"{unit}.")
    return AgencyRequest.objects.filter(mine, state=AgencyRequest.State.DONE).count()


@dataclass(frozen=True)
class TrialReport:
    """What a trial's opinions come to."""

    trial: TrialPeriod
    number: int
    average: float | None
    by_mark: list[tuple[int, int]]
    by_part: list[tuple[str, int, float]]
    """Part of the portal, how many, their average."""


def trial_report(trial: TrialPeriod) -> TrialReport:
    """Counts and averages of a trial (three queries)."""
    rows = TrialOpinion.objects.filter(trial=trial)
    whole = rows.aggregate(number=Count("id"), average=Avg("marks"))
    marks = dict(rows.values_list("marks").annotate(number=Count("id")).order_by("marks"))
    labels = dict(TrialOpinion.About.choices)
    parts = rows.values_list("about").annotate(number=Count("id"), average=Avg("marks")).order_by("-number", "about")
    return TrialReport(
        trial, whole["number"], whole["average"], [(mark, marks.get(mark, 0)) for mark in range(1, 6)],
        [(str(labels.get(about, about)), number, round(average, 2)) for about, number, average in parts],
    )  # fmt: skip
