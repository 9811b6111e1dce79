"""Orders that systems of ministries and provinces ask for, by PayPlat or by our API: one act behind both doors (Rules arts. 31.1c, 32)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import AskedOrder, Collection, FeeKind, Merchant, Order
from payments.references import Way
from payments.services import orders
from payments.services.orders import Line, OrderRefused, Payer
from portal import outbox
from portal.access import SYSTEM
from portal.exchange.partners.units import unit_of, within

SOURCE = "partners"
LIFETIME, LONGEST = timedelta(days=1), timedelta(days=90)
"""How long a payer has where the other system says nothing, and at most."""
PAID, FAILED, WAITING = "paid", "failed", "waiting"
_REFERENCE = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)


class AskRefused(Exception):
    """No order is made. ``code``: ``bad_reference``, ``other_terms``, ``not_your_unit``, ``bad_account``, ``bad_order``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Wanted:
    """What another system wants paid."""

    reference: str
    """Its own name for it, at most 64 letters of ASCII, digits, ``_``."""
    amount: int
    lines: Sequence[Line]
    unit: str
    """Code of the agency that is paid; empty: the partner's own, where it speaks for one alone."""
    account: str
    """The account into which it believes that to go; only compared."""
    dossier_code: str
    description: str
    payer: Payer
    lifetime: timedelta = LIFETIME


def terms_of(said: Mapping[str, Any]) -> bytes:
    """What a reference stands for."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).digest()


@transaction.atomic
def ask(*, merchant: Merchant, wanted: Wanted, terms: bytes, door: str, now: datetime) -> AskedOrder:
    """Make the order, once for a reference, however often and by however many at once it is asked for. :class:`AskRefused`.

    Money goes to the agency's account of our catalogue and to no other: one that stands in a message is compared with it only.
    """
    if not _REFERENCE.fullmatch(wanted.reference):
        raise AskRefused("bad_reference", "Mã tham chiếu gồm chữ không dấu, chữ số, dấu gạch dưới; nhiều nhất 64 ký tự.")
    known = AskedOrder.objects.filter(merchant=merchant, reference=wanted.reference).select_related("order").first()
    if known is None:
        order = _order(merchant, wanted, now)
        # Who was quicker with the same reference has made both rows: they are seen once its transaction has ended.
        known, _made = AskedOrder.objects.select_related("order").get_or_create(
            merchant=merchant, reference=wanted.reference, defaults={"order": order, "door": door, "terms": terms}
        )
    if bytes(known.terms) != terms or known.door != door:
        raise AskRefused("other_terms", "Mã tham chiếu này đã dùng cho một khoản khác.")
    return known


def _order(merchant: Merchant, wanted: Wanted, now: datetime) -> Order:
    partner = merchant.partner
    unit = unit_of(wanted.unit) if wanted.unit else partner.units[0] if len(partner.units) == 1 else ""
    if not unit or not within(unit, partner.units):
        raise AskRefused("not_your_unit", "Hệ thống không được thu cho cơ quan này.")
    account = orders.account_of(unit)
    if wanted.account and account is not None and wanted.account != account.number:
        raise AskRefused("bad_account", "Tài khoản thụ hưởng không phải tài khoản của cơ quan trong danh mục.")
    if sum(line.amount for line in wanted.lines) != wanted.amount:
        raise AskRefused("bad_order", "Các khoản không cộng thành số tiền.")
    until = now + min(max(wanted.lifetime, timedelta(minutes=15)), LONGEST)
    try:
        return orders.create_order(
            source=SOURCE,
            key=f"{merchant.pk}:{wanted.reference}",
            kind=merchant.kind,
            reference=wanted.dossier_code or wanted.reference,
            description=wanted.description,
            payer=wanted.payer,
            payee_unit=unit,
            lines=wanted.lines,
            due_at=until,
            expires_at=until,
            actor=SYSTEM,
            now=now,
            is_test=partner.is_test,
        )
    except OrderRefused as refused:
        raise AskRefused("bad_order", refused.message) from None


def fee_kind_of(name: str, kind: str = "") -> str:
    """Phí, lệ phí, a tax or a fine, as the name says it, else PayPlat's ``LoaiPhiLePhi`` (1 lệ phí, 2 phí)."""
    said = name.strip().lower()
    if said.startswith(("thuế", "tiền thuế")):
        return FeeKind.TAX
    if said.startswith(("tiền phạt", "phạt", "tiền chậm nộp")):
        return FeeKind.FINE
    if said.startswith("lệ phí") or (kind == "1" and not said.startswith("phí")):
        return FeeKind.CHARGE
    return FeeKind.FEE if said.startswith("phí") or kind == "2" else FeeKind.OTHER


