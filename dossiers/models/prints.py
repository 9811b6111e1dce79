"""A declaration on paper: asked for on a page, made by the worker, kept some days."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class FormPrint(models.Model):
    """The PDF of a draft's or a dossier's declaration, as somebody of the party asked for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    filing_id = models.UUIDField()
    """The draft, or the dossier that it became under the same id: its key seals the file."""
    sent = models.BooleanField()
    """Whether it is printed as it was sent, with the dossier's code."""
    party_id = models.UUIDField()
    person_id = models.UUIDField()
    """Who asked; what the registry knows of them stands in a draft's print."""
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    """When its file is removed."""
    file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["filing_id", "-asked_at"], name="form_print_of_filing"),
            models.Index(fields=["until"], name="form_print_to_remove", condition=Q(removed_at=None, until__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["filing_id", "sent"], condition=Q(made_at=None, removed_at=None), name="form_print_one_under_way"
            ),
            models.CheckConstraint(
                condition=Q(made_at=None, until=None, file=None) | Q(made_at__isnull=False, until__isnull=False, file__isnull=False),
                name="form_print_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_ready(self) -> bool:
        """Whether it can be taken."""
        return self.made_at is not None and self.removed_at is None
