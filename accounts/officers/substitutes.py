"""Absence: roles of a position lent to somebody else for some days; who acts so is seen as a substitute."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Position, Substitution
from accounts.services.positions import GIVE, NAMES, BadRole, agency_of, may_grant, tell
from portal import audit
from portal.access import AccessDenied, ActingAs, Actor, require
from portal.access.roles import ADMINISTRATORS


@dataclass(frozen=True)
class Lent:
    """What a substitute holds now: whose place they take, and with which roles."""

    id: UUID
    substitute: Position
    absent: Position
    roles: frozenset[str]
    until: datetime


def lendable(position: Position, now: datetime) -> list[str]:
    """The roles that a position holds now and that can be lent: handing out roles cannot."""
    return [role for role in position.roles_at(now) if role not in ADMINISTRATORS]


def possible_substitutes(position: Position, now: datetime, most: int = 200) -> list[Position]:
    """Who can take a position's place: others with a position in the same agency now, the nearest unit first (one query)."""
    agency = agency_of(position.unit_code)
    rows = Position.objects.select_related("person").filter(
        Q(unit_code=agency) | Q(unit_code__startswith=agency + "."), place=position.place, valid_from__lte=now, contract__isnull=True
    )
    found = [one for one in rows.order_by("unit_code", "title", "id") if one.is_held(now=now) and one.person_id != position.person_id]
    return sorted(found, key=lambda one: one.unit_code != position.unit_code)[:most]


@transaction.atomic
def lend(
    *,
    actor: Actor,
    position_id: UUID,
    substitute_id: UUID,
    roles: Collection[str],
    reason: str,
    valid_from: datetime,
    valid_to: datetime,
    now: datetime,
) -> Substitution:
    """Lend roles of a position whose holder is away to another position of the agency, until a day.

    ``AccessDenied`` unless the actor administers the absent position's unit, and where they would be the substitute themself;
    :class:`BadRole` for roles that the position does not hold or the actor may not hand out, and for dates without sense.
    """
    position = Position.objects.select_for_update().get(pk=position_id)
    require(actor, GIVE, position.unit_code)
    substitute = Position.objects.select_related("person").get(pk=substitute_id)
    if actor.acting_as is not ActingAs.SYSTEM and substitute.person_id == actor.person_id:
        raise AccessDenied(GIVE)
    if substitute.pk not in {one.pk for one in possible_substitutes(position, now)}:
        raise BadRole("Người làm thay phải là người khác, đang giữ chức danh trong cùng cơ quan.", "substitute")
    wanted = set(roles)
    if not wanted or not wanted <= set(lendable(position, now)):
        raise BadRole("Bạn hãy chọn trong những vai trò mà chức danh này đang giữ; quyền cấp vai trò không giao làm thay.", "roles")
    if beyond := wanted - may_grant(actor, now):
        raise BadRole(f"Bạn không được cấp vai trò: {', '.join(sorted(NAMES[role] for role in beyond))}.", "roles")
    if valid_to <= max(valid_from, now):
        raise BadRole("Ngày hết phải sau ngày bắt đầu và sau hôm nay.", "valid_to")
    others = Substitution.objects.filter(position=position, ended_at__isnull=True, valid_from__lt=valid_to, valid_to__gt=valid_from)
    if others.filter(substitute=substitute).exists():
        raise BadRole("Người này đã được giao làm thay trong những ngày đó. Bạn chấm dứt lần giao đó trước.", "substitute")
    lent = Substitution.objects.create(
        position=position,
        substitute=substitute,
        roles=sorted(wanted),
        reason=reason.strip(),
        valid_from=valid_from,
        valid_to=valid_to,
        given_by_id=actor.position_id,
        given_at=now,
    )
    _note(actor, "accounts.lend_roles", lent)
    tell(actor, position, "roles_lent", wanted, key=str(lent.pk), to=substitute.person_id)
    return lent


@transaction.atomic
def end_lending(*, actor: Actor, substitution_id: UUID, now: datetime) -> None:
    """The absent one is back: the substitute's next page is without the roles. Ending it twice is no error."""
    lent = Substitution.objects.select_for_update(of=("self",)).select_related("position", "substitute").get(pk=substitution_id)
    require(actor, GIVE, lent.position.unit_code)
    if lent.ended_at is None and lent.valid_to > now:
        lent.ended_at, lent.ended_by_id = now, actor.position_id
        lent.save()
        _note(actor, "accounts.end_lending", lent)
        tell(actor, lent.position, "lending_ended", lent.roles, key=str(lent.pk), to=lent.substitute.person_id)


def held_by(person_id: UUID, now: datetime) -> list[Lent]:
    """Whose places a person takes now, by the end (two queries)."""
    rows = Substitution.objects.in_force(now).filter(substitute__person_id=person_id).order_by("valid_to", "id")
    return _lent(rows[:50], now)


def held(substitution_id: UUID, person_id: UUID, now: datetime) -> Lent | None:
    """One substitution, if it is this person's and holds now (two queries)."""
    found = _lent(Substitution.objects.in_force(now).filter(pk=substitution_id, substitute__person_id=person_id), now)
    return found[0] if found else None


def substitutes_in(unit_code: str, roles: Iterable[str], now: datetime) -> list[Lent]:
    """Who holds one of the roles in a unit now because it was lent to them (one or two queries)."""
    wanted = set(roles)
    rows = Substitution.objects.in_force(now).filter(position__unit_code=unit_code, roles__overlap=sorted(wanted))
    return [one for one in _lent(rows.order_by("valid_to", "id")[:50], now) if one.roles & wanted]


def _lent(rows: QuerySet[Substitution], now: datetime) -> list[Lent]:
    """What the absent position has lost since is lost for its substitute, too."""
    fetched = rows.select_related("substitute__person", "position__person").prefetch_related("position__given_roles")
    found = [
        Lent(row.id, row.substitute, row.position, frozenset(row.roles) & frozenset(row.position.roles_at(now)), row.valid_to)
        for row in fetched
    ]
    return [one for one in found if one.roles]


def _note(actor: Actor, act: str, lent: Substitution) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="accounts.position",
        target_id=str(lent.position_id),
        unit=lent.position.unit_code,
        details={"substitute": str(lent.substitute_id), "roles": lent.roles, "substitution": str(lent.id)},
    )
