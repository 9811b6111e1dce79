"""The Government's information and steering centre: how dossiers and petitions stand, pulled at any moment and pushed every few minutes.

"These data are updated and shared with the centre in real time" (Reform III.5, V.1e, V.2g): reception and handling of dossiers, and how
satisfied people are, of the country and of each ministry and province. Figures alone, as ``/thong-ke/`` counts them.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback import queries_figures as petitions
from portal.exchange.messages import Message, State, send, subscribers
from portal.exchange.partners.models import Call
from ratings.queries import Asked, Figures, agency_names, statistics
from ratings.slips import queries as slips
from ratings.slips.rules import LEAST, Steps

KIND = "steering.counts"


def _told(figures: Figures) -> dict[str, int]:
    return {**asdict(figures), "resolved": figures.resolved, "pending_in_time": figures.pending_in_time}


def _asked(found: petitions.Counts) -> dict[str, int]:
    return {"received": found.received, "answered": found.answered, "on_time": found.on_time, "late": found.late}


def _satisfied(steps: Steps) -> dict[str, int] | None:
    """How often each step was chosen this month; None where so few answered that it would say who."""
    return asdict(steps) if steps.answered >= LEAST else None


def counts(now: datetime) -> dict[str, Any]:
    """Today and this year so far, whole and by ministry and province, with petitions of the year (as many queries whatever there is)."""
    today = timezone.localdate(now)
    year = statistics(Asked(today.replace(month=1, day=1), today), by="agency", today=today)
    day = statistics(Asked(today, today), by="agency", today=today)
    by_day = {line.key: line.figures for line in day.lines}
    asked = petitions.by_agency(today.replace(month=1, day=1), today)
    keys = sorted({*(line.key for line in year.lines), *by_day, *asked})
    of_year, names = {line.key: line.figures for line in year.lines}, agency_names(keys)
    return {
        "at": now,
        "day": today,
        "country": {
            "today": _told(day.total),
            "year": _told(year.total),
            "petitions": _asked(petitions.whole(today.replace(month=1, day=1), today)),
            "satisfaction": _satisfied(slips.satisfaction("", today.replace(day=1), today).total),
        },
        "agencies": [
            {
                "code": key,
                "name": names.get(key, key),
                "today": _told(by_day.get(key, Figures())),
                "year": _told(of_year.get(key, Figures())),
                "petitions": _asked(asked.get(key, petitions.Counts())),
            }
            for key in keys
        ],
    }


def push(now: datetime) -> int:
    """Send the counts to who asked for them; to how many. Who has not taken the last one yet gets no other: what waits is out of date."""
    wanted = [one for one in subscribers(KIND) if Call.COUNTS in one.calls]
    waiting = set(Message.objects.filter(partner__in=wanted, kind=KIND, state=State.WAITING).values_list("partner_id", flat=True))
    wanted = [one for one in wanted if one.pk not in waiting]
    if not wanted:
        return 0
    body = counts(now)
    with transaction.atomic():
        for partner in wanted:
            send(partner=partner, kind=KIND, body=body, key=f"{KIND}:{now:%Y%m%d%H%M%S}")
    return len(wanted)
