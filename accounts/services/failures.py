"""Tries to sign in that failed, as the owner of the number reads them beside their sessions (A-13).

They are written for every number that is typed, in the same statements whether somebody has it or not, so no time tells; who they belong
to is looked up when the owner asks, and at night. A day holds :data:`A_DAY` rows of a number at most: a stranger with many devices can
write no more, and what repeats itself is counted.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.devices import NOT_KNOWN, Device
from accounts.models import AccountLock, FailedSignIn, Person
from accounts.models.sessions import Way
from accounts.services.codes import queue_up
from portal import watch
from portal.crypto import bare_index

A_DAY = 10
MOST = 50
"""Shown to the owner, the newest."""
LOOKED_UP_AFTER = timedelta(days=2)
Why = FailedSignIn.Why


@transaction.atomic
def note(*, number_blind: str, way: Way, why: str = Why.WRONG, device: Device = NOT_KNOWN, now: datetime) -> None:
    """Note that somebody failed to sign in by this number (four statements, the same for every number)."""
    watch.count("sign_in.failed", way)
    queue_up("failed", bare_index(number_blind))
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = FailedSignIn.objects.filter(number_blind=number_blind, last_at__gte=midnight)
    rows = list(today.order_by("id")[: A_DAY + 1])
    seen = (way, why, device)
    same = next((row for row in rows if (row.way, row.why, Device(row.browser, row.system, row.network)) == seen and not row.is_rest), None)
    if same is None and len(rows) >= A_DAY:
        same = next((row for row in rows if row.is_rest), None)
    if same is not None:
        FailedSignIn.objects.filter(pk=same.pk).update(tries=F("tries") + 1, last_at=Greatest(F("last_at"), now))
        return
    is_rest = len(rows) >= A_DAY
    where = {} if is_rest else {"browser": device.browser, "system": device.system, "network": device.network}
    FailedSignIn.objects.create(number_blind=number_blind, way=way, why=why, is_rest=is_rest, first_at=now, last_at=now, **where)


def note_of(*, person_id: UUID, way: Way, why: str = Why.WRONG, device: Device = NOT_KNOWN, now: datetime) -> None:
    """The same where it is known whose sign-in failed: by a device or a provider that names them."""
    index = Person.objects.filter(pk=person_id).values_list("id_blind", flat=True).first()
    if index:
        note(number_blind=index, way=way, why=why, device=device, now=now)


def note_if_locked(*, number_blind: str, way: Way, device: Device = NOT_KNOWN, now: datetime) -> None:
    """Note that somebody proved to have this number, and that their account is locked (worker). Of one that nobody has, nothing."""
    if AccountLock.objects.filter(user__person__id_blind=number_blind, opened_at__isnull=True).exists():
        note(number_blind=number_blind, way=way, why=Why.LOCKED, device=device, now=now)


def of_person(person_id: UUID) -> list[FailedSignIn]:
    """The newest tries that failed, the last first (two queries)."""
    index = Person.objects.filter(pk=person_id).values_list("id_blind", flat=True).first()
    return list(FailedSignIn.objects.filter(number_blind=index).order_by("-last_at", "-id")[:MOST]) if index else []


def forget_nobodys(*, now: datetime, until: float, batch: int) -> bool:
    """Look up, two days later, whose they were: what is nobody's leaves, the rest stays as long as the history. False: there is more."""
    old = FailedSignIn.objects.filter(is_somebodys=False, last_at__lt=now - LOOKED_UP_AFTER).order_by("last_at")
    while rows := list(old.values_list("pk", "number_blind")[:batch]):
        known = {bare_index(str(index)) for index in _known({number for _, number in rows})}
        theirs = [pk for pk, number in rows if bare_index(number) in known]
        FailedSignIn.objects.filter(pk__in=theirs).update(is_somebodys=True)
        FailedSignIn.objects.filter(pk__in={pk for pk, _ in rows}.difference(theirs)).delete()
        if time.monotonic() > until:
            return False
    return True


def _known(indexes: set[str]) -> list[str | None]:
    return list(Person.objects.filter(id_blind__in=indexes, user__isnull=False).values_list("id_blind", flat=True))
