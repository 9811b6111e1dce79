"""Sign-in by identity number and one-time password sent to the registered phone (Rules art. 10; medium assurance)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.identifiers import clean_id_number
from accounts.models import OneTimePassword, Person
from portal import audit
from portal.access import SYSTEM
from portal.crypto import blind_index
from portal.notifications.services import notify

LIFETIME = timedelta(minutes=5)
MAX_TRIES = 5
RESEND_AFTER = timedelta(seconds=30)
PER_HOUR = 6


class TooManyRequests(Exception):
    """More passwords asked for than a person needs; ``retry_at`` says when to come back."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(str(retry_at))
        self.retry_at = retry_at


class WrongCode(Exception):
    """The code is wrong, used, late or tried too often. ``tries_left`` is 0 when a new one must be asked for."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(str(tries_left))
        self.tries_left = tries_left


def _hash(otp_id: UUID, code: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"otp:{otp_id}:{code}".encode(), hashlib.sha256).hexdigest()


def request_code(*, id_number: str, now: datetime) -> UUID:
    """Send a code to the registered phone of the person with this identity number; returns the id of the request.

    For a number without an account the answer looks the same (an id that never matches): nobody learns who has one.
    Raises :class:`TooManyRequests`.
    """
    person = Person.objects.filter(id_blind=blind_index("id_number", clean_id_number(id_number)), user__is_active=True).first()
    if person is None or not person.phone:
        return uuid4()
    with transaction.atomic():
        # One person's requests queue up behind the row lock, so that the count below is exact.
        Person.objects.select_for_update().only("id").get(pk=person.pk)
        recent = OneTimePassword.objects.filter(person=person, created_at__gt=now - timedelta(hours=1)).order_by("-created_at")
        times = list(recent.values_list("created_at", flat=True)[:PER_HOUR])
        if times and now - times[0] < RESEND_AFTER:
            raise TooManyRequests(times[0] + RESEND_AFTER)
        if len(times) >= PER_HOUR:
            raise TooManyRequests(times[-1] + timedelta(hours=1))
        OneTimePassword.objects.filter(person=person, used_at__isnull=True, expires_at__gt=now).update(expires_at=now)
        code = f"{secrets.randbelow(10**6):06d}"
        otp = OneTimePassword(id=uuid4(), person=person, created_at=now, expires_at=now + LIFETIME)
        otp.code_hash = _hash(otp.id, code)
        otp.save(force_insert=True)
        notify(
            person_id=person.id,
            template="accounts.otp",
            context={"code": code, "minutes": str(int(LIFETIME.total_seconds() // 60))},
            key=f"otp:{otp.id}",
            channels=("sms",),
            queue="now",
        )
    return otp.id


def check_code(*, request_id: UUID, code: str, now: datetime) -> Person:
    """The person whose code this is; the code is used up. Raises :class:`WrongCode`.

    The try is counted in a transaction of its own before the code is looked at: stopping the request half-way gives
    no free guess, and two guesses at once count as two.
    """
    with transaction.atomic():
        counted = OneTimePassword.objects.filter(id=request_id, used_at__isnull=True, expires_at__gt=now, tries__lt=MAX_TRIES).update(
            tries=F("tries") + 1
        )
    if not counted:
        raise WrongCode(0)
    with transaction.atomic():
        otp = OneTimePassword.objects.select_for_update(of=("self",)).select_related("person__user").get(id=request_id)
        right = hmac.compare_digest(otp.code_hash, _hash(otp.id, code.strip()))
        if not right or otp.used_at is not None:
            wrong = WrongCode(0 if otp.used_at else MAX_TRIES - otp.tries)
        else:
            otp.used_at = now
            otp.save(update_fields=["used_at"])
            audit.record(
                actor=SYSTEM, act="accounts.sign_in", target="accounts.person", target_id=str(otp.person_id), details={"by": "otp"}
            )
            return otp.person
    raise wrong
