"""What the search knows of people's words, and the questions it found nothing for. Editors change both on the desk."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from procedures.models.base import tracked


@tracked
class SearchWord(models.Model):
    """A phrase that people use and what the catalogue calls it, or a phrase that says nothing about which procedure is meant."""

    MAX_PHRASE = 200
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
    """The words of the phrase as the search compares them; folding case makes up to three letters of one."""
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


@dataclass(frozen=True)
class Shipped:
    """A weight as it comes with the software."""

    kind: str
    name: str
    value: Decimal


@tracked
class SearchWeight(models.Model):
    """How much the search counts a part of a procedure, two neighbouring syllables in general, or two certain ones."""

    MAX_NAME = 60
    LEAST, MOST = Decimal(0), Decimal(5)
    LEAST_NAME = Decimal("0.1")
    """A search that did not look at names would find nothing by them: their weight is never less."""
    MAX_PAIRS = 500
    """Each question looks them up; and whoever needs more wants words."""

    class Kind(models.TextChoices):
        EVERY_PAIR = "all", "mọi cặp tiếng"
        FIELD = "field", "phần của thủ tục"
        PAIR = "pair", "một cặp tiếng"

    SHIPPED: ClassVar[dict[str, Shipped]] = {
        "pairs": Shipped(Kind.EVERY_PAIR, "Hai tiếng đi liền nhau", Decimal("1.00")),
        "name": Shipped(Kind.FIELD, "Tên thủ tục", Decimal("1.00")),
        "keywords": Shipped(Kind.FIELD, "Từ khóa của biên tập", Decimal("0.80")),
        "english": Shipped(Kind.FIELD, "Tên và tóm tắt tiếng Anh", Decimal("0.50")),
        "field": Shipped(Kind.FIELD, "Lĩnh vực", Decimal("0.20")),
        "results": Shipped(Kind.FIELD, "Kết quả", Decimal("0.15")),
    }
    """By key. How the values were found stands in docs/search.md."""

    name = models.CharField("tên", max_length=MAX_NAME)
    """Of a pair: the two syllables as they were written."""
    key = models.CharField("khóa", max_length=3 * MAX_NAME, editable=False)
    """What is weighed: one of ``SHIPPED``, or the two syllables of a pair as the search compares them, parted by a space."""
    kind = models.CharField("loại", max_length=5, choices=Kind.choices, default=Kind.PAIR, editable=False)
    value = models.DecimalField("trọng số", max_digits=3, decimal_places=2)
    origin = models.CharField("nguồn", max_length=7, choices=SearchWord.Origin.choices, default=SearchWord.Origin.DESK, editable=False)
    """A value that an editor laid down is the desk's, and no update of the software touches it."""
    updated_at = models.DateTimeField("sửa lúc", auto_now=True, db_default=Now())

    class Meta:
        verbose_name = "trọng số tìm kiếm"
        verbose_name_plural = "trọng số tìm kiếm"
        ordering = ["kind", "-value", "key"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="search_weight_key"),
            # Postgres' numeric has a NaN, greater than every number: the upper bound refuses it.
            models.CheckConstraint(name="search_weight_bounds", condition=Q(value__gte=0) & Q(value__lte=5)),
            models.CheckConstraint(name="search_weight_of_names", condition=~Q(key="name") | Q(value__gte=Decimal("0.1"))),
            models.CheckConstraint(
                name="search_weight_of_something",
                condition=(Q(kind="pair") & Q(key__regex=r"^[a-z0-9]+ [a-z0-9]+$") & ~Q(name=""))
                | Q(kind="all", key="pairs")
                | Q(kind="field", key__in=["name", "keywords", "english", "field", "results"]),
            ),
        ]
        indexes = [models.Index(fields=["kind", "-value", "key"], name="search_weight_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def shipped_value(self) -> Decimal | None:
        """The value that comes with the software; None for a pair of the editors."""
        shipped = self.SHIPPED.get(self.key)
        return shipped.value if shipped else None


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
