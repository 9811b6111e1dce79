"""A new phone for one-time passwords: the way back for who lost theirs, no weaker than sign-in itself.

Whoever asks is signed in by another way of theirs. The new phone shows a code and the operators say that it is held in the person's own
name; then it waits, every old channel is told and can object with one press, and only after that it is the person's.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.identifiers import clean_phone
from accounts.linking.syncing import person_changed
from accounts.masks import masked
from accounts.models import Person, PhoneChange
from accounts.services.codes import MAX_TRIES, Refusal, TooManyRequests, WrongCode, hashed, new_code
from portal import audit, outbox
from portal.access import SYSTEM, AccessDenied, Actor, Assurance
from portal.exchange import telecom
from portal.notifications.services import notify

CODE_LIVES = timedelta(minutes=10)
PER_DAY = 3
WAITS = {Assurance.MEDIUM: timedelta(days=3), Assurance.HIGH: timedelta(days=1)}
"""How long the old channels can object, by how surely the person was known."""
_OPEN = (PhoneChange.State.CODE, PhoneChange.State.CHECKING, PhoneChange.State.WAITING)


class BadPhone(ValueError):
    """No mobile number, or the one that the account has already."""


class NoNumber(Exception):
    """The person has no identity number by which operators know them: the counter changes their phone."""


class NotSure(Exception):
    """Who objects, or asks for another number, is less surely known than who asked for the one under way."""


def under_way(person_id: UUID) -> PhoneChange | None:
    """The change of a person that has not ended (one query)."""
    return PhoneChange.objects.filter(person_id=person_id, state__in=_OPEN).first()


@transaction.atomic
def begin(*, actor: Actor, phone: str, now: datetime) -> PhoneChange:
    """Send a code to the new phone. One that was under way ends: an objection like any other, so that who is less surely known than who
    asked for it changes nothing of it, nor uses up the owner's tries of a day.

    Raises :class:`BadPhone`, :class:`NoNumber`, :class:`NotSure`, ``TooManyRequests``.
    """
    if actor.person_id is None or actor.assurance < Assurance.MEDIUM:
        raise AccessDenied("accounts.change_phone")
    person = Person.objects.select_for_update().get(pk=actor.person_id)
    number = clean_phone(phone)
    if not number or number == person.phone:
        raise BadPhone
    if not person.id_number:
        raise NoNumber
    before = under_way(person.pk)
    if before is not None and actor.assurance < before.assurance:
        raise NotSure
    today = PhoneChange.objects.filter(person=person, begun_at__gt=now - timedelta(days=1), assurance__gte=int(actor.assurance))
    for moment in today.order_by("-begun_at").values_list("begun_at", flat=True)[PER_DAY - 1 : PER_DAY]:
        raise TooManyRequests(moment + timedelta(days=1), Refusal.NUMBER)
    _end(before, PhoneChange.State.CANCELLED, now)
    row = PhoneChange(person=person, phone=number, assurance=int(actor.assurance), begun_at=now, code_expires_at=now + CODE_LIVES)
    code = new_code()
    row.code_hash = hashed("phone", row.pk, code)
    row.save(force_insert=True)
    _record(actor, "begin_phone", person.pk)
    notify(
        party_id=person.pk,
        template="accounts.phone_code",
        context={"code": code, "minutes": str(CODE_LIVES // timedelta(minutes=1))},
        key=f"phone-code:{row.pk}",
        channels=("sms",),
        address=number,
        queue="now",
        expires_at=row.code_expires_at,
    )
    return row


def confirm(*, actor: Actor, code: str, now: datetime) -> None:
    """The code that the new phone got; then the operators are asked. Raises ``WrongCode``: wrong, late, or tried too often.

    The try is counted in a transaction of its own before the code is looked at.
    """
    assert actor.person_id is not None
    rows = PhoneChange.objects.filter(person_id=actor.person_id, state=PhoneChange.State.CODE, code_expires_at__gt=now)
    with transaction.atomic():
        if not rows.filter(tries__lt=MAX_TRIES).update(tries=F("tries") + 1):
            raise WrongCode(0)
    with transaction.atomic():
        row = rows.select_for_update().first()
        if row is None or not hmac.compare_digest(row.code_hash, hashed("phone", row.pk, code.strip())):
            raise WrongCode(MAX_TRIES - row.tries if row is not None else 0)
        row.state, row.code_hash = PhoneChange.State.CHECKING, ""
        row.save(update_fields=["state", "code_hash"])
        outbox.put("accounts.check_phone", key=str(row.pk), payload={"change": str(row.pk)})


def check(*, change_id: UUID, now: datetime) -> None:
    """Ask the operators whose phone it is (worker). Raises ``OutsideUnavailable`` to be tried again, ``OutsideRefused``."""
    row = PhoneChange.objects.select_related("person").filter(pk=change_id, state=PhoneChange.State.CHECKING).first()
    if row is None or not row.phone or not row.person.id_number:
        return
    keep(change_id=change_id, is_theirs=telecom.is_subscriber(phone=row.phone, id_number=row.person.id_number), now=now)


@transaction.atomic
def keep(*, change_id: UUID, is_theirs: bool, now: datetime) -> None:
    """Keep what the operators say: it waits from now on and every old channel is told, or it ends."""
    row = PhoneChange.objects.select_for_update().filter(pk=change_id, state=PhoneChange.State.CHECKING).first()
    if row is None:
        return
    if not is_theirs:
        _end(row, PhoneChange.State.REFUSED, now)
        notify(party_id=row.person_id, template="accounts.phone_refused", context={}, key=f"phone-refused:{row.pk}", link=reverse("phone"))
        return
    row.state, row.effective_at = PhoneChange.State.WAITING, now + WAITS[Assurance(row.assurance)]
    row.save(update_fields=["state", "effective_at"])
    when = date_format(timezone.localtime(row.effective_at), "H:i d/m/Y")
    notify(
        party_id=row.person_id,
        template="accounts.phone_waits",
        context={"phone": masked(row.phone), "when": when},
        key=f"phone-waits:{row.pk}",
        channels=("inbox", "sms", "email"),
        link=reverse("phone"),
    )


@transaction.atomic
def cancel(*, actor: Actor, now: datetime) -> bool:
    """Somebody signed in as the person objects. False where nothing was under way.

    Raises :class:`NotSure` for one less surely known than who asked: a thief with the old phone does not stop its owner.
    """
    assert actor.person_id is not None
    row = PhoneChange.objects.select_for_update().filter(person_id=actor.person_id, state__in=_OPEN).first()
    if row is None:
        return False
    if actor.assurance < row.assurance:
        raise NotSure
    _end(row, PhoneChange.State.CANCELLED, now)
    _record(actor, "cancel_phone", actor.person_id)
    notify(party_id=actor.person_id, template="accounts.phone_cancelled", context={}, key=f"phone-cancelled:{row.pk}")
    return True


def apply_due(*, now: datetime, limit: int) -> int:
    """Let phones that have waited long enough become their people's; how many."""
    due = PhoneChange.objects.filter(state=PhoneChange.State.WAITING, effective_at__lte=now).order_by("effective_at")
    number = 0
    for change_id in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            row = PhoneChange.objects.select_for_update().filter(pk=change_id, state=PhoneChange.State.WAITING).first()
            if row is None:
                continue
            person = Person.objects.select_for_update().get(pk=row.person_id)
            old, person.phone = person.phone, row.phone
            person.save(update_fields=["phone"])
            _end(row, PhoneChange.State.DONE, now)
            _record(SYSTEM, "change_phone", person.pk)
            person_changed(person.pk, now=now)
            tell = partial(notify, party_id=person.pk, template="accounts.phone_changed", context={})
            tell(key=f"phone-changed:{row.pk}", channels=("inbox", "sms", "email"))
            if old:
                tell(key=f"phone-changed-old:{row.pk}", channels=("sms",), address=old)
            number += 1
    return number


def stop(*, person_id: UUID, actor: Actor, now: datetime) -> None:
    """The account was locked: a change that is under way ends, whoever began it. In the caller's transaction."""
    row = PhoneChange.objects.select_for_update().filter(person_id=person_id, state__in=_OPEN).first()
    if row is not None:
        _end(row, PhoneChange.State.CANCELLED, now)
        _record(actor, "cancel_phone", person_id)


def _end(row: PhoneChange | None, state: PhoneChange.State, now: datetime) -> None:
    if row is not None:
        PhoneChange.objects.filter(pk=row.pk).update(state=state, ended_at=now, phone=None, code_hash="")


def _record(actor: Actor, act: str, person_id: UUID) -> None:
    audit.record(actor=actor, act=f"accounts.{act}", target="accounts.person", target_id=str(person_id))
