"""Where a person can be reached; asked by ``portal.notifications``."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Person
from portal.notifications.registry import Contact


def contact_of(person_id: UUID) -> Contact:
    """The person's registered phone (one query), empty when there is none."""
    person = Person.objects.filter(pk=person_id).first()
    return Contact(phone=(person.phone or "") if person else "")
