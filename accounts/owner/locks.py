"""Closing an account to sign-in at once, and opening it again by a proof (A-11, A-13; Rules art. 8.2, 13.2).

A lock ends every session: the login is switched off, which the next page of each session sees, and its session key is changed, so that
none revives when it is opened. Every way in asks ``User.is_active``. What was begun in those sessions and would come about by itself ends
with them; and where the account may have been in other hands, so do the keys and apps that were bound in a session: opened again, it knows
only the ways in that prove the owner themself.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts.mandating import offers
from accounts.models import AccountLock, EmailAddress, KnownBrowser, OneTimePassword, Person, User, UserSession
from accounts.models.owner import IN_OTHER_HANDS
from accounts.owner import idle, leaving
from accounts.services import sessions
from accounts.ways import phones
from portal import audit
from portal.access import SYSTEM, Actor, Assurance
from portal.notifications.registry import contact_of
from portal.notifications.services import notify


class NeedsMore(Exception):
    """The proof is not enough for this lock."""


class NotLocked(Exception):
    """Nothing to open: the account is open, or its owner has left."""


def open_lock(user_id: UUID) -> AccountLock | None:
    """The lock that is in force (one query)."""
    return AccountLock.objects.filter(user_id=user_id, opened_at__isnull=True).first()


def in_use_or_locked(prefix: str = "") -> Q:
    """The condition on people (``prefix``: the path to them) whose login is in use, or locked so that a proof of theirs may open it."""
    locked = AccountLock.objects.filter(user_id=OuterRef(f"{prefix}user_id"), opened_at__isnull=True)
    return Q(**{f"{prefix}user__is_active": True}) | Q(Exists(locked))


@transaction.atomic
def lock(*, user_id: UUID, reason: str, needs: Assurance, actor: Actor, now: datetime) -> AccountLock | None:
    """Lock an account at once; None for one that is no more. One that is locked stays so, and then needs the stronger of both proofs.

    The caller has checked that the actor may. Its owner is told by everything that reaches them.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    person = Person.objects.filter(user_id=user_id).first()
    known = open_lock(user_id)
    if known is not None:
        if known.needs < int(needs) or (reason in IN_OTHER_HANDS and known.reason not in IN_OTHER_HANDS):
            known.needs, known.reason, known.locked_by = max(known.needs, int(needs)), reason, actor.position_id
            known.save(update_fields=["needs", "reason", "locked_by"])
            _note(actor, "accounts.lock", person, reason=reason)
        _stop(user, person, reason, actor, now)
        return known
    if not user.is_active:
        return None
    user.is_active, user.idle_next_on = False, None
    user.set_unusable_password()
    user.save(update_fields=["is_active", "idle_next_on", "password"])
    made = AccountLock.objects.create(user=user, reason=reason, needs=int(needs), locked_at=now, locked_by=actor.position_id)
    _note(actor, "accounts.lock", person, reason=reason)
    sessions.end_all(actor=actor, user_id=user_id, now=now, by=UserSession.End.LOCKED)
    _stop(user, person, reason, actor, now)
    if person is not None:
        _tell(person, f"accounts.locked_{reason}", f"locked:{made.pk}", now, reverse("account-unlock"))
    return made


def _stop(user: User, person: Person | None, reason: str, actor: Actor, now: datetime) -> None:
    """End what the account's sessions began and what would open it again for whoever was in it."""
    if reason in IN_OTHER_HANDS:
        Authenticator.objects.filter(user=user).delete()
    if person is None:
        return
    KnownBrowser.objects.filter(person=person).delete()
    OneTimePassword.objects.filter(person=person, used_at__isnull=True).update(expires_at=now)
    EmailAddress.objects.filter(person=person, verified_at__isnull=True).delete()
    phones.stop(person_id=person.pk, actor=actor, now=now)
    offers.stop(person_id=person.pk, actor=actor, now=now)
    leaving.stop(person_id=person.pk, actor=actor, now=now)


@transaction.atomic
def unlock(*, user_id: UUID, proof: Assurance, by: str, actor: Actor, now: datetime) -> AccountLock:
    """Open an account that is locked, for somebody who has proved with ``proof`` that it is theirs. ``by``: how, in a word.

    The one way to open it, whatever way in has made sure (a code, a certificate, VNeID, an officer who has seen the person).
    Raises :class:`NeedsMore` and :class:`NotLocked`.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    held, person = open_lock(user_id), Person.objects.filter(user_id=user_id).first()
    if held is None or (person is not None and person.id_blind is None):
        raise NotLocked
    if held.needs > int(proof):
        raise NeedsMore
    held.opened_at, held.opened_by = max(now, held.locked_at), by
    held.save(update_fields=["opened_at", "opened_by"])
    today = timezone.localdate(now)
    user.is_active, user.last_active_on, user.idle_next_on, user.idle_notices = True, today, idle.first_look(today), 0
    user.set_unusable_password()
    user.save(update_fields=["is_active", "last_active_on", "idle_next_on", "idle_notices", "password"])
    _note(actor, "accounts.unlock", person, by=by)
    if person is not None:
        _tell(person, "accounts.unlocked", f"unlocked:{held.pk}", now, reverse("account"))
    return held


def open_if_asked(*, person: Person, proof: Assurance, by: str, opens: bool, begun_at: datetime, now: datetime) -> bool:
    """Whether somebody whom a way in has just proved may sign in now: their account is in use, or this proof opens it as they asked.

    A proof that was begun before a lock waits in a browser that may not be the owner's: it serves for nothing any more, whether the account
    is still locked or open again. Within the caller's transaction; ``person.user`` is as it is afterwards. Raises :class:`NeedsMore`.
    """
    if person.user is None or AccountLock.objects.filter(user=person.user, locked_at__gt=begun_at).exists():
        return False
    if person.user.is_active:
        return True
    if not opens:
        return False
    try:
        unlock(user_id=person.user.pk, proof=proof, by=by, actor=SYSTEM, now=now)
    except NotLocked:
        return False
    person.user.refresh_from_db()
    return True


def _note(actor: Actor, act: str, person: Person | None, **details: str) -> None:
    audit.record(
        actor=actor, act=act, target="accounts.person", target_id=str(person.pk) if person is not None else "", details=dict(details)
    )


def _tell(person: Person, template: str, key: str, now: datetime, link: str) -> None:
    notify(
        party_id=person.pk,
        template=template,
        context={"at": f"{timezone.localtime(now):%H:%M %d/%m/%Y}"},
        key=key,
        channels=("inbox", *contact_of(person.pk).reachable()),
        link=link,
    )
