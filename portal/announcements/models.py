"""A notice to everybody, shown from one day to another. What was shown stays in its row and in the history."""

from __future__ import annotations

import datetime as dt
import uuid

import pghistory
import pgtrigger
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q

MAX_BODY = 10_000
"""Characters: about three printed pages, more than anybody reads on a phone."""
ENGLISH_PARTS = ("title", "summary", "body")
"""A notice is translated whole or not at all."""


class NoticeQuerySet(models.QuerySet):
    """Notices by day."""

    def on(self, day: dt.date) -> NoticeQuerySet:
        """What is shown on a day."""
        return self.filter(published_from__lte=day).filter(Q(published_to__isnull=True) | Q(published_to__gt=day))


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class Notice(models.Model):
    """One notice of one agency to everybody. Plain text: a blank line makes a paragraph."""

    class Kind(models.TextChoices):
        """What a notice is about."""

        MAINTENANCE = "maintenance", "Bảo trì theo kế hoạch"
        CHANGE = "change", "Thay đổi thủ tục"
        FRAUD = "fraud", "Cảnh báo lừa đảo"
        OTHER = "other", "Thông báo khác"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField("địa chỉ", max_length=80, unique=True, editable=False)
    """Given once, whatever becomes of the title: people print and send addresses."""
    title = models.CharField("tiêu đề", max_length=200)
    summary = models.CharField("tóm tắt", max_length=300)
    body = models.TextField("nội dung", validators=[MaxLengthValidator(MAX_BODY)])
    english = models.JSONField("bản tiếng Anh", default=dict, blank=True)
    """``{title, summary, body}``, or empty."""
    kind = models.CharField("loại", max_length=12, choices=Kind.choices)
    important = models.BooleanField("quan trọng", default=False)
    """Stands before the others, on the home page too."""
    published_from = models.DateField("hiện từ ngày")
    published_to = models.DateField("thôi hiện từ ngày", null=True, blank=True)
    """First day on which the notice is no longer shown; null: until somebody withdraws it."""
    unit_code = models.CharField("cơ quan ra thông báo", max_length=40)
    created_by = models.CharField("người soạn", max_length=300)
    """How the officer was shown then; for the desk only."""
    created_at = models.DateTimeField("soạn lúc")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "thông báo công khai"
        verbose_name_plural = "thông báo công khai"
        ordering = ["-important", "-published_from", "-created_at", "-id"]
        constraints = [
            models.CheckConstraint(name="notice_says_something", condition=~Q(title="") & ~Q(summary="") & ~Q(body="")),
            models.CheckConstraint(
                # On equal days it was withdrawn before anybody saw it, or on its first day.
                name="notice_dates_in_order",
                condition=Q(published_to__isnull=True) | Q(published_to__gte=F("published_from")),
            ),
            models.CheckConstraint(name="notice_translated_whole", condition=Q(english={}) | Q(english__has_keys=list(ENGLISH_PARTS))),
        ]
        indexes = [
            models.Index(fields=["-important", "-published_from", "-created_at", "-id"], name="notice_order"),
            models.Index(fields=["unit_code", "-published_from"], name="notice_unit"),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title

    def has_begun(self, day: dt.date) -> bool:
        """Whether the first day of the notice has come."""
        return self.published_from <= day

    def has_ended(self, day: dt.date) -> bool:
        """Whether the notice is over on that day: it ran out or was withdrawn, perhaps before anybody saw it."""
        return self.published_to is not None and self.published_to <= max(day, self.published_from)
