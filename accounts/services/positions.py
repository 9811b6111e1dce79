"""Positions and their roles: given, taken back, ended (Rules art. 3.1, 16.1, 41, 48)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import CounterContract, HighLevelAccount, Position, PositionRole
from portal import audit
from portal.access import AccessDenied, ActingAs, Actor, require
from portal.access.roles import ADMINISTRATORS, CONTRACT_ROLES, INSTITUTION_ROLES, ROLES, TOP_AGENCY, TOP_ROLES, roles_of_place
from portal.documents.units import unit_name
from portal.notifications.services import notify

GIVE = "accounts.give_roles"
MOMENT = timedelta(microseconds=1)
NAMES = dict(ROLES)


class BadRole(ValueError):
    """A role or position that cannot be given, or not then; the text says why, ``field`` what to mend."""

    def __init__(self, message: str, field: str = "role") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def check_role(role: str, place: str, *, by_contract: bool = False) -> None:
    """Raise :class:`BadRole` for a role nobody knows, one of an institution in an agency, or the other way round; at a counter by
    contract there are the roles of contracts and no others."""
    if role not in NAMES:
        raise BadRole(f"Không có vai trò “{role}”.")
    if (role in INSTITUTION_ROLES) != (place == Position.Place.INSTITUTION):
        raise BadRole("Vai trò của tổ chức chỉ giao trong tổ chức, vai trò của cơ quan chỉ giao trong cơ quan.")
    if (role in CONTRACT_ROLES) != by_contract:
        raise BadRole("Vai trò ở quầy theo hợp đồng chỉ giao cho người của bưu chính, và người đó không có vai trò nào khác.")


def granted_to(position_id: UUID | None, now: datetime) -> frozenset[str]:
    """The roles that the holder of a position may hand out now (one query): nobody hands out what they were not given to hand out."""
    if position_id is None:
        return frozenset()
    rows = PositionRole.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=now), position_id=position_id, role__in=ADMINISTRATORS, valid_from__lte=now
    )
    return frozenset(role for grants in rows.values_list("grants", flat=True) for role in grants or ())


def may_grant(actor: Actor, now: datetime) -> frozenset[str]:
    """The roles that the actor may hand out now: the system all, an administrator those that came with their own role (one query)."""
    return frozenset(NAMES) if actor.acting_as is ActingAs.SYSTEM else granted_to(actor.position_id, now)


@transaction.atomic
def give_position(
    *,
    actor: Actor,
    person_id: UUID,
    unit_code: str,
    title: str,
    roles: Collection[str],
    credential_id: str,
    now: datetime,
    place: str = Position.Place.AGENCY,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    contract: CounterContract | None = None,
    grants: Collection[str] | None = None,
    token_serial: str = "",
) -> Position:
    """Give a person a position in a unit or institution with its roles (Rules art. 16.1, 41).

    ``credential_id`` names their key at the signing service, empty where they have none: no other key signs in or signs for them, but
    the certificate on a token with ``token_serial``, which signs in.
    ``grants``: what an administrator among the roles may hand out; without it, everything of the place. By the system, the same person and
    place again is no change. ``AccessDenied`` unless the actor administers the unit (by contract: has its people's company), and for
    oneself; :class:`BadRole` for what does not fit the place, what the actor may not hand out, or a second position of one person there.
    """
    begins = valid_from or now
    by_system = actor.acting_as is ActingAs.SYSTEM
    if not by_system:
        if contract is None:
            require(actor, GIVE, unit_code)
        if person_id == actor.person_id:
            raise AccessDenied(GIVE)
    if valid_to is not None and valid_to <= max(begins, now):
        raise BadRole("Ngày hết phải sau ngày bắt đầu và sau hôm nay.", "valid_to")
    open_ended = Position.objects.select_for_update().filter(person_id=person_id, unit_code=unit_code)
    held = open_ended.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=begins)).order_by("valid_from").first()
    if held is not None:
        if by_system:
            return held
        raise BadRole("Người này đã có chức danh ở đây. Bạn mở chức danh đó để giao thêm vai trò.", "id_number")
    for role in sorted(set(roles)):
        check_role(role, place, by_contract=contract is not None)
        _check_grantable(actor, role, unit_code, now)
    position = Position.objects.create(
        person_id=person_id,
        unit_code=unit_code,
        title=title,
        place=place,
        credential=credential_id or None,
        token_serial=token_serial,
        valid_from=begins,
        valid_to=valid_to,
        given_by_id=actor.position_id,
        contract=contract,
    )
    for role in sorted(set(roles)):
        PositionRole.objects.create(
            position=position,
            role=role,
            valid_from=begins,
            valid_to=_within_contract(actor, place, now, valid_to),
            given_by_id=actor.position_id,
            grants=_grants(actor, position, role, grants, now),
        )
    audit.record(
        actor=actor,
        act="accounts.give_position",
        target="accounts.position",
        target_id=str(position.id),
        unit=unit_code,
        details={"roles": sorted(roles), "contract": str(contract.id) if contract is not None else ""},
    )
    tell(actor, position, "position_given", roles, key=str(position.id))
    return position


def tell(actor: Actor, position: Position, event: str, roles: Collection[str], *, key: str, to: UUID | None = None) -> None:
    """Tell the holder of a position (``to``: somebody else, who takes their place) what became of it or of its roles. What the portal
    itself sets up (entering its data) is no news."""
    if actor.acting_as is ActingAs.SYSTEM:
        return
    notify(
        party_id=to or position.person_id,
        template=f"accounts.{event}",
        context={
            "title": position.title,
            "place": unit_name(position.unit_code),
            "roles": ", ".join(NAMES[role] for role in sorted(set(roles))) or "–",
        },
        key=f"{event}:{key}",
        link=reverse("capacities"),
    )


def _check_grantable(actor: Actor, role: str, unit_code: str, now: datetime) -> None:
    if role in TOP_ROLES and agency_of(unit_code) != TOP_AGENCY:
        raise BadRole("Vai trò này chỉ giao trong Văn phòng Chính phủ.")
    if role not in may_grant(actor, now):
        raise BadRole(f"Bạn không được giao quyền cấp vai trò “{NAMES[role]}”.")


def _grants(actor: Actor, position: Position, role: str, grants: Collection[str] | None, now: datetime) -> list[str] | None:
    """What an administrator's role lets hand out: of the place, and never more than its giver may; None for other roles."""
    if role not in ADMINISTRATORS:
        return None
    at_institution = position.place == Position.Place.INSTITUTION
    possible = may_grant(actor, now) & roles_of_place(position.unit_code, at_institution=at_institution)
    if at_institution:
        # Its people for counters are handed out there, though nobody at the company holds that role in it.
        possible |= may_grant(actor, now) & CONTRACT_ROLES
    if grants is not None and not set(grants) <= possible:
        raise BadRole("Bạn chỉ cho người khác cấp được những vai trò mà chính bạn được cấp.", "grants")
    found = possible if grants is None else set(grants)
    if not found:
        raise BadRole("Bạn hãy chọn những vai trò mà người này được cấp cho người khác.", "grants")
    return sorted(found)


def _within_contract(actor: Actor, place: str, at: datetime, valid_to: datetime | None) -> datetime | None:
    """Until when a role holds: in a bank or at the post not longer than the right by which it is handed out, which is the contract's."""
    if place != Position.Place.INSTITUTION or actor.position_id is None:
        return valid_to
    own = PositionRole.objects.filter(position_id=actor.position_id, role__in=ADMINISTRATORS, valid_from__lte=at)
    ends = list(own.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at)).values_list("valid_to", flat=True))
    dated = [end for end in ends if end is not None]
    if not dated or len(dated) < len(ends):
        return valid_to
    return max(dated) if valid_to is None else min(valid_to, max(dated))


