"""Money that goes back: asked for, decided, sent, confirmed, booked (Rules art. 34.6)."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from payments.models.attempts import Collection
from payments.models.orders import Order
from portal.crypto.fields import SealedTextField
from portal.states import StateTable, Transition


class Refund(models.Model):
    """One refund of one collection, whole or in part. The institution gives back what was double or over, the agency all else."""

    REQUESTED, HANDED_ON, DECIDED, SENT, CONFIRMED, REJECTED = "requested", "handed_on", "decided", "sent", "confirmed", "rejected"
    STATES: ClassVar[dict[str, str]] = {
        REQUESTED: "Mới đề nghị",
        HANDED_ON: "Chuyển cơ quan thụ hưởng",
        DECIDED: "Đã quyết định hoàn",
        SENT: "Đã gửi lệnh hoàn",
        CONFIRMED: "Đã hoàn tiền",
        REJECTED: "Không hoàn",
    }
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("hand_on", "Chuyển cơ quan thụ hưởng", frozenset({REQUESTED}), HANDED_ON, act="payments.refund_at_institution"),
            Transition("decide", "Quyết định hoàn", frozenset({REQUESTED, HANDED_ON}), DECIDED, act="payments.refund"),
            Transition("reject", "Không hoàn", frozenset({REQUESTED, HANDED_ON}), REJECTED, act="payments.refund"),
            Transition("send", "Gửi lệnh hoàn", frozenset({DECIDED}), SENT),
            # The institution refuses: the decision stands, another way is found on the desk.
            Transition("bounce", "Lệnh hoàn bị từ chối", frozenset({SENT}), DECIDED),
            Transition("confirm", "Đã hoàn tiền", frozenset({DECIDED, SENT}), CONFIRMED),
        ],
    )

    class By(models.TextChoices):
        """Who gives the money back."""

        INSTITUTION = "institution", "Đơn vị thanh toán"
        AGENCY = "agency", "Cơ quan thụ hưởng"

    class Reason(models.TextChoices):
        """Why."""

        DOUBLE = "double", "Nộp trùng"
        OVER = "over", "Nộp thừa"
        UNDER = "under", "Nộp thiếu, không trả được khoản phải nộp"
        CLOSED = "closed", "Khoản phải nộp đã hủy"
        UNMATCHED = "unmatched", "Không rõ khoản phải nộp"
        MORE = "more", "Bị trừ nhiều hơn số đã báo"
        REFUSED = "refused", "Hồ sơ không được tiếp nhận"
        WITHDRAWN = "withdrawn", "Hồ sơ đã rút"
        ASKED = "asked", "Người nộp đề nghị"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("mã hoàn tiền", max_length=20, unique=True)
    key = models.CharField(max_length=200, unique=True)
    """Names the occasion: the same name is the same refund."""
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="refunds")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField("số tiền")
    by = models.CharField("nơi hoàn", max_length=12, choices=By.choices)
    reason = models.CharField("lý do", max_length=12, choices=Reason.choices)
    words = SealedTextField("người đề nghị viết", subject="id", null=True)
    party_id = models.UUIDField(null=True)
    """Who asked, where they are known."""
    asker = SealedTextField("người đề nghị", subject="id", null=True)
    contact = SealedTextField("liên lạc", subject="id", null=True)
    """Name and phone (E.164) or e-mail address of one who asks without being the signed-in payer."""
    institution_code = models.CharField("đơn vị thanh toán", max_length=40, db_collation="C")
    payee_unit = models.CharField("cơ quan thụ hưởng", max_length=40, blank=True, db_collation="C")
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=REQUESTED)
    decision = models.TextField("nội dung quyết định", blank=True)
    proof = models.CharField("số lệnh hoàn, chứng từ", max_length=120, blank=True)
    """The institution's number of it, or that of the treasury's payment."""
    requested_at = models.DateTimeField("đề nghị lúc")
    due_at = models.DateTimeField("hạn giải quyết")
    decided_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    next_ask_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "khoản hoàn trả"
        verbose_name_plural = "khoản hoàn trả"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_amount"),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "handed_on", "decided", "sent", "confirmed", "rejected"]), name="refund_state_known"
            ),
            models.CheckConstraint(
                condition=(~Q(state__in=["decided", "sent", "confirmed"]) | Q(decided_at__isnull=False))
                & (~Q(state="confirmed") | Q(confirmed_at__isnull=False)),
                name="refund_has_times",
            ),
            models.CheckConstraint(
                condition=Q(asker__isnull=True, contact__isnull=True) | Q(asker__isnull=False, contact__isnull=False),
                name="refund_asker_can_be_reached",
            ),
        ]
        indexes = [
            models.Index(fields=["institution_code", "-requested_at", "id"], name="refunds_of_institution"),
            models.Index(fields=["payee_unit", "-requested_at", "id"], name="refunds_of_unit"),
            models.Index(fields=["-requested_at", "id"], name="refunds_newest"),
            models.Index(fields=["due_at"], name="refunds_open", condition=Q(state__in=["requested", "handed_on", "decided", "sent"])),
            models.Index(fields=["next_ask_at"], name="refunds_to_ask", condition=Q(state="sent")),
        ]
        triggers = [
            pgtrigger.Protect(name="refund_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="refund_terms_are_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.collection_id, NEW.amount, NEW.key) IS DISTINCT FROM (OLD.collection_id, OLD.amount, OLD.key)"
                    " OR (OLD.state = 'confirmed' AND NEW.state <> 'confirmed'))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RefundEvent(models.Model):
    """What happened to a refund. Never changed."""

    id = models.BigAutoField(primary_key=True)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    name = models.CharField(max_length=30)
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    note = models.TextField(blank=True)
    position_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["refund", "id"], name="payments_refund_events")]
        triggers = [pgtrigger.Protect(name="refund_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.refund_id} {self.name}"
