"""A registration from the form to the right code (A-01, A-08). What registries say: ``checking``; the account itself: ``opening``.

A stranger learns nothing about who has an account: a registration for one who has one is asked for the same things, takes the same time
and ends in the same words. Requests and tries are counted in the rows: the counts never fail open.
"""

from __future__ import annotations

import hmac
import logging
import math
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from accounts.models import Registration, RegistryAnswer
from accounts.models.registration import MOST_CODES
from accounts.registration import terms as terms_of_use
from accounts.registration.rules import LIVES
from accounts.registration.states import OPEN, TABLE, State
from accounts.services.codes import (
    MAX_TRIES,
    RESEND_AFTER,
    Refusal,
    TooManyRequests,
    WrongCode,
    digest,
    hashed,
    new_code,
    queue_up,
    refuse_beyond,
)
from portal import audit, outbox
from portal.access import SYSTEM, Actor
from portal.crypto import bare_index, blind_index
from portal.notifications.services import notify

logger = logging.getLogger(__name__)

CODE_LIVES = timedelta(minutes=10)
CODE_LIVES_AFTER_WAITING = timedelta(days=1)
"""Who waited for a registry is not before the page any more."""
PER_DAY, PER_DAY_IN_ALL = 6, 20
"""Registrations for one identity, and with one phone or address, in a day: from one place, and from all together. The second spares a
phone messages; the first leaves its owner a way when somebody elsewhere plays with their number."""
ASK_AGAIN_AFTER = timedelta(days=3)
"""Longer than the outbox tries."""
ENDED_KEPT = timedelta(days=400)
_GO_ON_SALT = "accounts.registration.go-on"


def by_number(id_number: str) -> str:
    """Blind index of who has an identity number."""
    return blind_index("id_number", id_number)


def by_document(document: str) -> str:
    """Blind index of who has a document (``accounts.identifiers.clean_document``) and no identity number."""
    return blind_index("document", document)


def create(
    *,
    way: str,
    state: str,
    now: datetime,
    declared: dict[str, Any] | None = None,
    identity_blind: str = "",
    phone: str = "",
    email: str = "",
    address: str = "",
    **more: Any,
) -> Registration:
    """A new registration, within its counts (:class:`TooManyRequests`). Runs in the caller's transaction."""
    contact = blind_index("registration.contact", phone or email) if phone or email else ""
    from_address = digest("registration.address", address)
    queue_up("registration", f"identity:{bare_index(identity_blind)}", f"contact:{bare_index(contact)}", f"address:{from_address}")
    rows = Registration.objects.all()
    for column, blind in (("identity_blind", identity_blind), ("contact_blind", contact)):
        if blind:
            same = rows.filter(**{column: blind})
            refuse_beyond(same.filter(address_digest=from_address), PER_DAY, timedelta(days=1), Refusal.NUMBER, now)
            refuse_beyond(same, PER_DAY_IN_ALL, timedelta(days=1), Refusal.NUMBER, now)
    if from_address:
        most = settings.SIGN_IN_CODES_PER_ADDRESS
        refuse_beyond(rows.filter(address_digest=from_address), most, timedelta(days=1), Refusal.ADDRESS, now)
    made = Registration.objects.create(
        way=way,
        state=state,
        declared=declared,
        identity_blind=identity_blind,
        contact_blind=contact,
        phone=phone or None,
        email=email or None,
        address_digest=from_address,
        ask_again_at=now + ASK_AGAIN_AFTER if state == State.CHECKING else None,
        created_at=now,
        changed_at=now,
        expires_at=now + LIVES[Registration.Way(way)],
        **more,
    )
    record(made, "begin_registration")
    if state == State.CHECKING:
        have_checked(made, "begun")
    return made


def record(registration: Registration, act: str, *, actor: Any = SYSTEM, **details: Any) -> None:
    """Write one act about a registration into the audit trail."""
    audit.record(
        actor=actor,
        act=f"accounts.{act}",
        target="accounts.registration",
        target_id=str(registration.id),
        unit=registration.unit_code,
        details={"way": registration.way, **details},
    )


@transaction.atomic
def note_looked(registration: Registration, *, actor: Actor) -> None:
    """An officer looked at what was declared."""
    record(registration, "look_at_registration", actor=actor)


