"""The groups by which people find procedures: events of a life and of a business."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count

from portal.languages import is_english
from procedures import queries
from procedures.models import LifeEvent


@dataclass
class Event:
    """One event as a page shows it."""

    slug: str
    name: str
    description: str
    icon: str
    count: int
    lang: str


def event_words(event: LifeEvent, count: int = 0) -> Event:
    """An event in the language of the page."""
    said = event.english if is_english() else {}
    lang = "en" if said.get("name") else "vi"
    return Event(event.slug, said.get("name") or event.name, said.get("description") or event.description, event.icon, count, lang)


def event_groups(day: dt.date) -> dict[str, list[Event]]:
    """All events by audience (``citizen``, ``organisation``), each with how many procedures in force it has. Two queries."""
    counts = dict(
        queries.in_force(day)
        .filter(procedure__entries__isnull=False)
        .order_by()
        .values("procedure__entries__event")
        .annotate(count=Count("pk", distinct=True))
        .values_list("procedure__entries__event", "count")
    )
    groups: dict[str, list[Event]] = {audience: [] for audience in LifeEvent.Audience.values}
    for event in LifeEvent.objects.order_by("position"):
        groups[event.audience].append(event_words(event, counts.get(event.pk, 0)))
    return groups
