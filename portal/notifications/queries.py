"""What can be asked about notices."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from portal.notifications.models import Notification


def inbox(person_id: UUID) -> QuerySet[Notification]:
    """A person's notices, newest first (served by ``notification_inbox``)."""
    return Notification.objects.filter(person_id=person_id, channel=Notification.Channel.INBOX).order_by("-created_at", "-id")


def unread_count(person_id: UUID) -> int:
    """How many notices the person has not opened."""
    return inbox(person_id).filter(read_at__isnull=True).count()
