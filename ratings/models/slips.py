"""Rating slips (Scheme III.2c): the questions, the slip that each dossier that ended is promised, what was answered, and its counts."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from portal.crypto.fields import BlindIndexField, SealedTextField

QUESTIONS = 5
STEPS = range(1, 6)


class SlipForm(models.Model):
    """One version of the questions: what is asked from a day on, and how long a slip is open. Data (`ratings/data/slip_forms.json`)."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    valid_from = models.DateField(unique=True)
    open_days = models.PositiveSmallIntegerField()
    """Days after the end of the dossier until which its slip is taken."""
    questions: Any = models.JSONField()
    """Five of ``{"code", "vi", "en"}``; the first is ``overall``, one is ``officer``. What asks something else has another code."""
    steps: Any = models.JSONField()
    """Words of the five steps from 1 to 5, ``{"vi": […], "en": […]}``."""

    class Meta:
        verbose_name = "bộ câu hỏi đánh giá"
        verbose_name_plural = "bộ câu hỏi đánh giá"
        ordering = ["-valid_from"]
        triggers = [
            # What was answered must read as it was asked.
            pgtrigger.Protect(
                name="slip_form_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.valid_from <= CURRENT_DATE"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.valid_from})"


class Slip(models.Model):
    """The slip of one dossier that ended: who may answer it (whoever has its token, or owns the dossier), until when, whether it was used.

    It does not know what was answered, and the answer does not know it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier_code = models.CharField(max_length=60, unique=True, db_collation="C")
    party_id = models.UUIDField(null=True)
    """Whom to tell; forgotten once they were told."""
    outcome = models.CharField(max_length=2)
    """The state in which the dossier ended."""
    unit_code = models.CharField(max_length=40, db_collation="C")
    procedure_code = models.CharField(max_length=40, db_collation="C")
    field_code = models.CharField(max_length=80, blank=True, db_collation="C")
    officer_id = models.UUIDField(null=True)
    """Position of the officer in charge when it ended."""
    channel = models.CharField(max_length=2, db_collation="C")
    service_level = models.CharField(max_length=20, blank=True, db_collation="C")
    ended_on = models.DateField()
    open_until = models.DateField()
    """The last day on which it is taken."""
    told_at = models.DateTimeField(null=True)
    token_index = BlindIndexField(null=True, unique=True)
    """Keyed index of its token: nobody reads the token back from here."""
    used_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ended_on", "id"], name="slips_to_tell", condition=Q(told_at=None))]
        constraints = [
            models.CheckConstraint(condition=Q(told_at=None) | Q(party_id=None), name="slip_told_forgets_whom"),
            models.CheckConstraint(condition=Q(open_until__gte=F("ended_on")), name="slip_days_in_order"),
        ]
        triggers = [
            pgtrigger.Protect(name="slip_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="slip_used_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.used_on IS NOT NULL AND NEW.used_on IS DISTINCT FROM OLD.used_on"),
            ),
        ]

    def __str__(self) -> str:
        return self.dossier_code

    def is_open(self, today: date) -> bool:
        """Whether it can still be answered."""
        return self.used_on is None and today <= self.open_until


class Rating(models.Model):
    """What was answered on one slip. Of a dossier it keeps what can be counted, not which dossier nor whose (R-15 needs the position)."""

    class Source(models.TextChoices):
        """What the slip was about; each is counted by itself."""

        DOSSIER = "d", "Hồ sơ đã kết thúc"
        UNIT = "u", "Đơn vị (mã QR tại quầy)"
        SERVICE = "s", "Dịch vụ (mã QR)"

    class Words(models.TextChoices):
        """What becomes of the free text: nobody reads it before it was checked."""

        NONE = "", "Không có"
        WAITING = "w", "Chờ duyệt"
        SHOWN = "s", "Đã duyệt"
        HIDDEN = "h", "Không hiện"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Drawn by chance; of a slip at a counter it comes with the form, so that one form counts once."""
    source = models.CharField("nguồn", max_length=1, choices=Source.choices, db_collation="C")
    form = models.ForeignKey(SlipForm, on_delete=models.PROTECT, related_name="+")
    unit_code = models.CharField("đơn vị", max_length=40, blank=True, db_collation="C")
    procedure_code = models.CharField(max_length=40, blank=True, db_collation="C")
    field_code = models.CharField(max_length=80, blank=True, db_collation="C")
    officer_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=2, blank=True, db_collation="C")
    service_level = models.CharField(max_length=20, blank=True, db_collation="C")
    day = models.DateField()
    month = models.DateField("tháng")
    """First day of its month: the desk shows no finer, so that nobody is known by the day."""
    q1 = models.PositiveSmallIntegerField()
    q2 = models.PositiveSmallIntegerField()
    q3 = models.PositiveSmallIntegerField()
    q4 = models.PositiveSmallIntegerField()
    q5 = models.PositiveSmallIntegerField()
    words = SealedTextField(subject="id", null=True)
    words_state = models.CharField("ý kiến", max_length=1, choices=Words.choices, default=Words.NONE, blank=True)
    shown_words = models.TextField(blank=True)
    """The text that others read: without what tells who somebody is."""
    hidden_why = models.CharField(max_length=300, blank=True)
    checked_by = models.UUIDField(null=True)
    """Position of who checked the text; never the officer who was rated."""
    checked_at = models.DateTimeField(null=True)
    is_counted = models.BooleanField(default=False)

    class Meta:
        verbose_name = "phiếu đánh giá"
        verbose_name_plural = "phiếu đánh giá"
        constraints = [
            models.CheckConstraint(
                condition=Q(*[(f"q{number}__range", (1, 5)) for number in range(1, QUESTIONS + 1)]), name="rating_steps_known"
            ),
            models.CheckConstraint(condition=Q(source__in=["d", "u", "s"]), name="rating_source_known"),
            models.CheckConstraint(
                condition=(Q(words_state="") & Q(words__isnull=True)) | (~Q(words_state="") & Q(words__isnull=False)),
                name="rating_words_have_a_state",
            ),
            models.CheckConstraint(condition=Q(words_state="s") | Q(shown_words=""), name="rating_words_shown_when_checked"),
            models.CheckConstraint(condition=~Q(words_state="h") | ~Q(hidden_why=""), name="rating_words_hidden_why"),
            models.CheckConstraint(
                condition=Q(checked_by=None) | Q(officer_id=None) | ~Q(checked_by=F("officer_id")), name="rating_not_checked_by_the_rated"
            ),
        ]
        indexes = [
            models.Index(fields=["day", "id"], name="ratings_to_count", condition=Q(is_counted=False)),
            models.Index(fields=["unit_code", "-month", "id"], name="ratings_of_unit"),
            models.Index(fields=["-month", "id"], name="ratings_newest"),
            models.Index(fields=["unit_code", "month", "id"], name="ratings_to_check", condition=Q(words_state="w")),
            models.Index(fields=["checked_at", "id"], name="ratings_checked", condition=Q(checked_at__isnull=False)),
        ]
        triggers = [
            pgtrigger.Protect(name="rating_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="rating_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.source, OLD.form_id, OLD.unit_code, OLD.procedure_code, OLD.officer_id, OLD.day, OLD.q1, OLD.q2, OLD.q3, OLD.q4,"
                    " OLD.q5) IS DISTINCT FROM (NEW.source, NEW.form_id, NEW.unit_code, NEW.procedure_code, NEW.officer_id, NEW.day,"
                    " NEW.q1, NEW.q2, NEW.q3, NEW.q4, NEW.q5))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def steps(self) -> list[int]:
        """The five answers in the order of the questions."""
        return [self.q1, self.q2, self.q3, self.q4, self.q5]


class RatingCount(models.Model):
    """How often each step was chosen: of a place (the country, an agency with all below it) in a period, folded from :class:`Rating`.

    ``grain``: ``t`` everything, ``f`` a field, ``p`` a procedure (and its field). Days are kept of the overall question of everything;
    the other questions, fields and procedures by whole months.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=1, db_collation="C")
    grain = models.CharField(max_length=1, db_collation="C")
    place = models.CharField(max_length=40, db_collation="C")
    parent = models.CharField(max_length=40, db_collation="C")
    """The agency above by code; empty for those of the first level, ``-`` for the country."""
    period = models.CharField(max_length=1, db_collation="C")
    day = models.DateField()
    question = models.CharField(max_length=20, db_collation="C")
    field_code = models.CharField(max_length=80, db_collation="C")
    procedure_code = models.CharField(max_length=40, db_collation="C")
    s1 = models.IntegerField(default=0)
    s2 = models.IntegerField(default=0)
    s3 = models.IntegerField(default=0)
    s4 = models.IntegerField(default=0)
    s5 = models.IntegerField(default=0)

    class Meta:
        verbose_name = "mức độ hài lòng"
        verbose_name_plural = "mức độ hài lòng"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "grain", "place", "period", "day", "question", "field_code", "procedure_code"], name="rating_count_cell"
            )
        ]
        indexes = [models.Index(fields=["parent", "source", "grain", "period", "day"], name="rating_counts_below")]

    def __str__(self) -> str:
        return f"{self.source} {self.place} {self.period} {self.day} {self.question}"
