"""An online service from its restructured procedure through its test to its end (Rules art. 21, 26–29)."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.states import StateTable, Transition
from procedures.models.base import tracked
from procedures.models.parts import OnlineService
from procedures.models.version import Procedure


@tracked
class Restructuring(models.Model):
    """How a procedure was made fit to be done online, approved before it is (Rules art. 26.2)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="restructurings", verbose_name="thủ tục")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    present = models.TextField("hiện trạng quy trình")
    steps_before = models.PositiveSmallIntegerField("số bước trước")
    steps_after = models.PositiveSmallIntegerField("số bước sau")
    papers_before = models.PositiveSmallIntegerField("số giấy tờ trước")
    papers_after = models.PositiveSmallIntegerField("số giấy tờ sau")
    papers_cut = models.TextField("giấy tờ được bỏ hoặc thay bằng dữ liệu", blank=True)
    systems = models.TextField("hệ thống, cơ sở dữ liệu liên quan")
    benefit = models.TextField("hiệu quả", blank=True)
    approved_by = models.CharField("người phê duyệt", max_length=200)
    approved_on = models.DateField("ngày phê duyệt")
    approval = models.CharField("văn bản phê duyệt", max_length=200)
    written_by = models.CharField("người ghi", max_length=300)
    created_at = models.DateTimeField("ghi lúc")

    class Meta:
        verbose_name = "phương án tái cấu trúc"
        verbose_name_plural = "phương án tái cấu trúc"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="restructuring_cuts_and_never_adds",
                condition=Q(steps_after__lte=models.F("steps_before")) & Q(papers_after__lte=models.F("papers_before")),
            )
        ]
        indexes = [models.Index(fields=["unit_code", "-created_at"], name="restructuring_unit")]

    def __str__(self) -> str:
        return f"{self.procedure} ({self.approval})"


@tracked
class ServiceDeclaration(models.Model):
    """An online service as its agency declares it, and where it stands. A service without one was there before and is open."""

    class State(models.TextChoices):
        DECLARED = "declared", "Đã khai báo"
        PROPOSED = "proposed", "Đề nghị kiểm thử"
        TESTING = "testing", "Đang kiểm thử"
        REPORTED = "reported", "Chờ xác nhận kết quả kiểm thử"
        OPEN = "open", "Đang cung cấp"
        SUSPENDED = "suspended", "Tạm ngưng"
        STOPPED = "stopped", "Đã dừng"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã dịch vụ", max_length=48, unique=True)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="declarations", verbose_name="thủ tục")
    unit_code = models.CharField("cơ quan cung cấp", max_length=40, db_collation="C")
    level = models.CharField("mức độ", max_length=4, choices=OnlineService.ServiceLevel.choices)
    localities = ArrayField(models.CharField(max_length=2), default=list, blank=True, verbose_name="nơi áp dụng")
    assurance = models.PositiveSmallIntegerField("mức độ bảo đảm của danh tính", default=2)
    form_key = models.CharField("biểu mẫu điện tử", max_length=80)
    system = models.CharField("hệ thống xử lý", max_length=200)
    """The one-stop system behind it."""
    restructuring = models.ForeignKey(
        Restructuring, on_delete=models.PROTECT, null=True, blank=True, related_name="declarations", verbose_name="phương án tái cấu trúc"
    )
    """Null only of a service that ran before declarations were kept: it was brought in to be suspended or reviewed."""
    year = models.PositiveSmallIntegerField("danh mục tích hợp của năm", null=True, blank=True)
    """In whose yearly list of services to integrate it stands (Rules art. 26.2a, 28.2)."""
    state = models.CharField("tình trạng", max_length=9, choices=State.choices, default=State.DECLARED)
    since = models.DateTimeField("từ lúc")
    due_at = models.DateTimeField("hạn của bước", null=True, blank=True)
    """Two working days to look and mark, five to test, two to confirm (Rules art. 27); of an open one the day of its yearly review."""
    evidence = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name="mã hồ sơ kiểm thử")
    reason = models.CharField("lý do", max_length=1000, blank=True)
    """Why it was sent back, suspended or stopped; people who want to file read it."""
    mend = models.CharField("cần sửa trước khi mở lại", max_length=1000, blank=True)
    declared_by = models.CharField("người khai báo", max_length=300)
    created_at = models.DateTimeField("khai báo lúc")

    class Meta:
        verbose_name = "khai báo dịch vụ trực tuyến"
        verbose_name_plural = "dịch vụ công trực tuyến: khai báo, kiểm thử"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(name="service_closed_says_why", condition=~Q(state__in=["suspended", "stopped"]) | ~Q(reason="")),
            models.CheckConstraint(
                name="service_new_is_restructured",
                condition=Q(restructuring__isnull=False) | Q(state__in=["open", "suspended", "stopped"]),
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-created_at"], name="service_declaration_unit"),
            models.Index(fields=["state", "due_at"], name="service_declaration_due"),
        ]

    def __str__(self) -> str:
        return self.code

    OFFERED = frozenset({"testing", "reported", "open"})
    """States in which one may file."""

    @property
    def is_offered(self) -> bool:
        """Whether one may file through it."""
        return self.state in self.OFFERED


