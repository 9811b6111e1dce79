"""Dossiers that are filed here and handled in another system: which system has which, what it told last, results that it gave."""

from __future__ import annotations

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier
from dossiers.models.states import State
from portal.exchange.partners.models import Partner


class HandlingRule(models.Model):
    """Dossiers for a unit (and those below it) that another system handles, of some procedures or of all; VPCP keeps it."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="handling", verbose_name="hệ thống giải quyết")
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    procedures = ArrayField(models.CharField(max_length=40), verbose_name="thủ tục", default=list, blank=True)
    """Codes; none: all."""
    since = models.DateTimeField("từ")
    ended_at = models.DateTimeField("đến", null=True, blank=True)

    class Meta:
        verbose_name = "hồ sơ chuyển hệ thống khác giải quyết"
        verbose_name_plural = "hồ sơ chuyển hệ thống khác giải quyết"
        ordering = ["unit_code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "unit_code"], condition=Q(ended_at=None), name="handling_once_a_unit"),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(ended_at__gte=F("since")), name="handling_times"),
        ]
        indexes = [models.Index(fields=["unit_code"], name="handling_of_unit", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.unit_code} → {self.partner_id}"


class Handled(models.Model):
    """What the system that handles a dossier told last: of two reports the later one counts, then the one that stands further along."""

    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, primary_key=True, related_name="handled")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(null=True)
    said_state = models.CharField(max_length=2, choices=State.choices, blank=True)
    guessed = ArrayField(models.CharField(max_length=20), default=list)
    """Columns of the dossier that no report has told: what comes later of an earlier time mends them."""

    def __str__(self) -> str:
        return str(self.dossier_id)


class HandledResult(models.Model):
    """A file of the result as the other system gave it; shown once a report of its state names it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="handled_results")
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    taken_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["taken_at", "id"]
        constraints = [models.UniqueConstraint(fields=["dossier", "sha256"], name="handled_result_once")]
        triggers = [pgtrigger.Protect(name="handled_result_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.id)
