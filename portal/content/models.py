"""One piece of content in two languages, with its pictures. Nothing is deleted: what was shown stays."""

from __future__ import annotations

import datetime as dt
import uuid

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from portal.files.models import StoredFile
from portal.states import StateTable, Transition

WRITE, CHECK, PUBLISH = "content.write", "content.check", "content.publish"
ENGLISH_PARTS = ("title", "summary", "body")
"""A piece is translated whole or not at all."""


class PieceQuerySet(models.QuerySet):
    """Pieces by moment."""

    def shown(self, now: dt.datetime) -> PieceQuerySet:
        """What everybody may read at a moment: of a piece and the one that took its place, the newer."""
        begun = Q(state="published", publish_at__lte=now) & (Q(archive_at__isnull=True) | Q(archive_at__gt=now))
        newer = Piece.objects.filter(replaces=OuterRef("pk"), state__in=["published", "archived"], publish_at__lte=now)
        return self.filter(begun).filter(~Exists(newer))


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class Piece(models.Model):
    """A text of an agency. The body is HTML of few tags (``portal.content.html``)."""

    class Kind(models.TextChoices):
        """Where it stands."""

        NEWS = "news", "Tin tức"
        GUIDE = "guide", "Hướng dẫn sử dụng"
        BANNER = "banner", "Băng thông báo trang chủ"
        PAGE = "page", "Trang"

    class State(models.TextChoices):
        """How far it has come; the same way as other texts that one officer writes and another checks."""

        ENTERED = "entered", "Đang soạn"
        CHECKED = "checked", "Đã kiểm tra"
        PUBLISHED = "published", "Đã công khai hoặc hẹn giờ"
        ARCHIVED = "archived", "Lưu trữ"
        WITHDRAWN = "withdrawn", "Đã bỏ"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("loại", max_length=8, choices=Kind.choices)
    slug = models.CharField("địa chỉ", max_length=80, editable=False)
    """Given once; the next edition has it too."""
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    title = models.CharField("tiêu đề", max_length=200)
    summary = models.CharField("tóm tắt", max_length=300)
    body = models.TextField("nội dung", blank=True)
    english = models.JSONField("bản tiếng Anh", default=dict, blank=True)
    state = models.CharField("tình trạng", max_length=9, choices=State.choices, default=State.ENTERED)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="next", verbose_name="thay cho")
    version = models.PositiveIntegerField(default=1, editable=False)
    entered_by = models.UUIDField(null=True, blank=True, editable=False)
    entered_label = models.CharField("người soạn", max_length=300, blank=True)
    entered_at = models.DateTimeField("soạn lúc")
    checked_by = models.UUIDField(null=True, blank=True, editable=False)
    checked_label = models.CharField("người kiểm tra", max_length=300, blank=True)
    checked_at = models.DateTimeField("kiểm tra lúc", null=True, blank=True)
    returned_why = models.CharField("lý do trả lại", max_length=500, blank=True)
    published_label = models.CharField("người công khai", max_length=300, blank=True)
    publish_at = models.DateTimeField("hiện từ", null=True, blank=True)
    archive_at = models.DateTimeField("lưu trữ từ", null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    """When the worker noted that its moment had come: kept pages are made anew then."""
    ended_why = models.CharField("lý do bỏ, lưu trữ", max_length=500, blank=True)

    objects = PieceQuerySet.as_manager()

    class Meta:
        verbose_name = "nội dung"
        verbose_name_plural = "tin tức, hướng dẫn, trang"
        ordering = ["-entered_at", "-id"]
        constraints = [
            models.CheckConstraint(name="content_published_says_when", condition=~Q(state="published") | Q(publish_at__isnull=False)),
            models.CheckConstraint(
                name="content_four_eyes", condition=Q(checked_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(checked_by=F("entered_by"))
            ),
            models.CheckConstraint(name="content_published_was_checked", condition=~Q(state="published") | Q(checked_at__isnull=False)),
            models.CheckConstraint(name="content_translated_whole", condition=Q(english={}) | Q(english__has_keys=list(ENGLISH_PARTS))),
            models.CheckConstraint(
                name="content_times", condition=Q(archive_at__isnull=True) | Q(publish_at__isnull=True) | Q(archive_at__gt=F("publish_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["unit_code", "-entered_at", "-id"], name="content_of_unit"),
            models.Index(fields=["-entered_at", "-id"], name="content_newest"),
            models.Index(fields=["kind", "-publish_at", "-id"], name="content_shown", condition=Q(state="published")),
            models.Index(fields=["slug", "-publish_at"], name="content_slug"),
            models.Index(fields=["publish_at"], name="content_to_release", condition=Q(state="published", released_at__isnull=True)),
            models.Index(fields=["archive_at"], name="content_to_archive", condition=Q(state="published", archive_at__isnull=False)),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Picture(models.Model):
    """A picture of a piece with its words for those who do not see it, in both languages. The first stands above the text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    piece = models.ForeignKey(Piece, on_delete=models.PROTECT, related_name="pictures")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    alt = models.CharField("ảnh cho thấy gì", max_length=300)
    alt_en = models.CharField("ảnh cho thấy gì (tiếng Anh)", max_length=300, blank=True)
    position = models.PositiveSmallIntegerField("thứ tự", default=1)

    class Meta:
        verbose_name = "ảnh"
        verbose_name_plural = "ảnh"
        ordering = ["position", "id"]
        constraints = [models.CheckConstraint(name="content_picture_has_words", condition=~Q(alt=""))]

    def __str__(self) -> str:
        return self.alt


_S = Piece.State
LIFE = StateTable(
    _S.values,
    [
        Transition("check", "Kiểm tra đạt", frozenset({_S.ENTERED}), _S.CHECKED, act=CHECK),
        Transition("send_back", "Trả lại người soạn", frozenset({_S.CHECKED}), _S.ENTERED, act=CHECK),
        Transition("publish", "Công khai, hẹn giờ", frozenset({_S.CHECKED}), _S.PUBLISHED, act=PUBLISH),
        Transition("drop", "Bỏ bản đang soạn", frozenset({_S.ENTERED}), _S.WITHDRAWN, act=WRITE),
        Transition("archive", "Lưu trữ", frozenset({_S.PUBLISHED}), _S.ARCHIVED, act=PUBLISH),
    ],
)
