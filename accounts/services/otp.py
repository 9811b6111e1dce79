"""Sign-in by identity number and one-time password sent to the registered phone (Rules art. 10; medium assurance).

A stranger who types numbers learns nothing: :func:`request_code` does the same for every number and looks nobody up; the worker
(:func:`send_code`) finds the person and sends. Whoever asks for codes of another's number neither ends a code that the owner waits
for nor locks them out of a browser they have used before, for that browser has a count of its own.
"""

from __future__ import annotations

import hmac
import logging
import math
import secrets
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.devices import NOT_KNOWN, Device
from accounts.identifiers import clean_id_number
from accounts.models import EmailAddress, KnownBrowser, OneTimePassword, Person
from accounts.models.sessions import Way
from accounts.queries import holders_of
from accounts.services import codes, failures
from accounts.services.codes import MAX_TRIES, RESEND_AFTER, Refusal, TooManyRequests, WrongCode, new_code
from portal import audit, outbox
from portal.access import SYSTEM
from portal.crypto import bare_index, blind_index
from portal.notifications.services import notify

__all__ = ["MAX_TRIES", "RESEND_AFTER", "Refusal", "TooManyRequests", "WrongCode"]

logger = logging.getLogger(__name__)

LIFETIME = timedelta(minutes=5)
PER_HOUR, PER_DAY = 6, 12
"""Requests for one number from browsers its owner has not used; and again as many from each browser they have. With five tries each,
guessing hits one number in a day with a probability of 60 in a million."""
ALARM_WINDOW = timedelta(minutes=10)
_ALARM_MOST = 1_000_000


_hash = partial(codes.hashed, "otp")
_refuse_beyond = codes.refuse_beyond
queue_up = partial(codes.queue_up, "otp")
"""Requests that draw on one count wait for each other until the commit, so that the counts are exact."""


def digest(purpose: str, value: str) -> str:
    """What stands in our rows instead of an address or a browser's cookie; empty for an empty value."""
    return codes.digest(f"otp.{purpose}", value)


