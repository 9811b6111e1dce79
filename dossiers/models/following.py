"""What an applicant does with a dossier that was sent: sent again before it is received, an answer to a draft of the result."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier
from dossiers.models.forms import FormVersion
from portal.crypto.fields import SealedJSONField, SealedTextField


class Revision(models.Model):
    """One time at which a dossier was edited and sent again before it was received: what stood there, and what changed (D-19)."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    """When it was sent again."""
    was_sent_at = models.DateTimeField()
    """When what it took the place of had been sent."""
    person_id = models.UUIDField()
    form_version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    """The form that was answered before."""
    answers: Any = SealedJSONField(subject="dossier_id", default=dict)
    """What was declared before."""
    changes: Any = SealedJSONField(subject="dossier_id", default=list)
    """Line by line: ``label``, ``was``, ``became``; papers too."""

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "number"], name="dossiers_revision_number"),
            models.CheckConstraint(condition=Q(sent_at__gte=F("was_sent_at")), name="dossiers_revision_times"),
        ]
        triggers = [pgtrigger.Protect(name="revision_is_final", operation=pgtrigger.Delete | pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.number}"


class ShownResult(models.Model):
    """A draft of the result that its applicant is shown before it is decided, where the procedure's result template asks for it."""

    class State(models.TextChoices):
        OPEN = "open", "Chờ người nộp trả lời"
        AGREED = "agreed", "Người nộp đồng ý"
        OBJECTED = "objected", "Người nộp không đồng ý"
        LAPSED = "lapsed", "Hết hạn, không có ý kiến"
        CALLED_OFF = "called_off", "Cơ quan đã rút"

    class Clock(models.TextChoices):
        """What becomes of the agency's time meanwhile."""

        RUN = "run", "Thời hạn vẫn chạy"
        PAUSE = "pause", "Thời hạn dừng trong lúc chờ"

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="shown_results")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    clock = models.CharField(max_length=10, choices=Clock.choices)
    days = models.PositiveSmallIntegerField()
    """Working days to answer in."""
    title = models.CharField(max_length=200)
    content: Any = SealedJSONField(subject="dossier_id", default=list)
    """The blocks as they would be printed."""
    values: Any = SealedJSONField(subject="dossier_id", default=dict)
    """What the officer wrote: it stands in the form of the decision afterwards."""
    shown_by = models.UUIDField()
    """Position of the officer."""
    shown_label = models.CharField(max_length=200)
    shown_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.UUIDField(null=True, blank=True)
    """The person who answered for the applicant."""
    reason: Any = SealedTextField(subject="dossier_id", null=True)
    """Why the applicant objects, or the officer takes it back."""

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "number"], name="dossiers_shown_number"),
            models.UniqueConstraint(fields=["dossier"], condition=Q(state="open"), name="dossiers_one_shown_is_open"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True, answered_by__isnull=True)
                | Q(state__in=["agreed", "objected"], closed_at__isnull=False, answered_by__isnull=False)
                | Q(state__in=["lapsed", "called_off"], closed_at__isnull=False, answered_by__isnull=True),
                name="dossiers_shown_closed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["objected", "called_off"]) | Q(reason__isnull=False), name="dossiers_objection_says_why"
            ),
            models.CheckConstraint(
                condition=Q(clock__in=["run", "pause"], days__gte=1, days__lte=30, until__gt=F("shown_at")), name="dossiers_shown_policy"
            ),
        ]
        indexes = [models.Index(fields=["until"], name="dossiers_shown_until", condition=Q(state="open"))]
        triggers = [pgtrigger.Protect(name="shown_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.number}"
