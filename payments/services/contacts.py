"""Whom at an agency to ask about its money: entered, changed, withdrawn by its accountant (Rules art. 33.1)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from payments.models import SettlementContact
from payments.words import phone_problem
from portal import audit
from portal.access import Actor, require

PUBLISH = "payments.publish_contacts"


class ContactRefused(Exception):
    """The contact cannot be kept so. ``message`` is for the officer."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@transaction.atomic
def keep_contact(
    *, unit_code: str, purpose: str, name: str, phone: str, email: str, hours: str, actor: Actor, now: datetime
) -> SettlementContact:
    """Publish an agency's contact for a purpose; there is one for each, the former is replaced."""
    require(actor, PUBLISH, unit_code)
    if not phone and not email:
        raise ContactRefused("Phải có điện thoại hoặc thư điện tử.", "phone")
    if problem := phone_problem(phone):
        raise ContactRefused(problem, "phone")
    contact, made = SettlementContact.objects.select_for_update().get_or_create(
        unit_code=unit_code,
        purpose=purpose,
        withdrawn_at=None,
        defaults={"name": name, "phone": phone, "email": email, "hours": hours, "changed_at": now},
    )
    if not made:
        contact.name, contact.phone, contact.email, contact.hours, contact.changed_at = name, phone, email, hours, now
        contact.save()
    _record(contact, "keep_contact", actor)
    return contact


@transaction.atomic
def withdraw_contact(*, contact_id: UUID, actor: Actor, now: datetime) -> SettlementContact:
    """Publish a contact no longer; the row stays."""
    contact = SettlementContact.objects.select_for_update().get(pk=contact_id)
    require(actor, PUBLISH, contact.unit_code)
    if contact.withdrawn_at is None:
        contact.withdrawn_at = now
        contact.save(update_fields=["withdrawn_at"])
        _record(contact, "withdraw_contact", actor)
    return contact


def _record(contact: SettlementContact, act: str, actor: Actor) -> None:
    audit.record(
        actor=actor,
        act=f"payments.{act}",
        target="payments.settlementcontact",
        target_id=str(contact.pk),
        unit=contact.unit_code,
        details={"purpose": contact.purpose},
    )
