"""Differences: what two sides say differently about money, as a case with an owner, a cause and a deadline (Rules art. 34.5)."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from payments.models.attempts import Attempt, Collection
from payments.models.institutions import Institution
from portal.states import StateTable, Transition


class Case(models.Model):
    """One difference. Found again it is the same case; it is closed with a cause, and what is wrong is corrected by a booking."""

    class Type(models.TextChoices):
        """How the sides differ."""

        ONLY_HERE = "only_here", "Chỉ có ở Cổng"
        ONLY_THERE = "only_there", "Chỉ có ở đơn vị thanh toán"
        AMOUNT = "amount", "Lệch số tiền"
        STATE = "state", "Lệch trạng thái"
        DUPLICATE = "duplicate", "Trùng giao dịch"
        LATE = "late", "Quyết toán muộn"
        WRONG_PAYEE = "wrong_payee", "Sai cơ quan thụ hưởng"
        NOT_PAID_OUT = "not_paid_out", "Chưa chuyển cho cơ quan"
        ONLY_AGENCY = "only_agency", "Chỉ cơ quan ghi nhận"
        NOT_AT_AGENCY = "not_at_agency", "Cơ quan chưa ghi nhận"
        VOUCHER = "voucher", "Chứng từ không hợp lệ"

    OPEN, ASSIGNED, ESCALATED, CLOSED = "open", "assigned", "escalated", "closed"
    STATES: ClassVar[dict[str, str]] = {OPEN: "Mới", ASSIGNED: "Đang xử lý", ESCALATED: "Quá hạn, đã báo cấp trên", CLOSED: "Đã xử lý"}
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("assign", "Nhận xử lý", frozenset({OPEN, ESCALATED, ASSIGNED}), ASSIGNED, act="payments.solve"),
            Transition("escalate", "Báo cấp trên", frozenset({OPEN, ASSIGNED}), ESCALATED),
            Transition("close", "Kết thúc", frozenset({OPEN, ASSIGNED, ESCALATED}), CLOSED, act="payments.solve"),
        ],
    )

    id = models.BigAutoField("số", primary_key=True)
    key = models.CharField(max_length=200, unique=True)
    """Names the difference: type, institution, day and the money it is about."""
    type = models.CharField("loại chênh lệch", max_length=14, choices=Type.choices)
    institution = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="cases", verbose_name="đơn vị thanh toán"
    )
    payee_unit = models.CharField("cơ quan", max_length=40, blank=True, db_collation="C")
    day = models.DateField("ngày đối soát")
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="+")
    collection = models.ForeignKey(Collection, null=True, on_delete=models.PROTECT, related_name="cases")
    ours = models.BigIntegerField("số tiền tại Cổng", null=True)
    theirs = models.BigIntegerField("số tiền bên kia", null=True)
    facts: Any = models.JSONField(default=dict)
    """What the other side wrote: number, state, day, line of the file; no personal data."""
    side = models.CharField("bên xử lý", max_length=12, default="institution")
    """Who must clear it up first: ``institution``, ``agency`` or ``portal``."""
    owner_position_id = models.UUIDField(null=True)
    owner_label = models.CharField("người xử lý", max_length=200, blank=True)
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=OPEN)
    opened_at = models.DateTimeField("phát hiện lúc")
    due_at = models.DateTimeField("hạn xử lý")
    cause = models.CharField("nguyên nhân", max_length=40, blank=True)
    resolution = models.TextField("cách xử lý", blank=True)
    closed_at = models.DateTimeField(null=True)
    last_run_id = models.BigIntegerField(null=True)
    """The last reconciliation that found it; none where news of an institution did."""
    vanished_at = models.DateTimeField(null=True)
    """When a reconciliation no longer found it: a file was corrected, or money came."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "chênh lệch"
        verbose_name_plural = "chênh lệch"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(cause="") | ~Q(state="closed"), name="case_closed_has_cause"
            ),
            models.CheckConstraint(condition=~Q(state="assigned") | Q(owner_position_id__isnull=False), name="case_assigned_has_owner"),
        ]
        indexes = [
            models.Index(fields=["institution", "-day", "-id"], name="cases_of_institution"),
            models.Index(fields=["payee_unit", "-day", "-id"], name="cases_of_unit"),
            models.Index(fields=["-day", "-id"], name="cases_newest"),
            models.Index(fields=["-day", "-id"], name="cases_open_newest", condition=~Q(state="closed")),
            models.Index(fields=["type", "-day", "-id"], name="cases_of_type"),
            models.Index(fields=["owner_position_id", "-day", "-id"], name="cases_of_owner", condition=Q(owner_position_id__isnull=False)),
            models.Index(fields=["due_at", "id"], name="cases_open", condition=~Q(state="closed")),
        ]
        triggers = [pgtrigger.Protect(name="case_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"


class CaseEvent(models.Model):
    """What happened to a case. Never changed."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    name = models.CharField(max_length=30)
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    note = models.TextField(blank=True)
    position_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["case", "id"], name="payments_case_events")]
        triggers = [pgtrigger.Protect(name="case_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case_id} {self.name}"
