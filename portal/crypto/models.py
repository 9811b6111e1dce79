"""The keys of subjects. A subject is whoever or whatever is erased together: a person, a dossier's answers, a file."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class SubjectKey(models.Model):
    """One AES-256 key, wrapped by a master key. Destroying it erases all that was sealed with it (crypto-shredding).

    The row stays after destruction, so that nobody makes a new key for an erased subject by accident.
    """

    subject = models.UUIDField(primary_key=True, editable=False)
    wrapped = models.BinaryField(null=True)
    key_id = models.CharField(max_length=40)
    """Id of the master key in ``settings.FIELD_KEYS`` that wraps this one."""
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="crypto_key_or_destroyed",
                condition=models.Q(wrapped__isnull=False, destroyed_at__isnull=True)
                | models.Q(wrapped__isnull=True, destroyed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["key_id"], name="crypto_key_by_master", condition=models.Q(wrapped__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.subject)
