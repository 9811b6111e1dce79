"""One try to pay an order at one institution, and the money that came of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from payments.models.institutions import Institution
from payments.models.orders import MOST, Order
from portal.states import StateTable, Transition


class Attempt(models.Model):
    """One try. Its states are one table; each edge is an event. "Not known" is never an end: it is asked about until it is known."""

    CREATED, SENT, ASKING, PAID, FAILED, EXPIRED = "created", "sent", "asking", "paid", "failed", "expired"
    STATES: ClassVar[dict[str, str]] = {
        CREATED: "Vừa chọn",
        SENT: "Đã chuyển sang đơn vị thanh toán",
        ASKING: "Đang hỏi lại đơn vị thanh toán",
        PAID: "Đã trừ tiền",
        FAILED: "Không thành công",
        EXPIRED: "Không thanh toán",
    }
    _UNKNOWN = frozenset({CREATED, SENT, ASKING})
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("send", "Chuyển sang đơn vị thanh toán", frozenset({CREATED}), SENT),
            Transition("ask", "Hỏi lại", _UNKNOWN, ASKING),
            # Also after we were told otherwise: money that was taken is money (Rules art. 32.1).
            Transition("pay", "Đã trừ tiền", _UNKNOWN | {FAILED, EXPIRED}, PAID),
            Transition("fail", "Không thành công", _UNKNOWN, FAILED),
            Transition("give_up", "Không có giao dịch", _UNKNOWN, EXPIRED),
        ],
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attempts")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField("lần")
    reference = models.CharField("mã tham chiếu", max_length=34, unique=True)
    amount = models.BigIntegerField("số tiền")
    fee = models.BigIntegerField("phí dịch vụ", default=0)
    """What the institution takes from the payer beside the amount, as told before they chose."""
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=CREATED)
    page_url = models.TextField(blank=True)
    """Where the payer goes to pay; empty for a transfer and once the attempt has ended."""
    qr = models.TextField(blank=True)
    created_at = models.DateTimeField("lúc")
    expires_at = models.DateTimeField()
    """After this the institution takes no money for it."""
    next_ask_at = models.DateTimeField(null=True, blank=True)
    asks = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    result_code = models.CharField("mã kết quả", max_length=20, blank=True)
    """The institution's own."""

    class Meta:
        verbose_name = "lần thanh toán"
        verbose_name_plural = "các lần thanh toán"
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="attempt_number"),
            models.CheckConstraint(condition=Q(amount__gte=1, amount__lte=MOST, fee__gte=0), name="attempt_amount"),
            models.CheckConstraint(
                condition=Q(state__in=["created", "sent", "asking"], ended_at__isnull=True)
                | Q(state__in=["paid", "failed", "expired"], ended_at__isnull=False),
                name="attempt_ended_has_time",
            ),
            # Never unknown for ever: whatever is not known has a moment at which it is asked about.
            models.CheckConstraint(
                condition=~Q(state__in=["created", "sent", "asking"]) | Q(next_ask_at__isnull=False), name="attempt_unknown_is_asked_about"
            ),
            models.CheckConstraint(condition=Q(reference__regex=r"^[A-Z0-9]{1,34}$"), name="attempt_reference_form"),
        ]
        indexes = [
            models.Index(fields=["next_ask_at"], name="attempts_to_ask", condition=Q(state__in=["created", "sent", "asking"])),
            models.Index(fields=["institution", "-created_at", "id"], name="attempts_of_institution"),
        ]
        triggers = [
            pgtrigger.Protect(name="attempt_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="attempt_terms_are_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.order_id, NEW.institution_id, NEW.reference, NEW.amount)"
                    " IS DISTINCT FROM (OLD.order_id, OLD.institution_id, OLD.reference, OLD.amount)"
                    " OR (OLD.state = 'paid' AND NEW.state <> 'paid'))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows yet what became of it."""
        return self.state in self._UNKNOWN


class AttemptEvent(models.Model):
    """What happened to an attempt. Never changed."""

    id = models.BigAutoField(primary_key=True)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    name = models.CharField(max_length=30)
    """The edge, or a word for what left the state alone: ``wrong_amount``, ``looked``."""
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    via = models.CharField(max_length=10, blank=True)
    """By which way it was learnt: callback, query, file, desk."""
    code = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["attempt", "id"], name="payments_attempt_events")]
        triggers = [pgtrigger.Protect(name="attempt_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.name}"


class Via(models.TextChoices):
    """By which way the portal learnt of money."""

    CALLBACK = "callback", "đơn vị thanh toán báo"
    QUERY = "query", "Cổng hỏi lại"
    FILE = "file", "tệp đối soát"
    DESK = "desk", "bàn làm việc"


class Collection(models.Model):
    """One movement of money that an institution says it took from a payer. Its number there makes it one, whoever tells of it."""

    class Purpose(models.TextChoices):
        """What the money is for."""

        SETTLES = "settles", "trả khoản phải nộp"
        DOUBLE = "double", "nộp trùng"
        OVER = "over", "nộp thừa"
        UNDER = "under", "nộp thiếu"
        CLOSED = "closed", "khoản phải nộp đã hủy"
        UNMATCHED = "unmatched", "không rõ khoản phải nộp"
        MORE = "more", "bị trừ nhiều hơn số đã báo"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="collections", verbose_name="đơn vị thanh toán")
    institution_ref = models.CharField("mã giao dịch của đơn vị thanh toán", max_length=64)
    bank_ref = models.CharField("mã giao dịch ngân hàng", max_length=64, blank=True)
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="collections")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="collections")
    reference = models.CharField("mã tham chiếu", max_length=34, blank=True)
    """As the institution wrote it."""
    purpose = models.CharField("tính chất", max_length=10, choices=Purpose.choices)
    amount = models.BigIntegerField("số tiền")
    """All that was taken for this movement, without the institution's fee."""
    owed_back = models.BigIntegerField("phải trả lại người nộp", default=0)
    """The part that is not the agency's: all of a double payment, what is over of an over-payment."""
    refunding = models.BigIntegerField(default=0)
    """Refunds decided or done, in all; never more than the amount."""
    refunded = models.BigIntegerField("đã hoàn", default=0)
    payee_unit = models.CharField("cơ quan thụ hưởng", max_length=40, blank=True, db_collation="C")
    kind = models.CharField("loại giao dịch", max_length=20, blank=True)
    paid_at = models.DateTimeField("trừ tiền lúc")
    """As the institution says."""
    day = models.DateField("ngày giao dịch")
    """Of ``paid_at`` in Vietnam: the institution's business day, by which both sides compare."""
    via = models.CharField("nguồn tin", max_length=10, choices=Via.choices)
    booked_at = models.DateTimeField("ghi sổ lúc")
    allocated_at = models.DateTimeField(null=True)
    """When money of nobody was found to be an order's, and became an agency's."""
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections", db_index=False)
    """The movement of which this is a part that came to light later, by clearing up a difference; its number is made from that one's."""
    is_test = models.BooleanField(default=False)

    class Meta:
        verbose_name = "khoản đã thu"
        verbose_name_plural = "khoản đã thu"
        constraints = [
            models.UniqueConstraint(fields=["institution", "institution_ref"], name="collection_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(purpose__in=["settles", "over"]), name="collection_one_settles_an_order"),
            models.CheckConstraint(
                condition=Q(amount__gte=1, amount__lte=MOST, owed_back__gte=0, owed_back__lte=F("amount")), name="collection_amounts"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("refunding"), refunding__lte=F("amount")), name="collection_refunds_within_it"
            ),
            models.CheckConstraint(condition=~Q(institution_ref=""), name="collection_has_its_number"),
            models.CheckConstraint(
                condition=Q(purpose="settles", owed_back=0, order__isnull=False)
                | Q(purpose="over", owed_back__gt=0, order__isnull=False)
                | Q(purpose__in=["double", "under", "closed"], owed_back=F("amount"), order__isnull=False)
                | Q(purpose="unmatched", owed_back=F("amount"), order__isnull=True)
                | Q(purpose="more", owed_back=F("amount"), corrects__isnull=False),
                name="collection_purpose",
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "day", "institution_ref"], name="collections_of_day"),
            models.Index(fields=["payee_unit", "day", "id"], name="collections_of_unit"),
            models.Index(fields=["payee_unit", "-paid_at", "id"], name="collections_unit_newest"),
            models.Index(fields=["institution", "-paid_at", "id"], name="collections_inst_newest"),
            models.Index(fields=["-paid_at", "id"], name="collections_newest"),
            models.Index(fields=["reference"], name="collections_by_reference"),
            models.Index(fields=["corrects"], name="collections_corrections", condition=Q(corrects__isnull=False)),
            # Grows with the table as the table does with time: a thousandth of the size of a tree.
            BrinIndex(fields=["booked_at"], autosummarize=True, name="collections_by_booking"),
            models.Index(fields=["allocated_at"], name="collections_allocated", condition=Q(allocated_at__isnull=False)),
        ]
        triggers = [
            pgtrigger.Protect(name="collection_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="collection_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.institution_id, NEW.institution_ref, NEW.amount, NEW.paid_at, NEW.day)"
                    " IS DISTINCT FROM (OLD.institution_id, OLD.institution_ref, OLD.amount, OLD.paid_at, OLD.day))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.institution_ref}"
