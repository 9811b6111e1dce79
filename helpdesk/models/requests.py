"""What an agency asks the operators for: help, or an incident mended, within 8 working hours or by a published day (Rules art. 51)."""

from __future__ import annotations

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from portal.states import StateTable, Transition

ASK, ANSWER = "helpdesk.ask", "helpdesk.answer_request"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class AgencyRequest(models.Model):
    """One request. Officers write it as officers: no personal data belongs here, and the form says so."""

    class State(models.TextChoices):
        NEW = "new", "Chờ tiếp nhận"
        WORKING = "working", "Đang xử lý"
        DONE = "done", "Đã xử lý"
        CONFIRMED = "confirmed", "Cơ quan xác nhận xong"
        WITHDRAWN = "withdrawn", "Cơ quan rút lại"

    class About(models.TextChoices):
        CONNECTION = "connection", "Kết nối, chia sẻ dữ liệu"
        ACCOUNTS = "accounts", "Tài khoản quản trị, phân quyền"
        DOSSIERS = "dossiers", "Xử lý hồ sơ"
        PAYMENTS = "payments", "Thanh toán"
        CATALOGUES = "catalogues", "Thủ tục, danh mục"
        OTHER = "other", "Việc khác"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã đề nghị", max_length=16, unique=True)
    unit_code = models.CharField("cơ quan đề nghị", max_length=40, db_collation="C")
    about = models.CharField("về việc", max_length=12, choices=About.choices)
    title = models.CharField("tóm tắt", max_length=200)
    words = models.TextField("nội dung", max_length=5000)
    is_incident = models.BooleanField("là sự cố", default=False)
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.NEW)
    asked_at = models.DateTimeField("đề nghị lúc")
    asked_by = models.UUIDField()
    """Position of the officer, who is told."""
    asked_label = models.CharField("người đề nghị", max_length=300)
    due_at = models.DateTimeField("hạn xử lý")
    """8 working hours from asking; never moved."""
    promised_at = models.DateTimeField("hẹn hoàn thành", null=True, blank=True)
    """The published day, where it is complex."""
    promised_why = models.CharField("vì sao phức tạp", max_length=500, blank=True)
    handler_position_id = models.UUIDField(null=True, blank=True)
    handler_label = models.CharField("người xử lý", max_length=300, blank=True)
    answer = models.TextField("kết quả", max_length=5000, blank=True)
    done_at = models.DateTimeField("xử lý xong lúc", null=True, blank=True)
    warned = models.PositiveSmallIntegerField(default=0)
    """What has been told of the present deadline: 0 nothing, 1 an hour left, 2 late."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "đề nghị hỗ trợ"
        verbose_name_plural = "đề nghị hỗ trợ của cơ quan"
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(name="helpdesk_request_promise_says_why", condition=Q(promised_at__isnull=True) | ~Q(promised_why="")),
            models.CheckConstraint(
                name="helpdesk_request_promise_later", condition=Q(promised_at__isnull=True) | Q(promised_at__gt=F("asked_at"))
            ),
            models.CheckConstraint(
                name="helpdesk_request_done_says_what",
                condition=~Q(state__in=["done", "confirmed"]) | (Q(done_at__isnull=False) & ~Q(answer="")),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-asked_at", "-id"], name="helpdesk_of_unit"),
            models.Index(fields=["-asked_at", "-id"], name="helpdesk_requests"),
            models.Index(fields=["due_at"], name="helpdesk_requests_due", condition=Q(state__in=["new", "working"])),
        ]
        triggers = [pgtrigger.Protect(name="request_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class RequestStep(models.Model):
    """What happened to a request. Never changed."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(AgencyRequest, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    name = models.CharField(max_length=20)
    to_state = models.CharField(max_length=10)
    label = models.CharField(max_length=300)
    words = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["request", "id"], name="helpdesk_request_events")]
        triggers = [pgtrigger.Protect(name="request_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.request_id} {self.name}"


_S = AgencyRequest.State
REQUESTS = StateTable(
    _S.values,
    [
        Transition("take", "Nhận xử lý", frozenset({_S.NEW}), _S.WORKING, act=ANSWER),
        Transition("promise", "Công bố thời gian hoàn thành", frozenset({_S.NEW, _S.WORKING}), _S.WORKING, act=ANSWER),
        Transition("solve", "Báo đã xử lý", frozenset({_S.NEW, _S.WORKING}), _S.DONE, act=ANSWER),
        Transition("confirm", "Xác nhận đã xong", frozenset({_S.DONE}), _S.CONFIRMED, act=ASK),
        Transition("again", "Chưa xong, xử lý tiếp", frozenset({_S.DONE}), _S.WORKING, act=ASK),
        Transition("withdraw", "Rút đề nghị", frozenset({_S.NEW, _S.WORKING}), _S.WITHDRAWN, act=ASK),
    ],
)
