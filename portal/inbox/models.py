"""The inbox: one row is one message that a system outside was told we have."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Received(models.Model):
    """A message of a ``source``, under the ``key`` by which its sender repeats it. Its effect and ``handled_at`` are one transaction.

    The bytes are sealed and leave some days after they were handled; their digest stays, so that a late repetition is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField("Nguồn", max_length=40)
    key = models.CharField("Khóa", max_length=200)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the exact bytes."""
    body_sealed = models.TextField(blank=True)
    message_id = models.UUIDField(null=True)
    """Of the outbox, whose worker handles it."""
    received_at = models.DateTimeField("Nhận lúc", db_default=Now())
    times = models.PositiveIntegerField("Số lần gửi đến", default=1)
    refused = models.PositiveIntegerField("Số lần bị từ chối vì khác nội dung", default=0)
    """How often somebody sent other bytes under the same key."""
    handled_at = models.DateTimeField("Xử lý xong lúc", null=True)
    outcome = models.CharField("Kết quả", max_length=80, blank=True)
    """What came of it, in a word of ours: no personal data."""

    class Meta:
        verbose_name = "tin từ bên ngoài"
        verbose_name_plural = "Tin từ bên ngoài cần xem"
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="inbox_once")]
        indexes = [
            models.Index(fields=["-received_at"], name="inbox_to_look_at", condition=Q(handled_at__isnull=True) | Q(refused__gt=0)),
            models.Index(fields=["handled_at"], name="inbox_bodies", condition=Q(handled_at__isnull=False) & ~Q(body_sealed="")),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"
