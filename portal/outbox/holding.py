"""Holding the outbox: nothing goes out while nobody knows what went out already, as after a restore to an earlier moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now

from portal import audit
from portal.access import SYSTEM
from portal.outbox.models import Hold, Message

SENT_BEFORE = "sent before the restore"


@dataclass(frozen=True)
class Waiting:
    """Messages of one kind that wait."""

    kind: str
    older: int
    """Put before the moment that was restored: it may have gone out in the time that was lost."""
    newer: int


def held() -> Hold | None:
    """What holds the outbox, if anything does."""
    return Hold.objects.first()


def hold(*, restored_to: datetime) -> tuple[str, bool]:
    """Let nothing out until somebody says so (:func:`release`): a line about it, and whether nothing held it before. Twice keeps the
    earlier moment."""
    found, made = Hold.objects.get_or_create(pk=1, defaults={"restored_to": restored_to})
    if not made and restored_to < found.restored_to:
        Hold.objects.filter(pk=1).update(restored_to=restored_to)
    waiting = Message.objects.filter(done_at__isnull=True, dead_at__isnull=True).count()
    return f"the outbox waits: {waiting} messages", made


def waiting() -> list[Waiting]:
    """What waits by kind, apart what is older than the restored moment, most of these first."""
    found = held()
    if found is None:
        return []
    older = Q(created_at__lte=found.restored_to)
    rows = (
        Message.objects.filter(done_at__isnull=True, dead_at__isnull=True)
        .values("kind")
        .annotate(older=Count("pk", filter=older), newer=Count("pk", filter=~older))
        .order_by("-older", "kind")
    )  # fmt: skip
    return [Waiting(row["kind"], row["older"], row["newer"]) for row in rows]


@transaction.atomic
def release(*, sent: frozenset[str]) -> dict[str, int]:
    """Let the outbox go on. Of the kinds that are known as ``sent``, what is older than the restored moment counts as done; how many each.

    What is not named is sent (again): the other side takes a repetition for what it is by its key. Raises ValueError for a kind of
    which nothing waits, for then a name was mistyped.
    """
    found = Hold.objects.select_for_update().first()
    if found is None:
        return {}
    known = {row.kind for row in waiting()}
    if wrong := sorted(sent - known):
        raise ValueError(f"nothing of this kind waits: {', '.join(wrong)}")
    done = {}
    for kind in sorted(sent):
        older = Message.objects.filter(kind=kind, done_at__isnull=True, dead_at__isnull=True, created_at__lte=found.restored_to)
        done[kind] = older.update(done_at=Now(), lease_until=None, last_error=SENT_BEFORE)
    found.delete()
    audit.record(actor=SYSTEM, act="outbox.release", target="outbox.message", details={"sent": done})
    return done
