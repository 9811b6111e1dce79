"""Why a dossier is not disposed of although its term is over. Rooms above add what they know (:func:`register_reason`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from dossiers.archive import rules
from dossiers.models import ArchiveHold, CashReceipt, Dossier, DossierDocument, PaymentDemand, Standing

Reason = Callable[[Sequence[Dossier], datetime], dict[UUID, str]]
_reasons: list[Reason] = []


def register_reason(reason: Reason) -> None:
    """Let a room say which of some dossiers must stay, and why in a sentence for the minute: no name, no content. Once, in ``ready()``."""
    if reason not in _reasons:
        _reasons.append(reason)


def kept_back(dossiers: Sequence[Dossier], now: datetime) -> dict[UUID, str]:
    """Of some dossiers those that stay, each with the first reason (a query for each kind of reason)."""
    found: dict[UUID, str] = {}
    for reason in (_held, _valid, _owed, _booked, *_reasons):
        for pk, words in reason([one for one in dossiers if one.pk not in found], now).items():
            found.setdefault(pk, words)
    return found


def _ids(dossiers: Sequence[Dossier]) -> list[UUID]:
    return [one.pk for one in dossiers]


def _held(dossiers: Sequence[Dossier], _now: datetime) -> dict[UUID, str]:
    rows = ArchiveHold.objects.filter(dossier__in=_ids(dossiers), lifted_at__isnull=True).order_by("-placed_at", "-pk")
    return {row.dossier_id: f"Đang giữ lại: {row.get_kind_display().lower()}." for row in rows.defer("note")}


def _valid(dossiers: Sequence[Dossier], now: datetime) -> dict[UUID, str]:
    """The result still holds: whoever shows it must be able to prove it."""
    rows = DossierDocument.objects.filter(
        dossier__in=_ids(dossiers), role="result", cancelled_at__isnull=True, valid_until__gte=timezone.localdate(now)
    )
    return {pk: f"Kết quả còn giá trị đến hết {until:%d/%m/%Y}." for pk, until in rows.values_list("dossier_id", "valid_until") if until}


def _owed(dossiers: Sequence[Dossier], _now: datetime) -> dict[UUID, str]:
    rows = PaymentDemand.objects.filter(dossier__in=_ids(dossiers), standing=Standing.DUE)
    return dict.fromkeys(rows.values_list("dossier_id", flat=True), "Còn khoản phí, lệ phí chưa kết thúc.")


def _booked(dossiers: Sequence[Dossier], now: datetime) -> dict[UUID, str]:
    """Cash receipts are sealed with the dossier's key and are vouchers of the books."""
    since = rules.over_before(rules.ACCOUNTING_YEARS, timezone.localdate(now))
    rows = CashReceipt.objects.filter(dossier__in=_ids(dossiers), taken_at__gte=since)
    return dict.fromkeys(rows.values_list("dossier_id", flat=True), "Có biên lai thu tiền mặt chưa hết 10 năm theo Luật Kế toán.")
