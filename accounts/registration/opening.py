"""The account itself: one for one person, whatever the way in and however many come at once (A-01, A-08, A-19)."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts.models import Consent, ContactChoice, EmailAddress, FailedSignIn, Identifier, Person, Registration, User
from accounts.registration import services, terms
from accounts.registration.rules import LEVEL, tidy_name
from accounts.registration.states import TABLE
from accounts.services.codes import one_at_a_time
from accounts.services.mandates import keep_organisation
from accounts.services.people import CHECKED_AGAIN_AFTER, ask_registry
from portal import audit
from portal.access import SYSTEM, Actor
from portal.crypto import blind_index
from portal.exchange.business import Enterprise
from portal.notifications.services import notify
from portal.text import search_key

logger = logging.getLogger(__name__)

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Nothing that is read for something else."""


def new_number() -> str:
    """Eight signs in two halves, by which a registration is found at the counter."""
    signs = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"


def clean_number(text: str) -> str:
    """Such a number as it is kept, out of what people type; empty where it is none."""
    signs = "".join(sign for sign in text.upper() if sign.isalnum())
    return f"{signs[:4]}-{signs[4:]}" if len(signs) == 8 and set(signs) <= set(_LETTERS) else ""


def said(registration: Registration, registry: str) -> dict[str, Any]:
    """What is kept of a registry's answer; nothing where it did not agree."""
    answer = registration.answers.filter(registry=registry, agrees=True).first()
    return dict(answer.said or {}) if answer is not None else {}


def tell_counter(registration: Registration) -> None:
    """Say by message that the document is to be shown at a counter, and under which number."""
    notify(
        party_id=registration.id,
        template="accounts.registration_counter",
        context={"number": registration.number or ""},
        key=f"registration-counter:{registration.id}",
        channels=("sms",) if registration.phone else ("email",),
        address=registration.phone or registration.email,
        expires_at=registration.expires_at,
    )


def finish(registration: Registration, *, now: datetime, actor: Actor = SYSTEM, edge: str = "finish") -> Person:
    """Give the person of a (locked) registration their account, or find the one they have. In the caller's transaction.

    Who has one gets no second, and nothing of it changes but how surely its owner is known; they are told that somebody proved to be them.
    """
    transaction.get_connection().validate_no_broken_transaction()
    declared = registration.declaration
    known, of_document = said(registration, "population"), said(registration, "immigration")
    id_number = declared.get("id_number") or of_document.get("id_number") or ""
    # The registry's own writing: what was typed only had to be the same name (capitals and tone marks aside).
    registry_name = tidy_name(known.get("full_name") or of_document.get("full_name") or "")
    document = declared.get("document") or ""
    blind = services.by_number(id_number) if id_number else services.by_document(document)
    # Whoever else registers the same person, by whichever way, waits here until this is committed.
    one_at_a_time(blind, *([services.by_document(document)] if document else []))
    person = _find(blind, document)
    is_new = person is None or person.user_id is None
    if person is not None and id_number and not person.id_number:
        # Found by their document; whoever issued it says now which number is theirs, and nobody else has it here.
        FailedSignIn.objects.filter(number_blind=person.id_blind).update(number_blind=blind)
        person.id_number, person.id_blind = id_number, blind
        audit.record(actor=actor, act="accounts.take_number", target="accounts.person", target_id=str(person.id))
    if person is None:
        name = registry_name or tidy_name(declared["full_name"])
        person = Person.objects.create(
            full_name=name,
            name_key=search_key(name),
            id_number=id_number or None,
            id_blind=blind,
            birth_date=known.get("birth_date") or declared.get("birth_date"),
            sex=known.get("sex") or declared.get("sex") or "",
            address=known.get("address") or None,
            residence_unit=known.get("residence_unit") or "",
            registry_due_at=now if id_number else None,
        )
    if is_new:
        user = User.objects.create()
        user.set_unusable_password()
        user.save(update_fields=["password"])
        person.user = user
        if registry_name:
            person.full_name, person.name_key = registry_name, search_key(registry_name)
        person.phone = registration.phone or known.get("phone") or person.phone
        if known:
            person.registry_checked_at, person.registry_matches = now, True
            person.registry_due_at = now + CHECKED_AGAIN_AFTER
    level = LEVEL[Registration.Way(registration.way)]
    if person.identity_level < level:
        person.identity_level, person.identity_proved_by, person.identity_proved_at = level, registration.way, now
    person.save()
    if is_new and registration.email and not registration.phone:
        EmailAddress.objects.create(person=person, address=registration.email, verified_at=now, created_at=now)
    if is_new and registration.language != ContactChoice.Language.VIETNAMESE:
        ContactChoice.objects.get_or_create(person=person, defaults={"language": registration.language})
    _keep_identifiers(person, registration, known, now)
    if registration.terms is not None and person.user is not None and (is_new or person.user.is_active):
        terms.agree(person_id=person.id, terms=registration.terms, how=Consent.How.REGISTRATION, actor=actor, now=now)
    registration.person = person
    TABLE.move(registration, edge)
    registration.changed_at = now
    audit.record(
        actor=actor,
        act="accounts.register",
        target="accounts.person",
        target_id=str(person.id),
        unit=registration.unit_code,
        details={"way": registration.way, "new": is_new, "registration": str(registration.id)},
    )
    notify(
        party_id=person.id,
        template="accounts.registered" if is_new else "accounts.registered_again",
        context={},
        key=f"registered:{registration.id}",
        link=reverse("account"),
    )
    if is_new and registration.way == Registration.Way.COUNTER and known.get("phone") not in (None, "", person.phone):
        # Codes go where the officer wrote. Whose identity it is hears of it where the registry says they can be reached.
        notify(
            party_id=person.id,
            template="accounts.registered_at_counter",
            context={},
            key=f"registered-at-counter:{registration.id}",
            channels=("sms",),
            address=known["phone"],
        )
    services.close(registration)
    if is_new and id_number:
        # For which children they may act is the registry's to say, too.
        ask_registry(person_id=person.id, occasion=f"registered:{registration.id}", now=now)
    return person


