"""Who held which position with which roles, on a day of today or of years ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Position, PositionRole, Substitution
from portal.access import Actor, visible_to
from portal.text import search_key

READ = "accounts.read_positions"


@dataclass(frozen=True)
class Held:
    """A position on a day: its roles with who gave each, and whose roles its holder had in their absence."""

    position: Position
    roles: list[PositionRole]
    substitutions: list[Substitution]


def positions_on(actor: Actor, moment: datetime, words: str = "") -> QuerySet[Position]:
    """The positions that were held at a moment in the units that the actor administers, by unit and title; by a name or a unit's code."""
    rows = visible_to(actor, Position.objects.all(), READ, "unit_code").filter(valid_from__lte=moment)
    rows = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    if words:
        rows = rows.filter(Q(person__name_key__contains=search_key(words)) | Q(unit_code=words) | Q(unit_code__startswith=words + "."))
    return rows.order_by("unit_code", "title", "id")


def held_on(rows: QuerySet[Position], moment: datetime) -> list[Held]:
    """These positions with what they held at the moment (five queries, whatever their number)."""
    at_moment = Q(valid_from__lte=moment) & (Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    roles = PositionRole.objects.filter(at_moment).select_related("given_by__person").order_by("role", "id")
    lent = Substitution.objects.filter(at_moment).filter(Q(ended_at__isnull=True) | Q(ended_at__gt=moment))
    lent = lent.select_related("position__person").order_by("valid_from", "id")
    found = rows.select_related("person").prefetch_related(
        Prefetch("given_roles", queryset=roles, to_attr="roles_then"), Prefetch("substitutes_for", queryset=lent, to_attr="lent_then")
    )
    return [Held(one, one.roles_then, one.lent_then) for one in found]  # type: ignore[attr-defined]
