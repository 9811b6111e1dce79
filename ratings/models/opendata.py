"""Open data: what was made for everybody, edition by edition, and the files that anybody may have (requirement R-10)."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q


class OpenEdition(models.Model):
    """One making of the datasets of a bundle for one month or year. ``bundle``: datasets that belong together and are published at once."""

    MAKING, PUBLISHED = "making", "published"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Also the key under which its files are kept."""
    bundle = models.CharField(max_length=20, db_collation="C")
    period = models.CharField(max_length=7, db_collation="C")
    """``2026-10`` or ``2026``, as addresses write it."""
    first = models.DateField()
    kind = models.CharField(max_length=1, choices=[("m", "Tháng"), ("y", "Năm")])
    number = models.PositiveSmallIntegerField(null=True)
    """1, 2, …: a later count is another edition beside the one before. None while it is being made."""
    state = models.CharField(max_length=10, choices=[(MAKING, "Đang lập"), (PUBLISHED, "Đã công bố")], default=MAKING)
    steps: Any = models.JSONField(default=list)
    """What is to be done, one after the other; ``step`` says how far it is."""
    step = models.PositiveIntegerField(default=0)
    tables: Any = models.JSONField(default=dict)
    """By dataset: how many rows, and the SHA-256 of them all."""
    started_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "period"], condition=Q(state="making"), name="open_one_being_made"),
            models.UniqueConstraint(fields=["bundle", "period", "number"], name="open_edition_once"),
            models.CheckConstraint(
                condition=Q(state="making", number=None, made_at=None) | Q(state="published", number__isnull=False, made_at__isnull=False),
                name="open_published_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["bundle", "kind", "-first", "-number"], name="open_newest", condition=Q(state="published")),
            models.Index(fields=["-made_at", "id"], name="open_changes", condition=Q(state="published")),
        ]
        triggers = [
            pgtrigger.Protect(
                name="open_edition_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition("(OLD.state = 'published')")
            ),
            pgtrigger.Protect(
                name="open_edition_is_kept", operation=pgtrigger.Delete, condition=pgtrigger.Condition("(OLD.state = 'published')")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bundle} {self.period} #{self.number or '–'}"


class OpenPart(models.Model):
    """Some of an edition's rows, in their order, packed: what files are written from, and what the API turns the pages of."""

    edition = models.ForeignKey(OpenEdition, on_delete=models.CASCADE, related_name="parts")
    dataset = models.CharField(max_length=20, db_collation="C")
    slice = models.CharField(max_length=40, blank=True, db_collation="C")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    packed = models.BinaryField()
    """Lines of JSON, each a list of values in the order of the columns; zlib."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "dataset", "number"], name="open_part_once")]

    def __str__(self) -> str:
        return f"{self.dataset} {self.number}"


class OpenFile(models.Model):
    """One file of an edition. Where earlier editions are not given out any more, it stays listed without its bytes."""

    edition = models.ForeignKey(OpenEdition, on_delete=models.PROTECT, related_name="files")
    dataset = models.CharField(max_length=20, db_collation="C")
    ending = models.CharField(max_length=10, db_collation="C")
    file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "dataset", "ending"], name="open_file_once")]
        triggers = [
            pgtrigger.Protect(
                name="open_file_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.edition_id, OLD.dataset, OLD.ending, OLD.size, OLD.sha256) IS DISTINCT FROM"
                    " (NEW.edition_id, NEW.dataset, NEW.ending, NEW.size, NEW.sha256) OR NEW.file_id IS NOT NULL)"
                ),
            ),
            pgtrigger.Protect(name="open_file_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.dataset}.{self.ending}"
