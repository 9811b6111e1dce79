"""A year of dossiers of six provinces and four ministries, so that figures show something, and a few of the demonstration's people that
other systems handle, so that these find them. Plainly generated; never in production."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from django.utils import timezone

from dossiers.models import NationalDossier
from dossiers.models.states import State
from dossiers.services.national import Report, Step, owner_index, take_reports, take_steps
from portal.access import SYSTEM
from portal.catalogues import queries as catalogues
from portal.catalogues import services as catalogue
from portal.catalogues.models import Agency
from portal.workdays import ZONE
from procedures import queries as procedures
from procedures.models import OnlineService
from ratings.demand.calendar import FEATURES, features
from ratings.services import figures

STEP = "hồ sơ trình diễn của các tỉnh"
"""What the loading step is called."""
DAYS = 400
COMMUNES, OFFICES = range(100, 200), range(200, 300)
"""How the codes of a province's units are made up here: of its communes, of its departments."""
AGENCIES: tuple[tuple[str, int, tuple[int, ...], float, float], ...] = (
    # Code, dossiers, units, share online, share late.
    ("H26", 900, (101, 102, 201, 202, 203), 0.72, 0.03),
    ("H29", 900, (101, 102, 103, 201), 0.66, 0.06),
    ("H17", 450, (101, 102, 201), 0.83, 0.01),
    ("H31", 350, (101, 102, 201), 0.48, 0.08),
    ("H57", 300, (101, 102, 201), 0.78, 0.02),
    ("H60", 250, (101, 102, 201), 0.35, 0.14),
    ("G12", 300, (12, 18, 34), 0.85, 0.04),
    ("G01", 240, (), 0.9, 0.01),
    ("G02", 160, (), 0.62, 0.05),
    ("G18", 140, (), 0.5, 0.11),
)
CENTRE = "Trung tâm Phục vụ hành chính công"
NAMES: dict[str, tuple[str, str]] = {
    # Units that the portal's own catalogue does not have: name and place as the list of communes of 2025 has it. Codes are made up.
    "H29.101": ("Ủy ban nhân dân phường Sài Gòn", "26740"),
    "H29.102": ("Ủy ban nhân dân phường Bến Thành", "26743"),
    "H29.103": ("Ủy ban nhân dân phường Thủ Đức", "26824"),
    "H29.201": (f"{CENTRE} Thành phố Hồ Chí Minh", "79"),
    "H17.101": ("Ủy ban nhân dân phường Hải Châu", "20242"),
    "H17.102": ("Ủy ban nhân dân phường Hội An", "20410"),
    "H17.201": (f"{CENTRE} thành phố Đà Nẵng", "48"),
    "H31.101": ("Ủy ban nhân dân phường Phố Hiến", "11953"),
    "H31.102": ("Ủy ban nhân dân xã Khoái Châu", "12205"),
    "H31.201": (f"{CENTRE} tỉnh Hưng Yên", "33"),
    "H57.101": ("Ủy ban nhân dân phường Phú Xuân", "19753"),
    "H57.102": ("Ủy ban nhân dân phường Thuận Hóa", "19789"),
    "H57.201": (f"{CENTRE} thành phố Huế", "46"),
    "H60.101": ("Ủy ban nhân dân phường Minh Xuân", "02215"),
    "H60.102": ("Ủy ban nhân dân xã Sơn Dương", "02536"),
    "H60.201": (f"{CENTRE} tỉnh Tuyên Quang", "08"),
}
DEPARTMENTS = {"G03": 201, "G18": 203}
"""In Hà Nội the department of a ministry's field; of all others that of construction."""
MOTHER, FATHER = "001195000001", "001093000002"
OF_PEOPLE: tuple[tuple[str, str, str, int, int, int | None], ...] = (
    # Whose, where, what, sent so many days ago, promised in days, ended after days.
    (MOTHER, "G01", "3.000348", 9, 12, None),
    (MOTHER, "H57.101", "2.000635", 24, 3, 2),
    (FATHER, "H17.101", "1.004873", 2, 5, None),
    (FATHER, "G01", "3.000353", 40, 7, 6),
)
OWN = "demo-people"
KINDS = 24
"""Procedures among which the dossiers are spread."""
Kind = tuple[str, str, str, tuple[str, ...], str]
"""A procedure: code, field, level of the online service, at which levels it is carried out, whose it is."""


def load() -> str:
    """Name the units and enter the demo dossiers through the door of partners' reports; a second time changes nothing.

    One line that says what there is."""
    now = timezone.now()
    _name_units()
    if not NationalDossier.objects.filter(source__startswith="demo-").exclude(source=OWN).exists():
        kinds = _kinds(timezone.localdate(now))
        for agency, number, units, online, late in AGENCIES if kinds else ():
            done = kinds if agency.startswith("H") else _kinds(timezone.localdate(now), agency) or kinds
            chance = random.Random(agency)  # noqa: S311  figures for show, the same each time
            reports = [_report(chance, agency, units, done, online, late, at, now) for at in range(number)]
            take_reports(reports, source=f"demo-{agency}", now=now)
    if not NationalDossier.objects.filter(source=OWN).exists():
        _of_people(now)
    while figures.fold():
        pass
    return f"{NationalDossier.objects.filter(source__startswith='demo-').count()} hồ sơ"