class ServiceEvent(models.Model):
    """One step of a declaration, with who took it and within its time or not. Only ever added."""

    declaration = models.ForeignKey(ServiceDeclaration, on_delete=models.PROTECT, related_name="moves")
    act = models.CharField("việc", max_length=12)
    after = models.CharField("tình trạng sau", max_length=9, choices=ServiceDeclaration.State.choices)
    at = models.DateTimeField("lúc")
    by = models.CharField("người làm", max_length=300)
    in_time = models.BooleanField("đúng hạn", null=True, blank=True)
    """Null: the step had no time limit."""
    note = models.CharField("ghi chú", max_length=1000, blank=True)

    class Meta:
        verbose_name = "bước của dịch vụ"
        verbose_name_plural = "bước của dịch vụ"
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%d/%m/%Y}"


class ServiceReview(models.Model):
    """The yearly look at a service: kept at its level, simpler and cheaper than the counter (Rules art. 28.3–28.4, 29)."""

    declaration = models.ForeignKey(ServiceDeclaration, on_delete=models.PROTECT, related_name="reviews")
    reviewed_on = models.DateField("ngày rà soát")
    made_at = models.DateTimeField("ghi lúc", null=True, editable=False)
    """The moment; null of those written before it was kept."""
    by = models.CharField("người rà soát", max_length=300)
    level_kept = models.BooleanField("giữ đúng mức độ đã khai báo")
    simpler = models.BooleanField("đơn giản, thuận lợi hơn nộp trực tiếp")
    cheaper = models.BooleanField("đỡ chi phí, thời gian hơn nộp trực tiếp")
    in_law = models.BooleanField("đúng thời hạn và kết quả đã công bố")
    note = models.CharField("điều phải sửa", max_length=1000, blank=True)

    class Meta:
        verbose_name = "rà soát dịch vụ"
        verbose_name_plural = "rà soát dịch vụ"
        ordering = ["-reviewed_on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="service_review_fault_says_what",
                condition=Q(level_kept=True, simpler=True, cheaper=True, in_law=True) | ~Q(note=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.declaration} {self.reviewed_on:%d/%m/%Y}"


SERVICES = StateTable(
    ServiceDeclaration.State.values,
    [
        Transition("propose", "Đề nghị công khai để kiểm thử", frozenset({"declared"}), "proposed", act="procedures.services"),
        Transition("mark", "Đánh dấu công khai để kiểm thử", frozenset({"proposed"}), "testing", act="procedures.services.steer"),
        Transition("send_back", "Trả lại để hoàn thiện", frozenset({"proposed", "reported"}), "declared", act="procedures.services.steer"),
        Transition("report", "Gửi kết quả kiểm thử", frozenset({"testing"}), "reported", act="procedures.services"),
        Transition("confirm", "Xác nhận hoàn thành kiểm thử", frozenset({"reported"}), "open", act="procedures.services.steer"),
        Transition("suspend", "Tạm ngưng", frozenset({"testing", "reported", "open"}), "suspended", act="procedures.services.steer"),
        Transition("resume", "Mở lại", frozenset({"suspended"}), "open", act="procedures.services.steer"),
        Transition(
            "stop", "Dừng", frozenset({"declared", "testing", "reported", "open", "suspended"}), "stopped", act="procedures.services.steer"
        ),
    ],
)
