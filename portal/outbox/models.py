"""The outbox: one row is one outside effect that was promised in a transaction and happens after it."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class Queue(models.TextChoices):
    """Queues by human impatience."""

    NOW = "now", "Ngay"
    SOON = "soon", "Trong phút"
    BULK = "bulk", "Hàng loạt"


WAITING = models.Q(done_at__isnull=True, dead_at__isnull=True)


class Message(models.Model):
    """What is to be done (``kind``), for what (``key``, unique within the kind: :class:`Key`) and with which ids (``payload``).

    The row is the truth; the Celery task that works through its queue is only a nudge. No personal data stand in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("Loại việc", max_length=80)
    key = models.CharField("Khóa", max_length=200)
    payload = models.JSONField("Nội dung", default=dict)
    queue = models.CharField("Hàng đợi", max_length=8, choices=Queue.choices, default=Queue.SOON)
    created_at = models.DateTimeField("Lập lúc", db_default=Now())
    available_at = models.DateTimeField("Làm từ lúc", db_default=Now())
    """No worker takes it before this: moved by each retry's wait, and by a worker that takes it to the end of its lease."""
    expires_at = models.DateTimeField("Hết giá trị lúc", null=True)
    """After this it is dropped, not done; None: it is always worth doing."""
    attempts = models.PositiveIntegerField("Số lần thử", default=0)
    lease_until = models.DateTimeField(null=True)
    """A worker has it until then; later it counts as lost."""
    done_at = models.DateTimeField("Xong lúc", null=True)
    dead_at = models.DateTimeField("Thôi thử lúc", null=True)
    last_error = models.CharField("Lỗi gần nhất", max_length=300, blank=True, default="")
    trace = models.CharField(max_length=55, blank=True, default="", db_default="")
    """The ``traceparent`` under which it was promised, where that request is traced (`portal.tracing`)."""

    class Meta:
        verbose_name = "việc gửi ra ngoài"
        verbose_name_plural = "Việc gửi ra ngoài không xong"
        constraints = [
            models.CheckConstraint(name="outbox_done_or_dead", condition=models.Q(done_at__isnull=True) | models.Q(dead_at__isnull=True)),
        ]
        indexes = [
            models.Index(fields=["queue", "available_at"], name="outbox_available", condition=WAITING),
            models.Index(fields=["expires_at"], name="outbox_expiring", condition=WAITING & models.Q(expires_at__isnull=False)),
            models.Index(fields=["-dead_at"], name="outbox_dead", condition=models.Q(dead_at__isnull=False)),
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Key(models.Model):
    """The memory of what was promised: a (kind, key) is promised once, also when its message was done and forgotten long ago."""

    digest = models.BinaryField(primary_key=True, max_length=16)
    """The first 16 bytes of SHA-256 over ``kind``, a zero byte, ``key``: an answer to "was it?", not to "what was?"."""
    message_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [BrinIndex(fields=["created_at"], name="outbox_key_by_time")]

    def __str__(self) -> str:
        return str(self.message_id)


class Hold(models.Model):
    """While its one row stands nothing is taken from the outbox (:mod:`portal.outbox.holding`)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    since = models.DateTimeField(db_default=Now())
    restored_to = models.DateTimeField()
    """The moment that the database was brought back to: older messages may have gone out."""

    class Meta:
        constraints = [models.CheckConstraint(name="outbox_one_hold", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"held since {self.since}"