def _name_units() -> None:
    """Enter the units into the catalogue that are not in it; one that somebody has changed stays."""
    known = set(Agency.objects.filter(code__in=NAMES).values_list("code", flat=True))
    for code, (name, place) in NAMES.items():
        if code not in known:
            is_commune = int(code.rpartition(".")[2]) in COMMUNES
            catalogue.add(
                model=Agency, actor=SYSTEM, code=code, effective_from=date(2025, 7, 1), name=name, owner_code="G22", is_demo=True,
                source="codes are made up", level=Agency.Level.COMMUNE if is_commune else Agency.Level.UNIT,
                parent=catalogues.agency(code.partition(".")[0]), administrative_unit=catalogues.administrative_unit(place),
            )  # fmt: skip


def _of_people(now: datetime) -> None:
    """Dossiers of the mother and the father of the demonstration that other systems handle, each with its history."""
    reports, steps = [], []
    for number, (owner, unit, procedure, ago, promised, took) in enumerate(OF_PEOPLE, start=9001):
        # In the morning of their day, whatever the hour is now.
        sent = datetime.combine(timezone.localdate(now) - timedelta(days=ago), time(8, 30), ZONE)
        received = sent + timedelta(hours=2)
        code = f"{unit}-{sent:%y%m%d}-{number}"
        values: dict[str, Any] = {
            "unit_code": unit, "procedure_code": procedure, "field_code": "", "subject": "1", "channel": "2",
            "owner_blind": owner_index(owner),
            "state": State.PROCESSING.value, "submitted_at": sent, "received_at": received,
            "due_at": datetime.combine(sent.date() + timedelta(days=promised), time(17), ZONE), "by_population": True,
        }  # fmt: skip
        steps += [
            Step(code, received, State.RECEIVED.value, "Bộ phận Một cửa", "Nhận đủ giấy tờ, đã hẹn ngày trả."),
            Step(code, received + timedelta(hours=1), State.PROCESSING.value, "Bộ phận chuyên môn", "Đang kiểm tra hồ sơ."),
        ]
        said = received + timedelta(hours=1)
        if took is not None:
            ended = datetime.combine(sent.date() + timedelta(days=took), time(15), ZONE)
            values |= {"state": State.RETURNED.value, "finished_at": ended, "returned_at": ended, "has_digitised_result": True}
            steps.append(Step(code, ended, State.RETURNED.value, "Bộ phận Một cửa", "Đã trả kết quả."))
            said = ended
        reports.append(Report(code, said, values))
    take_reports(reports, source=OWN, now=now)
    take_steps(steps, source=OWN)


def _kinds(today: date, ministry: str = "") -> list[Kind]:
    """The most read procedures, or those that a ministry carries out itself."""
    rows = procedures.all_procedures(today)
    if ministry:
        rows = rows.filter(levels__contains=["ministry"], issuing_code=ministry)
    versions = list(rows[:KINDS])
    levels = dict(OnlineService.objects.filter(version__in=versions).values_list("version_id", "level"))
    return [(one.procedure.code, one.field_code, levels.get(one.pk, ""), tuple(one.levels), one.issuing_code) for one in versions]


def _unit(chance: random.Random, agency: str, units: tuple[int, ...], kind: Kind) -> str:
    """Who handles it: a commune what communes carry out, in a province everything else a department or its centre."""
    if not units or not agency.startswith("H"):
        return f"{agency}.{chance.choice(units)}" if units else agency
    if "commune" in kind[3]:
        return f"{agency}.{chance.choice([unit for unit in units if unit in COMMUNES])}"
    offices = [unit for unit in units if unit in OFFICES]
    wanted = DEPARTMENTS.get(kind[4], 202)
    return f"{agency}.{wanted if wanted in offices else offices[0]}"


@cache
def _days_ago(today: date) -> list[int]:
    """How many days ago, for each of so many equal chances: a year of people who come as they do, few at week-ends and on days off, many
    before Tết and when school begins."""
    weights = []
    for ago in range(DAYS):
        is_ = dict(zip(FEATURES, features(today - timedelta(days=ago)), strict=True))
        weight = 0.25 if is_["sat"] else 0.15 if is_["sun"] else 0.05 if is_["off"] else 1.0
        weight *= 1.3 if is_["before_tet"] else 0.7 if is_["after_tet"] else 1.3 if is_["school"] else 1.0
        weights.append(weight)
    ends = list(accumulate(weights))
    found, day = [], 0
    for number in range(DAYS * 480):
        while day < DAYS - 1 and ends[day] * DAYS * 480 <= number * ends[-1]:
            day += 1
        found.append(day)
    return found


def _report(
    chance: random.Random, agency: str, units: tuple[int, ...], kinds: list[Kind], online: float, late: float, at: int,
    now: datetime,
) -> Report:  # fmt: skip
    """One dossier as the province's system would tell it: sent, received, mostly ended around its appointment."""
    drawn, minutes = chance.randrange(DAYS), chance.randrange(480)
    today = timezone.localdate(now)
    sent = datetime.combine(today, time(8), ZONE) - timedelta(days=_days_ago(today)[drawn * 480 + minutes], minutes=minutes)
    sent = min(sent, now)
    # A few kinds make up most of what comes, as everywhere.
    kind = kinds[min(int(chance.expovariate(0.2)), len(kinds) - 1)]
    code, field, level, *_where = kind
    unit = _unit(chance, agency, units, kind)
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
