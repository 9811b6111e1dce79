"""Drafts of procedures put up for everybody's opinion, what was said, what was answered, what came of it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from procedures.models.announcing import Announcement
from procedures.models.base import tracked


@tracked
class Consultation(models.Model):
    """A draft that anybody may give an opinion on from one day to another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan lấy ý kiến", max_length=40, db_collation="C")
    title = models.CharField("tên dự thảo", max_length=300)
    summary = models.TextField("nội dung chính", max_length=10_000)
    subjects = ArrayField(models.CharField(max_length=200), default=list, verbose_name="vấn đề xin ý kiến")
    """By which opinions are sorted and may be answered together."""
    procedures = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="thủ tục liên quan")
    opens_on = models.DateField("từ ngày")
    closes_on = models.DateField("đến hết ngày")
    outcome = models.TextField("kết quả tiếp thu", max_length=10_000, blank=True)
    outcome_at = models.DateTimeField("công khai kết quả lúc", null=True, blank=True)
    announcement = models.ForeignKey(
        Announcement, on_delete=models.PROTECT, null=True, blank=True, related_name="consultations", verbose_name="quyết định công bố"
    )
    """The decision to which the draft led: the outcome stands beside it."""
    written_by = models.CharField("người soạn", max_length=300)
    created_at = models.DateTimeField("soạn lúc")

    class Meta:
        verbose_name = "lấy ý kiến dự thảo thủ tục"
        verbose_name_plural = "lấy ý kiến dự thảo thủ tục"
        ordering = ["-opens_on", "-created_at", "-id"]
        constraints = [
            models.CheckConstraint(name="consultation_days_in_order", condition=Q(closes_on__gte=F("opens_on"))),
            models.CheckConstraint(
                name="consultation_outcome_is_said",
                condition=Q(outcome="", outcome_at__isnull=True) | (~Q(outcome="") & Q(outcome_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["unit_code", "-opens_on"], name="consultation_unit")]

    def __str__(self) -> str:
        return self.title

    def is_open(self, day: dt.date) -> bool:
        """Whether one may say something on that day."""
        return self.opens_on <= day <= self.closes_on


class Opinion(models.Model):
    """What somebody said of a draft. It names nobody; it stands in public once the agency has answered it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consultation = models.ForeignKey(Consultation, on_delete=models.PROTECT, related_name="opinions", verbose_name="dự thảo")
    subject = models.CharField("vấn đề", max_length=200)
    text = models.TextField("ý kiến", max_length=3000)
    created_at = models.DateTimeField("gửi lúc")
    answer = models.TextField("trả lời", max_length=3000, blank=True)
    answered_at = models.DateTimeField("trả lời lúc", null=True, blank=True)
    answered_by = models.CharField("người trả lời", max_length=300, blank=True)

    class Meta:
        verbose_name = "ý kiến về dự thảo"
        verbose_name_plural = "ý kiến về dự thảo"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="opinion_answered_whole",
                condition=Q(answer="", answered_at__isnull=True) | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(name="opinion_says_something", condition=~Q(text="")),
        ]
        indexes = [models.Index(fields=["consultation", "subject", "-created_at"], name="opinion_subject")]

    def __str__(self) -> str:
        return self.text[:60]


@tracked
class EmbedSite(models.Model):
    """A site on which a unit may show the procedures that it handles, always as they are today (Rules art. 25.1)."""

    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    origin = models.CharField("trang của cơ quan", max_length=200)
    """``https://`` and the name of the host, nothing after it."""
    added_by = models.CharField("người ghi", max_length=300)
    added_at = models.DateTimeField("ghi lúc")
    ended_at = models.DateTimeField("thôi dùng từ", null=True, blank=True)

    class Meta:
        verbose_name = "trang được nhúng bảng thủ tục"
        verbose_name_plural = "trang được nhúng bảng thủ tục"
        ordering = ["unit_code", "origin"]
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "origin"], name="embed_site_once", condition=Q(ended_at__isnull=True)),
            models.CheckConstraint(
                name="embed_site_is_an_origin", condition=Q(origin__regex=r"^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{2,5})?$")
            ),
        ]

    def __str__(self) -> str:
        return self.origin
