"""What nobody had to give once more, by dossier and added up (requirement D-02; Decision 468/QĐ-TTg II.2b-c)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier


class DossierReuse(models.Model):
    """Of one dossier as it was sent: how many fields and papers it has, and how many of them were known already. Written once."""

    dossier = models.OneToOneField(Dossier, primary_key=True, on_delete=models.PROTECT, related_name="reuse")
    procedure_code = models.CharField(max_length=40)
    unit_code = models.CharField(max_length=40, db_collation="C")
    sent_on = models.DateField()
    fields = models.PositiveIntegerField()
    """Fields of the form that this dossier has."""
    fields_reused = models.PositiveIntegerField()
    """Of these: filled in from what the state holds, never asked."""
    papers = models.PositiveIntegerField()
    """Kinds of paper given with it."""
    papers_reused = models.PositiveIntegerField()
    """Of these: taken from the owner's store."""
    is_added = models.BooleanField(default=False)
    """Whether it is in :class:`ReuseCount` already."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dossiers_reuse_is_part",
                condition=Q(fields_reused__lte=F("fields")) & Q(papers_reused__lte=F("papers")),
            )
        ]
        indexes = [models.Index(fields=["dossier"], name="dossiers_reuse_waiting", condition=Q(is_added=False))]

    def __str__(self) -> str:
        return str(self.pk)


class ReuseCount(models.Model):
    """The same of all dossiers that one unit was sent in one procedure in one month; what is not added yet stands in the rows alone."""

    month = models.DateField()
    unit_code = models.CharField(max_length=40, db_collation="C")
    procedure_code = models.CharField(max_length=40)
    dossiers = models.PositiveIntegerField(default=0)
    dossiers_reused = models.PositiveIntegerField(default=0)
    """In which at least one field or paper was known already."""
    fields = models.PositiveBigIntegerField(default=0)
    fields_reused = models.PositiveBigIntegerField(default=0)
    papers = models.PositiveBigIntegerField(default=0)
    papers_reused = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "unit_code", "procedure_code"], name="dossiers_reuse_count_once")]

    def __str__(self) -> str:
        return f"{self.month} {self.unit_code} {self.procedure_code}"
