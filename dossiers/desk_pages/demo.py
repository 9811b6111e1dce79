"""A busy desk for demonstrations: hundreds of made-up dossiers of one ward on their way, some late, some new. Never in production.

Each has its code, its answers under a key of its own and its events, as if it had been sent and received; nobody is told and no slip is
made, so that hundreds stand within a minute.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from accounts.officers.acting import acting_again
from accounts.services.positions import give_position
from dossiers.costs import limit_of
from dossiers.models import Dossier
from dossiers.models.dossier import Channel
from dossiers.models.states import State
from dossiers.outcomes import finding_columns
from dossiers.process import running
from dossiers.queries import handling_unit, newest_form
from dossiers.services.codes import next_code
from dossiers.services.common import advance, write_event
from dossiers.terms import terms_for, terms_of
from portal.access import SYSTEM, ActingAs, Actor, Assurance
from portal.text import search_key
from portal.workdays import due_at, opening_before, response_due

PROCEDURE, UNIT = "1.001193", "H26.101"
PARENTS = ("001195000001", "001093000002")
HELPER = ("001174000020", "Công chức tư pháp - hộ tịch (hỗ trợ)")
"""Somebody else of the demonstration, who handles there too: work can be given to a colleague."""
FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô")
GIVEN = ("An", "Bình", "Chi", "Dương", "Giang", "Hà", "Khánh", "Linh", "Minh", "Nam", "Phúc", "Quân", "Thảo", "Uyên", "Vinh", "Yến")
NEW, LATE = 0.1, 0.2
"""Shares of those that wait for reception, and of those that are late."""
SLICE = 50


def fill(*, number: int, now: datetime, seed: int = 1) -> int:
    """Make so many dossiers of the demo ward, each slice in a transaction of its own; how many. ``ValueError`` without the demo people."""
    mother, father = (people.by_id_number(one) for one in PARENTS)
    helper, unit = people.by_id_number(HELPER[0]), handling_unit(UNIT)
    if mother is None or father is None or helper is None or unit is None:
        raise ValueError("the demonstration's people are not here")
    if not any(one.person_id == helper.pk for one in people.holders(UNIT, ["handling"])):
        give_position(actor=SYSTEM, person_id=helper.pk, unit_code=UNIT, title=HELPER[1], roles=["handling"], credential_id="", now=now)
    officers = [
        actor
        for one in people.holders(UNIT, ["reception"])
        if (actor := acting_again(position_id=one.position_id, in_place_of=None, assurance=int(Assurance.HIGH), now=now)) is not None
    ]
    if not officers:
        raise ValueError("nobody receives in the demo ward")
    dice = random.Random(seed)  # noqa: S311  # names and hours of a demonstration
    for first in range(0, number, SLICE):
        with transaction.atomic():
            for place in range(first, min(first + SLICE, number)):
                _one(place, dice, now, mother.pk, father.pk, officers[0], unit_level=unit.level)
    return number


def _one(place: int, dice: random.Random, now: datetime, mother_id: object, father_id: object, officer: Actor, *, unit_level: str) -> None:
    mother, father, unit = people.person(mother_id), people.person(father_id), handling_unit(UNIT)  # type: ignore[arg-type]
    assert unit is not None
    name = f"{dice.choice(FAMILIES)} {dice.choice(GIVEN)} {dice.choice(GIVEN)} Mẫu"
    days = dice.randrange(1, 9) if dice.random() < LATE else 0
    # In the morning of its day: a birth is registered on the day, so what came on an earlier one is late.
    sent = min(now, opening_before(now, days, unit.calendar) + timedelta(minutes=dice.randrange(5, 200)))
    party = people.party(mother.id)
    answers = {
        "applicant_role": "mother",
        "child_name": name,
        "child_birth_date": f"{timezone.localdate(sent) - timedelta(days=dice.randrange(3, 50)):%Y-%m-%d}",
        "child_sex": dice.choice(("male", "female")),
        "birth_place": "Bệnh viện Trình Diễn, phường Hoàn Kiếm",
        "child_ethnicity": "Kinh",
        "child_nationality": "Việt Nam",
        "child_home_town": "Phường Hoàn Kiếm, Hà Nội",
        **_parent("mother", mother),
        **_parent("father", father),
    }
    terms = terms_for(PROCEDURE, party.id, sent)
    form = newest_form(PROCEDURE)
    dossier = Dossier.objects.create(
        id=uuid4(),
        code=next_code(unit_code=UNIT, day=timezone.localdate(sent)),
        procedure_code=PROCEDURE,
        procedure_version_id=terms.version_id,
        procedure_name=terms.name,
        service_level=terms.service_level,
        channel=Channel.ONLINE,
        applicant_id=party.id,
        applicant_name=party.name,
        owner_id=party.id,
        owner_name=party.name,
        owner_name_key=search_key(party.name),
        filed_by_id=mother.id,
        filed_by_name=mother.full_name,
        worked_on_by=[mother.id],
        **finding_columns(PROCEDURE, answers, known_numbers=[mother.id_number or ""]),
        acting_as=ActingAs.SELF.value,
        unit_code=UNIT,
        unit_level=unit_level,
        state=State.SUBMITTED,
        form_version=form,
        answers=answers,
        draft_started_at=sent,
        submitted_at=sent,
        response_due_at=response_due(sent, unit.calendar),
    )
    sender = Actor(acting_as=ActingAs.SELF, person_id=mother.id, party_id=party.id, assurance=Assurance.HIGH)
    write_event(dossier, "submit", before="", actor=sender, now=sent)
    if place % round(1 / NEW) == 0:
        return
    limit = limit_of(dossier, terms_of(dossier))
    dossier.received_at = min(now, sent + timedelta(minutes=dice.randrange(5, 60)))
    dossier.due_at = dossier.due_first = due_at(dossier.received_at, limit.amount, limit.unit, unit.calendar)
    dossier.officer_id, dossier.officer_label = officer.position_id, officer.label
    advance(dossier, "receive", actor=officer, now=dossier.received_at)
    advance(dossier, "start", actor=SYSTEM, now=dossier.received_at)
    running.begin(dossier, now=dossier.received_at)


def _parent(role: str, person: people.Person) -> dict[str, str]:
    return {
        f"{role}_name": person.full_name,
        f"{role}_id_number": person.id_number or "",
        f"{role}_birth_date": person.birth_date or "",
        f"{role}_address": person.address or "",
        f"{role}_ethnicity": "Kinh",
        f"{role}_nationality": "Việt Nam",
    }
