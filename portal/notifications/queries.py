"""What can be asked about notices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from portal.notifications.models import Notification, Reading


def notices_of(party_id: UUID, reader: UUID) -> QuerySet[Any]:
    """A party's notices, newest first (served by ``notification_inbox``), each with ``read_at``: when this person opened it, or None."""
    rows = Notification.objects.filter(party_id=party_id, channel=Notification.Channel.INBOX)
    read = Reading.objects.filter(notification=OuterRef("pk"), person_id=reader).values("read_at")
    return rows.annotate(read_at=Subquery(read)).order_by("-created_at", "-id")


def unread_count(party_id: UUID, reader: UUID) -> int:
    """How many of the party's notices this person has not opened."""
    rows = Notification.objects.filter(party_id=party_id, channel=Notification.Channel.INBOX)
    return rows.exclude(readings__person_id=reader).count()
