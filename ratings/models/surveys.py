"""Own surveys (Rules 7.5, R-14): the questions as data, who is asked, what was answered, texts by themselves."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from portal.crypto.fields import BlindIndexField, SealedTextField
from portal.states import StateTable, Transition


class SurveyState(models.TextChoices):
    """Where a survey stands."""

    DRAFT = "draft", "Bản nháp"
    PUBLISHED = "published", "Đã mở"
    ENDED = "ended", "Đã kết thúc"


class Audience(models.TextChoices):
    """Who is asked."""

    EVERYBODY = "all", "Mọi người"
    CITIZENS = "citizens", "Người đã đăng nhập"
    APPLICANTS = "applicants", "Người nộp hồ sơ, theo thư mời"


def _askable(survey: Any) -> str:
    return "" if survey.questions else "Khảo sát chưa có câu hỏi nào. Bạn thêm câu hỏi trước."


TABLE = StateTable(
    [state.value for state in SurveyState],
    [
        Transition(
            "publish", "Mở khảo sát", frozenset({SurveyState.DRAFT.value}), SurveyState.PUBLISHED.value, act="ratings.surveys",
            guard=_askable,
        ),
        Transition("end", "Kết thúc", frozenset({SurveyState.PUBLISHED.value}), SurveyState.ENDED.value, act="ratings.surveys"),
    ],
)  # fmt: skip


class Survey(models.Model):
    """One survey. What is asked, and of whom, is final once it is published."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=100, unique=True)
    unit_code = models.CharField("đơn vị", max_length=40, db_collation="C")
    """The agency that asks."""
    title = models.CharField("tên khảo sát", max_length=200)
    intro = models.TextField(blank=True)
    questions: Any = models.JSONField(default=list)
    """``{"key", "kind", "label", "required", "options"}`` (`ratings.surveys.rules.Question`)."""
    audience = models.CharField("hỏi ai", max_length=12, choices=Audience.choices)
    procedure_code = models.CharField(max_length=40, blank=True)
    agency_code = models.CharField(max_length=40, blank=True, db_collation="C")
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    """Applicants of which days are invited."""
    opens_on = models.DateField("từ ngày")
    closes_on = models.DateField("đến hết ngày")
    state = models.CharField("tình trạng", max_length=10, choices=SurveyState.choices, default=SurveyState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.UUIDField(null=True)
    """Position of who made it."""
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    invited_upto = models.UUIDField(null=True)
    """The last party that was invited: the next slice goes on behind it."""
    invited_at = models.DateTimeField(null=True)
    """When everybody had been invited."""
    results: Any = models.JSONField(null=True)
    """``{"responses", "counts"}`` as published: of an ended survey nothing changes any more."""
    results_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "khảo sát"
        verbose_name_plural = "khảo sát"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in SurveyState]), name="survey_state_known"),
            models.CheckConstraint(condition=Q(audience__in=[one.value for one in Audience]), name="survey_audience_known"),
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="survey_days_in_order"),
            models.CheckConstraint(condition=Q(state="draft") | Q(published_at__isnull=False), name="survey_published_has_time"),
            models.CheckConstraint(condition=~Q(state="ended") | Q(ended_at__isnull=False), name="survey_ended_has_time"),
            models.CheckConstraint(
                condition=Q(results=None) | Q(state="ended", results_at__isnull=False), name="survey_results_when_ended"
            ),
            models.CheckConstraint(
                condition=~Q(audience="applicants") | Q(first_day__isnull=False, last_day__isnull=False, last_day__gte=F("first_day")),
                name="survey_applicants_of_days",
            ),
        ]
        indexes = [
            models.Index(fields=["closes_on", "id"], name="surveys_open", condition=Q(state="published")),
            models.Index(fields=["-results_at", "-id"], name="surveys_told", condition=Q(results_at__isnull=False)),
            models.Index(fields=["unit_code", "-created_at", "-id"], name="surveys_of_unit"),
        ]
        triggers = [
            pgtrigger.Protect(name="survey_stays", operation=pgtrigger.Delete, condition=pgtrigger.Condition("OLD.state <> 'draft'")),
            pgtrigger.Protect(
                name="survey_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "(OLD.state <> 'draft' AND (OLD.questions, OLD.title, OLD.audience, OLD.unit_code, OLD.slug) IS DISTINCT FROM"
                    " (NEW.questions, NEW.title, NEW.audience, NEW.unit_code, NEW.slug) OR OLD.state = 'ended' AND NEW.state <> 'ended'"
                    " OR OLD.state = 'published' AND NEW.state = 'draft')"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SurveyPlace(models.Model):
    """That somebody was invited, or has answered signed in: one party answers one survey once. Not what they answered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="places")
    party_index = BlindIndexField()
    """Keyed index of the party: nobody reads it back."""
    token_index = BlindIndexField(null=True, unique=True)
    used_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "party_index"], name="survey_place_once")]
        triggers = [
            pgtrigger.Protect(
                name="survey_place_used_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.used_on IS NOT NULL AND NEW.used_on IS DISTINCT FROM OLD.used_on"),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SurveyResponse(models.Model):
    """What one answered, without whom: chosen options and steps by question. Texts stand in :class:`SurveyText`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """It comes with the form: one form counts once."""
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="responses")
    day = models.DateField()
    answers: Any = models.JSONField(default=dict)
    outside_id = models.CharField(max_length=80, null=True)
    """Its number in the platform it was brought from (VNForm); None for what was answered here."""

    class Meta:
        verbose_name = "trả lời khảo sát"
        verbose_name_plural = "trả lời khảo sát"
        constraints = [models.UniqueConstraint(fields=["survey", "outside_id"], name="survey_response_brought_once")]
        indexes = [models.Index(fields=["survey", "day", "id"], name="survey_responses_of")]
        triggers = [pgtrigger.Protect(name="survey_response_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.pk)


class SurveyText(models.Model):
    """A text that somebody answered: nobody reads it before it was checked."""

    class State(models.TextChoices):
        """What becomes of it."""

        WAITING = "w", "Chờ duyệt"
        SHOWN = "s", "Đã duyệt"
        HIDDEN = "h", "Không hiện"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="texts")
    key = models.CharField(max_length=20)
    words = SealedTextField(subject="id", null=True)
    state = models.CharField("tình trạng", max_length=1, choices=State.choices, default=State.WAITING)
    shown_words = models.TextField(blank=True)
    hidden_why = models.CharField(max_length=300, blank=True)
    checked_by = models.UUIDField(null=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "ý kiến khảo sát"
        verbose_name_plural = "ý kiến khảo sát"
        constraints = [
            models.CheckConstraint(condition=Q(state="s") | Q(shown_words=""), name="survey_text_shown_when_checked"),
            models.CheckConstraint(condition=~Q(state="h") | ~Q(hidden_why=""), name="survey_text_hidden_why"),
        ]
        indexes = [
            models.Index(fields=["survey", "key", "state", "id"], name="survey_texts_of"),
            models.Index(fields=["survey", "id"], name="survey_texts_to_check", condition=Q(state="w")),
            models.Index(fields=["checked_at", "id"], name="survey_texts_checked", condition=Q(checked_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.pk)
