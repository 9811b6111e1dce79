"""Enter people and positions; check a person with the population registry."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.identifiers import clean_id_number, clean_phone
from accounts.models import Person, User
from accounts.services.codes import one_at_a_time
from portal import audit, outbox
from portal.access import Actor, Assurance
from portal.crypto import blind_index
from portal.exchange import population
from portal.text import nfc, search_key

CHECKED_AGAIN_AFTER = timedelta(days=365)
"""People move and change their names; the registry knows."""
ASK_AGAIN_AFTER = timedelta(days=7)
"""Longer than the outbox tries (60 times, two days): a question without an answer by then is a dead letter."""
MOST_A_NIGHT = 300_000
"""A hundred million people once a year."""


class BadPerson(ValueError):
    """A value that cannot be entered; the text says which and why, for the person."""


@transaction.atomic
def note_read(*, actor: Actor, people: Collection[UUID], unit: str) -> None:
    """An officer was shown who these people are, on a page that says so: each of them can see that (A-13)."""
    for person_id in people:
        audit.record(actor=actor, act="accounts.read_person", target="accounts.person", target_id=str(person_id), unit=unit)


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
    blind, now = blind_index("id_number", number), timezone.now()
    one_at_a_time(blind)
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
        **({"identity_level": Assurance.MEDIUM, "identity_proved_by": "entered", "identity_proved_at": now} if with_account else {}),
    )
    audit.record(actor=actor, act="accounts.enter_person", target="accounts.person", target_id=str(person.id))
    ask_registry(person_id=person.id, occasion="entered", now=now)
    return person


def ask_registry(*, person_id: UUID, occasion: str, now: datetime) -> None:
    """Have a person compared with the population registry (A-02); must run inside the act's transaction.

    ``occasion`` says why, and so makes it happen once for each: "entered", the moment of a correction, the day of a yearly round. Where
    no answer has come in :data:`ASK_AGAIN_AFTER` (an outage longer than the outbox tries), :func:`ask_registry_again` asks anew.
    """
    outbox.put("accounts.check_registry", key=f"{person_id}:{occasion}", payload={"person": str(person_id)})
    Person.objects.filter(pk=person_id).update(registry_due_at=now + ASK_AGAIN_AFTER)


def ask_registry_again(*, now: datetime, most: int, seconds: float) -> tuple[int, bool]:
    """Ask about whose turn it is: a year after the last answer, a week after a question without one; the longest waiting first.

    In batches, at most ``most`` people and for so long. Returns how many, and whether nobody was left.
    """
    asked, until = 0, time.monotonic() + seconds
    while asked < most and time.monotonic() < until:
        with transaction.atomic():
            due = Person.objects.select_for_update(skip_locked=True).filter(registry_due_at__lte=now)
            people = list(due.order_by("registry_due_at").values_list("pk", flat=True)[: min(500, most - asked)])
            for person_id in people:
                ask_registry(person_id=person_id, occasion=timezone.localdate(now).isoformat(), now=now)
        asked += len(people)
        if not people:
            return asked, True
    return asked, False


def check_with_registry(person_id: UUID) -> bool:
    """Compare what a person declared with the population registry and keep the outcome (A-02). Returns whether all agrees.

    Runs in the worker. Raises ``OutsideUnavailable`` when the registry does not answer: the outbox tries again.
    """
    person = Person.objects.get(pk=person_id)
    if not person.id_number or not person.birth_date:
        return False
    matches = population.verify(id_number=person.id_number, full_name=person.full_name, birth_date=date.fromisoformat(person.birth_date))
    now = timezone.now()
    Person.objects.filter(pk=person_id).update(
        registry_checked_at=now, registry_matches=bool(matches), registry_due_at=now + CHECKED_AGAIN_AFTER
    )
    return bool(matches)
