"""What everybody reads: published questions and answers, what readers say of them, and figures."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from feedback.models.kinds import About, PetitionKind
from feedback.models.petitions import Petition
from portal.crypto.fields import BlindIndexField, SealedTextField


class PublishedCase(models.Model):
    """A question and its answer without personal data, as texts of their own; the originals are untouched (art. 45)."""

    petition = models.OneToOneField(Petition, on_delete=models.PROTECT, related_name="published")
    slug = models.SlugField(max_length=120, unique=True)
    """For ever, also when the texts are changed or withdrawn."""
    title = models.CharField("tiêu đề", max_length=200)
    question = models.TextField("câu hỏi")
    answer = models.TextField("trả lời")
    kind = models.ForeignKey(PetitionKind, on_delete=models.PROTECT, related_name="+", verbose_name="loại")
    about = models.CharField(max_length=8, choices=About.choices)
    sector_code = models.CharField(max_length=80, blank=True)
    procedure_code = models.CharField(max_length=40, blank=True)
    unit_code = models.CharField(max_length=40, db_collation="C")
    agency_code = models.CharField(max_length=10, db_collation="C")
    unit_name = models.CharField(max_length=300)
    """Of the agency that answered, as it was called then."""
    sender_name = models.CharField(max_length=200, blank=True)
    """Empty where the sender asked so."""
    place_code = models.CharField(max_length=5, blank=True)
    asked_on = models.DateField()
    answered_on = models.DateField()
    on_time = models.BooleanField()
    published_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    published_by = models.UUIDField(null=True)
    decisions: Any = models.JSONField(default=dict)
    """How many marks of each kind were taken out and how many left in."""
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
    disagreed_at = models.DateTimeField(null=True)
    """When the sender wrote again because they do not agree with this answer; None once another answer stands here."""
    helpful = models.PositiveIntegerField(default=0)
    unhelpful = models.PositiveIntegerField(default=0)
    helped = models.PositiveIntegerField(default=0)
    """Times somebody did not send a petition of their own because this answer served them."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "trả lời đã công khai"
        verbose_name_plural = "trả lời đã công khai"
        constraints = [
            models.CheckConstraint(condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason=""), name="published_withdrawn_why"),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="published_newest", condition=Q(withdrawn_at__isnull=True)),
            models.Index(
                fields=["agency_code", "-published_at", "-id"], name="published_of_agency", condition=Q(withdrawn_at__isnull=True)
            ),
            models.Index(
                fields=["sector_code", "-published_at", "-id"], name="published_of_sector", condition=Q(withdrawn_at__isnull=True)
            ),
            models.Index(fields=["kind", "-published_at", "-id"], name="published_of_kind", condition=Q(withdrawn_at__isnull=True)),
            models.Index(fields=["procedure_code", "-published_at"], name="published_of_procedure", condition=~Q(procedure_code="")),
        ]
        triggers = [pgtrigger.Protect(name="published_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title


class FinishedRound(models.Model):
    """A round that ended with an answer the sender did not agree with (art. 42.3đ): it stays with the agency that answered, in the figures
    and in the score, while the petition goes on elsewhere."""

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="finished_rounds")
    number = models.PositiveSmallIntegerField()
    unit_code = models.CharField(max_length=40, db_collation="C")
    agency_code = models.CharField(max_length=10, db_collation="C")
    kind = models.ForeignKey(PetitionKind, on_delete=models.PROTECT, related_name="+")
    sector_code = models.CharField(max_length=80, blank=True)
    procedure_code = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField()
    helps = models.BooleanField(null=True)
    """For figures: who writes again was not helped, whatever they had said before."""
    rated = models.BooleanField(null=True)
    rated_words = SealedTextField(subject="petition_id", null=True)
    rated_at = models.DateTimeField(null=True)
    """What the sender had said of the answer before they wrote again, and why; why they wrote again stands in the event."""
    is_published = models.BooleanField(default=False)
    """Whether its answer is public still."""
    disagreed_at = models.DateTimeField()

    class Meta:
        ordering = ["petition", "number"]
        constraints = [models.UniqueConstraint(fields=["petition", "number"], name="finished_round_numbered")]
        indexes = [
            models.Index(fields=["agency_code", "received_at"], name="rounds_of_agency"),
            models.Index(fields=["agency_code", "answered_at"], name="rounds_answered_of_agency"),
            models.Index(fields=["agency_code", "disagreed_at"], name="rounds_disagreed_of_agency"),
        ]
        triggers = [pgtrigger.Protect(name="finished_round_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.number}"


class ReaderVote(models.Model):
    """A reader says whether a published answer helps; once a day and address (a keyed index that nobody can read back)."""

    case = models.ForeignKey(PublishedCase, on_delete=models.PROTECT, related_name="votes")
    day = models.DateField()
    source = BlindIndexField()
    helps = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "day", "source"], name="vote_once_a_day")]
        indexes = [models.Index(fields=["day"], name="votes_old")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.helps}"


class TallyDelta(models.Model):
    """A change of figures, written by the act that caused it; folded into :class:`Tally` within seconds."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    agency_code = models.CharField(max_length=10, db_collation="C")
    unit_code = models.CharField(max_length=40, db_collation="C")
    kind = models.CharField(max_length=40)
    sector_code = models.CharField(max_length=80, blank=True)
    procedure_code = models.CharField(max_length=40, blank=True)
    measure = models.CharField(max_length=12)
    number = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.day} {self.unit_code} {self.measure} {self.number:+d}"


class Tally(models.Model):
    """Figures as counted. ``grain``: ``day`` (agency, day), ``month`` (agency, month), ``year`` (agency, year), ``unit`` (unit, month),
    ``kind`` (agency, kind, month), ``sector`` (agency, sector, month), ``proc`` (agency, procedure, month; what was received only). ``day``
    is the first of the month or year but for the grain ``day``; columns that a grain does not tell apart are empty. All grains but ``unit``
    have the whole country too: the agency is empty."""

    grain = models.CharField(max_length=6)
    day = models.DateField()
    agency_code = models.CharField(max_length=10, db_collation="C")
    unit_code = models.CharField(max_length=40, blank=True, db_collation="C")
    kind = models.CharField(max_length=40, blank=True)
    sector_code = models.CharField(max_length=80, blank=True)
    procedure_code = models.CharField(max_length=40, blank=True)
    measure = models.CharField(max_length=12)
    number = models.IntegerField()

    class Meta:
        verbose_name = "theo dõi phản ánh"
        verbose_name_plural = "theo dõi phản ánh"
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "day", "agency_code", "unit_code", "kind", "sector_code", "procedure_code", "measure"], name="tally_cell"
            )
        ]
        indexes = [models.Index(fields=["grain", "agency_code", "day"], name="tally_of_agency")]

    def __str__(self) -> str:
        return f"{self.grain} {self.day} {self.measure} {self.number}"
