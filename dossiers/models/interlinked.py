"""Dossiers that were filed as one (Rules art. 20): which belong together, and which waits for which."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier


class LinkedFiling(models.Model):
    """One filing of an interlinked procedure. Each part is a dossier with its own code, agency, clock, charge and process."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """The id of the draft that it was."""
    procedure_code = models.CharField(max_length=40)
    procedure_name = models.CharField(max_length=500)
    """Name on the day of filing."""
    applicant_id = models.UUIDField()
    submitted_at = models.DateTimeField()

    class Meta:
        ordering = ["-submitted_at", "-id"]
        indexes = [models.Index(fields=["applicant_id", "-submitted_at"], name="dossiers_linked_mine")]
        triggers = [pgtrigger.Protect(name="linked_filing_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.id)


class LinkedPart(models.Model):
    """One dossier of an interlinked filing, in the order in which the law takes them."""

    filing = models.ForeignKey(LinkedFiling, on_delete=models.PROTECT, related_name="parts")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=100)
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="linked")
    after = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followers")
    """The part whose result this one waits for: its time to answer begins with that one's end."""

    class Meta:
        ordering = ["filing", "position"]
        constraints = [
            models.UniqueConstraint(fields=["filing", "position"], name="dossiers_linked_position"),
            models.CheckConstraint(condition=Q(after__isnull=True) | ~Q(after=F("id")), name="dossiers_linked_after_another"),
        ]
        triggers = [pgtrigger.Protect(name="linked_part_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.filing_id} {self.position}"
