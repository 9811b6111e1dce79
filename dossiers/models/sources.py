"""What registries said of a party, and where the answers of a dossier are from (requirement D-02)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from dossiers.models.dossier import Dossier
from portal.crypto.fields import SealedJSONField, SealedTextField


class RegistryAnswer(models.Model):
    """The newest answer of one registry about one party. Asked in the background; shown with its age, whatever the registry does now."""

    party_id = models.UUIDField()
    registry = models.CharField(max_length=20)
    """One of `dossiers.sources.REGISTRIES`."""
    said: Any = SealedJSONField(subject="party_id", null=True)
    """``facts``: name → value; ``rows``: such mappings, of several parcels or vehicles. None: nothing heard, or it knows nobody."""
    wished_at = models.DateTimeField()
    """When it was last to be asked."""
    wishes = models.PositiveIntegerField(default=1)
    """How often: each has a key of its own in the outbox."""
    answered_at = models.DateTimeField(null=True)
    """When it last answered."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party_id", "registry"], name="dossiers_registry_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.registry}"


class AnswerSource(models.Model):
    """Of one answer of a dossier that a source could give: what the source says, and whether the applicant took it."""

    class How(models.TextChoices):
        """What the applicant did."""

        TAKEN = "taken", "Lấy từ nguồn, người nộp xác nhận"
        CORRECTED = "corrected", "Người nộp sửa"
        TYPED = "typed", "Người nộp tự khai, đối chiếu sau"

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="sources")
    field = models.CharField(max_length=60)
    fact = models.CharField(max_length=120)
    source = models.CharField(max_length=20)
    """One of `dossiers.sources.SOURCES`."""
    how = models.CharField(max_length=10, choices=How.choices)
    said: Any = SealedTextField(subject="dossier_id", null=True)
    """What the source says; null where it has not answered, or says nothing of it."""
    said_at = models.DateTimeField(null=True)
    reason: Any = SealedTextField(subject="dossier_id", null=True)
    """Why the applicant changed it."""
    checked_at = models.DateTimeField(null=True)
    """When what was typed was compared with the source."""
    agrees = models.BooleanField(null=True)
    """Whether they agree; null: not compared, or the source says nothing of it."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "field"], name="dossiers_answer_source_once"),
            models.CheckConstraint(
                condition=Q(agrees__isnull=True) | Q(how="typed", checked_at__isnull=False), name="dossiers_answer_source_checked"
            ),
        ]
        indexes = [
            models.Index(fields=["source", "id"], name="dossiers_answer_waiting", condition=Q(how="typed", checked_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.field}"
