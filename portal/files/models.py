"""Private files: who they are about, what they are, whether they may be opened. The bytes lie encrypted under FILES_ROOT."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.crypto.fields import SealedTextField


class FileState(models.TextChoices):
    """Whether a file may be opened."""

    UPLOADED = "uploaded", _("Đang kiểm tra")
    CLEAN = "clean", _("Đã kiểm tra")
    QUARANTINED = "quarantined", _("Không an toàn")
    ERASED = "erased", _("Đã xóa")


class StoredFile(models.Model):
    """One file. Its own random key is sealed with the subject's key: erasing the subject makes the bytes unreadable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField(db_index=True)
    """Whose key seals the file's key (``portal.crypto``)."""
    name = SealedTextField(subject="subject", null=True)
    """File name as the sender gave it, cleaned; None once erased."""
    wrapped_key = models.BinaryField(null=True)
    content = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    """The file whose bytes these are, where the same content is held for another subject too; None: its own."""
    size = models.BigIntegerField()
    """Bytes of the plain content."""
    sha256 = models.CharField(max_length=64)
    """Of the plain content, hex."""
    media_type = models.CharField(max_length=100)
    """Found by looking at the content, not by name."""
    purpose = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=FileState.choices, default=FileState.UPLOADED)
    verdict = models.CharField(max_length=60, blank=True, default="")
    """Code of what the check found; empty when nothing."""
    created_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "tệp"
        verbose_name_plural = "Tệp"
        constraints = [
            models.CheckConstraint(
                name="files_erased_without_key",
                condition=models.Q(state="erased", wrapped_key__isnull=True, name__isnull=True)
                | (~models.Q(state="erased") & models.Q(wrapped_key__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def path(self) -> Path:
        """Where the encrypted bytes lie."""
        return path_of(self.content_id or self.id)


def path_of(file_id: uuid.UUID) -> Path:
    """``FILES_ROOT/aa/bb/<uuid>``: 65,536 folders, so that none grows too long."""
    digits = file_id.hex
    return Path(settings.FILES_ROOT) / digits[:2] / digits[2:4] / str(file_id)
