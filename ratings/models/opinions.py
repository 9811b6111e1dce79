"""What was read out of what people said: a row a text, and how far the reading has come."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class OpinionReading(models.Model):
    """What one comment says (`ratings.understood.reading`). It has no text of its own: that stays where it was checked.

    Of a petition that is not published only topics and mood are kept: nothing of it may be quoted.
    """

    class Source(models.TextChoices):
        """Where the text stands."""

        SLIP = "s", "Phiếu đánh giá"
        PETITION = "p", "Phản ánh, kiến nghị"
        SURVEY = "k", "Khảo sát"

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=1, choices=Source.choices, db_collation="C")
    text_id = models.UUIDField()
    """Of the slip's answer, the petition, the survey's text."""
    unit_code = models.CharField(max_length=40, blank=True, db_collation="C")
    procedure_code = models.CharField(max_length=40, blank=True, db_collation="C")
    day = models.DateField()
    """When it was said; of a survey, whose texts have no day, when it was checked."""
    topics = ArrayField(models.CharField(max_length=10))
    """The main one first (`ratings.understood.words.Topic`)."""
    mood = models.CharField(max_length=7, db_collation="C")
    spans: Any = models.JSONField(default=list)
    """``[from, to, topic, mood]`` in the text that may be quoted; empty where none may be."""
    is_quotable = models.BooleanField(default=False)
    version = models.CharField(max_length=20, db_collation="C")
    """Of method and dictionary."""
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = "ý kiến theo chủ đề"
        verbose_name_plural = "ý kiến theo chủ đề"
        constraints = [
            models.UniqueConstraint(fields=["source", "text_id"], name="opinion_read_once"),
            models.CheckConstraint(condition=Q(mood__in=["good", "neutral", "bad"], source__in=["s", "p", "k"]), name="opinion_known"),
            models.CheckConstraint(condition=~Q(topics=[]), name="opinion_has_a_topic"),
            models.CheckConstraint(condition=Q(is_quotable=True) | Q(spans=[]), name="opinion_unquotable_has_no_spans"),
        ]
        indexes = [
            models.Index(fields=["day"], include=["unit_code", "procedure_code", "mood"], name="readings_of_days"),
            models.Index(fields=["unit_code", "-day", "-id"], name="readings_of_unit"),
            models.Index(fields=["-day", "-id"], name="readings_to_quote", condition=Q(is_quotable=True)),
            models.Index(fields=["version", "id"], name="readings_of_version"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.text_id}"


class OpinionMark(models.Model):
    """How far the texts of one source are read: everything that was checked before this is."""

    source = models.CharField(max_length=1, primary_key=True, db_collation="C")
    version = models.CharField(max_length=20, db_collation="C")
    upto_at = models.DateTimeField()
    upto_id = models.CharField(max_length=40)
    """Of the last text, or of the last event."""

    def __str__(self) -> str:
        return f"{self.source} {self.version} {self.upto_at}"
