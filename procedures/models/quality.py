"""Whether what the catalogue says is whole, right and in time: reviews, findings, what is counted of them (Rules art. 24)."""

from __future__ import annotations

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.states import StateTable, Transition
from procedures.models.base import tracked


@tracked
class QualityReview(models.Model):
    """A look through an agency's procedures, by VPCP or by the agency itself; what is found is mended within ten working days."""

    class State(models.TextChoices):
        LOOKING = "looking", "Đang rà soát"
        SENT = "sent", "Đã gửi, chờ sửa"
        CLOSED = "closed", "Đã kết thúc"

    class Scope(models.TextChoices):
        FULL = "full", "Toàn bộ thủ tục"
        SAMPLE = "sample", "Chọn mẫu"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField("tên đợt rà soát", max_length=200)
    unit_code = models.CharField("cơ quan được rà soát", max_length=40, db_collation="C")
    by_unit = models.CharField("cơ quan rà soát", max_length=40, db_collation="C")
    scope = models.CharField("phạm vi", max_length=6, choices=Scope.choices)
    procedures = ArrayField(models.CharField(max_length=40), default=list, verbose_name="thủ tục được xem")
    """Drawn when the review began: what is in force may change meanwhile."""
    state = models.CharField("tình trạng", max_length=7, choices=State.choices, default=State.LOOKING)
    begun_at = models.DateTimeField("bắt đầu lúc")
    begun_by = models.CharField("người rà soát", max_length=300)
    sent_at = models.DateTimeField("gửi lúc", null=True, blank=True)
    due_at = models.DateTimeField("hạn sửa", null=True, blank=True)
    closed_at = models.DateTimeField("kết thúc lúc", null=True, blank=True)
    conclusion = models.CharField("kết luận", max_length=2000, blank=True)

    class Meta:
        verbose_name = "đợt rà soát chất lượng"
        verbose_name_plural = "rà soát chất lượng dữ liệu"
        ordering = ["-begun_at", "-id"]
        constraints = [
            models.CheckConstraint(name="quality_review_sent_has_its_limit", condition=Q(sent_at__isnull=True) | Q(due_at__isnull=False)),
            models.CheckConstraint(name="quality_review_closed_concludes", condition=~Q(state="closed") | ~Q(conclusion="")),
        ]
        indexes = [models.Index(fields=["unit_code", "-begun_at"], name="quality_review_unit")]

    def __str__(self) -> str:
        return self.title


