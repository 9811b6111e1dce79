"""Positions and their roles: given, taken back, ended (Rules art. 3.1, 16.1, 41, 48)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Position, PositionRole
from portal import audit
from portal.access import AccessDenied, ActingAs, Actor, require
from portal.access.roles import INSTITUTION_ROLES, ROLES, TOP_AGENCY, TOP_ROLES


class BadRole(ValueError):
    """A role that a position of this place cannot hold, or not then; the text says why, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "role") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def check_role(role: str, place: str) -> None:
    """Raise :class:`BadRole` for a role nobody knows, one of an institution in an agency, or the other way round."""
    if role not in dict(ROLES):
        raise BadRole(f"Không có vai trò “{role}”.")
    if (role in INSTITUTION_ROLES) != (place == Position.Place.INSTITUTION):
        raise BadRole("Vai trò của tổ chức chỉ giao trong tổ chức, vai trò của cơ quan chỉ giao trong cơ quan.")


@transaction.atomic
def give_position(
    *,
    actor: Actor,
    person_id: UUID,
    unit_code: str,
    title: str,
    roles: list[str],
    credential_id: str,
    now: datetime,
    place: str = Position.Place.AGENCY,
) -> Position:
    """Give a person a position in a unit or institution with its roles (Rules art. 16.1, 41); the same person and place again: no change.

    ``credential_id`` names their key at the signing service, empty where they have none: no other key signs in or signs for them.
    :class:`BadRole` for a role that does not fit the place.
    """
    position, made = Position.objects.get_or_create(
        person_id=person_id,
        unit_code=unit_code,
        valid_to=None,
        defaults={"title": title, "place": place, "credential": credential_id or None, "valid_from": now},
    )
    if made:
        for role in sorted(set(roles)):
            check_role(role, place)
            PositionRole.objects.create(position=position, role=role, valid_from=now, given_by_id=actor.position_id)
        audit.record(
            actor=actor,
            act="accounts.give_position",
            target="accounts.position",
            target_id=str(position.id),
            unit=unit_code,
            details={"roles": sorted(roles)},
        )
    return position


@transaction.atomic
def give_role(*, actor: Actor, position_id: UUID, role: str, valid_from: datetime, valid_to: datetime | None = None) -> PositionRole:
    """Give a position one more role, from when until when (Rules art. 16.1, 41); one that is open already is left as it is.

    ``AccessDenied`` unless the actor administers the unit, and for one's own position; :class:`BadRole`, also for the Government Office's
    own role in another agency: what it may do holds everywhere.
    """
    position = _theirs(actor, position_id)
    check_role(role, position.place)
    if role in TOP_ROLES and agency_of(position.unit_code) != TOP_AGENCY:
        raise BadRole("Vai trò này chỉ giao trong Văn phòng Chính phủ.")
    if valid_to is not None and valid_to <= valid_from:
        raise BadRole("Ngày hết phải sau ngày bắt đầu.", "valid_to")
    if position.valid_to is not None and position.valid_to <= valid_from:
        raise BadRole("Chức danh này đã hết vào lúc đó.", "valid_from")
    open_role = position.given_roles.filter(role=role, valid_to__isnull=True).first()
    if open_role is not None:
        return open_role
    given = PositionRole.objects.create(
        position=position, role=role, valid_from=valid_from, valid_to=valid_to, given_by_id=actor.position_id
    )
    _note(actor, "accounts.give_role", position, role)
    return given


@transaction.atomic
def take_role(*, actor: Actor, position_id: UUID, role: str, now: datetime) -> None:
    """Take a role back, at once: the next page its holder opens is without it. Taking it twice is no error.

    One that would only begin later ends a moment after its begin. ``AccessDenied`` as in :func:`give_role`.
    """
    position = _theirs(actor, position_id)
    for row in position.given_roles.select_for_update().filter(role=role):
        if row.valid_to is not None and row.valid_to <= now:
            continue
        row.valid_to, row.ended_by_id = max(now, row.valid_from + timedelta(microseconds=1)), actor.position_id
        row.save()
        _note(actor, "accounts.take_role", position, role)


def agency_of(unit_code: str) -> str:
    """The ministry or province to which a unit belongs: the first part of its code."""
    return unit_code.partition(".")[0]


def _theirs(actor: Actor, position_id: UUID) -> Position:
    """The position, locked, of somebody else in a unit that the actor administers."""
    position = Position.objects.select_for_update().get(pk=position_id)
    require(actor, "accounts.give_roles", position.unit_code)
    if actor.acting_as is not ActingAs.SYSTEM and position.person_id == actor.person_id:
        raise AccessDenied("accounts.give_roles")
    return position


def _note(actor: Actor, act: str, position: Position, role: str) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="accounts.position",
        target_id=str(position.id),
        unit=position.unit_code,
        details={"role": role},
    )
