"""Maintenance, times in which the portal is only read, times in which it is on trial. Nothing is deleted: what was announced stays."""

from __future__ import annotations

import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

ENGLISH_PARTS = ("title", "words")


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class Maintenance(models.Model):
    """Work on the portal at a time that was told beforehand (Rules art. 51), or that could not wait."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField("nội dung", max_length=200)
    words = models.TextField("người dùng cần biết", max_length=2000)
    english = models.JSONField("bản tiếng Anh", default=dict, blank=True)
    """``{title, words}``, or empty."""
    begins_at = models.DateTimeField("bắt đầu")
    ends_at = models.DateTimeField("kết thúc dự kiến")
    emergency = models.BooleanField("khẩn cấp", default=False)
    """Announced later than the law asks; then it says why."""
    reason = models.CharField("lý do khẩn cấp", max_length=500, blank=True)
    only_read = models.BooleanField("chỉ xem, không gửi được", default=True)
    """While it lasts, the portal shows its pages and takes nothing in."""
    announced_at = models.DateTimeField("báo lúc")
    announced_by = models.CharField("người báo", max_length=300)
    ended_at = models.DateTimeField("xong lúc", null=True, blank=True)
    """Earlier than planned; null: at ``ends_at``."""
    called_off_at = models.DateTimeField("thôi lúc", null=True, blank=True)
    told_at = models.DateTimeField("đã báo hết lúc", null=True, blank=True)
    """When everybody whom it concerns had been told; the worker's."""
    telling = models.JSONField(default=dict, blank=True)
    """How far the worker has come: the last row of each source."""

    class Meta:
        verbose_name = "lần bảo trì"
        verbose_name_plural = "bảo trì"
        ordering = ["-begins_at", "-id"]
        constraints = [
            models.CheckConstraint(name="upkeep_maintenance_times", condition=Q(ends_at__gt=F("begins_at"))),
            models.CheckConstraint(name="upkeep_emergency_says_why", condition=Q(emergency=False) | ~Q(reason="")),
            models.CheckConstraint(name="upkeep_translated_whole", condition=Q(english={}) | Q(english__has_keys=list(ENGLISH_PARTS))),
        ]
        indexes = [
            models.Index(fields=["-begins_at", "-id"], name="upkeep_newest"),
            models.Index(fields=["begins_at"], name="upkeep_to_tell", condition=Q(told_at__isnull=True, called_off_at__isnull=True)),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class ReadOnly(models.Model):
    """A time in which the portal is only read, switched on and off by hand. At most one is on."""

    id = models.BigAutoField(primary_key=True)
    began_at = models.DateTimeField("bật lúc")
    until = models.DateTimeField("dự kiến đến", null=True, blank=True)
    reason = models.CharField("lý do", max_length=300)
    began_by = models.CharField("người bật", max_length=300)
    ended_at = models.DateTimeField("tắt lúc", null=True, blank=True)
    ended_by = models.CharField("người tắt", max_length=300, blank=True)

    class Meta:
        verbose_name = "lần chỉ xem"
        verbose_name_plural = "chế độ chỉ xem"
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ended_at"], condition=Q(ended_at__isnull=True), nulls_distinct=False, name="upkeep_one_is_on"),
            models.CheckConstraint(name="upkeep_read_only_times", condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at"))),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.began_at:%d/%m/%Y %H:%M}"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class TrialPeriod(models.Model):
    """Two months of trial operation, one of them open to everybody (Scheme III.3k)."""

    id = models.BigAutoField(primary_key=True)
    begins_on = models.DateField("bắt đầu")
    public_from = models.DateField("công khai từ")
    ends_on = models.DateField("kết thúc (không gồm ngày này)")
    words = models.CharField("người dùng cần biết", max_length=500)
    words_en = models.CharField("bản tiếng Anh", max_length=500)
    made_at = models.DateTimeField("định lúc")
    made_by = models.CharField("người định", max_length=300)

    class Meta:
        verbose_name = "đợt vận hành thử"
        verbose_name_plural = "vận hành thử"
        ordering = ["-begins_on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="upkeep_trial_times", condition=Q(public_from__gte=F("begins_on")) & Q(ends_on__gt=F("public_from"))
            ),
            models.CheckConstraint(name="upkeep_trial_says_something", condition=~Q(words="") & ~Q(words_en="")),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.begins_on:%d/%m/%Y} – {self.ends_on:%d/%m/%Y}"