def find(merchant: Merchant, reference: str) -> AskedOrder | None:
    """What this system asked for under a reference; another's is none."""
    return AskedOrder.objects.filter(merchant=merchant, reference=reference).select_related("order", "merchant__partner").first()


@dataclass(frozen=True)
class Standing:
    """What became of an order, as its asker is told."""

    state: str
    """``waiting``, ``paid``, ``failed``."""
    at: datetime
    transaction: str = ""
    institution: str = ""
    refunded: int = 0


def standing_of(asked: AskedOrder) -> Standing:
    """As it stands now (one query where it is paid)."""
    order = asked.order
    if asked.played:
        return Standing(asked.played, asked.told_at or order.created_at, f"TEST{asked.pk}" if asked.played == PAID else "", "TEST")
    if order.state == Order.PAID:
        found = Collection.objects.filter(order=order, purpose__in=["settles", "over"]).first()
        at = found.paid_at if found is not None else order.settled_at
        assert at is not None
        return Standing(PAID, at, found.institution_ref if found else order.code, found.institution_id if found else "", order.refunded)
    if order.state == Order.OPEN:
        return Standing(WAITING, order.created_at)
    return Standing(FAILED, order.closed_at or order.expires_at)


def page_of(asked: AskedOrder) -> str:
    """Where the payer pays."""
    return settings.SITE_URL + reverse("payment-order", args=[asked.order.code])


def way_to_asker(order: Order) -> Way | None:
    """Back to the system that sent the payer here, where it has a page for that; it learns of money by its messages alone."""
    if order.source != SOURCE:
        return None
    found = AskedOrder.objects.filter(order=order).select_related("merchant__partner").first()
    if found is None or not found.merchant.return_url:
        return None
    url = found.merchant.return_url
    sign = "&" if "?" in url else "?"
    return Way(_("Về %(system)s") % {"system": found.merchant.partner.name}, f"{url}{sign}MaThamChieu={found.reference}")


@transaction.atomic
def cancel(*, asked: AskedOrder, now: datetime) -> AskedOrder:
    """The system wants it no longer. :class:`AskRefused` once it is paid."""
    try:
        orders.cancel_order(order_id=asked.order_id, reason="Hệ thống đã yêu cầu thu hủy khoản này", actor=SYSTEM, now=now)
    except OrderRefused as refused:
        raise AskRefused("bad_order", refused.message) from None
    asked.order.refresh_from_db()
    return asked


@transaction.atomic
def play(*, asked: AskedOrder, outcome: str, now: datetime) -> AskedOrder:
    """Of a test system: let it be as if the payer had paid, or had not; the system is told as of a true one, nothing is booked."""
    asked = AskedOrder.objects.select_for_update(of=("self",)).select_related("order", "merchant__partner").get(pk=asked.pk)
    if not asked.order.is_test:
        raise AskRefused("bad_order", "Chỉ thử được với hệ thống thử nghiệm.")
    if not asked.played:
        asked.played = outcome
        asked.save(update_fields=["played"])
        tell(asked, outcome)
    return asked


def tell(asked: AskedOrder, what: str) -> None:
    """Have the system told (within a transaction); a second time for the same is nothing."""
    outbox.put("payments.tell_partner", key=f"{what}:{asked.pk}", payload={"asked": asked.pk, "what": what})
