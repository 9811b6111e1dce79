"""What can be asked about people and positions. Each function says how many SQL queries it makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Person, Position
from portal.audit.words import uuids


def person(person_id: UUID) -> Person:
    """The person with this id (one query). Raises ``Person.DoesNotExist``."""
    return Person.objects.get(pk=person_id)


def residence_code(person_id: UUID) -> str:
    """Code of the commune where a person lives, as it was when they were entered; empty where unknown (one query)."""
    return Person.objects.filter(pk=person_id).values_list("residence_unit", flat=True).first() or ""


def born_on(person_id: UUID) -> date | None:
    """A person's day of birth; None where it was erased or never known (two queries: the row and the key that opens it)."""
    text = person(person_id).birth_date
    return date.fromisoformat(text) if text else None


def positions_held(person_id: UUID) -> list[Position]:
    """The positions a person holds now, by unit and title (one query)."""
    now = timezone.now()
    rows: QuerySet[Position] = Position.objects.filter(person_id=person_id, valid_from__lte=now)
    return [position for position in rows.order_by("unit_code", "title", "id")[:50] if position.is_held(now=now)]


def signing_credential(position_id: UUID) -> tuple[str, str]:
    """Credential of the position's holder at the signing service and the label under a signature (two queries).

    The credential is empty when the officer has none.
    """
    position = Position.objects.select_related("person").get(pk=position_id)
    return position.credential or "", f"{position.person.full_name}, {position.title}"


@dataclass(frozen=True)
class Holder:
    """Who holds a position now."""

    position_id: UUID
    person_id: UUID
    user_id: UUID | None
    label: str
    """Name and title, as under a signature."""
    has_credential: bool
    """Whether they have a key at the signing service."""


def holders(unit_code: str, roles: Iterable[str]) -> list[Holder]:
    """Who holds a position with one of the roles in exactly this unit now, by title (one query)."""
    now = timezone.now()
    rows = Position.objects.select_related("person").filter(unit_code=unit_code, roles__overlap=list(roles), valid_from__lte=now)
    return [
        Holder(row.id, row.person_id, row.person.user_id, f"{row.person.full_name}, {row.title}", row.has_key)
        for row in rows.annotate(has_key=Q(credential__isnull=False)).order_by("title", "id")[:50]
        if row.is_held(now=now)
    ]


def id_blind(person_id: UUID) -> str:
    """Blind index of a person's identity number; a value that equals none where it was erased or never known (one query)."""
    return Person.objects.filter(pk=person_id).values_list("id_blind", flat=True).first() or f"none:{person_id}"


def position_holder_id_number(position_id: UUID) -> str:
    """Identity number of the one who holds the position: their certificate must name it (one or two queries)."""
    return Position.objects.select_related("person").get(pk=position_id).person.id_number or ""


def officer_labels(position_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Who held each of the positions, as officers' histories show it: name and title (one query)."""
    rows = Position.objects.filter(pk__in=set(position_ids)).select_related("person")
    return {row.pk: f"{row.person.full_name}, {row.title}" for row in rows}


def position_names(position_ids: Iterable[str]) -> dict[str, str]:
    """Who held each of the positions, by the ids as texts (one query)."""
    return {str(key): label for key, label in officer_labels(uuids(position_ids)).items()}


def person_names(person_ids: Iterable[str]) -> dict[str, str]:
    """Names of people by their ids as texts (one query)."""
    return {str(key): name for key, name in Person.objects.filter(pk__in=uuids(person_ids)).values_list("pk", "full_name")}