def _find(blind: str, document: str) -> Person | None:
    rows = Person.objects.select_for_update(of=("self",)).select_related("user")
    found = rows.filter(id_blind=blind).first()
    if found is None and document:
        found = (
            rows.filter(id_blind=services.by_document(document)).first()
            or rows.filter(identifiers__blind=blind_index("identifier", document)).first()
        )
    return found


def _keep_identifiers(person: Person, registration: Registration, known: dict[str, Any], now: datetime) -> None:
    """The second identifiers that a registry (or the counter) confirmed. One that is another person's already stays theirs."""
    declared = registration.declaration
    wanted: list[tuple[str, str, str]] = []
    if declared.get("old_number") and known.get("old_number") == declared["old_number"]:
        wanted.append((Identifier.Kind.OLD_NUMBER, declared["old_number"], "population"))
    if declared.get("document"):
        by_registry = registration.answers.filter(registry="immigration", agrees=True).exists()
        wanted.append((declared["document_kind"], declared["document"], "immigration" if by_registry else "counter"))
    for kind, number, source in wanted:
        kept, made = Identifier.objects.get_or_create(
            kind=kind,
            blind=blind_index("identifier", number),
            defaults={"person": person, "number": number, "confirmed_by": source, "confirmed_at": now},
        )
        if not made and kept.person_id != person.id:
            logger.error("a second identifier is another person's", extra={"kind": kind, "registration": str(registration.id)})


def finish_organisation(registration: Registration, *, now: datetime) -> None:
    """Keep the organisation of a (locked) registration as the business registry says it is; who asked represents it by law."""
    found = said(registration, "business")
    enterprise = Enterprise(**{**found, "representatives": tuple(found["representatives"])})
    organisation = keep_organisation(actor=SYSTEM, said=enterprise, now=now)
    registration.organisation = organisation
    TABLE.move(registration, "finish")
    registration.changed_at = now
    details = {"way": registration.way, "registration": str(registration.id)}
    audit.record(actor=SYSTEM, act="accounts.register", target="accounts.organisation", target_id=str(organisation.id), details=details)
    if registration.person_id is not None:
        notify(
            party_id=registration.person_id,
            template="accounts.organisation_registered",
            context={"name": organisation.name},
            key=f"registered:{registration.id}",
            link=reverse("capacities"),
        )
    services.close(registration)
