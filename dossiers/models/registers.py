"""Numbers that a dossier took in a register of its agency."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier


class RegisterEntry(models.Model):
    """One number of one register, year and agency, given to one dossier; free again when the decision is taken back before it is signed."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField(max_length=40)
    register = models.CharField(max_length=20)
    """Which of the agency's registers (``birth``); each counts by itself."""
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    book = models.PositiveSmallIntegerField()
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="register_entries")
    taken_at = models.DateTimeField()
    freed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_code", "register", "year", "number"], condition=Q(freed_at__isnull=True), name="dossiers_register_number_once"
            ),
            models.UniqueConstraint(fields=["dossier"], condition=Q(freed_at__isnull=True), name="dossiers_register_once_a_dossier"),
            models.CheckConstraint(condition=Q(number__gt=0, book__gt=0), name="dossiers_register_numbers_from_one"),
            models.CheckConstraint(
                condition=Q(freed_at__isnull=True) | Q(freed_at__gte=F("taken_at")), name="dossiers_register_freed_after_taken"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.register} {self.number}/{self.year}"
