"""Slips of a unit that are about many dossiers: the register of some days, a handover (requirement D-10)."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from portal.crypto.fields import SealedTextField


class UnitSlip(models.Model):
    """One slip as it was made; its sealed PDF is the document."""

    class Kind(models.TextChoices):
        REGISTER = "register", "Sổ theo dõi hồ sơ"
        HANDOVER = "handover", "Phiếu bàn giao hồ sơ"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("loại phiếu", max_length=10, choices=Kind.choices)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    first_day = models.DateField("từ ngày", null=True, blank=True)
    last_day = models.DateField("đến ngày", null=True, blank=True)
    """Of a register: the days of reception that stand in it."""
    receiver: Any = SealedTextField(subject="id", null=True)
    """Of a handover: who takes the dossiers."""
    dossiers = ArrayField(models.UUIDField(), default=list)
    """The dossiers in it, in its order."""
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    made_by = models.UUIDField()
    """Position of the officer who had it made."""
    made_label = models.CharField("người lập", max_length=200)
    made_at = models.DateTimeField("lập lúc")

    class Meta:
        verbose_name = "phiếu, sổ của đơn vị"
        verbose_name_plural = "phiếu, sổ của đơn vị"
        ordering = ["-made_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="register", first_day__isnull=False, last_day__isnull=False) | Q(kind="handover", receiver__isnull=False),
                name="dossiers_unit_slip_says_what",
            ),
        ]
        indexes = [models.Index(fields=["unit_code", "-made_at"], name="dossiers_unit_slips")]
        triggers = [pgtrigger.Protect(name="unit_slip_is_final", operation=pgtrigger.Delete | pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.kind}"