def have_checked(registration: Registration, occasion: str) -> None:
    """Have the registries asked, by the outbox; once for each occasion."""
    outbox.put("accounts.check_registration", key=f"{registration.id}:{occasion}", payload={"registration": str(registration.id)})


@transaction.atomic
def begin_by_phone(*, declared: dict[str, Any], phone: str, language: str, address: str, now: datetime) -> Registration:
    """By a phone in one's own name: a code to it first, then the registries. :class:`TooManyRequests`."""
    made = create(
        way=Registration.Way.PHONE,
        state=State.CODE,
        declared=declared,
        identity_blind=by_number(declared["id_number"]),
        phone=phone,
        language=language,
        address=address,
        terms=terms_of_use.in_force(now),
        now=now,
    )
    send_code(made, now=now)
    return made


@transaction.atomic
def begin_by_insurance(*, declared: dict[str, Any], language: str, address: str, now: datetime) -> Registration:
    """By a social insurance number: the registries first, then a code to the phone that Social Security has. :class:`TooManyRequests`."""
    return create(
        way=Registration.Way.INSURANCE,
        state=State.CHECKING,
        declared=declared,
        identity_blind=by_number(declared["id_number"]),
        language=language,
        address=address,
        terms=terms_of_use.in_force(now),
        now=now,
    )


@transaction.atomic
def begin_by_document(
    *, declared: dict[str, Any], phone: str = "", email: str = "", language: str, address: str, now: datetime
) -> Registration:
    """By a passport or the like: a code to a phone of any country or an e-mail address, then the Immigration Department, or a counter.

    :class:`TooManyRequests`.
    """
    made = create(
        way=Registration.Way.DOCUMENT,
        state=State.CODE,
        declared=declared,
        identity_blind=by_document(declared["document"]),
        phone=phone,
        email="" if phone else email,
        language=language,
        address=address,
        terms=terms_of_use.in_force(now),
        now=now,
    )
    send_code(made, now=now)
    return made


def send_code(registration: Registration, *, now: datetime, lives: timedelta = CODE_LIVES) -> None:
    """Make a code and send it to the registration's phone or address; the one before counts no more. In the caller's transaction."""
    code = new_code()
    registration.code_hash, registration.code_tries = hashed("registration", registration.id, code), 0
    registration.codes_sent += 1
    registration.code_sent_at, registration.code_expires_at = now, now + lives
    registration.save(update_fields=["code_hash", "code_tries", "codes_sent", "code_sent_at", "code_expires_at"])
    template = "accounts.registration_code" if lives == CODE_LIVES else "accounts.registration_go_on"
    notify(
        party_id=registration.id,
        template=template,
        context={"code": code, "minutes": str(math.ceil(lives / timedelta(minutes=1)))},
        key=f"registration:{registration.id}:{registration.codes_sent}",
        channels=("sms",) if registration.phone else ("email",),
        address=registration.phone or registration.email,
        link=reverse("registration-go-on", args=[signing.dumps(str(registration.id), salt=_GO_ON_SALT)]) if lives != CODE_LIVES else "",
        queue="now",
        expires_at=registration.code_expires_at,
    )


def id_from_token(token: str) -> UUID | None:
    """The registration that a link in a message goes on with; None for a link we did not make. It opens nothing without the code."""
    try:
        return UUID(signing.loads(token, salt=_GO_ON_SALT))
    except (signing.BadSignature, ValueError):
        return None


@transaction.atomic
def send_again(*, registration_id: UUID, now: datetime) -> None:
    """Another code, where the last one did not arrive. :class:`TooManyRequests`; nothing happens where none is waited for."""
    registration = Registration.objects.select_for_update().filter(pk=registration_id, state__in=[State.CODE, State.SLIP]).first()
    if registration is None or registration.code_sent_at is None or not (registration.phone or registration.email):
        return
    if now < registration.code_sent_at + RESEND_AFTER:
        raise TooManyRequests(registration.code_sent_at + RESEND_AFTER, Refusal.SOON)
    if registration.codes_sent >= MOST_CODES:
        raise TooManyRequests(registration.created_at + timedelta(days=1), Refusal.NUMBER)
    send_code(registration, now=now)


