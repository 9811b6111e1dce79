"""Notices to parties: one row for each notice and channel. The text is sealed with the party's key."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.crypto.fields import SealedTextField


class Notification(models.Model):
    """One notice to one party (a person or an organisation) on one channel.

    ``key`` names the occasion: it exists once for each party whatever is repeated. Several people may read an organisation's notices:
    who has read which stands in :class:`Reading`.
    """

    class Channel(models.TextChoices):
        """Channels a notice can take."""

        INBOX = "inbox", "Tài khoản"
        SMS = "sms", "Tin nhắn"
        EMAIL = "email", "Thư điện tử"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party_id = models.UUIDField()
    template = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    key = models.CharField(max_length=120)
    language = models.CharField(max_length=2, default="vi", db_default="vi")
    title = SealedTextField(subject="party_id", null=True)
    body = SealedTextField(subject="party_id", null=True)
    address = SealedTextField(subject="party_id", null=True)
    """Where it goes instead of where the party can be reached: an address that is being verified, or that was given up."""
    link = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    """After this it is not sent any more and its text leaves; None: it is always worth sending."""
    sent_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)
    """When the gateway said that it has reached the phone."""
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=80, blank=True, default="", db_default="")
    """Why, in a word of the protocol: no personal data."""

    class Meta:
        verbose_name = "thông báo"
        verbose_name_plural = "thông báo"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["party_id", "-created_at", "-id"], condition=Q(channel="inbox"), name="notification_inbox"),
            models.Index(
                fields=["expires_at"], name="notification_expiring", condition=Q(expires_at__isnull=False, sent_at=None, failed_at=None)
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["party_id", "key", "channel"], name="notification_once_per_party")]

    def __str__(self) -> str:
        return f"{self.template} ({self.channel})"


class Reading(models.Model):
    """That one person has opened one notice."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="readings")
    person_id = models.UUIDField()
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "lượt đọc thông báo"
        verbose_name_plural = "lượt đọc thông báo"
        constraints = [models.UniqueConstraint(fields=["notification", "person_id"], name="notification_read_once_per_person")]

    def __str__(self) -> str:
        return str(self.pk)


class Preview(Notification):
    """The texts of all notices, for the desk to look at; no rows of its own."""

    class Meta:
        proxy = True
        verbose_name = "mẫu thông báo"
        verbose_name_plural = "Mẫu thông báo"