@transaction.atomic
def request_code(
    *,
    id_number: str = "",
    blind: str = "",
    now: datetime,
    address: str = "",
    browser: str = "",
    device: Device = NOT_KNOWN,
    purpose: str = OneTimePassword.Purpose.SIGN_IN,
    facts: str = "",
) -> UUID:
    """Promise a code to whoever has this identity number, or whose document has this blind index; returns the id of the request.

    Alike for every number, known or not.

    ``address`` is where the request came from, ``browser`` the value of the browser's own cookie (:func:`remember_browser`), each
    empty when there is none; ``device`` is what the owner is told of a try that fails. ``purpose`` and ``facts``: for opening a locked
    account (``accounts.owner.unlocking``), or for another address of codes, counted with the others. Raises :class:`TooManyRequests`.
    Counts: PostgreSQL; they do not fail open.
    """
    number, from_address = blind or blind_index("id_number", clean_id_number(id_number)), digest("address", address)
    known = digest("browser", browser)
    # The same question whatever number it is; only somebody who signed in here before gets another answer.
    own = bool(known) and KnownBrowser.objects.filter(person__id_blind=number, digest=known).exists()
    drawn = known if own else ""
    queue_up(bare_index(number), from_address)
    asked = OneTimePassword.objects.filter(number_blind=number, browser_digest=drawn)
    _refuse_beyond(asked.filter(address_digest=from_address), 1, RESEND_AFTER, Refusal.SOON, now)
    _refuse_beyond(asked, PER_HOUR, timedelta(hours=1), Refusal.NUMBER, now)
    _refuse_beyond(asked, PER_DAY, timedelta(days=1), Refusal.NUMBER, now)
    if from_address and not own:
        there = OneTimePassword.objects.filter(address_digest=from_address, browser_digest="")
        _refuse_beyond(there, settings.SIGN_IN_CODES_PER_ADDRESS, timedelta(days=1), Refusal.ADDRESS, now)
    otp = OneTimePassword.objects.create(
        id=uuid4(),
        number_blind=number,
        address_digest=from_address,
        browser_digest=drawn,
        browser=device.browser,
        system=device.system,
        network=device.network,
        purpose=purpose,
        facts_digest=facts,
        code_hash=secrets.token_hex(32),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    if purpose == OneTimePassword.Purpose.UNLOCK:
        # Not "now": a registry is asked before the code is sent.
        outbox.put("accounts.send_unlock_code", key=str(otp.id), payload={"otp": str(otp.id)}, expires_at=otp.expires_at)
    else:
        outbox.put("accounts.send_code", key=str(otp.id), payload={"otp": str(otp.id)}, queue="now", expires_at=otp.expires_at)
    return otp.id


@transaction.atomic
def send_code(*, otp_id: UUID, now: datetime) -> None:
    """Make the code and send it, where somebody has the number (worker). A second time, or too late, changes nothing."""
    otp = OneTimePassword.objects.select_for_update().filter(id=otp_id).first()
    if otp is None or otp.person_id is not None or otp.expires_at <= now:
        return
    person = holders_of([otp.number_blind]).first()
    if person is not None:
        template = "accounts.contact_code" if otp.purpose == OneTimePassword.Purpose.CONTACT else "accounts.otp"
        send_to(otp, person, now=now, template=template)
        return
    from accounts.owner.unlocking import say_it_is_locked

    if say_it_is_locked(otp.number_blind, now=now):
        failures.note(number_blind=otp.number_blind, way=Way.CODE, why=failures.Why.LOCKED, device=_device(otp), now=now)


def send_to(otp: OneTimePassword, person: Person, *, now: datetime, template: str = "accounts.otp") -> None:
    """Make the code of a request (locked by the caller) and send it to the phone of the person whom the request turned out to be for,
    or to the address of one who has no phone."""
    # A foreigner may have an e-mail address alone: verified when they registered.
    by_phone = bool(person.phone)
    if not by_phone and not EmailAddress.objects.filter(person=person, verified_at__isnull=False, bounced_at__isnull=True).exists():
        return
    code = new_code()
    otp.person, otp.code_hash = person, _hash(otp.id, code)
    otp.save(update_fields=["person", "code_hash"])
    minutes = math.ceil((otp.expires_at - now) / timedelta(minutes=1))
    notify(
        party_id=person.id,
        template=template,
        context={"code": code, "minutes": str(minutes)},
        key=f"otp:{otp.id}",
        channels=("sms",) if by_phone else ("email",),
        queue="now",
        expires_at=otp.expires_at,
    )


def check_code(*, request_id: UUID, code: str, now: datetime, purpose: str = OneTimePassword.Purpose.SIGN_IN) -> Person:
    """The person whose code this is; the code is used up. Raises :class:`WrongCode`, alike for numbers that nobody has.

    The try is counted in a transaction of its own before the code is looked at: stopping the request half-way gives
    no free guess, and two guesses at once count as two.
    """
    with transaction.atomic():
        resting = OneTimePassword.objects.filter(id=request_id, purpose=purpose, used_at__isnull=True, expires_at__gt=now)
        counted = resting.filter(tries__lt=MAX_TRIES).update(tries=F("tries") + 1)
    if not counted:
        _note_wrong(request_id, now)
        raise WrongCode(0)
    with transaction.atomic():
        otp = OneTimePassword.objects.select_for_update().get(id=request_id)
        right = hmac.compare_digest(otp.code_hash, _hash(otp.id, code.strip()))
        # Looked up for a right code only: a wrong one costs the same for a number that nobody has.
        person = Person.objects.select_related("user").get(pk=otp.person_id) if right and otp.person_id is not None else None
        # Who opens a locked account is not active yet.
        shut_out = purpose != OneTimePassword.Purpose.UNLOCK and (person is None or person.user is None or not person.user.is_active)
        if otp.used_at is not None or person is None or person.user is None or shut_out:
            wrong = WrongCode(0 if otp.used_at else MAX_TRIES - otp.tries)
        else:
            otp.used_at = now
            otp.save(update_fields=["used_at"])
            if purpose == OneTimePassword.Purpose.SIGN_IN:
                details = {"by": "otp"}
                audit.record(actor=SYSTEM, act="accounts.sign_in", target="accounts.person", target_id=str(person.id), details=details)
            return person
    _note_wrong(request_id, now)
    raise wrong


def _device(otp: OneTimePassword) -> Device:
    return Device(otp.browser, otp.system, otp.network)


def _note_wrong(request_id: UUID, now: datetime) -> None:
    """For the history of whoever has the number; the same statements where nobody has it. The browser is the one that asked for the code,
    for it alone knows the request."""
    otp = OneTimePassword.objects.filter(id=request_id).first()
    if otp is not None:
        failures.note(number_blind=otp.number_blind, way=Way.CODE, device=_device(otp), now=now)


def remember_browser(*, person_id: UUID, browser: str, now: datetime) -> tuple[str, bool]:
    """Note that the person has signed in with this browser; returns the value its cookie must hold (new where it was empty), and whether
    it is a new one of theirs beside others that they had."""
    browser = browser or secrets.token_urlsafe(32)
    row, made = KnownBrowser.objects.update_or_create(
        person_id=person_id, digest=digest("browser", browser), defaults={"last_used_at": now}
    )
    return browser, made and KnownBrowser.objects.filter(person_id=person_id).exclude(pk=row.pk).exists()


def asked_lately(now: datetime) -> int:
    """Requests for codes in the whole country within :data:`ALARM_WINDOW` (one query by an index, a million rows at most)."""
    return OneTimePassword.objects.filter(created_at__gt=now - ALARM_WINDOW)[:_ALARM_MOST].count()


def watch(now: datetime) -> bool:
    """Raise the alarm in the log when the country asks for more codes than is usual: somebody may be trying numbers. No limit."""
    asked = asked_lately(now)
    if asked <= settings.SIGN_IN_CODES_ALARM:
        return False
    logger.error("unusually many one-time passwords are asked for", extra={"asked": asked, "usual": settings.SIGN_IN_CODES_ALARM})
    return True