def check_code(*, registration_id: UUID, code: str, now: datetime) -> None:
    """The code is right: the phone or address is theirs, and the registration goes on. Raises :class:`WrongCode`.

    The try is counted in a transaction of its own before the code is looked at: stopping the request half-way gives no free guess, and
    two guesses at once count as two.
    """
    waiting = Registration.objects.filter(pk=registration_id, state__in=[State.CODE, State.SLIP], code_expires_at__gt=now)
    with transaction.atomic():
        counted = waiting.exclude(code_hash="").filter(code_tries__lt=MAX_TRIES).update(code_tries=F("code_tries") + 1)
    if not counted:
        raise WrongCode(0)
    try:
        left = _use_code(registration_id, waiting, code, now)
    except IntegrityError:
        # The same person was entered meanwhile by another room (a parent's child): now they are found.
        left = _use_code(registration_id, waiting, code, now)
    if left is not None:
        raise WrongCode(left)


@transaction.atomic
def _use_code(registration_id: UUID, waiting: QuerySet[Registration], code: str, now: datetime) -> int | None:
    """Go on with the registration where the code is right: None; else how many tries are left."""
    from accounts.registration import opening

    registration = waiting.select_for_update().first()
    right = registration is not None and hmac.compare_digest(registration.code_hash, hashed("registration", registration_id, code.strip()))
    if registration is not None and right:
        registration.code_hash = ""
        record(registration, "prove_contact")
        if registration.way in (Registration.Way.PHONE, Registration.Way.DOCUMENT, Registration.Way.NUMBER):
            ask(registration, now)
        else:
            opening.finish(registration, now=now)
        return None
    return MAX_TRIES - registration.code_tries if registration is not None else 0


def ask(registration: Registration, now: datetime) -> None:
    """From what is proved to what registries say."""
    TABLE.move(registration, "ask")
    registration.changed_at, registration.ask_again_at = now, now + ASK_AGAIN_AFTER
    registration.save()
    have_checked(registration, "asked")


def refuse(registration: Registration, reason: str, *, now: datetime, edge: str = "refuse", actor: Any = SYSTEM) -> None:
    """End a (locked) registration without an account; who waited for it is told. In the caller's transaction."""
    waited = registration.state in (State.WAITING, State.COUNTER)
    TABLE.move(registration, edge)
    registration.refusal, registration.changed_at = reason, now
    record(registration, "refuse_registration", actor=actor, reason=reason)
    _end(registration, "accounts.registration_refused" if waited else "")


def _end(registration: Registration, template: str) -> None:
    to, by_sms = registration.phone or registration.email, bool(registration.phone)
    if template and to:
        notify(
            party_id=registration.id,
            template=template,
            context={},
            key=f"registration-end:{registration.id}",
            channels=("sms",) if by_sms else ("email",),
            address=to,
            link=reverse("registration"),
            expires_at=registration.changed_at + timedelta(days=7),
        )
    close(registration)


def close(registration: Registration) -> None:
    """Keep nothing of what was declared and answered; the caller has moved the registration to its end."""
    RegistryAnswer.objects.filter(registration=registration).update(said=None)
    registration.forget()
    registration.save()


def lapse(*, now: datetime, seconds: float) -> bool:
    """End what has run out, batch by batch; who waited for a registry or a counter is told. False: there is more to end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with transaction.atomic():
            due = Registration.objects.select_for_update(skip_locked=True).filter(state__in=OPEN, expires_at__lte=now)
            rows = list(due.order_by("expires_at")[:200])
            for row in rows:
                waited = row.state in (State.WAITING, State.COUNTER)
                TABLE.move(row, "lapse")
                row.changed_at = now
                record(row, "lapse_registration")
                _end(row, "accounts.registration_lapsed" if waited else "")
        if not rows:
            return True
    return False


def ask_again(*, now: datetime, seconds: float) -> bool:
    """Have registries asked anew where the outbox has given up: an outage longer than it tries. False: there is more to ask."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with transaction.atomic():
            due = Registration.objects.select_for_update(skip_locked=True).filter(
                ask_again_at__lte=now, state__in=[State.CHECKING, State.WAITING]
            )
            rows = list(due.order_by("ask_again_at")[:200])
            for row in rows:
                have_checked(row, now.date().isoformat())
            Registration.objects.filter(pk__in=[row.pk for row in rows]).update(ask_again_at=now + ASK_AGAIN_AFTER)
        if not rows:
            return True
    return False
