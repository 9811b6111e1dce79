"""That an account is used, noted once a day; and what happens to those that nobody uses (A-11, Rules art. 13.2)."""

from __future__ import annotations

import time
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccountLock, Person, User
from accounts.owner import idle, locks
from portal import audit
from portal.access import SYSTEM, Assurance
from portal.notifications.registry import contact_of
from portal.notifications.services import notify
from portal.workdays import month_later

BATCH = 50


def note_active(user: User, today: date) -> None:
    """Note that somebody does something with the login: a statement on the first page of a day, nothing afterwards."""
    if user.last_active_on >= today:
        return
    rows = User.objects.filter(pk=user.pk, is_active=True, last_active_on__lt=today)
    rows.update(last_active_on=today, idle_next_on=idle.first_look(today), idle_notices=0)


def look_at_idle(*, now: datetime, seconds: float) -> bool:
    """Tell and lock whose turn it is, the longest waiting first, batch by batch for so long. False: some are left."""
    until, today = time.monotonic() + seconds, timezone.localdate(now)
    while time.monotonic() < until:
        with transaction.atomic():
            rows = User.objects.select_for_update(skip_locked=True).filter(is_active=True, idle_next_on__lte=today)
            batch = list(rows.order_by("idle_next_on")[:BATCH])
            for user in batch:
                _step(user, today, now)
        if not batch:
            return True
    return False


def _step(user: User, today: date, now: datetime) -> None:
    assert user.idle_next_on is not None
    person = Person.objects.filter(user_id=user.pk).first()
    if person is None:
        # A login without a person has nobody to tell; it is looked at again.
        User.objects.filter(pk=user.pk).update(idle_next_on=month_later(today, 1))
        return
    due = idle.due(look_on=user.idle_next_on, notices=user.idle_notices, today=today)
    if due.step is idle.Step.LOCK:
        locks.lock(user_id=user.pk, reason=AccountLock.Reason.IDLE, needs=Assurance.MEDIUM, actor=SYSTEM, now=now)
        return
    if due.step is idle.Step.NOTHING:
        return
    assert due.look_on is not None
    number = user.idle_notices + 1
    User.objects.filter(pk=user.pk).update(idle_notices=number, idle_next_on=due.look_on)
    locks_on = due.look_on if number == idle.NOTICES else month_later(due.look_on, 1)
    audit.record(
        actor=SYSTEM, act="accounts.idle_notice", target="accounts.person", target_id=str(person.pk), details={"number": str(number)}
    )
    notify(
        party_id=person.pk,
        template="accounts.idle",
        context={"since": f"{user.last_active_on:%d/%m/%Y}", "day": f"{locks_on:%d/%m/%Y}"},
        key=f"idle:{user.last_active_on}:{number}",
        # The Rules name both, whatever the person chose.
        channels=("inbox", *contact_of(person.pk).reachable()),
        link=reverse("account"),
    )
