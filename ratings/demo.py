"""A year of dossiers of six provinces and four ministries, so that figures show something. Plainly generated; never in production."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from dossiers.models import NationalDossier
from dossiers.models.states import State
from dossiers.services.national import Report, take_reports
from portal.workdays import ZONE
from procedures import queries as procedures
from procedures.models import OnlineService
from ratings.services import figures

STEP = "hồ sơ trình diễn của các tỉnh"
"""What the loading step is called."""
DAYS = 400
AGENCIES: tuple[tuple[str, int, tuple[int, ...], float, float], ...] = (
    # Code, dossiers, units, share online, share late.
    ("H26", 900, (101, 102, 201, 202), 0.72, 0.03),
    ("H29", 900, (101, 102, 103, 201), 0.66, 0.06),
    ("H17", 450, (101, 102, 201), 0.83, 0.01),
    ("H31", 350, (101, 102), 0.48, 0.08),
    ("H57", 300, (101, 102), 0.78, 0.02),
    ("H60", 250, (101, 102), 0.35, 0.14),
    ("G12", 300, (12, 18, 34), 0.85, 0.04),
    ("G01", 240, (), 0.9, 0.01),
    ("G02", 160, (), 0.62, 0.05),
    ("G18", 140, (), 0.5, 0.11),
)
KINDS = 24
"""Procedures among which the dossiers are spread."""


def load() -> str:
    """Enter the demo dossiers through the door of partners' reports; a second time changes nothing. One line that says what there is."""
    if not NationalDossier.objects.filter(source__startswith="demo-").exists():
        now = timezone.now()
        kinds = _kinds(timezone.localdate(now))
        for agency, number, units, online, late in AGENCIES if kinds else ():
            done = kinds if agency.startswith("H") else _kinds(timezone.localdate(now), agency) or kinds
            chance = random.Random(agency)  # noqa: S311  figures for show, the same each time
            reports = [_report(chance, agency, units, done, online, late, at, now) for at in range(number)]
            take_reports(reports, source=f"demo-{agency}", now=now)
        while figures.fold():
            pass
    return f"{NationalDossier.objects.filter(source__startswith='demo-').count()} hồ sơ"


def _kinds(today: date, ministry: str = "") -> list[tuple[str, str, str]]:
    """Code, field and level of the online service of the most read procedures, or of those that a ministry carries out itself."""
    rows = procedures.all_procedures(today)
    if ministry:
        rows = rows.filter(levels__contains=["ministry"], issuing_code=ministry)
    versions = list(rows[:KINDS])
    levels = dict(OnlineService.objects.filter(version__in=versions).values_list("version_id", "level"))
    return [(version.procedure.code, version.field_code, levels.get(version.pk, "")) for version in versions]


def _report(
    chance: random.Random, agency: str, units: tuple[int, ...], kinds: list[tuple[str, str, str]], online: float, late: float, at: int,
    now: datetime,
) -> Report:  # fmt: skip
    """One dossier as the province's system would tell it: sent, received, mostly ended around its appointment."""
    sent = datetime.combine(timezone.localdate(now), time(8), ZONE) - timedelta(days=chance.randrange(DAYS), minutes=chance.randrange(480))
    sent = min(sent, now)
    # A few kinds make up most of what comes, as everywhere.
    code, field, level = kinds[min(int(chance.expovariate(0.2)), len(kinds) - 1)]
    unit = f"{agency}.{chance.choice(units)}" if units else agency
    is_online = chance.random() < online
    promised = chance.choice((1, 3, 5, 10, 15))
    received = sent + timedelta(hours=chance.choice((0, 1, 3, 20)))
    values: dict[str, Any] = {
        "unit_code": unit, "procedure_code": code, "field_code": field, "subject": chance.choice("1112"),
        "channel": "2" if is_online else chance.choice("1113"), "service_level": level if is_online else "", "submitted_at": sent,
        "has_fee": chance.random() < 0.4, "state": State.SUBMITTED.value,
    }  # fmt: skip
    values["paid_online"] = "1" if values["has_fee"] and is_online and chance.random() < 0.7 else "0"
    said = sent
    if chance.random() < 0.02:
        refused = received + timedelta(hours=4)
        if refused <= now:
            values |= {"state": State.REFUSED.value, "refused_at": refused}
            said = refused
    elif received <= now:
        due = datetime.combine(received.date() + timedelta(days=promised), time(17), ZONE)
        is_late = chance.random() < late
        took = promised + chance.randint(1, 12) if is_late else chance.randint(0, promised)
        ended = max(datetime.combine(received.date() + timedelta(days=took), time(16), ZONE), received)
        values |= {"state": State.PROCESSING.value, "received_at": received, "due_at": due}
        said = received
        if chance.random() < 0.06:
            values["supplements_after"] = 1
        if ended <= now:
            how = chance.random()
            withdrawn, stopped = how < 0.015, 0.015 <= how < 0.03
            state = State.WITHDRAWN if withdrawn else State.STOPPED if stopped else State.RETURNED
            column = "withdrawn_at" if withdrawn else "stopped_at" if stopped else "returned_at"
            values |= {"state": state.value, column: ended}
            if state is State.RETURNED:
                values["finished_at"] = ended
            said = ended
    kept = random.Random(f"{agency} {at}")  # noqa: S311
    values["has_digitised_papers"] = is_online or kept.random() < 0.6
    values["has_digitised_result"] = values["state"] == State.RETURNED.value and kept.random() < 0.5 + online / 2
    values["reuses_data"] = is_online and kept.random() < 0.55
    values["from_store"] = is_online and kept.random() < online / 3
    values["by_population"] = kept.random() < 0.4 + online / 2
    return Report(f"{unit}-{sent:%y%m%d}-{5000 + at:04d}", said, values)
