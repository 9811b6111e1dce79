"""What is owed: the order with its lines."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from portal.crypto.fields import SealedJSONField
from portal.states import StateTable, Transition

MOST = 1_000_000_000_000
"""No order is of more: 10^12 đồng."""
CODE_PATTERN = r"^DVC[0-9A-HJKMNP-TV-Z]{13}$"


class FeeKind(models.TextChoices):
    """What a line is by law: receipts of phí and of lệ phí are separate papers."""

    FEE = "fee", "Phí"
    CHARGE = "charge", "Lệ phí"
    TAX = "tax", "Thuế"
    FINE = "fine", "Tiền phạt"
    OTHER = "other", "Khoản khác"


class Order(models.Model):
    """One amount owed by one payer to one agency (lệnh thanh toán). The code is not guessable: who has it may pay."""

    OPEN, PAID, EXPIRED, CANCELLED = "open", "paid", "expired", "cancelled"
    STATES: ClassVar[dict[str, str]] = {OPEN: "Chưa thanh toán", PAID: "Đã thanh toán", EXPIRED: "Hết hạn", CANCELLED: "Đã hủy"}
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            # Money that was on its way when the time ran out is still the order's (Rules art. 32.2).
            Transition("settle", "Đã thu", frozenset({OPEN, EXPIRED}), PAID),
            Transition("expire", "Hết hạn", frozenset({OPEN}), EXPIRED),
            Transition("cancel", "Hủy", frozenset({OPEN, EXPIRED}), CANCELLED),
        ],
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã thanh toán", max_length=16, unique=True)
    source = models.CharField(max_length=40)
    """Which room or system asked for it."""
    source_key = models.CharField(max_length=200)
    """Its name there: the same name is the same order."""
    kind = models.CharField("loại giao dịch", max_length=20)
    """Code in the catalogue of transaction kinds (Rules art. 34.1)."""
    reference = models.CharField("số hồ sơ, quyết định", max_length=100)
    description = models.CharField("nội dung", max_length=300)
    """For whoever has the code: no personal data."""
    party_id = models.UUIDField(null=True, blank=True)
    """The payer, where they are known here."""
    payer_name = models.CharField("người nộp", max_length=300)
    payer: Any = SealedJSONField(subject="id", default=dict)
    """``number`` and ``address`` of the payer, for voucher and receipt."""
    payee_unit = models.CharField("cơ quan thụ hưởng", max_length=40, db_collation="C")
    payee_name = models.CharField(max_length=300)
    payee_account: Any = models.JSONField(default=dict)
    """The account as it was when the order was made: code, number, kind, bank or treasury office."""
    amount = models.BigIntegerField("số tiền")
    refunded = models.BigIntegerField("đã hoàn", default=0)
    due_at = models.DateTimeField("hạn nộp")
    expires_at = models.DateTimeField("hết hiệu lực")
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=OPEN)
    settled_at = models.DateTimeField("đã thu lúc", null=True, blank=True)
    """When the portal knew."""
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=300, blank=True)
    is_test = models.BooleanField(default=False)
    created_at = models.DateTimeField("lập lúc")
    created_by = models.CharField(max_length=200, blank=True)
    position_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = "khoản phải nộp"
        verbose_name_plural = "khoản phải nộp"
        constraints = [
            models.UniqueConstraint(fields=["source", "source_key"], name="order_once_for_its_source"),
            models.CheckConstraint(condition=Q(code__regex=CODE_PATTERN), name="order_code_form"),
            models.CheckConstraint(condition=Q(amount__gte=1, amount__lte=MOST), name="order_amount"),
            models.CheckConstraint(condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="order_refunded_within_amount"),
            models.CheckConstraint(condition=Q(state__in=["open", "paid", "expired", "cancelled"]), name="order_state_known"),
            models.CheckConstraint(
                condition=Q(state="paid", settled_at__isnull=False) | (~Q(state="paid") & Q(settled_at__isnull=True, refunded=0)),
                name="order_paid_has_time",
            ),
            models.CheckConstraint(condition=Q(expires_at__gte=F("due_at"), due_at__gte=F("created_at")), name="order_times"),
        ]
        indexes = [
            models.Index(fields=["party_id", "-created_at"], name="orders_mine", condition=Q(party_id__isnull=False)),
            models.Index(fields=["payee_unit", "-created_at", "id"], name="orders_of_unit"),
            models.Index(fields=["-created_at", "id"], name="orders_newest"),
            models.Index(fields=["expires_at"], name="orders_expiring", condition=Q(state="open")),
            models.Index(fields=["source", "reference"], name="orders_by_reference"),
        ]
        triggers = [
            pgtrigger.Protect(name="order_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="order_terms_are_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.code, NEW.amount, NEW.payee_unit, NEW.kind, NEW.source, NEW.source_key, NEW.is_test)"
                    " IS DISTINCT FROM (OLD.code, OLD.amount, OLD.payee_unit, OLD.kind, OLD.source, OLD.source_key, OLD.is_test))"
                ),
            ),
            pgtrigger.Protect(
                name="order_paid_stays_paid",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("(OLD.state = 'paid' AND NEW.state <> 'paid')"),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        """Whether it waits for money."""
        return self.state == self.OPEN


class OrderLine(models.Model):
    """One line of an order: what, how often, what was taken off and why."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    name = models.CharField("khoản", max_length=300)
    fee_kind = models.CharField("là", max_length=10, choices=FeeKind.choices)
    unit_amount = models.BigIntegerField("mức thu")
    number = models.PositiveIntegerField("số lượng")
    unit = models.CharField("đơn vị tính", max_length=60, blank=True)
    reduction = models.BigIntegerField("miễn giảm", default=0)
    reason = models.CharField("căn cứ", max_length=500, blank=True)
    amount = models.BigIntegerField("thành tiền")
    revenue_code = models.CharField("mã nội dung kinh tế", max_length=4, blank=True)
    """Of the budget's index (catalogue of revenue kinds)."""

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.CheckConstraint(
                condition=Q(
                    unit_amount__gte=0,
                    number__gte=1,
                    reduction__gte=0,
                    amount__gte=0,
                    amount=F("unit_amount") * F("number") - F("reduction"),
                ),
                name="order_line_adds_up",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="order_line_is_final", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="order_lines_make_its_amount",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                timing=pgtrigger.Deferred,
                func=(
                    "IF (SELECT sum(amount) FROM payments_orderline WHERE order_id = NEW.order_id)"
                    " <> (SELECT amount FROM payments_order WHERE id = NEW.order_id)"
                    " THEN RAISE EXCEPTION 'lines of order % do not make its amount', NEW.order_id USING ERRCODE = 'check_violation';"
                    " END IF; RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name