@transaction.atomic
def end_position(*, actor: Actor, position_id: UUID, now: datetime) -> None:
    """End a position at once, with every role of it: the next page its holder opens is without it. Ending it twice is no error.

    ``AccessDenied`` as in :func:`give_role`; :class:`BadRole` while it holds a high-level account, or a role that the actor may not hand
    out: who gave that takes it back.
    """
    position = _theirs(actor, position_id)
    if position.valid_to is not None and position.valid_to <= now:
        return
    _refuse_high_level(position)
    open_roles = [row for row in position.given_roles.select_for_update() if row.valid_to is None or row.valid_to > now]
    if beyond := {row.role for row in open_roles} - may_grant(actor, now) - CONTRACT_ROLES:
        names = ", ".join(sorted(NAMES[role] for role in beyond))
        raise BadRole(f"Chức danh này có vai trò mà bạn không được cấp hay thu hồi: {names}.")
    close_position(actor=actor, position=position, now=now)


def close_position(*, actor: Actor, position: Position, now: datetime) -> None:
    """End a locked position and its roles; the caller has checked that the actor may."""
    for row in position.given_roles.select_for_update():
        if row.valid_to is None or row.valid_to > now:
            _end(row, actor, now)
    position.valid_to, position.ended_by_id = max(now, position.valid_from + MOMENT), actor.position_id
    position.save()
    audit.record(actor=actor, act="accounts.end_position", target="accounts.position", target_id=str(position.id), unit=position.unit_code)
    tell(actor, position, "position_ended", (), key=str(position.id))


