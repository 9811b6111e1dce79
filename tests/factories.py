"""People for tests: plainly made up, entered through the same services as real ones."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any
from uuid import uuid4

from django.utils import timezone

from portal.access import ActingAs, Actor, Assurance

_numbers = itertools.count(100000)


def make_person(**values: Any) -> Any:
    """A person with a login; any value can be given."""
    from accounts.services.people import enter_person
    from portal.access import SYSTEM

    number = next(_numbers)
    fields: dict[str, Any] = {
        "full_name": "Nguyễn Thị Giả Định",
        "id_number": f"001195{number:06d}",
        "birth_date": date(1995, 5, 20),
        "sex": "female",
        "phone": f"+84900{number:06d}",
        "residence_unit": "00070",
        "address": "Số 0 phố Ví Dụ",
        **values,
    }
    return enter_person(actor=SYSTEM, **fields)


def make_position(
    person: Any = None, *, unit: str = "H26.101", roles: tuple[str, ...] = ("reception", "handling", "signing"), **values: Any
) -> Any:
    """A position in force."""
    from accounts.services.positions import give_position
    from portal.access import SYSTEM

    person = person or make_person(full_name="Phạm Văn Cán Bộ Giả Định")
    return give_position(
        actor=SYSTEM,
        person_id=person.id,
        unit_code=unit,
        title=values.get("title", "Công chức thử nghiệm"),
        roles=list(roles),
        credential_id=values.get("credential_id", ""),
        now=timezone.now(),
        place=values.get("place", "agency"),
    )


def citizen_actor(person: Any) -> Actor:
    """The person, acting for themself, signed in by one-time password."""
    return Actor(acting_as=ActingAs.SELF, user_id=person.user_id, person_id=person.id, assurance=Assurance.MEDIUM, label=person.full_name)


make_citizen_actor = citizen_actor


def officer_actor(position: Any) -> Actor:
    """The holder of a position, signed in by certificate."""
    return Actor(
        acting_as=ActingAs.POSITION,
        user_id=position.person.user_id,
        person_id=position.person_id,
        position_id=position.id,
        unit=position.unit_code,
        roles=frozenset(position.roles_at(timezone.now())),
        assurance=Assurance.HIGH,
        label=f"{position.person.full_name} · {position.title}",
    )


def make_officer_actor(unit: str = "H26.101", roles: tuple[str, ...] = ("reception", "handling", "signing")) -> Actor:
    """A new officer of a unit."""
    return officer_actor(make_position(unit=unit, roles=roles))


def loose_officer(unit: str = "H26.101", roles: tuple[str, ...] = ("reception",), assurance: Assurance = Assurance.HIGH) -> Actor:
    """An officer's actor without rows behind it, for rules that need none."""
    return Actor(
        acting_as=ActingAs.POSITION,
        user_id=uuid4(),
        person_id=uuid4(),
        position_id=uuid4(),
        unit=unit,
        roles=frozenset(roles),
        assurance=assurance,
    )


def make_organisation(**values: Any) -> Any:
    """An organisation as the business registry tells of it; ``representatives`` are people."""
    from accounts.services.mandates import keep_organisation
    from portal.access import SYSTEM
    from portal.exchange.business import Enterprise

    people = values.pop("representatives", ())
    fields: dict[str, Any] = {
        "tax_code": f"01{next(_numbers):08d}",
        "kind": "enterprise",
        "name": "Công ty TNHH Giả Định",
        "address": "Số 0 phố Ví Dụ",
        "residence_unit": "00070",
        "status": "active",
        **values,
    }
    said = Enterprise(**fields, representatives=tuple(person.id_number for person in people))
    return keep_organisation(actor=SYSTEM, said=said, now=timezone.now())


def mandate_actor(mandate: Any, assurance: Assurance = Assurance.MEDIUM) -> Actor:
    """Who holds the mandate, acting by it."""
    from accounts.sessions import capacity_of

    return Actor(
        acting_as=capacity_of(mandate),
        user_id=mandate.person.user_id,
        person_id=mandate.person_id,
        party_id=mandate.party_id,
        mandate_id=mandate.id,
        procedures=frozenset(mandate.procedures) if mandate.procedures is not None else None,
        assurance=assurance,
        label=f"{mandate.party_name} · {mandate.person.full_name}",
        party_name=mandate.party_name,
    )


def legal_mandate(organisation: Any, person: Any) -> Any:
    """The right of a legal representative."""
    return organisation.mandates.get(person=person, basis="legal", withdrawn_at__isnull=True)


