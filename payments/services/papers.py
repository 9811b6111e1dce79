"""Our own papers about a payment: what the portal confirms, and the agency's receipts of phí and lệ phí (Decree 123/2020 ch. III).

Made when somebody first wants one: of a million payments few want a paper, and each is rendered and sealed.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from payments.models import Collection, FeeKind, Order, ReceiptSeries, Voucher
from payments.words import in_words, masked
from portal.access import SYSTEM
from portal.catalogues import queries as catalogues
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.proofs import Section

CONFIRMATION, RECEIPT_FEE, RECEIPT_CHARGE = "xac-nhan", "phi", "le-phi"
_RECEIPTS = {RECEIPT_FEE: FeeKind.FEE, RECEIPT_CHARGE: FeeKind.CHARGE}
_TITLES = {
    CONFIRMATION: "Xác nhận thanh toán",
    RECEIPT_FEE: "Biên lai thu tiền phí",
    RECEIPT_CHARGE: "Biên lai thu tiền lệ phí",
}
PORTAL_UNIT = "G22"
"""The Government Office, which answers for the portal: its seal stands under what the portal itself confirms."""
TEMPLATE_SYMBOL = {RECEIPT_FEE: "01BLP0-001", RECEIPT_CHARGE: "01BLP0-002"}
"""Ký hiệu mẫu biên lai: electronic, amount not printed beforehand; phí and lệ phí have forms of their own."""


class PaperRefused(Exception):
    """There is no such paper for this order. ``message`` is for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def is_payers_number(order: Order, typed: str) -> bool:
    """Whether somebody knows the identity number or tax code of who owes: then a receipt, which names them, may be shown to them."""
    known = "".join(sign for sign in str((order.payer or {}).get("number", "")) if sign.isalnum())
    return bool(known) and hmac.compare_digest(known.encode(), "".join(sign for sign in typed if sign.isalnum()).encode())


@dataclass(frozen=True)
class OwnPaper:
    """A paper that an order may have; ``document`` is None until somebody wanted it."""

    kind: str
    title: str
    document: Document | None

    @property
    def names_the_payer(self) -> bool:
        """Whether it is for the payer only: it says who they are and where they live."""
        return self.kind in _RECEIPTS


def papers_of(order: Order) -> list[OwnPaper]:
    """The papers that a paid order may have, with those that were made (no query where the order came with lines and vouchers)."""
    if order.state != Order.PAID:
        return []
    made = {voucher.part: voucher.document for voucher in order.vouchers.all() if voucher.document_id is not None}
    kinds = [CONFIRMATION]
    for kind, fee_kind in _RECEIPTS.items():
        if any(line.fee_kind == fee_kind and line.amount for line in order.lines.all()):
            kinds.append(kind)
    return [OwnPaper(kind, _TITLES[kind], made.get(kind)) for kind in kinds]


@transaction.atomic
def issue_paper(*, order_id: UUID, kind: str, now: datetime) -> Document:
    """Make one of our papers, sealed by the agency (receipts) or the portal's own office (confirmation); again: the same document.

    :class:`PaperRefused` for an order that is not paid, or has no line of this kind. A receipt's number runs without holes within its
    agency, symbol and year (Decree 123/2020 art. 32).
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.state != Order.PAID or kind not in {paper.kind for paper in papers_of(order)}:
        raise PaperRefused("Khoản này chưa thanh toán hoặc không có giấy này.")
    known = Voucher.objects.filter(order=order, part=kind).select_related("document").first()
    if known is not None and known.document is not None:
        return known.document
    collection = Collection.objects.select_related("institution").get(order=order, purpose__in=["settles", "over"])
    is_receipt = kind in _RECEIPTS
    unit = order.payee_unit if is_receipt else PORTAL_UNIT
    symbol, number = _next_number(unit, kind, now) if is_receipt else ("", "")
    document = documents.issue_sealed(
        key=f"payments.{kind}:{order.pk}",
        kind=f"payments.{'receipt' if is_receipt else 'confirmation'}",
        title=_TITLES[kind],
        template="documents/fee_receipt.html" if is_receipt else "documents/payment_confirmation.html",
        context=paper_context(order, collection, kind, symbol=symbol, number=number),
        unit_code=unit,
        subject=order.pk,
        actor=SYSTEM,
    )
    Voucher.objects.create(
        order=order,
        collection=collection,
        kind=Voucher.Kind.RECEIPT if is_receipt else Voucher.Kind.CONFIRMATION,
        part=kind,
        state=Voucher.State.KEPT,
        number=f"{symbol}-{number}" if is_receipt else order.code,
        document=document,
        created_at=now,
    )
    return document


def _next_number(unit: str, kind: str, now: datetime) -> tuple[str, str]:
    """Symbol and number of the next receipt: ``AA26E`` and seven digits, counted under the lock of the series' row."""
    symbol = f"AA{timezone.localdate(now):%y}E"
    series, _made = ReceiptSeries.objects.select_for_update(no_key=True).get_or_create(
        unit_code=unit, template=TEMPLATE_SYMBOL[kind], symbol=symbol
    )
    series.last += 1
    series.save(update_fields=["last"])
    return symbol, f"{series.last:07d}"


def _dong(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def paper_context(order: Order, collection: Collection, kind: str, *, symbol: str, number: str) -> dict[str, Any]:
    """What a paper says, as JSON values."""
    lines = list(order.lines.order_by("position"))
    if kind in _RECEIPTS:
        lines = [line for line in lines if line.fee_kind == _RECEIPTS[kind] and line.amount]
    total = sum(line.amount for line in lines)
    agency = catalogues.agency(order.payee_unit)
    return {
        "template_symbol": TEMPLATE_SYMBOL.get(kind, ""),
        "symbol": symbol,
        "number": number,
        "heading": _TITLES[kind],
        "payee": order.payee_name,
        "payee_address": agency.address,
        # Whoever has the code may have the confirmation: it says no more of the payer than the page does.
        "payer": order.payer_name if kind in _RECEIPTS else masked(order.payer_name),
        "payer_address": (order.payer or {}).get("address", "") if kind in _RECEIPTS else "",
        "reference": order.reference,
        "code": order.code,
        "description": order.description,
        "lines": [
            {
                "name": line.name,
                "unit_amount": _dong(line.unit_amount),
                "number": line.number,
                "unit": line.unit,
                "reduction": _dong(line.reduction) if line.reduction else "",
                "reason": line.reason,
                "amount": _dong(line.amount),
            }
            for line in lines
        ],
        "total": _dong(total),
        "total_words": in_words(total),
        "institution": collection.institution.name,
        "institution_ref": collection.institution_ref,
        "paid_at": f"{timezone.localtime(collection.paid_at):%H:%M ngày %d/%m/%Y}",
    }


def paper_content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that a paper prints of its payment, for comparing a print."""
    lines = [
        ("Mã thanh toán", context["code"]),
        *([("Mẫu, ký hiệu, số", f"{context['template_symbol']}, {context['symbol']}, {context['number']}")] if context["number"] else []),
        ("Cơ quan thụ hưởng", context["payee"]),
        ("Người nộp", context["payer"]),
        ("Nội dung", f"{context['description']} ({context['reference']})"),
        *((line["name"], f"{line['amount']} đồng") for line in context["lines"]),
        ("Số tiền", f"{context['total']} đồng ({context['total_words']})"),
        ("Trả qua", f"{context['institution']}, mã giao dịch {context['institution_ref']}, {context['paid_at']}"),
    ]
    return [Section("", tuple((label, value) for label, value in lines if value))]
