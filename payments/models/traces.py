"""Tracing: a payer asks what became of their money, and is answered (Rules art. 32.4, 35.10)."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from payments.models.attempts import Attempt
from payments.models.orders import Order
from portal.crypto.fields import SealedTextField
from portal.states import StateTable, Transition


class TraceRequest(models.Model):
    """One question about the money of one order. First the institution is asked by the machine, then its people, then the agency."""

    AT_INSTITUTION, AT_AGENCY, ANSWERED = "at_institution", "at_agency", "answered"
    STATES: ClassVar[dict[str, str]] = {
        AT_INSTITUTION: "Đơn vị thanh toán đang tra soát",
        AT_AGENCY: "Cơ quan thụ hưởng đang tra soát",
        ANSWERED: "Đã trả lời",
    }
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("hand_on", "Chuyển cơ quan thụ hưởng", frozenset({AT_INSTITUTION}), AT_AGENCY, act="payments.solve_at_institution"),
            Transition("hand_back", "Chuyển lại đơn vị thanh toán", frozenset({AT_AGENCY}), AT_INSTITUTION, act="payments.solve"),
            # The act depends on whose turn it is; :mod:`payments.services.traces` asks for the right one.
            Transition("answer", "Trả lời", frozenset({AT_INSTITUTION, AT_AGENCY}), ANSWERED),
        ],
    )

    class Topic(models.TextChoices):
        """What happened, as payers say it."""

        TAKEN = "taken", "Đã bị trừ tiền nhưng ở đây chưa ghi nhận"
        TWICE = "twice", "Bị trừ tiền hai lần"
        AMOUNT = "amount", "Số tiền bị trừ không đúng"
        VOUCHER = "voucher", "Chưa nhận được chứng từ"
        OTHER = "other", "Việc khác"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("mã tra soát", max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="traces")
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="traces")
    topic = models.CharField("nội dung tra soát", max_length=10, choices=Topic.choices)
    words = SealedTextField("người nộp viết", subject="id", null=True)
    contact = SealedTextField("liên lạc", subject="id", null=True)
    """Phone in E.164 or e-mail address, from one who is not signed in."""
    party_id = models.UUIDField(null=True)
    """Who asked, where they are known here."""
    institution_code = models.CharField("đơn vị thanh toán", max_length=40, blank=True, db_collation="C")
    payee_unit = models.CharField("cơ quan thụ hưởng", max_length=40, db_collation="C")
    state = models.CharField("tình trạng", max_length=16, choices=list(STATES.items()), default=AT_INSTITUTION)
    answer = SealedTextField("trả lời", subject="id", null=True)
    asked_at = models.DateTimeField("hỏi lúc")
    due_at = models.DateTimeField("hạn trả lời")
    escalated_at = models.DateTimeField("báo quá hạn lúc", null=True)
    answered_at = models.DateTimeField("trả lời lúc", null=True)
    answered_by = models.CharField("người trả lời", max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "yêu cầu tra soát"
        verbose_name_plural = "yêu cầu tra soát"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["at_institution", "at_agency", "answered"]), name="trace_state_known"),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False) | (~Q(state="answered") & Q(answered_at__isnull=True)),
                name="trace_answered_has_time",
            ),
            # Somebody must be able to hear the answer, and somebody must have to give it.
            models.CheckConstraint(condition=Q(party_id__isnull=False) | Q(contact__isnull=False), name="trace_can_be_answered"),
            models.CheckConstraint(condition=~Q(state="at_institution") | ~Q(institution_code=""), name="trace_is_somebodys"),
        ]
        indexes = [
            models.Index(fields=["order", "-asked_at"], name="traces_of_order"),
            models.Index(fields=["institution_code", "-asked_at", "id"], name="traces_of_institution"),
            models.Index(fields=["payee_unit", "-asked_at", "id"], name="traces_of_unit"),
            models.Index(fields=["-asked_at", "id"], name="traces_newest"),
            models.Index(fields=["due_at", "id"], name="traces_open", condition=~Q(state="answered")),
        ]
        triggers = [
            pgtrigger.Protect(name="trace_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="trace_question_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.order_id, NEW.attempt_id, NEW.topic, NEW.asked_at) IS DISTINCT FROM"
                    " (OLD.order_id, OLD.attempt_id, OLD.topic, OLD.asked_at) OR (OLD.state = 'answered' AND NEW.state <> 'answered'))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state != self.ANSWERED


class TraceEvent(models.Model):
    """What happened to a request. Never changed."""

    id = models.BigAutoField(primary_key=True)
    trace = models.ForeignKey(TraceRequest, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    name = models.CharField(max_length=30)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    note = models.TextField(blank=True)
    position_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["trace", "id"], name="payments_trace_events")]
        triggers = [pgtrigger.Protect(name="trace_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.trace_id} {self.name}"
