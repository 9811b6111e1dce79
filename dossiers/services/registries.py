"""Registries that forms are filled in from: asked in the background, their answers kept with their age, what was typed compared later.

Nobody waits for them. What a registry said of a party is kept (`RegistryAnswer`) and shown with the day on which it was said; where it has
not answered, one types, and once it does the officer reads whether both agree (`AnswerSource`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from dossiers.filling import Filled
from dossiers.models import OPEN_STATES, AnswerSource, Dossier, FormVersion, RegistryAnswer
from dossiers.sources import ACCOUNT, REGISTRIES, Facts, Told, corrections, registries_named, source_of
from dossiers.store.proofs import KINDS as PAPERS
from portal import crypto, outbox
from portal.exchange import business, civil_status, insurance, land, population, tax, vehicle

FRESH = timedelta(days=1)
"""An answer so old is asked for again when somebody opens a form; it is shown meanwhile."""
AGAIN = timedelta(minutes=5)
"""One wish waits so long for its answer before there is another one."""
WISH_LIVES = timedelta(hours=1)
SLICE = 200


# --- asking ------------------------------------------------------------------------------------------------------------------------


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _population(number: str) -> dict[str, Any] | None:
    found = population.person(number)
    if found is None:
        return None
    said = {"full_name": found.full_name, "birth_date": _day(found.birth_date), "sex": found.sex, "address": found.address}
    return _flat("population", said)


def _insurance(number: str) -> dict[str, Any] | None:
    found = insurance.number_of(number)
    return None if found is None else _flat("insurance", {"number": found})


def _tax(number: str) -> dict[str, Any] | None:
    found = tax.taxpayer(number)
    return None if found is None else _flat("tax", {"name": found.name})


def _business(number: str) -> dict[str, Any] | None:
    found = business.enterprise(number)
    if found is None:
        return None
    said = {
        "name": found.name,
        "address": found.address,
        "representative": found.representative_name,
        # Law on Enterprises 2020 art. 29: the number of an enterprise is its tax code.
        "registration_number": found.tax_code,
        "registered_on": found.registered_on,
        "registered_by": found.registered_by,
    }
    return _flat("business", said)


def _civil_status(number: str) -> dict[str, Any] | None:
    found = civil_status.status(number)
    if found is None:
        return None
    marriage, birth = found.last("marriage"), found.last("birth")
    said = {
        "ethnicity": found.ethnicity,
        "nationality": found.nationality,
        "birth_place": found.birth_place,
        "home_town": found.home_town,
        "marital_status": found.marital_status,
        "next_marriage": str(1 + sum(event.kind == "marriage" for event in found.events)),
    }
    if marriage is not None:
        said |= {
            "marriage_number": marriage.number,
            "marriage_date": _day(marriage.registered_on),
            "marriage_place": marriage.place,
        }
        if marriage.spouse is not None:
            said |= {
                "spouse_name": marriage.spouse.full_name,
                "spouse_birth_date": _day(marriage.spouse.birth_date),
                "spouse_id_number": marriage.spouse.id_number,
                "spouse_sex": marriage.spouse.sex,
            }
    if birth is not None:
        said |= {"birth_number": birth.number, "birth_registered_on": _day(birth.registered_on), "birth_registered_at": birth.place}
    return _flat("civil_status", said)


def _land(number: str) -> dict[str, Any] | None:
    found = land.parcels(number)
    if found is None:
        return None
    rows = [
        {
            "certificate": one.certificate,
            "book": one.book,
            "issued_on": _day(one.issued_on),
            "sheet": one.sheet,
            "parcel": one.parcel,
            "area": one.area,
            "address": one.address,
        }
        for one in found
    ]
    return {"facts": {}, "rows": [_named("land", row) for row in rows]}


def _vehicle(number: str) -> dict[str, Any] | None:
    found = vehicle.holding(number)
    if found is None:
        return None
    rows = [
        {
            "plate": one.plate,
            "certificate": one.certificate,
            "registered_on": _day(one.registered_on),
            "brand": one.brand,
            "colour": one.colour,
            "chassis": one.chassis,
            "engine": one.engine,
            "seats": str(one.seats),
            "year": str(one.year),
        }
        for one in found.vehicles
    ]
    said: dict[str, str] = {}
    if found.licences:
        newest = max(found.licences, key=lambda licence: licence.issued_on)
        said = {
            "licence_number": newest.number,
            "licence_class": newest.licence_class,
            "licence_issuer": newest.issuer,
            "licence_issued_on": _day(newest.issued_on),
            "licence_valid_until": _day(newest.valid_until),
            "licence_year": str(newest.valid_until.year) if newest.valid_until is not None else "",
        }
    return {**_flat("vehicle", said), "rows": [_named("vehicle", row) for row in rows]}


def _named(registry: str, said: dict[str, str]) -> dict[str, str]:
    return {f"{registry}.{name}": value for name, value in said.items() if value}


def _flat(registry: str, said: dict[str, str]) -> dict[str, Any]:
    return {"facts": _named(registry, said), "rows": []}


_ASK: dict[str, Callable[[str], dict[str, Any] | None]] = {
    "population": _population,
    "insurance": _insurance,
    "tax": _tax,
    "business": _business,
    "civil_status": _civil_status,
    "land": _land,
    "vehicle": _vehicle,
}


@transaction.atomic
def wish_for(*, party_id: UUID, form: FormVersion, now: datetime) -> list[str]:
    """Have the registries asked that a form is filled in from, where nothing fresh is known of the party; which (three queries at most,
    none for a form that names none)."""
    if not any(source_of(spec["prefill"]) in REGISTRIES for spec in form.fields if "prefill" in spec):
        return []
    party = people.party(party_id)
    named = registries_named(form.fields, organisation=party.is_organisation)
    return [registry for registry in named if party.number and _wish(party_id, registry, now)]


def _wish(party_id: UUID, registry: str, now: datetime) -> bool:
    row, made = RegistryAnswer.objects.get_or_create(party_id=party_id, registry=registry, defaults={"wished_at": now})
    if not made:
        row = RegistryAnswer.objects.select_for_update().get(pk=row.pk)
        fresh = row.answered_at is not None and row.answered_at > now - FRESH
        if fresh or row.wished_at > now - AGAIN:
            return False
        row.wished_at, row.wishes = now, row.wishes + 1
        row.save(update_fields=["wished_at", "wishes"])
    outbox.put(
        "dossiers.ask_registry",
        key=f"{row.pk}:{row.wishes}",
        payload={"answer": row.pk},
        expires_at=now + WISH_LIVES,
    )
    return True


def ask(*, answer_id: int, now: datetime) -> None:
    """Ask the registry of a row and keep what it says. ``OutsideUnavailable``, ``OutsideRefused``: nothing is changed."""
    row = RegistryAnswer.objects.filter(pk=answer_id).first()
    if row is None or crypto.is_destroyed(row.party_id):
        return
    number = people.party(row.party_id).number
    if number:
        keep_said(answer_id=answer_id, said=_ASK[row.registry](number), now=now)


@transaction.atomic
def keep_said(*, answer_id: int, said: dict[str, Any] | None, now: datetime) -> None:
    """Keep what a registry said of a party, and compare what was typed in its dossiers meanwhile."""
    row = RegistryAnswer.objects.select_for_update().get(pk=answer_id)
    if row.answered_at is not None and row.answered_at > now:
        return
    row.said, row.answered_at = said, now
    row.save(update_fields=["said", "answered_at"])
    _compare_waiting(row, now)
    if said is not None and row.registry in PAPERS:
        outbox.put("dossiers.keep_registry_papers", key=f"{row.pk}:{now.isoformat()}", payload={"answer": row.pk})


def _compare_waiting(row: RegistryAnswer, now: datetime) -> None:
    waiting = AnswerSource.objects.select_for_update().filter(
        dossier__owner_id=row.party_id, source=row.registry, how=AnswerSource.How.TYPED, checked_at=None
    )
    for source in waiting.select_related("dossier", "dossier__form_version").order_by("id")[:SLICE]:
        _compare(source, _facts_said(row), now)


def _facts_said(row: RegistryAnswer) -> Facts:
    found, told = Facts(), Told(row.registry, row.answered_at)
    said = row.said or {}
    found.learn(said.get("facts", {}), told)
    if said.get("rows"):
        found.rows[row.registry] = (said["rows"], told)
    return found


def _compare(source: AnswerSource, facts: Facts, now: datetime) -> None:
    answers = source.dossier.answers or {}
    said = facts.under(source.dossier.form_version.fields, answers).get(source.fact, "")
    source.checked_at, source.said_at = now, now
    if said:
        source.said, source.agrees = said, _plain(answers.get(source.field)) == _plain(said)
    source.save(update_fields=["checked_at", "said_at", "said", "agrees"])


def _plain(value: Any) -> str:
    return " ".join(str(value or "").casefold().split())


# --- what a dossier keeps ------------------------------------------------------------------------------------------------------------


def keep_sources(dossier: Dossier, answers: Any, filled: Filled, *, now: datetime) -> None:
    """Write down where the answers of a dossier that is sent now are from: taken, corrected with a reason, or typed because a registry
    had not answered; such a registry is asked again. In the transaction that makes the dossier; nothing for what the account says.

    ``answers``: those of the draft, with its corrections.
    """
    found = filled.shape
    facts = found.facts
    told, heard = (facts.told, facts.heard) if isinstance(facts, Facts) else ({}, set())
    reasons = corrections(answers)
    specs = {spec["name"]: spec for spec in found.fields}
    rows = []
    unheard = set()
    for name, said in found.offered.items():
        fact = specs[name]["prefill"]
        source = source_of(fact)
        row = AnswerSource(dossier=dossier, field=name, fact=fact, source=source, said=said or None)
        row.said_at = told[fact].at if said and fact in told else None
        if name in found.known:
            if source == ACCOUNT:
                continue
            row.how = AnswerSource.How.TAKEN
        elif said:
            row.how, row.reason = AnswerSource.How.CORRECTED, reasons.get(name)
        elif source in REGISTRIES and filled.answers.get(name):
            row.how = AnswerSource.How.TYPED
            if source in heard:
                # It has answered and says nothing of this.
                row.checked_at = now
            else:
                unheard.add(source)
        else:
            continue
        rows.append(row)
    AnswerSource.objects.bulk_create(rows)
    if unheard and people.party(dossier.owner_id).number:
        for registry in sorted(unheard):
            _wish(dossier.owner_id, registry, now)


def check_typed(*, now: datetime) -> int:
    """Ask once more the registries for which open dossiers wait with typed answers: how many were asked."""
    waiting = AnswerSource.objects.filter(how=AnswerSource.How.TYPED, checked_at=None, dossier__state__in=OPEN_STATES)
    pairs = list(waiting.order_by().values_list("dossier__owner_id", "source").distinct()[:SLICE])
    asked = 0
    for party_id, registry in pairs:
        with transaction.atomic():
            if crypto.is_destroyed(party_id):
                continue
            row = RegistryAnswer.objects.select_for_update().filter(party_id=party_id, registry=registry).first()
            if row is not None and row.answered_at is not None and row.answered_at > now - FRESH:
                # It answered in the moment in which the dossier was sent.
                _compare_waiting(row, now)
            else:
                asked += _wish(party_id, registry, now)
    return asked
