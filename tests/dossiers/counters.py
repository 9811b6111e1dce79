"""What the tests of counters share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers.appointments import booking, queries
from dossiers.models import Appointment, CounterPlan
from tests.dossiers.support import CODE
from tests.factories import citizen_actor, make_person, make_position, sign_in

UNIT = "H26.101"
"""The ward whose counters the demo data open."""


def plan(**values: Any) -> CounterPlan:
    """The ward's plan, with other values."""
    CounterPlan.objects.filter(unit_code=UNIT).update(**values)
    return CounterPlan.objects.get(unit_code=UNIT)


def last_day(now: datetime | None = None) -> date:
    """The last day on which the ward's counters may be booked: never today."""
    return queries.offer(plan(), now or timezone.now()).days()[-1]


def first_time(day: date | None = None) -> datetime:
    """The first time of a day with places left."""
    given = queries.offer(plan(), timezone.now())
    return queries.places_left(given, day or given.days()[-1])[0][0]


def booked(person: Any = None, *, at: datetime | None = None, **values: Any) -> Appointment:
    """An appointment of a person."""
    return booking.book(
        actor=citizen_actor(person or make_person()),
        unit_code=UNIT,
        procedure_code=CODE,
        at=at or first_time(),
        now=timezone.now(),
        **values,
    )


def due_now(one: Appointment) -> Appointment:
    """The appointment, at this moment."""
    Appointment.objects.filter(pk=one.pk).update(starts_at=timezone.now())
    one.refresh_from_db()
    return one


def times_on(page: Any) -> list[str]:
    """The times that a page offers."""
    return [str(box.get("value")) for box in html.fromstring(page.content).xpath("//input[@name='at']")]


def desk(*roles: str, unit: str = UNIT) -> tuple[Client, Any]:
    """An officer at the desk, and their position."""
    client, position = Client(), make_position(unit=unit, roles=roles)
    sign_in(client, position.person, position=position)
    return client, position