def give_mandate(giver: Actor, person: Any, **values: Any) -> Any:
    """A mandate given and accepted."""
    from accounts.mandating.offers import accept_mandate
    from accounts.mandating.offers import give_mandate as give

    now = values.pop("now", timezone.now())
    given = give(actor=giver, id_number=person.id_number, called=person.full_name, **{"valid_from": now, "now": now, **values})
    return accept_mandate(actor=citizen_actor(person), offer_id=given.id, now=now)


def sign_in(client: Any, person: Any, *, position: Any = None, assurance: Assurance = Assurance.MEDIUM, mandate: Any = None) -> None:
    """Give the test client a session of the person (in the position, by the mandate), as the sign-in pages would leave it: at high
    assurance by a passkey bound after the State's certificate."""
    from accounts.models import UserSession

    client.force_login(person.user, backend="portal.access.backend.AccessBackend")
    session = client.session
    surely = Assurance.HIGH if position else assurance
    way, high = ("passkey", True) if surely == Assurance.HIGH else ("code", False)
    UserSession.objects.filter(pk=session["sign_in"]).update(assurance=surely, way=way, for_office=high)
    session["acting_as"] = {"kind": "position", "id": str(position.id)} if position else {"kind": "self", "id": ""}
    if mandate is not None:
        from accounts.sessions import capacity_of

        session["acting_as"] = {"kind": capacity_of(mandate).value, "id": str(mandate.id)}
    session.save()


def make_institution(code: str = "TG.vnpay", *, state: str = "open", **values: Any) -> Any:
    """An institution that serves citizens, tested and licensed; reached nowhere unless addresses are given. The demo's own of this code
    becomes this one."""
    from payments.models import Institution

    now = timezone.now()
    adapter = {"TG.vnpay": "vnpay", "TG.momo": "momo", "970418": "bank_jws", "970436": "vietqr"}.get(code, "vnpay")
    fields: dict[str, Any] = {
        "name": f"Tổ chức {code}",
        "short_name": code,
        "adapter": adapter,
        "state": state,
        "licence_number": "00/GP-THU",
        "licence_from": date(2025, 1, 1),
        "merchant": "DVCQG001",
        "secret": "khoa-gia-dinh",
        **dict.fromkeys(("access", "endpoint", "page", "files", "certificate", "account_bank", "account_number", "account_holder"), ""),
        "private_key": None,
        "fee_fixed": 0,
        "fee_rate": 0,
        "least": 1,
        "most": None,
        "connection_changed_at": now,
        "tested_at": now,
        **values,
    }
    known = Institution.objects.filter(pk=code).first()
    if known is not None and not values and known.secret == fields["secret"] and known.state == state:
        return known
    institution, _ = Institution.objects.update_or_create(code=code, defaults=fields)
    return institution


def make_order(*, amount: int = 24_000, payer: Any = None, unit: str = "H26.101", key: str = "", **values: Any) -> Any:
    """An order for some copies, made as a room above makes it; the agency needs its row and account in the catalogues."""
    from datetime import timedelta

    from payments import services
    from portal.access import SYSTEM

    now = values.pop("now", timezone.now())
    fields: dict[str, Any] = {
        "source": "tests",
        "key": key or str(uuid4()),
        "kind": "LGD.01",
        "reference": "H26.101-261129-0001",
        "description": "Bản sao trích lục hộ tịch",
        "payer": values.pop("owed_by", None)
        or services.Payer(payer.id if payer else None, payer.full_name if payer else "Nguyễn Văn Qua Đường", "", "Số 0 phố Ví Dụ"),
        "payee_unit": unit,
        "lines": [services.Line("Lệ phí bản sao", "charge", amount, 1, "bản", revenue_code="2771")],
        "due_at": now + timedelta(days=5),
        "expires_at": now + timedelta(days=5),
        "actor": SYSTEM,
        "now": now,
        **values,
    }
    return services.create_order(**fields)


def paid_report(attempt: Any, **values: Any) -> Any:
    """What an institution says of an attempt whose money it took."""
    from payments.institutions.base import Outcome, Report

    fields: dict[str, Any] = {
        "reference": attempt.reference,
        "outcome": Outcome.PAID,
        "amount": attempt.amount,
        "institution_ref": f"{next(_numbers):08d}",
        "bank_ref": "FT000001",
        "paid_at": timezone.now(),
        "code": "00",
        **values,
    }
    return Report(**fields)
