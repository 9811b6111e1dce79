"""What people have in other systems by single sign-on ends: with their session here, by their wish, or for a reason of ours (A-06).

A lower room of ``services.sessions``: whatever closes a session there ends here what hangs on it, in the same transaction. Each system is
told by the outbox until it has taken our word (:mod:`accounts.provider.telling`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import SignInGrant
from portal import outbox

TELL = "accounts.tell_signed_out"
BATCH = 500


@transaction.atomic
def end(rows: QuerySet[SignInGrant], *, by: SignInGrant.End, now: datetime) -> int:
    """End grants that are open; how many were. Those of systems that have a session and want to hear of it are told."""
    found = list(rows.filter(ended_at=None).select_related("client").select_for_update(of=("self",)).order_by("pk"))
    if not found:
        return 0
    SignInGrant.objects.filter(pk__in=[row.pk for row in found]).update(ended_at=now, ended_by=by)
    for row in found:
        if row.begun_at is not None and row.client.logout_uri:
            payload = {"sid": row.pk, "client": row.client_id, "person": row.person_id, "organisation": row.organisation_id or ""}
            outbox.put(TELL, key=str(row.pk), payload={name: str(value) for name, value in payload.items()})
    return len(found)


def end_of_sessions(session_ids: Collection[UUID], *, now: datetime) -> int:
    """What hangs on sessions here that are over."""
    return end(SignInGrant.objects.filter(session__in=session_ids), by=SignInGrant.End.SIGNED_OUT, now=now)


def end_of_client(client_id: UUID, *, now: datetime) -> int:
    """Whoever is signed in to a system that is suspended."""
    return end(SignInGrant.objects.filter(client=client_id), by=SignInGrant.End.SUSPENDED, now=now)


def end_forgotten(*, older: datetime, now: datetime, limit: int = BATCH) -> int:
    """What stayed open though its session here is over since ``older``: somebody was to sign in again and did not."""
    late = SignInGrant.objects.filter(ended_at=None, session__ended_at__lt=older).values_list("pk", flat=True)[:limit]
    return end(SignInGrant.objects.filter(pk__in=list(late)), by=SignInGrant.End.SIGNED_OUT, now=now)


def carry_over(old: UUID, new: UUID) -> None:
    """The same person signed in again: what hung on the session before hangs on the new one."""
    SignInGrant.objects.filter(session=old, ended_at=None).update(session=new)
