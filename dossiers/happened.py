"""What happened to dossiers, as whoever counts it needs it: events not counted yet with the dossier's whole history; numbers served.

A room above takes and counts in one transaction (`ratings.work`). Nothing here names an applicant.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from dossiers.appointments import rules
from dossiers.models import Dossier, DossierEvent, SupplementDefect, SupplementRequest, Ticket, UncountedEvent


@dataclass(frozen=True)
class Happening:
    """One event."""

    id: int
    at: datetime
    name: str
    from_state: str
    to_state: str
    position_id: UUID | None
    unit_code: str


@dataclass(frozen=True)
class Defect:
    """One thing that was asked for, and why."""

    kind: str
    name: str
    label: str
    reason: str


@dataclass(frozen=True)
class Asked:
    """One request to complete that went out."""

    at: datetime
    position_id: UUID
    defects: tuple[Defect, ...]


@dataclass(frozen=True)
class History:
    """A dossier's events in their order, and which of them are to be counted now."""

    procedure_code: str
    channel: str
    officer_id: UUID | None
    """Position of the officer in charge."""
    due_on: date | None
    """The day of the appointment that figures measure by."""
    counts_as_late: bool
    happenings: tuple[Happening, ...]
    asked: tuple[Asked, ...]
    new: frozenset[int]


def take(most: int) -> tuple[int, list[History]]:
    """Take a slice of what is not counted yet, for the transaction that counts it: how many events, and the histories of their dossiers
    (seven queries, however many there are).

    A roll-back gives all of it back; what another transaction takes at this moment is left to it.
    """
    rows = UncountedEvent.objects.select_for_update(skip_locked=True).order_by("pk")
    taken = list(rows.values_list("pk", flat=True)[:most])
    if not taken:
        return 0, []
    dossier_ids = set(DossierEvent.objects.filter(pk__in=taken).values_list("dossier_id", flat=True))
    UncountedEvent.objects.filter(pk__in=taken).delete()
    return len(taken), _histories(dossier_ids, frozenset(taken))


def _histories(dossier_ids: Collection[UUID], new: frozenset[int]) -> list[History]:
    happenings: dict[UUID, list[Happening]] = {key: [] for key in dossier_ids}
    columns = ("dossier_id", "id", "at", "name", "from_state", "to_state", "position_id", "unit_code")
    for dossier_id, *values in DossierEvent.objects.filter(dossier_id__in=dossier_ids).order_by("id").values_list(*columns):
        happenings[dossier_id].append(Happening(*values))
    asked: dict[UUID, list[Asked]] = {key: [] for key in dossier_ids}
    for dossier_id, at, position_id, defects in _asked(dossier_ids):
        asked[dossier_id].append(Asked(at, position_id, tuple(defects)))
    dossiers = Dossier.objects.filter(pk__in=dossier_ids).only(
        "procedure_code", "channel", "officer_id", "due_at", "due_counted", "supplements_after"
    )
    return [
        History(
            procedure_code=row.procedure_code,
            channel=row.channel,
            officer_id=row.officer_id,
            due_on=timezone.localdate(due) if (due := row.due_counted or row.due_at) is not None else None,
            counts_as_late=row.counts_as_late,
            happenings=tuple(happenings[row.pk]),
            asked=tuple(asked[row.pk]),
            new=new,
        )
        for row in dossiers.order_by("pk")
    ]


def _asked(dossier_ids: Collection[UUID]) -> list[tuple[UUID, datetime, UUID, list[Defect]]]:
    requests = SupplementRequest.objects.filter(dossier_id__in=dossier_ids, asked_at__isnull=False)
    found: dict[int, tuple[UUID, datetime, UUID, list[Defect]]] = {
        key: (dossier_id, at, by, [])
        for key, dossier_id, at, by in requests.values_list("pk", "dossier_id", "asked_at", "asked_by")
        if at is not None
    }
    if found:
        rows = SupplementDefect.objects.filter(request_id__in=found).order_by("id")
        for request_id, *values in rows.values_list("request_id", "kind", "name", "label", "reason"):
            found[request_id][3].append(Defect(*values))
    return list(found.values())


def put_back_all() -> int:
    """Let every event be counted anew, for the transaction that threw the figures away; how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dossiers_uncountedevent (event_id) SELECT id FROM dossiers_dossierevent ON CONFLICT (event_id) DO NOTHING"
        )
    return UncountedEvent.objects.count()


# At the counters -----------------------------------------------------------------------------------------------------------------


def first_counter_day(after: date | None) -> date | None:
    """The first day after one on which numbers were drawn that are still kept; None: none (one query by the index of days)."""
    rows = Ticket.objects.filter(day__gt=after) if after is not None else Ticket.objects.all()
    found: date | None = rows.aggregate(first=Min("day"))["first"]
    return found


def served_on(day: date) -> list[dict[str, Any]]:
    """Of each unit, counter and officer on one day: numbers called and served, seconds waited and handled, how many beyond the norm
    (one query by the index of days). What is over is final: nobody works on a number of another day."""
    waiting, handling = rules.waiting_limit(day).total_seconds(), rules.HANDLING.total_seconds()
    done = Q(state=Ticket.State.DONE)
    rows = Ticket.objects.filter(day=day, called_at__isnull=False).values("unit_code", "counter", "position_id")
    counted = rows.annotate(
        called=Count("pk"),
        waited=Sum("waited_seconds"),
        waited_over=Count("pk", filter=Q(waited_seconds__gt=waiting)),
        served=Count("pk", filter=done),
        handled=Sum("handled_seconds", filter=done, default=0),
        handled_over=Count("pk", filter=done & Q(handled_seconds__gt=handling)),
    )
    return [dict(row) for row in counted.order_by("unit_code", "counter", "position_id")]
