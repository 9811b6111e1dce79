"""What VPCP writes down of its consent for a third party (`portal.exchange.partners.consents`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from portal.access import Actor, require
from portal.exchange.partners.models import Call, PartnerConsent
from portal.exchange.partners.services import KEEP, PartnerRefused, _locked, _note


@transaction.atomic
def record(
    *,
    code: str,
    number: str,
    dated: date,
    calls: Collection[str],
    purpose: str,
    begins_on: date,
    ends_on: date | None,
    actor: Actor,
    now: datetime,
) -> PartnerConsent:
    """Write down a consent. :class:`PartnerRefused` for a body of the State, a document of tomorrow, days in the wrong order, a call that
    the system has no right to."""
    require(actor, KEEP)
    partner = _locked(code)
    if not partner.is_third_party:
        raise PartnerRefused("Hệ thống của cơ quan nhà nước kết nối theo Quy chế, không cần văn bản đồng ý này.")
    if dated > timezone.localdate(now):
        raise PartnerRefused("Văn bản có ngày ở tương lai.", "dated")
    if ends_on is not None and ends_on < begins_on:
        raise PartnerRefused("Ngày hết phải sau ngày bắt đầu.", "ends_on")
    if strange := sorted(set(calls) - set(partner.calls)):
        raise PartnerRefused(f"Hệ thống chưa được gọi: {', '.join(str(Call(one).label) for one in strange)}.", "calls")
    if not calls or not number.strip() or not purpose.strip():
        raise PartnerRefused("Hãy ghi số văn bản, mục đích và ít nhất một quyền gọi.", "calls")
    row = PartnerConsent.objects.create(
        partner=partner, number=number.strip(), dated=dated, calls=sorted(set(calls)), purpose=purpose.strip(), begins_on=begins_on,
        ends_on=ends_on, recorded_at=now, recorded_by=actor.label,
    )  # fmt: skip
    _note(actor, "exchange.record_consent", partner, number=row.number, calls=row.calls)
    return row


@transaction.atomic
def withdraw(*, code: str, consent_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take a consent back: holds from the system's next call on. :class:`PartnerRefused` where it was taken back already."""
    require(actor, KEEP)
    partner = _locked(code)
    row = PartnerConsent.objects.select_for_update().filter(pk=consent_id, partner=partner).first()
    if row is None or row.withdrawn_at is not None:
        raise PartnerRefused("Văn bản này đã được rút lại rồi.")
    row.withdrawn_at, row.withdrawn_why = now, reason
    row.save(update_fields=["withdrawn_at", "withdrawn_why"])
    _note(actor, "exchange.withdraw_consent", partner, number=row.number)
