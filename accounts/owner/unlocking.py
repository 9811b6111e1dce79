"""Opening a locked account by verifying again (Rules art. 13.2): number, name and day of birth, the registry's word, a code to the phone.

Alike for every number: the page keeps a request and looks nobody up; the worker does, and sends a code or none.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.devices import NOT_KNOWN, Device
from accounts.identifiers import clean_id_number, clean_phone
from accounts.models import AccountLock, OneTimePassword, Person
from accounts.owner import locks
from accounts.services import otp, people
from portal.access import SYSTEM, Assurance
from portal.exchange import telecom
from portal.notifications.services import notify
from portal.text import search_key


def _facts(full_name: str, birth_date: str) -> str:
    # Without accents and double spaces: what people type differs in them, and the registry is asked for the name as it is kept.
    return salted_hmac("accounts.unlock", f"{search_key(full_name)}|{birth_date}", algorithm="sha256").hexdigest()


def ask(*, id_number: str, full_name: str, birth_date: date, address: str, now: datetime, device: Device = NOT_KNOWN) -> UUID:
    """Promise a code to whoever owns a locked account with these facts; returns the request's id. Raises ``otp.TooManyRequests``."""
    return otp.request_code(
        id_number=id_number,
        now=now,
        address=address,
        device=device,
        purpose=OneTimePassword.Purpose.UNLOCK,
        facts=_facts(full_name, birth_date.isoformat()),
    )


def send_code(*, otp_id: UUID, now: datetime) -> None:
    """Send the code where everything fits: a lock that a code may open, the owner's facts, and the registry still says so (worker).

    Raises ``OutsideUnavailable``, ``OutsideRefused``.
    """
    request = OneTimePassword.objects.filter(id=otp_id, purpose=OneTimePassword.Purpose.UNLOCK).first()
    if request is None or request.expires_at <= now:
        return
    person = _owner(request)
    # Outside a transaction: the registries may be slow.
    if person is None or not people.check_with_registry(person.pk) or not _has_the_phone(person):
        return
    with transaction.atomic():
        held = OneTimePassword.objects.select_for_update().get(id=otp_id)
        if held.person_id is None and held.expires_at > now:
            otp.send_to(held, person, now=now, template="accounts.unlock_code")


def _has_the_phone(person: Person) -> bool:
    """Whether the registered phone is still the person's own: numbers that nobody pays for are given to others."""
    number = clean_id_number(person.id_number or "")
    if not number or not clean_phone(person.phone or ""):
        # A foreigner, whose code goes to an address they verified; no register of ours knows their phone.
        return True
    return telecom.is_subscriber(phone=person.phone or "", id_number=number)


def _owner(request: OneTimePassword) -> Person | None:
    person = Person.objects.filter(id_blind=request.number_blind).first()
    if person is None or person.user_id is None or not person.birth_date:
        return None
    held = locks.open_lock(person.user_id)
    if held is None or held.needs > int(Assurance.MEDIUM):
        return None
    fits = constant_time_compare(request.facts_digest, _facts(person.full_name, person.birth_date))
    return person if fits else None


def is_locked(person: Person | None) -> bool:
    """Whether the login of somebody who has just been proved is shut (one query, none where it is in use)."""
    if person is None or person.user is None or person.user.is_active:
        return False
    return locks.open_lock(person.user.pk) is not None


def open_by_code(*, request_id: UUID, code: str, now: datetime) -> Person:
    """Open the account with the code; its owner. Raises ``otp.WrongCode``, alike for numbers that nobody has."""
    person = otp.check_code(request_id=request_id, code=code, now=now, purpose=OneTimePassword.Purpose.UNLOCK)
    assert person.user_id is not None  # only owners are sent a code
    try:
        locks.unlock(user_id=person.user_id, proof=Assurance.MEDIUM, by="code", actor=SYSTEM, now=now)
    except (locks.NeedsMore, locks.NotLocked):
        # Locked more firmly, opened, or left, between the code and its use.
        raise otp.WrongCode(0) from None
    person.refresh_from_db()
    return person


def say_it_is_locked(number_blind: str, *, now: datetime) -> bool:
    """Somebody wants to sign in to a locked account: its owner is told once a day how to open it (worker, within a transaction). Whether it
    is one."""
    person = Person.objects.filter(id_blind=number_blind).first()
    held: AccountLock | None = locks.open_lock(person.user_id) if person is not None and person.user_id is not None else None
    if person is not None and held is not None:
        notify(
            party_id=person.pk,
            template="accounts.is_locked",
            context={},
            key=f"is-locked:{held.pk}:{timezone.localdate(now).isoformat()}",
            channels=("sms",),
            link=reverse("account-unlock"),
        )
    return held is not None
