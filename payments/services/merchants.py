"""Systems for which the portal takes money: entered, changed, given another secret by VPCP (Rules art. 31.1c)."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from payments.models import Merchant
from portal import audit
from portal.access import Actor, require
from portal.catalogues import queries as catalogues
from portal.exchange.addresses import address_problem
from portal.exchange.partners.models import Partner

DECIDE = "payments.decide"
_CODE = re.compile(r"[0-9A-Za-z._-]{1,50}", re.ASCII)


class MerchantRefused(Exception):
    """The agreement cannot be kept so. ``message`` is for the officer, ``field`` names what to mend."""

    status = 422

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


@transaction.atomic
def add_merchant(
    *, partner: str, code: str, actor: Actor, now: datetime, confirm_url: str = "", return_url: str = "", kind: str = "LGD.01"
) -> tuple[Merchant, str]:
    """Let a registered system have money taken here; with its secret, which is shown this once. :class:`MerchantRefused`."""
    require(actor, DECIDE)
    if not Partner.objects.filter(pk=partner).exists():
        raise MerchantRefused("Chưa có hệ thống kết nối này. Hãy đăng ký hệ thống trước.", "partner")
    if not _CODE.fullmatch(code):
        raise MerchantRefused("Mã gồm chữ không dấu, chữ số, dấu chấm, gạch ngang, gạch dưới; nhiều nhất 50 ký tự.", "code")
    values = _checked(confirm_url=confirm_url, return_url=return_url, kind=kind)
    secret = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            made = Merchant.objects.create(partner_id=partner, code=code, secret=secret, created_at=now, changed_at=now, **values)
    except IntegrityError:
        raise MerchantRefused("Hệ thống này hoặc mã này đã được khai báo.", "code") from None
    _note(actor, "payments.add_merchant", made)
    return made, secret


@transaction.atomic
def change_merchant(*, merchant_id: UUID, actor: Actor, now: datetime, confirm_url: str, return_url: str, kind: str) -> Merchant:
    """Change where it hears of money and where payers go back to; holds from the next message on."""
    require(actor, DECIDE)
    merchant = Merchant.objects.select_for_update().get(pk=merchant_id)
    for name, value in _checked(confirm_url=confirm_url, return_url=return_url, kind=kind).items():
        setattr(merchant, name, value)
    merchant.changed_at = now
    merchant.save()
    _note(actor, "payments.change_merchant", merchant)
    return merchant


@transaction.atomic
def new_secret(*, merchant_id: UUID, actor: Actor, now: datetime) -> str:
    """Another secret, shown once; the one before holds no longer: two at a time would let either be replayed as the other."""
    require(actor, DECIDE)
    merchant = Merchant.objects.select_for_update().get(pk=merchant_id)
    secret = secrets.token_urlsafe(32)
    merchant.secret, merchant.changed_at = secret, now
    merchant.save()
    _note(actor, "payments.new_merchant_secret", merchant)
    return secret


def _checked(*, confirm_url: str, return_url: str, kind: str) -> dict[str, str]:
    for field, url in (("confirm_url", confirm_url), ("return_url", return_url)):
        if url and (problem := address_problem(url)):
            raise MerchantRefused(problem, field)
    if not catalogues.transaction_kinds().filter(code=kind).exists():
        raise MerchantRefused(f"Không có loại giao dịch {kind}.", "kind")
    return {"confirm_url": confirm_url, "return_url": return_url, "kind": kind}


def _note(actor: Actor, act: str, merchant: Merchant) -> None:
    details: dict[str, Any] = {"partner": merchant.partner_id, "code": merchant.code, "confirm": merchant.confirm_url}
    audit.record(actor=actor, act=act, target="payments.merchant", target_id=str(merchant.pk), details=details)
