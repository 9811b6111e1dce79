"""High-level accounts: granted by the Government Office, opened by their certificate, ended (Rules art. 3.1, 16.1, 48; A-12, A-20)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import CertificateSignIn, HighLevelAccount, Position, PositionRole
from accounts.officers.finding import find_account
from accounts.services import positions
from accounts.services.positions import BadRole
from portal import audit
from portal.access import AccessDenied, ActingAs, Actor, require
from portal.access.roles import CONTRACT_ROLES, INSTITUTION_ROLES, roles_of_place

GRANT = "accounts.grant_accounts"
Kind = HighLevelAccount.Kind


@dataclass(frozen=True)
class Wanted:
    """Whose account, by which certificate, for how long, to hand out what."""

    kind: str
    unit_code: str
    name: str
    id_number: str
    full_name: str
    title: str
    credential_id: str
    grants: Collection[str]
    contract_number: str
    valid_from: datetime
    valid_to: datetime | None
    token_serial: str = ""
    """Of the certificate on a token, where the account is bound to one."""


def grantable(kind: str, unit_code: str) -> frozenset[str]:
    """What a high-level account of this kind may be let hand out."""
    if kind == Kind.AGENCY:
        return roles_of_place(unit_code, at_institution=False)
    return INSTITUTION_ROLES | CONTRACT_ROLES if kind == Kind.POST else INSTITUTION_ROLES


def administers_as(kind: str) -> str:
    """The role that an account of this kind gives its holder."""
    return "administrator" if kind == Kind.AGENCY else "institution_administrator"


def grant_account(*, actor: Actor, wanted: Wanted, now: datetime) -> HighLevelAccount:
    """Grant an agency, a bank or the public post its high-level account: a position, bound to the holder's certificate.

    Nobody has its rights before that certificate signs in (:func:`open_accounts`). ``AccessDenied`` for anybody but the Government
    Office, and for oneself; :class:`BadRole` in words.
    """
    require(actor, GRANT)
    holder = find_account(actor=actor, id_number=wanted.id_number, full_name=wanted.full_name, now=now)
    return _grant(actor, wanted, holder.id, now)


@transaction.atomic
def _grant(actor: Actor, wanted: Wanted, person_id: UUID, now: datetime) -> HighLevelAccount:
    if person_id == actor.person_id:
        raise AccessDenied(GRANT)
    if not wanted.credential_id.strip() and not wanted.token_serial:
        raise BadRole("Tài khoản cấp cao phải gắn với một chứng thư số.", "credential_id")
    if not set(wanted.grants) or not set(wanted.grants) <= grantable(wanted.kind, wanted.unit_code):
        raise BadRole("Bạn hãy chọn những vai trò mà tài khoản này được cấp cho người khác.", "grants")
    if wanted.kind != Kind.AGENCY:
        if not wanted.contract_number.strip():
            raise BadRole("Ngân hàng, bưu chính nhận tài khoản theo hợp đồng: bạn hãy ghi số hợp đồng.", "contract_number")
        if wanted.valid_to is None:
            raise BadRole("Tài khoản theo hợp đồng phải có ngày hết hạn.", "valid_to")
    if wanted.valid_to is not None and wanted.valid_to <= max(wanted.valid_from, now):
        raise BadRole("Ngày hết phải sau ngày bắt đầu và sau hôm nay.", "valid_to")
    place = Position.Place.AGENCY if wanted.kind == Kind.AGENCY else Position.Place.INSTITUTION
    rows = Position.objects.select_for_update().filter(person_id=person_id, unit_code=wanted.unit_code, valid_from__lte=now)
    position = next((one for one in rows.order_by("-valid_from", "id") if one.is_held(now=now)), None)
    if position is None:
        position = Position.objects.create(
            person_id=person_id,
            unit_code=wanted.unit_code,
            title=wanted.title,
            place=place,
            credential=wanted.credential_id.strip() or None,
            token_serial=wanted.token_serial,
            valid_from=now,
            given_by_id=actor.position_id,
        )
        positions.tell(actor, position, "position_given", (), key=str(position.id))
    elif position.contract_id is not None or position.valid_to is not None:
        raise BadRole("Người này đang giữ chức danh có thời hạn ở đây; chức danh đó không nhận tài khoản cấp cao.", "id_number")
    else:
        position.credential, position.token_serial = wanted.credential_id.strip() or None, wanted.token_serial
        position.save()
    if HighLevelAccount.objects.filter(position=position, ended_at__isnull=True).exists():
        raise BadRole("Người này đã giữ tài khoản cấp cao ở đây. Bạn thu hồi tài khoản đó trước.", "id_number")
    account = HighLevelAccount.objects.create(
        kind=wanted.kind,
        unit_code=wanted.unit_code,
        name=wanted.name,
        position=position,
        grants=sorted(set(wanted.grants)),
        contract_number=wanted.contract_number.strip(),
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        granted_by_id=actor.position_id,
        granted_at=now,
    )
    _note(actor, "accounts.grant_account", account)
    return account


MOST_WAITING = 200
"""Accounts that wait for their first sign-in: a few, of a few hundred agencies."""


def waiting_accounts() -> list[HighLevelAccount]:
    """The accounts that wait for their certificate's first sign-in, the newest first, with their holders (one query, and the keys)."""
    rows = HighLevelAccount.objects.filter(opened_at__isnull=True, ended_at__isnull=True).select_related("position__person")
    return list(rows.order_by("-granted_at", "id")[:MOST_WAITING])


