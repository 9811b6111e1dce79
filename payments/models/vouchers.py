"""What proves a payment: the institution's own signed voucher; our confirmation; the agency's e-receipt of a fee."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q

from payments.models.attempts import Collection
from payments.models.orders import Order


class Voucher(models.Model):
    """One paper about a payment. The institution's is kept as it came, with what its signature proved (Rules art. 31.2c)."""

    class Kind(models.TextChoices):
        """Whose paper it is."""

        INSTITUTION = "institution", "Chứng từ nộp ngân sách có chữ ký số của đơn vị thanh toán"
        CONFIRMATION = "confirmation", "Xác nhận thanh toán của Cổng"
        RECEIPT = "receipt", "Biên lai thu phí, lệ phí điện tử"

    class State(models.TextChoices):
        """Of the institution's voucher."""

        WAITING = "waiting", "Đang chờ"
        KEPT = "kept", "Đã nhận"
        REFUSED = "refused", "Chữ ký không hợp lệ"
        ABSENT = "absent", "Không có"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="vouchers")
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="vouchers")
    kind = models.CharField("loại", max_length=12, choices=Kind.choices)
    part = models.CharField(max_length=20, blank=True)
    """``fee`` or ``charge``: phí and lệ phí have receipts of their own."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    number = models.CharField("số", max_length=60, blank=True)
    pdf = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    xml = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    """Our own papers are documents of the room ``documents``."""
    sha256 = models.CharField(max_length=64, blank=True)
    signer = models.CharField("người ký", max_length=300, blank=True)
    signed_at = models.DateTimeField("ký lúc", null=True)
    created_at = models.DateTimeField()
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            # At most one of each, whatever arrives how often.
            models.UniqueConstraint(fields=["order", "kind", "part"], name="voucher_once"),
            models.CheckConstraint(
                condition=~Q(kind="institution", state="kept") | (Q(pdf__isnull=False, signed_at__isnull=False) & ~Q(sha256="")),
                name="voucher_kept_is_signed",
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="vouchers_waiting", condition=Q(state="waiting"))]
        triggers = [
            pgtrigger.Protect(name="voucher_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="voucher_kept_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("(OLD.state = 'kept' AND NEW.sha256 IS DISTINCT FROM OLD.sha256)"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"


class ReceiptSeries(models.Model):
    """The last number given in a series of e-receipts of an agency; raised under the row's lock only, so that there are no holes."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField(max_length=40)
    template = models.CharField(max_length=12)
    symbol = models.CharField(max_length=6)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "template", "symbol"], name="receipt_series_once"),
            models.CheckConstraint(condition=Q(last__lte=9_999_999), name="receipt_series_seven_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.template} {self.symbol}"
