"""What happened and no figure has counted yet; filings that nobody answered in time."""

from __future__ import annotations

import pgtrigger
from django.db import models

from dossiers.models.dossier import Dossier


class UncountedEvent(models.Model):
    """An event that the figures of officers, steps and papers have not counted: the database puts it here with the event (a trigger of
    `DossierEvent`), whoever counts takes it away. So nothing is missed, in whatever order transactions end, and nothing counts twice."""

    event_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.event_id)


class LateAnswer(models.Model):
    """A filing that was not answered within its eight working hours, written down when the head of the unit was told (requirement D-29)."""

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="late_answers")
    response_due_at = models.DateTimeField()
    """The moment by which it should have been answered; a dossier that comes back completed has another."""
    unit_code = models.CharField(max_length=40, db_collation="C")
    told_at = models.DateTimeField()
    told = models.PositiveSmallIntegerField(default=0)
    """How many leaders were told; 0: neither the unit nor one above it has any."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dossier", "response_due_at"], name="dossiers_late_answer_once")]
        triggers = [pgtrigger.Protect(name="late_answer_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.response_due_at}"