@transaction.atomic
def give_role(
    *,
    actor: Actor,
    position_id: UUID,
    role: str,
    valid_from: datetime,
    valid_to: datetime | None = None,
    grants: Collection[str] | None = None,
) -> PositionRole:
    """Give a position one more role, from when until when (Rules art. 16.1, 41); one that is open already is left as it is.

    ``grants``: what an administrator's role lets its holder hand out. ``AccessDenied`` unless the actor administers the unit, and for
    one's own position; :class:`BadRole` for a role that the actor may not hand out, and for the Government Office's own role in another
    agency: what it may do holds everywhere.
    """
    position = _theirs(actor, position_id)
    check_role(role, position.place, by_contract=position.contract_id is not None)
    _check_grantable(actor, role, position.unit_code, valid_from)
    if valid_to is not None and valid_to <= valid_from:
        raise BadRole("Ngày hết phải sau ngày bắt đầu.", "valid_to")
    if position.valid_to is not None and position.valid_to <= valid_from:
        raise BadRole("Chức danh này đã hết vào lúc đó.", "valid_from")
    open_role = position.given_roles.filter(role=role, valid_to__isnull=True).first()
    if open_role is not None:
        return open_role
    given = PositionRole.objects.create(
        position=position,
        role=role,
        valid_from=valid_from,
        valid_to=_within_contract(actor, position.place, valid_from, valid_to),
        given_by_id=actor.position_id,
        grants=_grants(actor, position, role, grants, valid_from),
    )
    _note(actor, "accounts.give_role", position, role)
    tell(actor, position, "role_given", [role], key=str(given.pk))
    return given


@transaction.atomic
def take_role(*, actor: Actor, position_id: UUID, role: str, now: datetime) -> None:
    """Take a role back, at once: the next page its holder opens is without it. Taking it twice is no error.

    One that would only begin later ends a moment after its begin. ``AccessDenied`` as in :func:`give_role`; :class:`BadRole` for a role
    that the actor may not hand out, and for the administrator's role of a high-level account: the Government Office ends that.
    """
    position = _theirs(actor, position_id)
    if role in ADMINISTRATORS:
        _refuse_high_level(position)
    if role in NAMES and role not in may_grant(actor, now) | CONTRACT_ROLES:
        raise BadRole(f"Bạn không được cấp hay thu hồi vai trò “{NAMES[role]}”.")
    take(actor=actor, position=position, role=role, now=now)


def take(*, actor: Actor, position: Position, role: str, now: datetime) -> None:
    """Take a role of a locked position back; the caller has checked that the actor may."""
    for row in position.given_roles.select_for_update().filter(role=role):
        if row.valid_to is None or row.valid_to > now:
            _end(row, actor, now)
            _note(actor, "accounts.take_role", position, role)
            tell(actor, position, "role_taken", [role], key=str(row.pk))


def _end(row: PositionRole, actor: Actor, now: datetime) -> None:
    row.valid_to, row.ended_by_id = max(now, row.valid_from + MOMENT), actor.position_id
    row.save()


def _refuse_high_level(position: Position) -> None:
    if HighLevelAccount.objects.filter(position=position, ended_at__isnull=True).exists():
        raise BadRole("Người này giữ tài khoản cấp cao do Văn phòng Chính phủ cấp; Văn phòng Chính phủ thu hồi.")


def agency_of(unit_code: str) -> str:
    """The ministry or province to which a unit belongs: the first part of its code."""
    return unit_code.partition(".")[0]


def _theirs(actor: Actor, position_id: UUID) -> Position:
    """The position, locked, of somebody else in a unit that the actor administers."""
    position = Position.objects.select_for_update().get(pk=position_id)
    require(actor, GIVE, position.unit_code)
    if actor.acting_as is not ActingAs.SYSTEM and position.person_id == actor.person_id:
        raise AccessDenied(GIVE)
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
