"""Dossiers and officers for dashboards: plainly made up, told as partners tell them, received by the services."""

from __future__ import annotations

import datetime as dt
import random
import re
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from dossiers.services.national import Report, take_reports
from portal.workdays import ZONE
from ratings.services import figures
from tests.payments.support import desk_of

UNITS = ("H26", "H26.101", "H26.102", "H26.201", "H26.101.5", "H17.101", "G15")
KINDS = (("1.001193", "LV.ho-tich"), ("1.004222", "LV.cu-tru"), ("2.000635", "LV.ho-tich"))


def vpcp() -> Client:
    """The Government Office's officer who steers."""
    return desk_of("G22", "steering")[0]


def head(unit: str = "H26") -> Client:
    """Who oversees an agency."""
    return desk_of(unit, "overseeing")[0]


def at(day: dt.date, hour: int = 9, minute: int = 0) -> dt.datetime:
    """A moment of a day in Vietnam."""
    return dt.datetime.combine(day, dt.time(hour, minute), ZONE)


def dossier(number: int, today: dt.date, *, unit: str = "H26.101", state: str = "4", **more: Any) -> Report:
    """A dossier as its system tells it; ``received``, ``due``, ``finished`` in days from today."""
    days = {name: more.pop(name, None) for name in ("received", "due", "finished", "withdrawn", "stopped")}
    moments = {f"{name}_at": at(today + dt.timedelta(days=number_of)) for name, number_of in days.items() if number_of is not None}
    values: dict[str, Any] = {
        "unit_code": unit, "procedure_code": "1.001193", "field_code": "LV.ho-tich", "channel": "2", "service_level": "full",
        "state": state, "submitted_at": None, **moments, **{name: value for name, value in more.items() if value is not None},
    }  # fmt: skip
    return Report(f"H26.101-{today:%y%m%d}-{number:04d}", timezone.now(), values)


def tell(*reports: Report) -> None:
    """Received as a partner's reports."""
    take_reports(list(reports), source="H26", now=timezone.now())


def some(seed: int, today: dt.date, number: int = 60) -> None:
    """Random dossiers around a day, half of them counted, half waiting to be."""
    chance = random.Random(seed)
    made = []
    for at_number in range(1, number + 1):
        received = -chance.randrange(45)
        due = received + chance.randrange(12)
        finished = received + chance.randrange(20)
        state = chance.choice("4445") if finished > 0 else chance.choice(("10", "10", "9", "8", "7", "4"))
        ended = {"10": "finished", "9": "finished", "8": "stopped", "7": "withdrawn"}.get(state)
        procedure, field = chance.choice(KINDS)
        made.append(dossier(
            at_number, today, unit=chance.choice(UNITS), state=state, received=received, due=due if chance.random() < 0.9 else None,
            **({ended: finished} if ended else {}), procedure_code=procedure, field_code=field, channel=chance.choice("1223"),
            service_level=chance.choice(("full", "part", "")), has_fee=chance.random() < 0.5, paid_online=chance.choice("01"),
            has_digitised_papers=chance.random() < 0.6, has_digitised_result=chance.random() < 0.7, reuses_data=chance.random() < 0.4,
        ))  # fmt: skip
    tell(*made[: number // 2])
    while figures.fold():
        pass
    tell(*made[number // 2 :])


def tiles_of(page: str) -> dict[str, str]:
    """The figures on top, by their labels."""
    found = re.findall(r'<p class="stat-value">([^<]*)</p><p class="stat-label">(.*?)</p>', page)
    return {unescape(re.sub(r"<[^>]+>", "", label)): unescape(value) for value, label in found}
