"""Counters by contract: people of the public post at an agency's counter, for the days of a contract (Reform III.4c; A-20)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import CounterContract, HighLevelAccount, Position
from accounts.officers.finding import find_account
from accounts.services.positions import BadRole, close_position, give_position
from portal import audit
from portal.access import Actor, require

KEEP, STAFF = "accounts.keep_contracts", "accounts.staff_counters"
ROLE = "counter"


@transaction.atomic
def make_contract(
    *, actor: Actor, unit_code: str, company_code: str, number: str, valid_from: datetime, valid_to: datetime, now: datetime
) -> CounterContract:
    """Note an agency's contract with the public post: from now on that company may send people to the counter.

    ``AccessDenied`` unless the actor administers the unit; :class:`BadRole` for a company without a high-level account, or wrong dates.
    """
    require(actor, KEEP, unit_code)
    accounts = HighLevelAccount.objects.filter(kind=HighLevelAccount.Kind.POST, unit_code=company_code, ended_at__isnull=True)
    if not any(account.is_granted(now=now) for account in accounts):
        raise BadRole("Doanh nghiệp này chưa có tài khoản cấp cao còn hiệu lực trên Cổng.", "company_code")
    if valid_to <= max(valid_from, now):
        raise BadRole("Ngày hết phải sau ngày bắt đầu và sau hôm nay.", "valid_to")
    contract = CounterContract.objects.create(
        unit_code=unit_code,
        company_code=company_code,
        number=number.strip(),
        valid_from=valid_from,
        valid_to=valid_to,
        made_by_id=actor.position_id,
        made_at=now,
    )
    _note(actor, "accounts.make_contract", contract)
    return contract


@transaction.atomic
def end_contract(*, actor: Actor, contract_id: UUID, now: datetime) -> None:
    """End a contract before its day: whoever works the counter by it stops at once. Ending it twice is no error."""
    contract = CounterContract.objects.select_for_update().get(pk=contract_id)
    require(actor, KEEP, contract.unit_code)
    if contract.ended_at is not None or contract.valid_to <= now:
        return
    contract.ended_at, contract.ended_by_id = now, actor.position_id
    contract.save()
    for position in contract.positions.select_for_update().filter(valid_to__gt=now).order_by("id"):
        close_position(actor=actor, position=position, now=now)
    _note(actor, "accounts.end_contract", contract)


def send_to_counter(
    *,
    actor: Actor,
    contract_id: UUID,
    id_number: str,
    full_name: str,
    title: str,
    credential_id: str,
    valid_to: datetime | None,
    now: datetime,
    token_serial: str = "",
) -> Position:
    """The company sends one of its people to the agency's counter, until a day within the contract.

    ``AccessDenied`` unless the actor administers the company; :class:`BadRole` in words.
    """
    contract = CounterContract.objects.get(pk=contract_id)
    require(actor, STAFF, contract.company_code)
    person = find_account(actor=actor, id_number=id_number, full_name=full_name, now=now)
    with transaction.atomic():
        contract = CounterContract.objects.select_for_update().get(pk=contract_id)
        if not contract.is_held(now=now):
            raise BadRole("Hợp đồng này chưa bắt đầu hoặc đã hết.", "valid_to")
        return give_position(
            actor=actor,
            person_id=person.id,
            unit_code=contract.unit_code,
            title=title,
            roles=[ROLE],
            credential_id=credential_id,
            token_serial=token_serial,
            now=now,
            valid_to=min(valid_to or contract.valid_to, contract.valid_to),
            contract=contract,
        )


@transaction.atomic
def take_from_counter(*, actor: Actor, position_id: UUID, now: datetime) -> None:
    """The company calls one of its people back, or the agency sends them away: at once. Twice is no error."""
    position = Position.objects.select_for_update(of=("self",)).select_related("contract").get(pk=position_id, contract__isnull=False)
    assert position.contract is not None
    if actor.unit == position.contract.company_code:
        require(actor, STAFF, position.contract.company_code)
    else:
        require(actor, KEEP, position.unit_code)
    if position.is_held(now=now):
        close_position(actor=actor, position=position, now=now)


def _note(actor: Actor, act: str, contract: CounterContract) -> None:
    audit.record(
        actor=actor,
        act=act,
        target="accounts.countercontract",
        target_id=str(contract.id),
        unit=contract.unit_code,
        details={"company": contract.company_code, "number": contract.number},
    )
