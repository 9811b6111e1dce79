"""Guides to services: how to fill in each form, as a document and as a film of the portal's own (Scheme III.2a; Rules art. 54.1; C-16)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from procedures.models.base import tracked
from procedures.models.publication import Publication, life_constraints


@tracked
class Guide(Publication):
    """One guide. A change of what is shown is a row of its own, which takes its place."""

    class Origin(models.TextChoices):
        SHIPPED = "shipped", "có sẵn"
        DESK = "desk", "cán bộ"

    MAX_BODY = 40_000
    MAX_CAPTIONS = 200_000

    slug = models.SlugField("địa chỉ", max_length=90)
    title = models.CharField("tên", max_length=200)
    title_en = models.CharField("tên tiếng Anh", max_length=200, blank=True)
    summary = models.CharField("tóm tắt", max_length=500)
    procedures = ArrayField(models.CharField(max_length=40), default=list, verbose_name="mã thủ tục")
    body = models.TextField("nội dung", max_length=MAX_BODY)
    """Paragraphs; ``# heading {field}`` begins a part, ``- `` an item (`procedures.guides.reading`)."""
    body_en = models.TextField("nội dung tiếng Anh", max_length=MAX_BODY, blank=True)
    document = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    """The same as a PDF, where an agency made one."""
    video = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    captions = models.TextField("phụ đề (WebVTT)", max_length=MAX_CAPTIONS, blank=True)
    captions_en = models.TextField("phụ đề tiếng Anh (WebVTT)", max_length=MAX_CAPTIONS, blank=True)
    transcript = models.TextField("lời trong video", max_length=MAX_BODY, blank=True)
    """Whole in words what the film shows: nobody needs to see or hear it."""
    origin = models.CharField("nguồn", max_length=7, choices=Origin.choices, default=Origin.DESK, editable=False)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="changes", editable=False)

    class Meta:
        verbose_name = "tài liệu, video hướng dẫn"
        verbose_name_plural = "tài liệu, video hướng dẫn"
        ordering = ["-entered_at", "-id"]
        constraints = [
            *life_constraints("guide"),
            # A film without captions and words is not for everybody (WCAG 2.1, 1.2).
            models.CheckConstraint(name="guide_video_has_words", condition=Q(video__isnull=True) | (~Q(captions="") & ~Q(transcript=""))),
            models.UniqueConstraint(fields=["slug"], condition=Q(state="published"), name="guide_address"),
            models.UniqueConstraint(fields=["slug"], condition=Q(state__in=["entered", "checked"]), name="guide_open_once"),
        ]
        indexes = [
            models.Index(fields=["state", "-published_at", "-id"], name="guide_shown"),
            models.Index(fields=["unit_code", "-entered_at", "-id"], name="guide_unit"),
            GinIndex(fields=["procedures"], name="guide_procedures"),
        ]

    def __str__(self) -> str:
        return self.title
