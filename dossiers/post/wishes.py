"""Where somebody wants the paper of a result brought: chosen before or after sending, by the party or by an officer for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dossiers.models import Dossier, PostTariff, ReturnWish, State
from portal import audit
from portal.access import Actor
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.text import nfc
from procedures import queries as procedures
from procedures.fees import Support, supported

IN_ACCOUNT = "Tài khoản của người nộp trên Cổng Dịch vụ công Quốc gia"
CLOSED = (State.REFUSED.value, State.WITHDRAWN.value, State.STOPPED.value)


class NoTariff(Exception):
    """The post has not said yet what it costs: nobody chooses what they do not know the price of."""


@dataclass(frozen=True)
class Quote:
    """What bringing a result costs, in đồng, and within how many days it comes."""

    zone: str
    amount: int
    days: int
    said_at: datetime
    support: int = 0
    """Đồng of it that an agency pays for filing online."""
    basis: str = ""
    """The text that grants it."""

    @property
    def to_pay(self) -> int:
        """What remains, in đồng."""
        return self.amount - self.support

    def with_support(self, supports: Sequence[Support]) -> Quote:
        """The same with the best of what agencies grant."""
        paid, basis = supported(self.amount, supports)
        return replace(self, support=paid, basis=basis)


def zone_between(unit_code: str, ward: str) -> str:
    """``province`` where agency and commune are in one province, else ``country`` (catalogue, remembered)."""
    try:
        seat = catalogues.agency(unit_code).administrative_unit
    except Agency.DoesNotExist:
        return "country"
    here = catalogues.province_of(seat.code) if seat is not None else ""
    return "province" if here and here == catalogues.province_of(ward) else "country"


def tariffs(supports: Sequence[Support] = ()) -> dict[str, Quote]:
    """What the post said last, by zone, with what an agency pays of it (one query)."""
    rows = PostTariff.objects.all()
    return {row.zone: Quote(row.zone, row.amount, row.days, row.said_at).with_support(supports) for row in rows}


def supports_for(procedure_code: str, unit_code: str, now: datetime) -> list[Support]:
    """What is paid of the delivery of this procedure's results to who files online at an agency (requirement C-31). Two queries."""
    return procedures.delivery_supports(procedure_code, unit_code, timezone.localdate(now))


def quote(unit_code: str, ward: str, supports: Sequence[Support] = ()) -> Quote:
    """What it costs from an agency to a commune. :class:`NoTariff`."""
    found = tariffs(supports).get(zone_between(unit_code, ward))
    if found is None:
        raise NoTariff
    return found


def wish_of(filing_id: UUID) -> ReturnWish | None:
    """What was chosen for a draft, a filing at the counter, or a dossier: they share their id (one query)."""
    return ReturnWish.objects.filter(pk=filing_id).first()


def can_choose(dossier: Dossier) -> bool:
    """Whether it can still be chosen or changed: until there is a parcel, and while a result may come (one query)."""
    return dossier.state not in CLOSED and not hasattr(dossier, "parcel")


@transaction.atomic
def choose(
    *,
    actor: Actor,
    filing_id: UUID,
    unit_code: str,
    recipient: str,
    phone: str,
    street: str,
    ward: str,
    now: datetime,
    online: str = "",
) -> ReturnWish:
    """Write down to whom the result is brought, and what was said that it costs. :class:`NoTariff`.

    ``online``: the procedure, of what is filed online: what an agency grants for that is deducted, and kept whatever is declared
    later; empty: filed at a counter, where nothing is deducted. The caller has asked whose filing it is.
    """
    price = quote(unit_code, ward, supports_for(online, unit_code, now) if online else ())
    commune = catalogues.administrative_unit(ward)
    names = [commune.name, *([commune.parent.name] if commune.parent is not None else [])]
    house = " ".join(nfc(street).split())[:300]
    wish, _made = ReturnWish.objects.update_or_create(
        pk=filing_id,
        defaults={
            "recipient": " ".join(nfc(recipient).split())[:200],
            "phone": phone,
            "street": house,
            "address": ", ".join([house, *names]),
            "ward": ward,
            "zone": price.zone,
            "amount": price.amount,
            "support": price.support,
            "support_basis": price.basis,
            "chosen_at": now,
            "chosen_by": actor.person_id if actor.is_citizen else None,
            "position_id": actor.position_id,
        },
    )
    audit.record(actor=actor, act="dossiers.choose_post", target="dossiers.dossier", target_id=str(filing_id), unit=unit_code)
    return wish


@transaction.atomic
def give_up(*, actor: Actor, filing_id: UUID, unit_code: str) -> None:
    """No paper after all; the electronic result is in the account anyway. Twice is no error."""
    if ReturnWish.objects.filter(pk=filing_id).delete()[0]:
        audit.record(actor=actor, act="dossiers.give_up_post", target="dossiers.dossier", target_id=str(filing_id), unit=unit_code)


def forget(filing_id: UUID) -> None:
    """With the draft or filing that is erased."""
    ReturnWish.objects.filter(pk=filing_id).delete()


def result_place(filing_id: UUID) -> str:
    """Where slip 01 says that the result is received (one query, one more for the key where a parcel was wished)."""
    wish = wish_of(filing_id)
    if wish is None or not wish.address:
        return IN_ACCOUNT
    place = f"{IN_ACCOUNT}; bản giấy qua bưu chính công ích đến {wish.address}"
    if not wish.support:
        return place
    costs = f"cước {_dong(wish.amount)}, cơ quan trả {_dong(wish.support)} ({wish.support_basis}), người nhận trả {_dong(wish.to_pay)}"
    return f"{place}; {costs}"


def _dong(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + " đồng"
