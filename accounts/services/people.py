"""Enter people and positions; check a person with the population registry."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.identifiers import clean_id_number, clean_phone
from accounts.models import Person, Position, User
from portal import audit, outbox
from portal.access import Actor
from portal.crypto import blind_index
from portal.exchange import population
from portal.text import nfc, search_key


class BadPerson(ValueError):
    """A value that cannot be entered; the text says which and why, for the person."""


@transaction.atomic
def enter_person(
    *,
    actor: Actor,
    full_name: str,
    id_number: str,
    birth_date: date,
    sex: str,
    phone: str,
    residence_unit: str,
    address: str,
    with_account: bool = True,
) -> Person:
    """Enter a person (or find the one with this identity number) and, if asked, give them a login.

    The registry is asked by the outbox, never while somebody waits.
    """
    number, mobile = clean_id_number(id_number), clean_phone(phone)
    if not number:
        raise BadPerson("Số định danh phải có 12 chữ số.")
    if phone and not mobile:
        raise BadPerson("Số điện thoại di động không đúng.")
    blind = blind_index("id_number", number)
    known = Person.objects.select_for_update().filter(id_blind=blind).first()
    if known is not None:
        return known
    user = User.objects.create() if with_account else None
    if user is not None:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    name = nfc(full_name).strip()
    person = Person.objects.create(
        user=user,
        full_name=name,
        name_key=search_key(name),
        id_number=number,
        id_blind=blind,
        birth_date=birth_date.isoformat(),
        sex=sex,
        phone=mobile or None,
        address=address,
        residence_unit=residence_unit,
    )
    audit.record(actor=actor, act="accounts.enter_person", target="accounts.person", target_id=str(person.id))
    outbox.put("accounts.check_registry", key=str(person.id), payload={"person": str(person.id)})
    return person


@transaction.atomic
def give_position(
    *, actor: Actor, person_id: UUID, unit_code: str, title: str, roles: list[str], credential_id: str, now: datetime
) -> Position:
    """Give a person a position in a unit (Rules art. 16.1, 41); the same person and unit again changes nothing."""
    position, made = Position.objects.get_or_create(
        person_id=person_id,
        unit_code=unit_code,
        valid_to=None,
        defaults={"title": title, "roles": sorted(roles), "credential_id": credential_id, "valid_from": now},
    )
    if made:
        audit.record(
            actor=actor,
            act="accounts.give_position",
            target="accounts.position",
            target_id=str(position.id),
            unit=unit_code,
            details={"roles": sorted(roles)},
        )
    return position


def check_with_registry(person_id: UUID) -> None:
    """Compare what a person declared with the population registry and keep the outcome (A-02).

    Runs in the worker. Raises ``OutsideUnavailable`` when the registry does not answer: the outbox tries again.
    """
    person = Person.objects.get(pk=person_id)
    if not person.id_number or not person.birth_date:
        return
    matches = population.verify(id_number=person.id_number, full_name=person.full_name, birth_date=date.fromisoformat(person.birth_date))
    Person.objects.filter(pk=person_id).update(registry_checked_at=timezone.now(), registry_matches=bool(matches))
