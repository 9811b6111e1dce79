"""Sessions begin, are used, grow surer and end (requirement A-13). The limits are settings; the rules take ``now``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User, UserSession
from accounts.models.sessions import Way
from accounts.provider import ending
from portal import audit, watch
from portal.access import Actor, Assurance
from portal.notifications.services import notify

SEEN_EVERY = timedelta(minutes=5)
"""How old ``seen_at`` may be before a page writes it anew: a page of somebody signed in costs a write once in minutes."""


def ends_at(session: UserSession) -> datetime:
    """When a session ends by itself if nothing more is done in it."""
    idle = session.seen_at + timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    return min(idle, session.begun_at + timedelta(seconds=settings.SESSION_LONGEST_SECONDS))


def over_by(session: UserSession, now: datetime) -> UserSession.End | None:
    """Which limit has ended a session; None while it lives."""
    if session.begun_at + timedelta(seconds=settings.SESSION_LONGEST_SECONDS) <= now:
        return UserSession.End.LIMIT
    return UserSession.End.IDLE if session.seen_at + timedelta(seconds=settings.SESSION_IDLE_SECONDS) <= now else None


def begin(*, user_id: UUID, session_key: str, browser: str, system: str, network: str, now: datetime) -> UserSession:
    """Note that a session begins; nothing is proved yet (:func:`prove`)."""
    return UserSession.objects.create(
        user_id=user_id,
        session_key=session_key,
        browser=browser[:40],
        system=system[:40],
        network=network[:60],
        begun_at=now,
        seen_at=now,
    )


def prove(*, session_id: UUID, way: Way, assurance: Assurance, for_office: bool = False) -> None:
    """Note by what the person of a new session was proved, and how surely. A way cannot give more than it has (constraint).

    ``for_office``: by the State's certificate, or by a passkey bound after one.
    """
    new = UserSession.objects.filter(pk=session_id, way="", ended_at__isnull=True)
    new.update(way=way, assurance=int(assurance), for_office=for_office)
    watch.count("sign_in.done", way)


@transaction.atomic
def step_up(
    *, session_id: UUID, session_key: str, way: Way, assurance: Assurance, actor: Actor, now: datetime, for_office: bool = False
) -> None:
    """Note that the person of a running session was proved more surely; never less. The session has a new key (``session_key``)."""
    session = UserSession.objects.select_for_update().get(pk=session_id, ended_at__isnull=True)
    session.session_key = session_key
    if assurance > session.assurance or (for_office and not session.for_office):
        session.assurance, session.raised_by = max(int(assurance), session.assurance), way
        session.for_office = session.for_office or for_office
    session.seen_at = now
    session.save(update_fields=["session_key", "assurance", "raised_by", "for_office", "seen_at"])
    details = {"by": str(way), "assurance": str(session.assurance)}
    audit.record(actor=actor, act="accounts.step_up", target="accounts.person", target_id=str(actor.person_id), details=details)


def touch(session: UserSession, now: datetime, *, at_once: bool = False) -> None:
    """Note that a session is used, where that was not noted for :data:`SEEN_EVERY`; ``at_once`` in any case."""
    if at_once or now - session.seen_at >= SEEN_EVERY:
        UserSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(seen_at=now)
        session.seen_at = now


def close(session_ids: Iterable[UUID], *, by: UserSession.End, now: datetime, same_person: bool = False) -> int:
    """End sessions, Django's own with them, and what hangs on them in other systems; how many were open. Ended ones stay as they ended.

    ``same_person``: who signs in again in the same browser; what they have in other systems waits for the new session.
    """
    with transaction.atomic():
        rows = UserSession.objects.select_for_update().filter(pk__in=list(session_ids), ended_at__isnull=True)
        found = list(rows.order_by("pk").values_list("pk", "session_key"))
        Session.objects.filter(session_key__in=[key for _, key in found if key]).delete()
        if not same_person:
            ending.end_of_sessions([pk for pk, _ in found], now=now)
        return UserSession.objects.filter(pk__in=[pk for pk, _ in found]).update(ended_at=now, ended_by=by, session_key="")


def _open(user_id: UUID) -> QuerySet[UserSession]:
    return UserSession.objects.filter(user_id=user_id, ended_at__isnull=True)


@transaction.atomic
def end_one(*, actor: Actor, session_id: UUID, now: datetime) -> bool:
    """End one of the person's own sessions from another one. False where they have no such open session."""
    assert actor.user_id is not None
    if not close(_open(actor.user_id).filter(pk=session_id).values_list("pk", flat=True), by=UserSession.End.ELSEWHERE, now=now):
        return False
    _record(actor, "end_session", session=str(session_id))
    return True


@transaction.atomic
def end_all(
    *, actor: Actor, user_id: UUID, now: datetime, keep: UUID | None = None, by: UserSession.End = UserSession.End.ELSEWHERE
) -> int:
    """End every session of a login but ``keep``; how many there were. Of another's login the caller has checked that the actor may."""
    rows = _open(user_id) if keep is None else _open(user_id).exclude(pk=keep)
    number = close(rows.values_list("pk", flat=True), by=by, now=now)
    if number:
        _record(actor, "end_sessions", number=str(number), user=str(user_id), why=str(by))
    return number


def close_forgotten(*, now: datetime, limit: int) -> int:
    """End sessions past a limit that nobody came back to (nightly); how many."""
    idle = now - timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    rows = UserSession.objects.filter(ended_at__isnull=True, seen_at__lte=idle).order_by("seen_at")
    return close(list(rows.values_list("pk", flat=True)[:limit]), by=UserSession.End.IDLE, now=now)


@transaction.atomic
def tell_new_device(*, person_id: UUID, session: UserSession, actor: Actor) -> None:
    """Tell a person that they have signed in with a browser that is not known to be theirs (inbox and every channel they have)."""
    device = ", ".join(part for part in (session.browser, session.system) if part) or "?"
    when = date_format(timezone.localtime(session.begun_at), "H:i d/m/Y")
    _record(actor, "new_device", session=str(session.pk))
    notify(
        party_id=person_id,
        template="accounts.new_device",
        context={"device": device, "when": when, "network": session.network or "?"},
        key=f"new-device:{session.pk}",
        link=reverse("sessions"),
    )


def forget_of(user: User) -> None:
    """Remove the sessions of a login whose person is erased, and with them the history of sign-in."""
    close(_open(user.pk).values_list("pk", flat=True), by=UserSession.End.LOCKED, now=timezone.now())
    Session.objects.filter(session_key__in=list(_open(user.pk).values_list("session_key", flat=True))).delete()
    UserSession.objects.filter(user=user).delete()


def _record(actor: Actor, act: str, **details: str) -> None:
    audit.record(actor=actor, act=f"accounts.{act}", target="accounts.person", target_id=str(actor.person_id), details=details)
