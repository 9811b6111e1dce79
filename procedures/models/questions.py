"""Questions and answers of agencies (Scheme III.2a, VI.1đ; Rules art. 22; requirement C-13)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from portal.crypto.fields import BlindIndexField
from procedures.models.base import tracked
from procedures.models.publication import Publication, life_constraints

TARGET = 500
"""Questions that each ministry publishes (Scheme VI.1đ)."""


@tracked
class CommonQuestion(Publication):
    """One question as people ask it, with the agency's answer. A change of what is shown is a row of its own, which takes its place."""

    MAX_QUESTION = 500
    MAX_ANSWER = 10_000
    MAX_WORDINGS = 2_000

    slug = models.CharField("địa chỉ", max_length=90, editable=False)
    """The last part of the address; the row that takes the place of another has the same."""
    question = models.CharField("câu hỏi", max_length=MAX_QUESTION)
    answer = models.TextField("trả lời", max_length=MAX_ANSWER)
    wordings = models.TextField("cách hỏi khác", max_length=MAX_WORDINGS, blank=True)
    """Other ways to ask the same, one a line: found by them, never shown."""
    topic = models.CharField("chủ đề", max_length=200, blank=True)
    """The field in the agency's own words, where the catalogue of fields has no such name."""
    field_code = models.CharField("lĩnh vực", max_length=80, blank=True)
    procedures = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="mã thủ tục")
    life_events = ArrayField(models.SlugField(max_length=50), default=list, blank=True, verbose_name="sự kiện")
    source = models.CharField("nguồn, căn cứ", max_length=1_000, blank=True)
    key = models.CharField(max_length=64, editable=False)
    """By which the same question of an agency is known again."""
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="changes", editable=False)
    """The published row whose place this one takes when it is published."""

    class Meta:
        verbose_name = "câu hỏi, trả lời"
        verbose_name_plural = "câu hỏi, trả lời"
        ordering = ["-entered_at", "-id"]
        constraints = [
            *life_constraints("common_question"),
            models.CheckConstraint(name="common_question_says_something", condition=~Q(question="") & ~Q(answer="") & ~Q(unit_code="")),
            models.UniqueConstraint(fields=["slug"], condition=Q(state="published"), name="common_question_address"),
            models.UniqueConstraint(fields=["unit_code", "key"], condition=Q(state="published"), name="common_question_shown_once"),
            models.UniqueConstraint(
                fields=["unit_code", "key"], condition=Q(state__in=["entered", "checked"]), name="common_question_open_once"
            ),
            models.UniqueConstraint(fields=["replaces"], condition=Q(state__in=["entered", "checked"]), name="common_question_one_change"),
        ]
        indexes = [
            models.Index(fields=["state", "unit_code", "-published_at", "-id"], name="common_question_agency"),
            models.Index(fields=["state", "field_code", "-published_at", "-id"], name="common_question_field"),
            models.Index(fields=["-entered_at", "-id"], name="common_question_order"),
            models.Index(fields=["slug"], name="common_question_slug"),
            GinIndex(fields=["procedures"], name="common_question_procedures"),
            GinIndex(fields=["life_events"], name="common_question_events"),
        ]

    def __str__(self) -> str:
        return self.question


class QuestionRating(models.Model):
    """How often readers said that an answer helps, and that it does not. Apart from the question: a vote empties no kept page."""

    question = models.OneToOneField(CommonQuestion, on_delete=models.PROTECT, primary_key=True, related_name="rating")
    helpful = models.PositiveIntegerField("thấy có ích", default=0)
    unhelpful = models.PositiveIntegerField("thấy chưa rõ", default=0)

    class Meta:
        verbose_name = "đánh giá trả lời"
        verbose_name_plural = "đánh giá trả lời"

    def __str__(self) -> str:
        return f"{self.question_id} {self.helpful}/{self.unhelpful}"


class QuestionVote(models.Model):
    """A reader says whether an answer helps; once a day and address (a keyed index that nobody can read back)."""

    question = models.ForeignKey(CommonQuestion, on_delete=models.PROTECT, related_name="votes")
    day = models.DateField()
    source = BlindIndexField()
    helps = models.BooleanField()

    class Meta:
        verbose_name = "ý kiến về trả lời"
        verbose_name_plural = "ý kiến về trả lời"
        constraints = [models.UniqueConstraint(fields=["question", "day", "source"], name="question_vote_once_a_day")]
        indexes = [models.Index(fields=["day"], name="question_votes_old")]

    def __str__(self) -> str:
        return f"{self.question_id} {self.helps}"
