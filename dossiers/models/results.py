"""Result templates are data, like forms: a published version never changes, a dossier keeps the one of the day it was sent."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models


class ResultVersion(models.Model):
    """One version of what a procedure ends in: the paper, what the officer writes, register, signer. Requirement D-30."""

    procedure_code = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    document: Any = models.JSONField()
    """As `dossiers/data/result.schema.json` says."""
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["procedure_code", "number"], name="dossiers_result_number_once")]
        triggers = [
            # A dossier that waits is decided by the version of the day it was sent, whenever that is.
            pgtrigger.Protect(name="result_published_is_final", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.procedure_code} v{self.number}"

    @property
    def as_document(self) -> dict[str, Any]:
        """What it says."""
        return dict(self.document)
