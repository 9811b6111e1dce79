"""What a province or a ministry takes off fees and time limits for filing online, and adds to the cost of delivery (Framework II.1b;
requirements C-21, C-31, P-13)."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from procedures.models.base import tracked
from procedures.models.parts import FeeLine


@tracked
class OnlineReduction(models.Model):
    """One declaration. Where it reaches: the whole country for a ministry's, the province for a province's."""

    MAX_BASIS = 300

    class What(models.TextChoices):
        FEE = "fee", "Phí, lệ phí"
        TIME = "time", "Thời hạn giải quyết"
        DELIVERY = "delivery", "Cước gửi trả kết quả qua bưu chính"

    class Origin(models.TextChoices):
        SHIPPED = "shipped", "có sẵn"
        DESK = "desk", "cán bộ"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan công bố", max_length=40, db_collation="C")
    province_code = models.CharField("mã tỉnh, thành phố", max_length=2, blank=True)
    """The statistics office's two digits; blank: the whole country."""
    what = models.CharField("giảm gì", max_length=8, choices=What.choices, default=What.FEE)
    procedures = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="mã thủ tục")
    """Empty: every procedure of the fields."""
    fields = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name="mã lĩnh vực")
    """Empty: every field."""
    fee_kinds = ArrayField(models.CharField(max_length=8), default=list, blank=True, verbose_name="loại khoản thu")
    """``FeeLine.Kind``; empty: all."""
    fee_names = ArrayField(models.CharField(max_length=300), default=list, blank=True, verbose_name="tên khoản thu")
    """As the fee lines are named; empty: all."""
    percent = models.PositiveSmallIntegerField("giảm phần trăm", null=True, blank=True)
    amount = models.BigIntegerField("giảm một số", null=True, blank=True)
    """Đồng off what is taken for each; of a time limit, units that are cut off; of delivery, đồng the agency pays of each parcel."""
    cap = models.BigIntegerField("nhiều nhất", null=True, blank=True)
    """Đồng of one parcel that the agency pays at most, where it pays a share of the cost of delivery; null: no limit."""
    valid_from = models.DateField("từ ngày")
    valid_to = models.DateField("đến hết ngày", null=True, blank=True)
    """The last day; null: until it is ended."""
    basis = models.CharField("căn cứ", max_length=MAX_BASIS)
    """The text that lays it down, as people read it."""
    source = models.CharField("nơi đăng", max_length=500, blank=True)
    """Where the text is published."""
    origin = models.CharField("nguồn", max_length=7, choices=Origin.choices, default=Origin.DESK, editable=False)
    key = models.CharField(max_length=60, null=True, blank=True, unique=True, editable=False)
    """Of a shipped one: its name in the file, by which an update knows it again; null for those of officers."""
    declared_by = models.CharField("người ghi", max_length=300, blank=True)
    writer = models.UUIDField(null=True, editable=False)
    """Position of whoever entered it, who is not the one to check it; null: came with the software or by a task."""
    checked_at = models.DateTimeField("duyệt lúc", null=True, blank=True)
    """Null: entered and waiting for another officer; it takes nothing off."""
    checked_by = models.CharField("người duyệt", max_length=300, blank=True)
    ended_at = models.DateTimeField("chấm dứt lúc", null=True, blank=True)
    ended_why = models.CharField("lý do chấm dứt", max_length=500, blank=True)
    updated_at = models.DateTimeField("sửa lúc", auto_now=True, db_default=Now())

    class Meta:
        verbose_name = "giảm khi nộp trực tuyến"
        verbose_name_plural = "giảm phí, thời hạn khi nộp trực tuyến"
        ordering = ["-valid_from", "id"]
        constraints = [
            models.CheckConstraint(
                name="online_reduction_so_much",
                condition=Q(percent__isnull=True, amount__isnull=False, amount__gte=1)
                | Q(amount__isnull=True, percent__isnull=False, percent__gte=1, percent__lte=100, what__in=["fee", "delivery"])
                | Q(amount__isnull=True, percent__isnull=False, percent__gte=1, percent__lte=99, what="time"),
            ),
            models.CheckConstraint(
                name="online_reduction_known", condition=Q(what__in=["fee", "time", "delivery"], origin__in=["shipped", "desk"])
            ),
            models.CheckConstraint(name="online_reduction_place", condition=Q(province_code__regex=r"^(\d{2})?$")),
            models.CheckConstraint(name="online_reduction_says_why", condition=~Q(basis="") & ~Q(unit_code="")),
            models.CheckConstraint(
                name="online_reduction_kinds", condition=Q(fee_kinds__contained_by=[str(kind) for kind in FeeLine.Kind.values])
            ),
            models.CheckConstraint(
                name="online_reduction_of_something",
                condition=Q(what="fee") & (~Q(procedures=[]) | ~Q(fields=[]) | ~Q(fee_kinds=[]) | ~Q(fee_names=[]))
                | Q(what="time", fee_kinds=[], fee_names=[]) & (~Q(procedures=[]) | ~Q(fields=[]))
                | Q(what="delivery", fee_kinds=[], fee_names=[]),
            ),
            models.CheckConstraint(
                name="online_reduction_cap",
                condition=Q(cap__isnull=True) | Q(what="delivery", percent__isnull=False, cap__gte=1),
            ),
            models.CheckConstraint(
                name="online_reduction_checked_by_somebody",
                condition=Q(checked_at__isnull=True, checked_by="") | Q(checked_at__isnull=False),
            ),
            # One that is ended before its first day never held: its last day is the one before.
            models.CheckConstraint(
                name="online_reduction_days",
                condition=Q(valid_to__isnull=True)
                | Q(valid_to__gte=F("valid_from"))
                | Q(ended_at__isnull=False, valid_to=F("valid_from") - dt.timedelta(days=1)),
            ),
            models.CheckConstraint(
                name="online_reduction_ended_says_when",
                condition=Q(ended_at__isnull=True, ended_why="") | (Q(ended_at__isnull=False, valid_to__isnull=False) & ~Q(ended_why="")),
            ),
        ]
        indexes = [
            models.Index(fields=["province_code", "valid_from"], name="online_reduction_where"),
            models.Index(fields=["unit_code", "-valid_from", "id"], name="online_reduction_unit"),
            models.Index(fields=["-valid_from", "id"], name="online_reduction_order"),
        ]

    def __str__(self) -> str:
        return self.basis

    def has_ended(self, day: dt.date) -> bool:
        """Whether its last day is past."""
        return self.valid_to is not None and self.valid_to < day

    def holds_on(self, day: dt.date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day and not self.has_ended(day)
