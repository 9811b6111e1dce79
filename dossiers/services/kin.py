"""Officers' near relatives: whose dossiers they neither handle nor sign (Law on Cadres and Civil Servants 2008 art. 19).

Known from the population registry (parents, spouse, children), asked in the background and asked again each month; from the civil-status
registry's answer about the officer, where there is one; and from earlier dossiers in which the officer and another person are named as a
child's two parents (`data/kin_fields.json`). Kept as keyed indexes of numbers, which say nothing of anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from accounts.identifiers import clean_id_number
from dossiers.models import Dossier, OfficerKin, RegistryAnswer
from portal import outbox
from portal.crypto import bare_index, blind_index, index_forms
from portal.exchange import population

RELATIVE = (
    "Trong hồ sơ có cha, mẹ, vợ, chồng hoặc con của bạn, theo Cơ sở dữ liệu quốc gia về dân cư hoặc hồ sơ hộ tịch. "
    "Đồng nghiệp khác phải tiếp nhận, giải quyết và ký."
)
AGAIN = timedelta(days=30)
"""An answer so old is asked for again; it holds meanwhile."""
PATIENCE = timedelta(hours=1)
"""A question without an answer is asked again after that."""
MOST_DOSSIERS = 20
"""Earlier dossiers of one person that are looked at, the newest first."""


@lru_cache
def _fields() -> dict[str, tuple[str, ...]]:
    """Procedure → the fields in which both parents' numbers stand."""
    text = (Path(__file__).resolve().parent.parent / "data" / "kin_fields.json").read_text(encoding="utf-8")
    return {code: tuple(names) for code, names in json.loads(text).items()}


def with_relatives_named(dossier: Dossier, person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of some people of whom a near relative is named in a dossier, as far as is known (one query; some more for each the first
    time)."""
    rows, now = OfficerKin.objects.in_bulk(set(person_ids)), timezone.now()
    named, found = {bare_index(one) for one in dossier.id_blinds}, set()
    for person_id in person_ids:
        row = rows.get(person_id)
        if row is None or _is_old(row, now):
            row = learn(person_id, now=now)
        if named & {bare_index(one) for one in row.blinds}:
            found.add(person_id)
    return found


def _is_old(row: OfficerKin, now: datetime) -> bool:
    heard_since = row.answered_at is not None and row.answered_at >= row.asked_at
    return row.asked_at < now - (AGAIN if heard_since else PATIENCE)


@transaction.atomic
def learn(person_id: UUID, *, now: datetime) -> OfficerKin:
    """What the portal itself knows of a person's relatives, and the question to the registry, which answers later."""
    row, _ = OfficerKin.objects.get_or_create(pk=person_id, defaults={"asked_at": now})
    row.blinds = _united(row.blinds, _from_here(person_id))
    row.asked_at = now
    row.save()
    outbox.put("dossiers.ask_kin", key=f"{person_id}:{now:%Y%m%d%H}", payload={"person": str(person_id)})
    return row


def ask(*, person_id: UUID, now: datetime) -> None:
    """Ask the population registry; what it says of today takes the place of what was known, but for what the portal's dossiers say."""
    person = people.person(person_id)
    found = population.kin(person.id_number) if person.id_number else None
    numbers = [one.id_number for one in (*found.parents, *found.children, found.spouse) if one is not None] if found is not None else []
    here = _from_here(person_id)
    with transaction.atomic():
        row = OfficerKin.objects.select_for_update().get(pk=person_id)
        row.blinds = _united([blind_index("id_number", number) for number in numbers], here)
        row.answered_at = now
        row.save()


def _united(*parts: Iterable[str]) -> list[str]:
    return list({bare_index(one): one for part in parts for one in part}.values())


def _from_here(person_id: UUID) -> list[str]:
    """What the portal knows itself: the spouse by the civil-status registry, the other parent of a child (some bounded queries)."""
    numbers: set[str] = set()
    answer = RegistryAnswer.objects.filter(party_id=person_id, registry="civil_status").first()
    facts = (answer.said or {}).get("facts", {}) if answer is not None else {}
    numbers |= {str(value) for name, value in facts.items() if name.endswith("spouse_id_number") and value}
    own = people.id_blind(person_id)
    rows = Dossier.objects.filter(procedure_code__in=_fields(), id_blinds__overlap=index_forms(own)).order_by("-submitted_at", "id")
    for dossier in rows[:MOST_DOSSIERS]:
        named = {clean_id_number(str((dossier.answers or {}).get(name) or "")) for name in _fields()[dossier.procedure_code]} - {""}
        # Who merely sent it for the parents is no relative by that.
        if any(bare_index(blind_index("id_number", number)) == bare_index(own) for number in named):
            numbers |= named
    blinds = [blind_index("id_number", number) for number in numbers]
    return [one for one in blinds if bare_index(one) != bare_index(own)]
