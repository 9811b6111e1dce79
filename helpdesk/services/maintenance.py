"""Telling those whom planned maintenance concerns (Rules art. 51): partners, agencies' officers, people whose things fall into it."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Position, PositionRole
from dossiers.models import Appointment, Draft
from feedback.models import Petition
from helpdesk.services import moving
from helpdesk.services.requests import moment
from portal.exchange.partners.models import Partner
from portal.notifications.services import notify
from portal.upkeep.models import Maintenance

SECONDS, SLICE = 15.0, 200
TOLD_ROLES = ("administrator", "technical")
WORKED_ON = dt.timedelta(days=7)
"""A draft that was changed within so many days is being filled in: its owner is told."""
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,}")


@dataclass(frozen=True)
class Told:
    """Who is told, or at which address."""

    party_id: UUID
    addresses: tuple[tuple[str, str], ...] = ()
    """Channel and address of somebody without an account; empty: by what the party chose."""


Source = tuple[str, Callable[[Maintenance], QuerySet[Any]], Callable[[Any], list[Told]]]


def _partners(row: Maintenance) -> QuerySet[Any]:
    return Partner.objects.filter(suspended_at__isnull=True, is_test=False).exclude(contacts="")


def _partner_told(partner: Any) -> list[Told]:
    return [
        Told(uuid5(NAMESPACE_URL, f"partner:{partner.pk}:{one}"), (("email", one),))
        for one in sorted(set(_EMAIL.findall(partner.contacts)))
    ]


def _officers(row: Maintenance) -> QuerySet[Any]:
    now = timezone.now()
    held = PositionRole.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), role__in=TOLD_ROLES, valid_from__lte=now)
    rows = Position.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), valid_from__lte=now)
    return rows.filter(pk__in=held.values("position"))


def _appointments(row: Maintenance) -> QuerySet[Any]:
    return Appointment.objects.filter(state="booked", starts_at__gte=row.begins_at, starts_at__lt=row.ends_at)


def _appointment_told(one: Any) -> list[Told]:
    if one.party_id is not None:
        return [Told(one.party_id)]
    return [Told(one.pk, (("sms", one.phone),))] if one.phone else []


def _drafts(row: Maintenance) -> QuerySet[Any]:
    return Draft.objects.filter(removed_at__isnull=True, updated_at__gte=row.announced_at - WORKED_ON)


def _deadlines(kind: str) -> Callable[[Maintenance], QuerySet[Any]]:
    return lambda row: moving.SOURCES[kind].between(row.begins_at, row.ends_at)


def _applicant(one: Any) -> list[Told]:
    dossier = getattr(one, "dossier", one)
    return [Told(party) for party in sorted({dossier.applicant_id, dossier.owner_id})]


def _sender(one: Petition) -> list[Told]:
    return [Told(one.party_id)] if one.party_id is not None else []


SOURCES: tuple[Source, ...] = (
    ("partners", _partners, _partner_told),
    ("officers", _officers, lambda one: [Told(one.person_id)]),
    ("appointments", _appointments, _appointment_told),
    ("supplements", _deadlines("supplement"), _applicant),
    ("payments", _deadlines("payment"), _applicant),
    ("shown", _deadlines("shown_result"), _applicant),
    ("petitions", _deadlines("petition"), _sender),
    ("drafts", _drafts, lambda one: [Told(one.party_id)]),
)
"""Who works with us first; each by its key, so that a worker that ends goes on where it was."""


def tell(*, now: dt.datetime, seconds: float = SECONDS) -> int:
    """Tell what has not been told yet, a slice at a time (task). How many rows were looked at."""
    until, looked = time.monotonic() + seconds, 0
    resting = Maintenance.objects.filter(told_at__isnull=True, called_off_at__isnull=True, ends_at__gt=now).order_by("begins_at")
    for row_id in list(resting.values_list("pk", flat=True)[:20]):
        while time.monotonic() < until:
            done = _slice(row_id, now)
            if done is None:
                break
            looked += done
    return looked


@transaction.atomic
def _slice(row_id: UUID, now: dt.datetime) -> int | None:
    """One slice of one source; None where everybody has been told, or another worker is at it."""
    row = (
        Maintenance.objects.select_for_update(skip_locked=True).filter(pk=row_id, told_at__isnull=True, called_off_at__isnull=True).first()
    )
    if row is None:
        return None
    for name, rows_of, told_of in SOURCES:
        after = row.telling.get(name, "")
        if after == "-":
            continue
        rows = rows_of(row).order_by("pk")
        found = list((rows.filter(pk__gt=after) if after else rows)[:SLICE])
        for one in found:
            for told in told_of(one):
                _notify(row, told)
        row.telling[name] = str(found[-1].pk) if len(found) == SLICE else "-"
        row.save(update_fields=["telling"])
        return len(found)
    row.told_at = now
    row.save(update_fields=["told_at"])
    return None


def _notify(row: Maintenance, told: Told) -> None:
    context = {"title": row.title.rstrip("."), "words": row.words, "from": moment(row.begins_at), "until": moment(row.ends_at)}
    key = f"helpdesk.maintenance:{row.pk}"
    if not told.addresses:
        notify(party_id=told.party_id, template="helpdesk.maintenance", context=context, key=key, link="/bao-tri/", queue="bulk")
    for channel, address in told.addresses:
        notify(
            party_id=told.party_id, template="helpdesk.maintenance", context=context, key=key, channels=(channel,), address=address,
            link="/bao-tri/", queue="bulk",
        )  # fmt: skip
