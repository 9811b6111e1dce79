"""Demo people, officers and a company, the same that the simulators know. Never loaded in production."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.mandating.offers import accept_mandate, give_mandate
from accounts.models import Consent, Mandate, Person, Position
from accounts.registration import terms
from accounts.services.mandates import keep_children, keep_organisation
from accounts.services.people import enter_person
from accounts.services.positions import give_position
from portal.access import SYSTEM, ActingAs, Actor, Assurance
from portal.exchange.business import Enterprise
from portal.exchange.population import Kinsman

POPULATION = Path(settings.BASE_DIR) / "portal" / "demo" / "population.json"


def load() -> str:
    """Enter the demo people, positions, children and company; a second time changes nothing. Returns one line that says what there is."""
    data = json.loads(POPULATION.read_text(encoding="utf-8"))
    people = {
        entry["id_number"]: enter_person(
            actor=SYSTEM,
            full_name=entry["full_name"],
            id_number=entry["id_number"],
            birth_date=date.fromisoformat(entry["birth_date"]),
            sex=entry["sex"],
            phone=entry["phone"],
            residence_unit=entry["residence_unit"],
            address=entry["address"],
        )
        for entry in data["people"]
        if entry.get("account", True)
    }
    agreed = terms.in_force(timezone.now())
    for person in people.values():
        if agreed is not None:
            terms.agree(person_id=person.id, terms=agreed, how=Consent.How.DEMONSTRATION, now=timezone.now())
    for officer in data["officers"]:
        give_position(
            actor=SYSTEM,
            person_id=people[officer["id_number"]].id,
            unit_code=officer["unit"],
            title=officer["title"],
            roles=officer["roles"],
            credential_id=officer["credential_id"],
            now=timezone.now(),
            place=officer.get("place", Position.Place.AGENCY),
        )
    for number, person in people.items():
        children = [_kinsman(entry) for entry in data["people"] if number in entry.get("parents", ())]
        if children:
            keep_children(actor=SYSTEM, person_id=person.id, children=children, now=timezone.now())
    for entry in data["organisations"]:
        if entry.get("account", True):
            _company(entry, people)
    return f"{len(people)} người, {len(data['officers'])} cán bộ, {len(data['organisations'])} công ty"


def _kinsman(entry: dict[str, Any]) -> Kinsman:
    names = ("id_number", "full_name", "sex", "residence_unit", "address")
    return Kinsman(birth_date=date.fromisoformat(entry["birth_date"]), **{name: entry[name] for name in names})


def _company(entry: dict[str, Any], people: dict[str, Person]) -> None:
    """The company as the business registry knows it; its director lets others act for it, and they accept."""
    now = timezone.now()
    names = ("tax_code", "kind", "name", "address", "residence_unit", "status")
    said = Enterprise(**{name: entry[name] for name in names}, representatives=tuple(entry["representatives"]))
    company = keep_organisation(actor=SYSTEM, said=said, now=now)
    director = people[entry["representatives"][0]]
    legal = Mandate.objects.get(organisation=company, person=director, basis=Mandate.Basis.LEGAL_REPRESENTATIVE, withdrawn_at__isnull=True)
    as_company = Actor(
        acting_as=ActingAs.ORGANISATION,
        user_id=director.user_id,
        person_id=director.id,
        party_id=company.id,
        mandate_id=legal.id,
        assurance=Assurance.MEDIUM,
    )
    for number in entry["mandates"]:
        holder = people[number]
        if Mandate.objects.filter(organisation=company, person=holder, basis=Mandate.Basis.GIVEN).exists():
            continue
        given = give_mandate(actor=as_company, id_number=number, called=holder.full_name, valid_from=now, now=now)
        own = Actor(acting_as=ActingAs.SELF, user_id=holder.user_id, person_id=holder.id, assurance=Assurance.MEDIUM)
        accept_mandate(actor=own, offer_id=given.id, now=now)
