"""What the search knows of people's words, and the questions it found nothing for. Editors change both on the desk."""

from __future__ import annotations

import re

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from portal.text import search_key
from procedures.models.base import tracked

_WORD = re.compile(r"[^\W_]+")


def word_key(text: str) -> str:
    """The words of a text without diacritics, parted by one space each: letters and digits, nothing else."""
    return " ".join(_WORD.findall(search_key(text)))


@tracked
class SearchWord(models.Model):
    """A phrase that people use and what the catalogue calls it, or a phrase that says nothing about which procedure is meant."""

    MAX_PHRASE = 120
    MAX_MEANINGS = 1000

    class Kind(models.TextChoices):
        MEANS = "means", "thay cho"
        ALSO = "also", "tìm thêm"
        NOISE = "noise", "bỏ qua"

    class Origin(models.TextChoices):
        SHIPPED = "shipped", "có sẵn"
        DESK = "desk", "cán bộ"

    phrase = models.CharField("từ người dân dùng", max_length=MAX_PHRASE)
    key = models.CharField("khóa tìm kiếm", max_length=3 * MAX_PHRASE, editable=False)
    """The phrase as the search compares it; folding case makes up to three letters of one."""
    kind = models.CharField("cách dùng", max_length=5, choices=Kind.choices)
    meanings = models.TextField("từ trong thủ tục", blank=True, max_length=MAX_MEANINGS)
    """The alternatives, one a line."""
    origin = models.CharField("nguồn", max_length=7, choices=Origin.choices, default=Origin.DESK, editable=False)
    """An entry that an editor wrote or changed is the desk's from then on, and no update of the software touches it."""
    active = models.BooleanField("đang dùng", default=True, editable=False)
    updated_at = models.DateTimeField("sửa lúc", auto_now=True, db_default=Now())

    class Meta:
        verbose_name = "từ tìm kiếm"
        verbose_name_plural = "từ tìm kiếm"
        # By the key, not by the phrase: bytes would put every "đ" behind "z". The unique index serves the list.
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="search_word_key"),
            models.CheckConstraint(name="search_word_says_something", condition=~Q(phrase="") & ~Q(key="")),
            models.CheckConstraint(
                name="search_word_means_something", condition=Q(kind="noise", meanings="") | (~Q(kind="noise") & ~Q(meanings=""))
            ),
        ]

    def __str__(self) -> str:
        return self.phrase


class SearchMiss(models.Model):
    """A question that the search found nothing for, and how often. It holds nobody: no person, no address, no session."""

    MIN_QUESTION = 3
    MAX_QUESTION = 200

    key = models.CharField("khóa tìm kiếm", max_length=3 * MAX_QUESTION, editable=False)
    question = models.CharField("câu hỏi", max_length=MAX_QUESTION)
    """As it was first spelt, without numbers of people."""
    count = models.PositiveIntegerField("số lần", default=1)
    first_at = models.DateTimeField("lần đầu")
    last_at = models.DateTimeField("lần cuối")
    handled_at = models.DateTimeField("đã xem lúc", null=True, blank=True)

    class Meta:
        verbose_name = "câu hỏi không tìm thấy"
        verbose_name_plural = "câu hỏi không tìm thấy"
        ordering = ["-count", "-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="search_miss_key"),
            models.CheckConstraint(name="search_miss_counts", condition=Q(count__gte=1) & Q(first_at__lte=F("last_at"))),
            models.CheckConstraint(name="search_miss_asks_something", condition=~Q(key="") & ~Q(question="")),
        ]
        indexes = [models.Index(fields=["-count", "-last_at", "-id"], name="search_miss_waiting", condition=Q(handled_at__isnull=True))]

    def __str__(self) -> str:
        return self.question
