"""What applicant and agency write to each other about a dossier, and words that an agency uses again and again (requirement D-16)."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from dossiers.models.dossier import Dossier
from portal.crypto.fields import SealedTextField


class DossierMessage(models.Model):
    """One message. Never changed; that the other side has opened it is noted once."""

    class Side(models.TextChoices):
        """Who wrote it."""

        APPLICANT = "applicant", "Người nộp"
        AGENCY = "agency", "Cơ quan"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Made by the page that sends it: pressed twice, it is sent once."""
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField("ai viết", max_length=10, choices=Side.choices)
    at = models.DateTimeField("gửi lúc")
    person_id = models.UUIDField()
    party_id = models.UUIDField(null=True, blank=True)
    """For whom that person wrote; null for officers."""
    mandate_id = models.UUIDField(null=True, blank=True)
    position_id = models.UUIDField(null=True, blank=True)
    label = models.CharField(max_length=200, blank=True)
    """How an officer is shown. Citizens are named by their id only, as in events."""
    words: Any = SealedTextField(subject="dossier_id", null=True)
    read_at = models.DateTimeField(null=True, blank=True)
    """When somebody of the other side first opened it."""

    class Meta:
        verbose_name = "tin nhắn của hồ sơ"
        verbose_name_plural = "tin nhắn của hồ sơ"
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(side="applicant", position_id__isnull=True, party_id__isnull=False)
                | Q(side="agency", position_id__isnull=False, party_id__isnull=True),
                name="dossiers_message_has_a_side",
            ),
        ]
        indexes = [
            models.Index(fields=["dossier", "at", "id"], name="dossiers_message_order"),
            # Few are unread at a time: lists ask this index, whatever else a dossier has.
            models.Index(fields=["side", "dossier"], name="dossiers_message_unread", condition=Q(read_at__isnull=True)),
        ]
        triggers = [
            pgtrigger.Protect(name="message_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="message_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.dossier_id IS DISTINCT FROM NEW.dossier_id OR OLD.side IS DISTINCT FROM NEW.side OR OLD.at IS DISTINCT FROM NEW.at"
                    " OR OLD.person_id IS DISTINCT FROM NEW.person_id OR OLD.position_id IS DISTINCT FROM NEW.position_id"
                    " OR OLD.label IS DISTINCT FROM NEW.label OR OLD.words IS DISTINCT FROM NEW.words"
                    " OR (OLD.read_at IS NOT NULL AND OLD.read_at IS DISTINCT FROM NEW.read_at)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_from_agency(self) -> bool:
        """Whether an officer wrote it."""
        return self.side == self.Side.AGENCY


class MessageFile(models.Model):
    """A file that came with a message."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(DossierMessage, on_delete=models.PROTECT, related_name="files")
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="dossiers_message_file_place")]
        triggers = [pgtrigger.Protect(name="message_file_stays", operation=pgtrigger.Delete | pgtrigger.Update)]

    def __str__(self) -> str:
        return str(self.id)


class MessageTemplate(models.Model):
    """Words that an agency begins its messages with; data of its desk."""

    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    name = models.CharField("tên mẫu", max_length=120)
    words = models.TextField("nội dung", max_length=5_000)
    is_active = models.BooleanField("đang dùng", default=True)

    class Meta:
        verbose_name = "mẫu tin nhắn"
        verbose_name_plural = "mẫu tin nhắn"
        ordering = ["unit_code", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["unit_code", "name"], name="dossiers_message_template_named")]

    def __str__(self) -> str:
        return self.name
