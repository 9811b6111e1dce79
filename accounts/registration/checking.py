"""What the registries that own the data say of a registration (A-02): asked by the worker, each answer kept with its age.

A registry that is silent, or answers for somebody else, makes the registration wait; it is asked again, the others are not. One that
says something else than what was declared ends it. Nothing is let through because a registry did not answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Registration, RegistryAnswer
from accounts.registration import joining, opening, services
from accounts.registration.rules import ANSWERS_COUNT, same_name
from accounts.registration.states import TABLE, State
from portal.exchange import business, immigration, insurance, population, tax, telecom
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

logger = logging.getLogger(__name__)

DISAGREES, EXPIRED, NOT_REPRESENTATIVE, NOT_ACTIVE = "disagrees", "expired", "not_representative", "not_active"
UNKNOWN = "unknown"
"""The registry knows no such document: a counter can compare it."""


@dataclass(frozen=True)
class Answer:
    """What a registry said: whether it agrees, why not, and what is needed of it at the end (hidden from logs)."""

    agrees: bool
    why_not: str = ""
    said: dict[str, Any] = field(default_factory=dict, repr=False)


Ask = Callable[[Registration, date], Answer]


def _no(why: str = DISAGREES) -> Answer:
    return Answer(agrees=False, why_not=why)


def _population(registration: Registration, today: date) -> Answer:
    """Number and name, and day of birth, sex and old number where they were declared, are one person's."""
    declared = registration.declaration
    found = population.person(declared["id_number"])
    if found is None or not same_name(found.full_name, declared["full_name"]):
        return _no()
    said = {
        "full_name": found.full_name,
        "birth_date": found.birth_date.isoformat(),
        "sex": found.sex,
        "phone": found.phone,
        "residence_unit": found.residence_unit,
        "address": found.address,
        "old_number": found.old_number,
    }
    for name in ("birth_date", "sex", "old_number"):
        if declared.get(name) and declared[name] != said[name]:
            return _no()
    return Answer(agrees=True, said=said)


def _telecom(registration: Registration, today: date) -> Answer:
    """The phone is held in their own name."""
    if telecom.is_subscriber(phone=registration.phone or "", id_number=registration.declaration["id_number"]):
        return Answer(agrees=True)
    return _no()


def _insurance(registration: Registration, today: date) -> Answer:
    """The insurance number is theirs, and Social Security has a phone of theirs."""
    declared = registration.declaration
    found = insurance.insured(declared["insurance_number"])
    if found is None or not found.phone or not same_name(found.full_name, declared["full_name"]):
        return _no()
    if (found.id_number, found.birth_date.isoformat()) != (declared["id_number"], declared["birth_date"]):
        return _no()
    return Answer(agrees=True, said={"phone": found.phone})


def _immigration(registration: Registration, today: date) -> Answer:
    """The document is theirs and has not run out."""
    declared = registration.declaration
    country, _, number = declared["document"].partition(":")
    found = immigration.holder(kind=declared["document_kind"], country=country, number=number)
    if found is None:
        return _no(UNKNOWN)
    if not same_name(found.full_name, declared["full_name"]) or found.birth_date.isoformat() != declared["birth_date"]:
        return _no()
    if declared.get("sex") and found.sex != declared["sex"]:
        return _no()
    if found.valid_until < today:
        return _no(EXPIRED)
    return Answer(agrees=True, said={"id_number": found.id_number, "full_name": found.full_name})


def _business(registration: Registration, today: date) -> Answer:
    """The organisation is active, and who asks is its representative by law."""
    found = business.enterprise(registration.declaration["tax_code"])
    if found is None:
        return _no()
    if found.status == "dissolved":
        return _no(NOT_ACTIVE)
    person = registration.person
    if person is None or not person.id_number or person.id_number not in found.representatives:
        return _no(NOT_REPRESENTATIVE)
    names = ("tax_code", "kind", "name", "address", "residence_unit", "status")
    said: dict[str, Any] = {name: getattr(found, name) for name in names}
    return Answer(agrees=True, said={**said, "representatives": list(found.representatives)})


def _tax(registration: Registration, today: date) -> Answer:
    """The tax code is in use."""
    found = tax.taxpayer(registration.declaration["tax_code"])
    if found is None:
        return _no()
    return Answer(agrees=True) if found.status != "closed" else _no(NOT_ACTIVE)


POPULATION, TELECOM, INSURANCE, IMMIGRATION, BUSINESS, TAX = "population", "telecom", "insurance", "immigration", "business", "tax"
ASKS: dict[str, Ask] = {
    POPULATION: _population,
    TELECOM: _telecom,
    INSURANCE: _insurance,
    IMMIGRATION: _immigration,
    BUSINESS: _business,
    TAX: _tax,
}
NAMES = {
    POPULATION: "Cơ sở dữ liệu quốc gia về dân cư",
    TELECOM: "Cơ sở dữ liệu thuê bao viễn thông",
    INSURANCE: "Bảo hiểm xã hội Việt Nam",
    IMMIGRATION: "Cơ sở dữ liệu xuất nhập cảnh",
    BUSINESS: "Cơ sở dữ liệu đăng ký doanh nghiệp",
    TAX: "Cơ sở dữ liệu người nộp thuế",
}


