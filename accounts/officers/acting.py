"""An officer's capacity once more, apart from the session: for work that they sent off and that goes on without them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.models import Position
from accounts.officers import substitutes
from portal.access import ActingAs, Actor, Assurance


def acting_again(*, position_id: UUID, in_place_of: UUID | None, assurance: int, now: datetime) -> Actor | None:
    """The holder of a position as they may act now, with the roles they have now and no surer than they were proved then.

    None where the position, what was lent to it, or the login has ended: nobody's work goes on after their office (four queries at most).
    """
    row = Position.objects.select_related("person__user").prefetch_related("given_roles").filter(pk=position_id).first()
    if row is None or not row.is_held(now=now) or row.person.user is None or not row.person.user.is_active:
        return None
    unit, roles, label = row.unit_code, frozenset(row.roles_at(now)), f"{row.person.full_name} · {row.title}"
    if in_place_of is not None:
        lent = next((one for one in substitutes.held_by(row.person_id, now) if one.absent.pk == in_place_of), None)
        if lent is None or lent.substitute.pk != position_id:
            return None
        unit, roles, label = lent.absent.unit_code, lent.roles, f"{label} · thay {lent.absent.person.full_name}"
    return Actor(
        acting_as=ActingAs.POSITION,
        user_id=row.person.user_id,
        person_id=row.person_id,
        position_id=row.pk,
        substitutes=in_place_of,
        unit=unit,
        roles=roles,
        assurance=Assurance(assurance),
        label=label,
    )