def failed_opening(account: HighLevelAccount) -> CertificateSignIn | None:
    """The newest sign-in that should have opened an account that still waits, and why it failed; none after its row has left."""
    rows = CertificateSignIn.objects.filter(position_id=account.position_id, state=CertificateSignIn.State.REFUSED)
    return rows.filter(created_at__gte=account.granted_at).order_by("-created_at").first()


@transaction.atomic
def open_accounts(*, position: Position, serial: str, now: datetime) -> None:
    """The position's own certificate has signed in: accounts that waited for it begin (Rules art. 3.1). One query where none waits.

    To be called by whatever way in has proved the certificate registered for this position, never by another way.
    """
    waiting = HighLevelAccount.objects.select_for_update().filter(position=position, opened_at__isnull=True, ended_at__isnull=True)
    for account in waiting:
        if not account.is_granted(now=now) or not serial:
            continue
        role = administers_as(account.kind)
        for row in position.given_roles.select_for_update().filter(role=role, valid_to__isnull=True):
            # What a position held before the account goes: the account says what may be handed out.
            row.valid_to, row.ended_by_id = max(now, row.valid_from + positions.MOMENT), account.granted_by_id
            row.save()
        given = PositionRole.objects.create(
            position=position,
            role=role,
            valid_from=now,
            valid_to=account.valid_to,
            given_by_id=account.granted_by_id,
            grants=account.grants,
        )
        account.opened_at, account.certificate_serial = now, serial[:80]
        account.save()
        holder = Actor(
            acting_as=ActingAs.POSITION, person_id=position.person_id, position_id=position.id, unit=position.unit_code, user_id=None
        )
        _note(holder, "accounts.open_account", account)
        positions.tell(holder, position, "role_given", [role], key=str(given.pk))


@transaction.atomic
def end_account(*, actor: Actor, account_id: UUID, reason: str, now: datetime) -> None:
    """End a high-level account at once. What an agency's handed out stays, for it is the agency's; a bank's or the post's people work here
    by contract alone, and stop with it. Ending it twice is no error.

    ``AccessDenied`` for anybody but the Government Office, and for one's own; :class:`BadRole` without a reason.
    """
    require(actor, GRANT)
    account = HighLevelAccount.objects.select_for_update().get(pk=account_id)
    position = Position.objects.select_for_update().get(pk=account.position_id)
    if position.person_id == actor.person_id:
        raise AccessDenied(GRANT)
    if account.ended_at is not None:
        return
    if not reason.strip():
        raise BadRole("Bạn hãy ghi lý do.", "reason")
    account.ended_at, account.ended_by_id, account.end_reason = now, actor.position_id, reason.strip()
    account.save()
    if account.opened_at is not None:
        positions.take(actor=actor, position=position, role=administers_as(account.kind), now=now)
    if account.kind != Kind.AGENCY:
        _end_with_contract(actor, account.unit_code, now)
    _note(actor, "accounts.end_account", account)


def _end_with_contract(actor: Actor, unit_code: str, now: datetime) -> None:
    """Where an institution has no other account left, nobody there holds a role any more."""
    others = HighLevelAccount.objects.filter(unit_code=unit_code, ended_at__isnull=True)
    if any(account.is_granted(now=now) for account in others):
        return
    there = Q(unit_code=unit_code) | Q(unit_code__startswith=unit_code + ".")
    rows = Position.objects.select_for_update(of=("self",)).filter(there, place=Position.Place.INSTITUTION)
    for position in rows.prefetch_related("given_roles").order_by("id"):
        for role in sorted({row.role for row in position.given_roles.all() if row.valid_to is None or row.valid_to > now}):
            positions.take(actor=actor, position=position, role=role, now=now)


def _note(actor: Actor, act: str, account: HighLevelAccount) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="accounts.highlevelaccount",
        target_id=str(account.id),
        unit=account.unit_code,
        details={"kind": account.kind, "grants": account.grants, "position": str(account.position_id)},
    )