def plan(registration: Registration) -> tuple[str, ...]:
    """Which registries own what was declared, in the order in which they are asked."""
    way = Registration.Way
    if registration.way == way.COUNTER:
        return (IMMIGRATION,) if "document" in registration.declaration else (POPULATION,)
    return {
        way.PHONE: (POPULATION, TELECOM),
        way.INSURANCE: (INSURANCE, POPULATION),
        way.CERTIFICATE: (POPULATION,),
        way.DOCUMENT: (IMMIGRATION,),
        way.NUMBER: (POPULATION, TELECOM),
        way.ORGANISATION: (BUSINESS, TAX),
    }[way(registration.way)]


def check(registration_id: UUID, *, now: datetime, today: date) -> None:
    """Ask those registries whose answer is missing or too old, and go on when all have answered (worker).

    Raises ``OutsideUnavailable`` where one is silent: the registration waits and says so, and the outbox tries again. A refusal of a
    registry (our token is wrong) is silence too: it says nothing about the person.
    """
    registration = Registration.objects.select_related("person").get(pk=registration_id)
    if registration.state not in (State.CHECKING, State.WAITING):
        return
    kept = {answer.registry: answer for answer in registration.answers.all()}
    silent: OutsideUnavailable | None = None
    for registry in plan(registration):
        before = kept.get(registry)
        if before is not None and before.agrees and now - before.answered_at < ANSWERS_COUNT:
            continue
        try:
            answer = ASKS[registry](registration, today)
        except OutsideUnavailable as unavailable:
            silent = unavailable
            continue
        except OutsideRefused as refused:
            logger.error("a registry refuses the portal's question", extra={"registry": registry, "code": refused.code})
            silent = OutsideUnavailable(registry, "server_error")
            continue
        if not _keep(registration_id, registry, answer, now):
            return
    if silent is not None:
        _wait(registration_id, now)
        raise silent
    _conclude(registration_id, now)


@transaction.atomic
def _keep(registration_id: UUID, registry: str, answer: Answer, now: datetime) -> bool:
    """Keep what a registry said. False: the registration has ended by it, or by something else meanwhile."""
    registration = Registration.objects.select_for_update().get(pk=registration_id)
    if registration.state not in (State.CHECKING, State.WAITING):
        return False
    values = {"agrees": answer.agrees, "said": answer.said or None, "answered_at": now}
    RegistryAnswer.objects.update_or_create(registration=registration, registry=registry, defaults=values)
    if answer.agrees:
        return True
    if answer.why_not == UNKNOWN:
        if registration.way == Registration.Way.COUNTER:
            # The officer has the document in hand.
            return True
        TABLE.move(registration, "to_counter")
        registration.number, registration.changed_at, registration.ask_again_at = opening.new_number(), now, None
        registration.save()
        services.record(registration, "send_to_counter")
        opening.tell_counter(registration)
        return False
    services.refuse(registration, answer.why_not, now=now)
    return False


@transaction.atomic
def _wait(registration_id: UUID, now: datetime) -> None:
    registration = Registration.objects.select_for_update().get(pk=registration_id)
    if registration.state == State.CHECKING:
        TABLE.move(registration, "wait")
        registration.changed_at = now
        registration.save(update_fields=["state", "changed_at"])


@transaction.atomic
def _conclude(registration_id: UUID, now: datetime) -> None:
    """All have answered, and what was declared is true."""
    registration = Registration.objects.select_for_update(of=("self",)).get(pk=registration_id)
    if registration.state not in (State.CHECKING, State.WAITING):
        return
    way, waited = Registration.Way, registration.state == State.WAITING
    if registration.way == way.INSURANCE:
        registration.phone = opening.said(registration, INSURANCE)["phone"]
        TABLE.move(registration, "promise_code")
        registration.changed_at, registration.ask_again_at = now, None
        registration.save()
        lives = services.CODE_LIVES_AFTER_WAITING if waited else services.CODE_LIVES
        services.send_code(registration, now=now, lives=lives)
    elif registration.way == way.COUNTER:
        TABLE.move(registration, "to_slip")
        registration.number = registration.number or opening.new_number()
        registration.changed_at, registration.ask_again_at = now, None
        registration.save()
        services.record(registration, "registry_agrees")
    elif registration.way == way.ORGANISATION:
        opening.finish_organisation(registration, now=now)
    elif registration.way == way.NUMBER:
        joining.finish(registration, now=now)
    else:
        opening.finish(registration, now=now)
