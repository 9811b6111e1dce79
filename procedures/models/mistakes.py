"""What readers say is wrong on a page, and what the agency that answers for each word of it did about it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from portal.states import StateTable, Transition
from procedures.models.version import ProcedureVersion


class MistakeReport(models.Model):
    """One report. It names no reader: nobody needs to sign in to say that a page is wrong, and numbers of people are taken out."""

    class Part(models.TextChoices):
        DOCUMENTS = "documents", "Giấy tờ cần có"
        FEES = "fees", "Phí, lệ phí"
        TIME = "time", "Thời hạn"
        PLACE = "place", "Nơi nộp, điện thoại, địa chỉ"
        LAW = "law", "Căn cứ pháp lý, quyết định"
        WORDS = "words", "Câu chữ khó hiểu"
        OTHER = "other", "Chỗ khác"

    class State(models.TextChoices):
        NEW = "new", "Chờ xem"
        CORRECTED = "corrected", "Đã sửa"
        UNFOUNDED = "unfounded", "Không sai"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(
        ProcedureVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="mistake_reports", verbose_name="thủ tục"
    )
    """The version that was in force when the report came; null: another page of the catalogue."""
    unit_code = models.CharField("mã cơ quan trả lời", max_length=40)
    """The agency that issued the procedure; VPCP where there is none."""
    part = models.CharField("chỗ sai", max_length=12, choices=Part.choices)
    text = models.TextField("điều người đọc thấy sai")
    language = models.CharField("ngôn ngữ", max_length=2, choices=[("vi", "Tiếng Việt"), ("en", "Tiếng Anh")], default="vi")
    created_at = models.DateTimeField("gửi lúc")
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.NEW)
    note = models.TextField("cơ quan đã làm gì", blank=True)
    handled_at = models.DateTimeField("xử lý lúc", null=True, blank=True)
    handled_by = models.CharField("người xử lý", max_length=300, blank=True)

    class Meta:
        verbose_name = "báo sai"
        verbose_name_plural = "báo nội dung sai"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="mistake_report_handled_says_what",
                condition=Q(state="new", handled_at__isnull=True) | (~Q(state="new") & Q(handled_at__isnull=False) & ~Q(note="")),
            ),
            models.CheckConstraint(name="mistake_report_says_something", condition=~Q(text="")),
        ]
        indexes = [
            models.Index(fields=["state", "-created_at", "-id"], name="mistake_report_state"),
            models.Index(fields=["unit_code", "-created_at"], name="mistake_report_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.get_part_display()}: {self.version or 'trang khác'}"


MISTAKES = StateTable(
    MistakeReport.State.values,
    [
        Transition("correct", "Đã sửa nội dung", frozenset({"new"}), "corrected", act="procedures.mistakes"),
        Transition("dismiss", "Nội dung không sai", frozenset({"new"}), "unfounded", act="procedures.mistakes"),
    ],
)
