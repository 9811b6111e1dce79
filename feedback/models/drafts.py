"""A petition that is being written."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from portal.crypto.fields import SealedJSONField


class PetitionDraft(models.Model):
    """What a party has written so far, valid or not; kept until it is sent or thrown away. Its id becomes the petition's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party_id = models.UUIDField()
    changed_by = models.UUIDField()
    procedure_code = models.CharField(max_length=40, blank=True)
    dossier_code = models.CharField(max_length=40, blank=True)
    order_code = models.CharField(max_length=20, blank=True)
    """What it is about, filled in where somebody came from there."""
    data: Any = SealedJSONField(subject="id", default=dict)
    """Strings as typed: ``kind subject words unit_code place_code place_words hide_name name address phone email``."""
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["party_id", "-updated_at", "id"], name="petition_drafts_mine")]

    def __str__(self) -> str:
        return str(self.id)


class DraftFile(models.Model):
    """A file of a draft."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(PetitionDraft, on_delete=models.CASCADE, related_name="files")
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["added_at", "id"]

    def __str__(self) -> str:
        return str(self.id)
