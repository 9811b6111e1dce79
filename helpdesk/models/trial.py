"""What people say of the portal while it is on trial (Scheme III.3k)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from portal.upkeep.models import TrialPeriod


class TrialOpinion(models.Model):
    """One opinion. It names nobody: numbers of people are taken out of the words."""

    class About(models.TextChoices):
        FINDING = "finding", "Tìm thông tin"
        FILING = "filing", "Nộp hồ sơ"
        PAYING = "paying", "Thanh toán"
        SIGN_IN = "sign_in", "Đăng nhập, tài khoản"
        SPEED = "speed", "Tốc độ, ổn định"
        OTHER = "other", "Việc khác"

    trial = models.ForeignKey(TrialPeriod, on_delete=models.PROTECT, related_name="opinions", verbose_name="đợt")
    about = models.CharField("về việc", max_length=10, choices=About.choices)
    marks = models.PositiveSmallIntegerField("điểm")
    """1 (very hard to use) to 5 (very easy)."""
    words = models.TextField("ý kiến", blank=True, max_length=2000)
    language = models.CharField(max_length=2, default="vi")
    created_at = models.DateTimeField("gửi lúc")

    class Meta:
        verbose_name = "ý kiến về bản thử"
        verbose_name_plural = "ý kiến về bản thử"
        ordering = ["-created_at", "-id"]
        constraints = [models.CheckConstraint(name="helpdesk_opinion_marks", condition=Q(marks__gte=1, marks__lte=5))]
        indexes = [models.Index(fields=["trial", "-created_at", "-id"], name="helpdesk_opinions")]

    def __str__(self) -> str:
        return f"{self.get_about_display()}: {self.marks}"
