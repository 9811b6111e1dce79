"""What can be asked about registrations. Each function says how many SQL queries it makes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import Person, Registration
from portal.access import Assurance
from portal.crypto import blind_index


def registration(registration_id: UUID) -> Registration | None:
    """The registration with this id, with its signature if it has one (one query)."""
    return Registration.objects.select_related("signature").filter(pk=registration_id).first()


def by_old_number(number: str) -> Person | None:
    """Who had an old identity card with this number, as the population registry confirmed (one query)."""
    return Person.objects.filter(identifiers__kind="old_number", identifiers__blind=blind_index("identifier", number)).first()


@dataclass(frozen=True)
class LevelCount:
    """How many people with a login are known how surely, and by what."""

    level: int
    proved_by: str
    number: int


def levels() -> list[LevelCount]:
    """People with a login by identity assurance and what proved it (one query; every row is read: for a report)."""
    rows = Person.objects.filter(user__isnull=False).order_by().values_list("identity_level", "identity_proved_by")
    return sorted((LevelCount(*row) for row in rows.annotate(Count("pk"))), key=lambda one: (one.level, one.proved_by))


def below_medium() -> int:
    """People with a login whose identity is not known at medium assurance at least, or not by anything (one query)."""
    weak = Q(identity_level__lt=Assurance.MEDIUM) | Q(identity_proved_by="") | Q(identity_proved_at__isnull=True)
    return Person.objects.filter(weak, user__isnull=False).count()
