"""What the tests of processes share: a process published for the ward, where a dossier stands, the browser's acts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from dossiers import services
from dossiers.models import Dossier, DossierStep, OfficerArea, ProcessVersion
from dossiers.process import assigning, opinions, running
from dossiers.process.publishing import FOLDER, LIBRARY, publish_process
from portal.access import SYSTEM, Actor
from tests.dossiers.shipped_answers import CASES
from tests.dossiers.support import CODE, NOW, filed
from tests.dossiers.test_shipped_forms import at, client_for, declare, give_papers
from tests.dossiers.test_supplied_papers import sent
from tests.factories import make_officer_actor, make_position, officer_actor

DESK = "/quan-tri/dossiers/dossier/"
WARD = "H26.101"
FOOD = "1.013855"


def library(slug: str = "cap-xa") -> dict[str, Any]:
    """A document of the library."""
    found: dict[str, Any] = json.loads((FOLDER / LIBRARY / f"{slug}.json").read_text(encoding="utf-8"))
    return found


def published(document: dict[str, Any] | None = None, *, now: datetime = NOW, unit: str = WARD) -> ProcessVersion:
    """A process for registrations of birth in the ward."""
    return publish_process(actor=SYSTEM, procedure_code=CODE, unit_code=unit, document=document or library(), now=now)


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


def step_of(dossier: Dossier) -> DossierStep:
    """Where a dossier stands."""
    return DossierStep.objects.get(dossier=dossier, finished_at__isnull=True)


def pass_on(dossier: Dossier, actor: Actor, *, now: datetime = NOW, note: str = "", seen: int | None = None, **more: Any) -> DossierStep:
    """The officer hands the dossier on."""
    version = fresh(dossier).version if seen is None else seen
    return running.pass_step(actor=actor, dossier_id=dossier.pk, seen_version=version, note=note, now=now, **more)


def post(client: Client, dossier: Dossier, act: str, **typed: Any) -> Any:
    """An act on the page as it stands now."""
    return client.post(f"{DESK}{dossier.pk}/{act}/", {"seen": fresh(dossier).version, **typed})


def food_filed() -> Dossier:
    """The demo mother's request for a certificate of food safety, for a place that makes many kinds of food."""
    case = next(one for one in CASES if one.code == FOOD)
    answers = {name: value for name, value in case.answers.items() if name != "size"} | {"activity": "production"}
    case = replace(case, answers=answers)
    client = client_for(case)
    client.get(at(FOOD, "to-khai/"))
    declare(client, case)
    give_papers(client, case)
    dossier: Dossier = sent(client, FOOD)
    return dossier


def of_unit(unit: str, chief: Actor) -> dict[str, Any]:
    """A row of every model of this room that belongs to a unit, by the model's label, for the walk of `tests.security`."""
    now = timezone.now()
    document = {**library(), "name": "Quy trình của ta"}
    document["steps"] = [{**document["steps"][0], "label": "Bước của ta"}, *document["steps"][1:]]
    version = publish_process(actor=SYSTEM, procedure_code=CODE, unit_code=unit, document=document, now=now)
    dossier = filed(now=now)
    services.receive(actor=chief, dossier_id=dossier.pk, seen_version=dossier.version, now=now)
    asked = filed(now=now)
    # Asked of our unit by another one.
    Dossier.objects.filter(pk=asked.pk).update(unit_code="H26.102")
    asker = make_officer_actor("H26.102", ("reception", "handling"))
    services.receive(actor=asker, dossier_id=asked.pk, seen_version=asked.version, now=now)
    [opinion] = opinions.ask(
        actor=asker, dossier_id=asked.pk, seen_version=fresh(asked).version, matter="khac", label="Ý kiến của ta", agencies=[unit],
        question="Ta nghĩ gì?", days=5, now=now,
    )  # fmt: skip
    mine, substitute = make_position(unit=unit, roles=("handling",)), make_position(unit=unit, roles=("handling",))
    today = timezone.localdate(now)
    absence = assigning.name_substitute(
        actor=officer_actor(mine), substitute_id=substitute.pk, starts_on=today, ends_on=today, reason="Nghỉ phép của ta", now=now
    )
    area = OfficerArea.objects.create(unit_code=unit, position_id=mine.pk, label="Cán bộ", area_code="00070", area_name="Địa bàn của ta")
    return {
        "dossiers.absence": absence,
        "dossiers.dossieropinion": opinion,
        "dossiers.dossierstep": step_of(dossier),
        "dossiers.officerarea": area,
        "dossiers.processversion": version,
    }
