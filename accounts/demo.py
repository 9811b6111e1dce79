"""Demo people, officers and a company, the same that the simulators know. Never loaded in production."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.mandating.offers import accept_mandate, give_mandate
from accounts.models import Consent, CounterContract, HighLevelAccount, Mandate, Person, Position
from accounts.officers.contracts import make_contract
from accounts.officers.high_level import Wanted, grant_account
from accounts.registration import terms
from accounts.services.mandates import keep_children, keep_organisation
from accounts.services.people import enter_person
from accounts.services.positions import give_position
from portal.access import SYSTEM, ActingAs, Actor, Assurance
from portal.exchange.business import Enterprise
from portal.exchange.population import Kinsman

GOVERNMENT_OFFICE = "G22"
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
    for officer in data["officers"]:
        if "account" in officer:
            _high_level(officer, people[officer["id_number"]], now=timezone.now())
    return f"{len(people)} người, {len(data['officers'])} cán bộ, {len(data['organisations'])} công ty"


def _high_level(entry: dict[str, Any], holder: Person, *, now: datetime) -> None:
    """The account of a ministry, a bank or the post, as the Government Office grants it; the holder's certificate opens it at its first
    sign-in. For the post a counter by contract, to which it sends its people then."""
    if HighLevelAccount.objects.filter(unit_code=entry["unit"], position__person=holder).exists():
        return
    office = (
        Position.objects.filter(unit_code=GOVERNMENT_OFFICE, given_roles__role="steering").select_related("person").earliest("valid_from")
    )
    grantor = Actor(
        acting_as=ActingAs.POSITION,
        user_id=office.person.user_id,
        person_id=office.person_id,
        position_id=office.id,
        unit=office.unit_code,
        roles=frozenset({"steering"}),
        assurance=Assurance.HIGH,
    )
    account = entry["account"]
    until = now + timedelta(days=account["days"]) if "days" in account else None
    wanted = Wanted(
        kind=account["kind"],
        unit_code=entry["unit"],
        name=account["name"],
        id_number=entry["id_number"],
        full_name=holder.full_name,
        title=entry["title"],
        credential_id=entry["credential_id"],
        grants=account["grants"],
        contract_number=account.get("contract_number", ""),
        valid_from=now,
        valid_to=until,
    )
    grant_account(actor=grantor, wanted=wanted, now=now)
    counter = account.get("counter")
    if counter and not CounterContract.objects.filter(company_code=entry["unit"]).exists():
        make_contract(
            actor=SYSTEM,
            unit_code=counter["unit"],
            company_code=entry["unit"],
            number=counter["number"],
            valid_from=now,
            valid_to=now + timedelta(days=counter["days"]),
            now=now,
        )


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