@tracked
class QualityFinding(models.Model):
    """One thing that is not as it should be, with the part of the procedure it is about: found by a person or by the machine."""

    class Kind(models.TextChoices):
        COMPLETENESS = "complete", "Chưa đầy đủ"
        ACCURACY = "accurate", "Chưa chính xác"
        TIMELINESS = "timely", "Chưa kịp thời"

    class State(models.TextChoices):
        OPEN = "open", "Cần sửa"
        MENDED = "mended", "Cơ quan đã sửa"
        CLOSED = "closed", "Đã xong"

    class Rule(models.TextChoices):
        """What the machine looks for every night."""

        MISSING = "missing", "Thiếu bộ phận cấu thành"
        TEXT_ONLY = "text_only", "Chỉ có dạng chữ"
        DEAD_LINK = "dead_link", "Dẫn đến thủ tục không còn hiệu lực"
        STALE = "stale", "Lâu chưa đối chiếu"
        DUPLICATE = "duplicate", "Trùng tên với thủ tục khác"
        NO_OFFICE = "no_office", "Cơ quan không còn"
        UNCONFIRMED = "unconfirmed", "Nội dung địa phương chưa xác nhận"
        REPORTED = "reported", "Người đọc báo"
        """Not by the machine: by anybody who read the page (`procedures.services.mistakes`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    review = models.ForeignKey(QualityReview, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    """Null: found by the machine."""
    report = models.OneToOneField(
        "procedures.MistakeReport", on_delete=models.PROTECT, null=True, blank=True, related_name="finding", editable=False
    )
    """What a reader reported; it ends with what the agency did about that."""
    rule = models.CharField("máy phát hiện", max_length=11, choices=Rule.choices, blank=True)
    unit_code = models.CharField("cơ quan phải sửa", max_length=40, db_collation="C")
    procedure_code = models.CharField("mã thủ tục", max_length=40)
    part = models.CharField("bộ phận", max_length=24, blank=True)
    kind = models.CharField("về", max_length=8, choices=Kind.choices)
    text = models.CharField("điều chưa đúng", max_length=1000)
    state = models.CharField("tình trạng", max_length=6, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField("phát hiện lúc")
    due_at = models.DateTimeField("hạn sửa", null=True, blank=True)
    mended_at = models.DateTimeField("sửa lúc", null=True, blank=True)
    mended_by = models.CharField("người sửa", max_length=300, blank=True)
    note = models.CharField("đã sửa thế nào", max_length=1000, blank=True)
    closed_at = models.DateTimeField("xong lúc", null=True, blank=True)

    class Meta:
        verbose_name = "điều cần sửa trong dữ liệu"
        verbose_name_plural = "điều cần sửa trong dữ liệu"
        ordering = ["-found_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="quality_finding_has_a_finder", condition=(Q(review__isnull=True) & ~Q(rule="")) | Q(review__isnull=False, rule="")
            ),
            models.CheckConstraint(
                name="quality_finding_reported_by_somebody",
                condition=Q(rule="reported", report__isnull=False) | (~Q(rule="reported") & Q(report__isnull=True)),
            ),
            models.CheckConstraint(name="quality_finding_mended_says_how", condition=~Q(state="mended") | ~Q(note="")),
            models.UniqueConstraint(
                fields=["rule", "procedure_code", "part", "unit_code"],
                name="quality_finding_open_once",
                condition=~Q(rule__in=["", "reported"]) & Q(closed_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "state", "-found_at"], name="quality_finding_unit"),
            models.Index(fields=["state", "due_at"], name="quality_finding_due"),
        ]

    def __str__(self) -> str:
        return f"{self.procedure_code}: {self.text[:60]}"


@tracked
class QualityReport(models.Model):
    """What an agency found in its own procedures in a quarter and did about it, sent to VPCP (Rules art. 24.2)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan báo cáo", max_length=40, db_collation="C")
    quarter = models.DateField("quý bắt đầu ngày")
    """The first day of the quarter."""
    figures = models.JSONField("số liệu")
    """`procedures.services.reporting.Figures`, as it stood when it was drawn up; once sent it stays."""
    drawn_at = models.DateTimeField("lập lúc")
    drawn_by = models.CharField("người lập", max_length=300)
    due_at = models.DateTimeField("hạn gửi")
    conclusion = models.CharField("kết luận, việc sẽ làm", max_length=2000, blank=True)
    sent_at = models.DateTimeField("gửi lúc", null=True, blank=True)
    sent_by = models.CharField("người gửi", max_length=300, blank=True)
    in_time = models.BooleanField("gửi đúng hạn", null=True, blank=True)
    """Null: not sent yet."""

    class Meta:
        verbose_name = "báo cáo chất lượng dữ liệu"
        verbose_name_plural = "báo cáo chất lượng dữ liệu theo quý"
        ordering = ["-quarter", "unit_code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "quarter"], name="quality_report_once"),
            models.CheckConstraint(
                name="quality_report_sent_concludes",
                condition=Q(sent_at__isnull=True, in_time__isnull=True, sent_by="")
                | (Q(sent_at__isnull=False, in_time__isnull=False) & ~Q(conclusion="") & ~Q(sent_by="")),
            ),
            models.CheckConstraint(name="quality_report_of_a_quarter", condition=Q(quarter__day=1) & Q(quarter__month__in=[1, 4, 7, 10])),
        ]
        indexes = [models.Index(fields=["-quarter", "unit_code", "id"], name="quality_report_order")]
        triggers = [
            pgtrigger.Protect(name="report_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(name="report_sent_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__sent_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"Báo cáo quý {(self.quarter.month + 2) // 3}/{self.quarter.year} ({self.unit_code})"


REVIEWS = StateTable(
    QualityReview.State.values,
    [
        Transition("send", "Gửi cơ quan", frozenset({"looking"}), "sent", act="procedures.quality"),
        Transition("close", "Kết thúc", frozenset({"sent"}), "closed", act="procedures.quality"),
    ],
)
FINDINGS = StateTable(
    QualityFinding.State.values,
    [
        Transition("mend", "Đã sửa", frozenset({"open"}), "mended", act="procedures.quality.mend"),
        Transition("reopen", "Chưa đạt", frozenset({"mended"}), "open", act="procedures.quality"),
        Transition("close", "Đạt", frozenset({"mended"}), "closed", act="procedures.quality"),
    ],
)
