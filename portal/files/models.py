"""Private files: who they are about, what they are, whether they may be opened. The bytes lie encrypted under FILES_ROOT."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto.fields import SealedJSONField, SealedTextField
from portal.files import words

LATE_AFTER = timedelta(minutes=5)
"""A check takes seconds; after so long people are told that it waits."""


class FileState(models.TextChoices):
    """Whether a file may be opened."""

    UPLOADED = "uploaded", _("Đang kiểm tra")
    CLEAN = "clean", _("Đã kiểm tra")
    QUARANTINED = "quarantined", _("Không an toàn")
    ERASED = "erased", _("Đã xóa")


class Signed(models.TextChoices):
    """What is known of the digital signatures in a file."""

    UNKNOWN = "", ""
    WAITING = "waiting", _("Đang kiểm tra chữ ký số")
    NONE = "none", _("Không có chữ ký số")
    VALID = "valid", _("Chữ ký số hợp lệ")
    INVALID = "invalid", _("Chữ ký số không hợp lệ")
    INCOMPLETE = "incomplete", _("Thiếu tệp được ký")


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
    signed = models.CharField(max_length=12, choices=Signed.choices, blank=True, default=Signed.UNKNOWN, db_default="")
    signatures: Any = SealedJSONField(subject="subject", null=True)
    """Who signed, when, and whether it holds, as a room above has found out (`portal.documents.incoming`)."""
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
    def is_waiting(self) -> bool:
        """Not checked after :data:`LATE_AFTER`: the scanner is silent, the check goes on by itself when it is back."""
        return self.state == FileState.UPLOADED and timezone.now() - self.created_at > LATE_AFTER

    @property
    def why(self) -> str:
        """For a person: why a file in quarantine cannot be taken, and what to do; empty otherwise."""
        return words.finding(self.verdict) if self.state == FileState.QUARANTINED else ""

    @property
    def signature_lines(self) -> list[tuple[bool, str]]:
        """For a person: each signature in a sentence, and whether it holds."""
        return [(not one["why"], words.signature(one)) for one in self.signatures or ()]

    @property
    def path(self) -> Path:
        """Where the encrypted bytes lie."""
        return path_of(self.content_id or self.id)


class Upload(models.Model):
    """A file on its way, piece by piece (`portal.files.pieces`). It lives for a day after the last piece."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField(db_index=True)
    sender = models.UUIDField()
    """Who sends it: nobody else may go on with it."""
    slot = models.CharField(max_length=60)
    """What it is sent for, in the words of the room that asked."""
    purpose = models.CharField(max_length=60)
    name = SealedTextField(subject="subject", null=True)
    size = models.BigIntegerField()
    """As announced; more is never taken."""
    sha256 = models.CharField(max_length=64)
    """As announced, hex; the whole must have it in the end."""
    wrapped_key = models.BinaryField(null=True)
    received = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    """How long the pieces are on the disk; what stands behind was never acknowledged."""
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.CASCADE, related_name="+")
    """What became of it."""
    taken = models.BooleanField(default=False)
    """The room above has used the file; else it is erased with the upload."""
    begun_at = models.DateTimeField()
    moved_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "tệp đang gửi"
        verbose_name_plural = "Tệp đang gửi"
        indexes = [models.Index(fields=["sender"], condition=models.Q(file__isnull=True), name="files_upload_open")]
        constraints = [
            models.CheckConstraint(
                name="files_upload_within_size", condition=models.Q(received__gte=0, received__lte=models.F("size"), size__gt=0)
            ),
            models.CheckConstraint(
                name="files_upload_ends_whole",
                condition=models.Q(file__isnull=True, wrapped_key__isnull=False, taken=False)
                | models.Q(file__isnull=False, wrapped_key__isnull=True, received=models.F("size")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def pieces_path(self) -> Path:
        """Where the encrypted pieces lie."""
        return pieces_path_of(self.id)


def pieces_path_of(upload_id: uuid.UUID) -> Path:
    """``FILES_ROOT/pieces/aa/<uuid>``: a folder of its own, which the search for orphans does not walk."""
    return Path(settings.FILES_ROOT) / "pieces" / upload_id.hex[:2] / str(upload_id)


def path_of(file_id: uuid.UUID) -> Path:
    """``FILES_ROOT/aa/bb/<uuid>``: 65,536 folders, so that none grows too long."""
    digits = file_id.hex
    return Path(settings.FILES_ROOT) / digits[:2] / digits[2:4] / str(file_id)
