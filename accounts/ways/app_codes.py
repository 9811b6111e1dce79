"""Authenticator apps (RFC 6238): bound in a session, then a code of the app signs in at medium assurance, also without a network.

The library makes and reckons codes (``allauth.mfa``) and keeps the row; here a code serves once, tries are counted in the database, and a
number that nobody has costs the same. The secret is sealed with the master key: the check of a code must not read one query more for
those who have an app. The row leaves with the person's erasure.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlencode
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.db import transaction

from accounts.devices import NOT_KNOWN, Device
from accounts.identifiers import clean_id_number
from accounts.models import Person
from accounts.models.sessions import Way
from accounts.services import failures
from accounts.ways import counting
from portal import audit
from portal.access import SYSTEM, Actor
from portal.crypto import blind_index, open_text, seal_text
from portal.notifications.services import notify

PERIOD = 30
TOLERANCE = 1
"""Steps before and after the present one whose codes are taken: clocks of phones differ."""
ISSUER = "Cổng Dịch vụ công Quốc gia"
_CONTEXT = "accounts.app"


class WrongAppCode(Exception):
    """The code is not one of the app's just now, or it has served."""


class AppKnown(Exception):
    """The person has an app already."""


def new_secret() -> str:
    """A secret for a new app (base32), not yet anybody's."""
    return generate_totp_secret()


def address_of(secret: str, label: str) -> str:
    """What the QR code holds (``otpauth://``); ``label`` says whose it is, never a number."""
    asked = urlencode({"secret": secret, "issuer": ISSUER}, quote_via=quote)
    return f"otpauth://totp/{quote(ISSUER)}:{quote(label)}?{asked}"


def has_app(user_id: UUID) -> bool:
    """Whether a login has an app (one query)."""
    return Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists()


def _step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The step whose code this is, later than ``after``; None. All steps are reckoned, whichever fits."""
    present, found = int(now.timestamp()) // PERIOD, None
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        fits = hmac.compare_digest(format_hotp_value(hotp_value(secret, step)).encode(), code.encode())
        if fits and step > after:
            found = step
    return found


@transaction.atomic
def bind(*, actor: Actor, secret: str, code: str, now: datetime) -> None:
    """Bind an app to the actor's own login: its first code shows that the app has the secret. The person is told.

    Raises :class:`WrongAppCode`, :class:`AppKnown`.
    """
    assert actor.user_id is not None and actor.person_id is not None
    step = _step_of(secret, code, now, 0)
    if step is None:
        raise WrongAppCode
    Person.objects.select_for_update().get(pk=actor.person_id)
    if has_app(actor.user_id):
        raise AppKnown
    data = {"secret": seal_text(secret, context=_CONTEXT), "step": step}
    row = Authenticator.objects.create(user_id=actor.user_id, type=Authenticator.Type.TOTP, data=data, created_at=now)
    _tell(actor, "bind_app", "accounts.app_bound", f"app-bound:{row.pk}")


@transaction.atomic
def remove(*, actor: Actor) -> None:
    """Take the actor's own app away; the person is told. Where there is none nothing happens."""
    for row in Authenticator.objects.select_for_update().filter(user_id=actor.user_id, type=Authenticator.Type.TOTP):
        key = f"app-removed:{row.pk}"
        row.delete()
        _tell(actor, "remove_app", "accounts.app_removed", key)


def _tell(actor: Actor, act: str, template: str, key: str) -> None:
    assert actor.person_id is not None
    audit.record(actor=actor, act=f"accounts.{act}", target="accounts.person", target_id=str(actor.person_id))
    notify(party_id=actor.person_id, template=template, context={}, key=key)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """A sealed secret for numbers without an app: opening and reckoning cost the same."""
    return seal_text(generate_totp_secret(), context=_CONTEXT)


def check(*, id_number: str, code: str, address: str, browser: str, now: datetime, device: Device = NOT_KNOWN) -> Person:
    """The person with this number whose app shows this code; the code has served then.

    Raises :class:`WrongAppCode`, alike for a wrong code, a number without an app and a number that nobody has, and
    ``TooManyRequests``. The try is counted in a transaction of its own before anything is looked at.
    """
    number = blind_index("id_number", clean_id_number(id_number))
    try_id = counting.count_try(way=Way.APP, number_blind=number, address=address, browser=browser, now=now)
    try:
        return _compared(number, code, try_id, now)
    except WrongAppCode:
        failures.note(number_blind=number, way=Way.APP, device=device, now=now)
        raise


def _compared(number: str, code: str, try_id: int, now: datetime) -> Person:
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update(of=("self",)).filter(type=Authenticator.Type.TOTP, user__is_active=True)
        row = rows.select_related("user__person").filter(user__person__id_blind=number).first()
        sealed = row.data["secret"] if row is not None else _nobodys()
        step = _step_of(open_text(sealed, context=_CONTEXT), code, now, row.data.get("step", 0) if row is not None else 0)
        if row is None or step is None:
            raise WrongAppCode
        row.data = {"secret": seal_text(open_text(sealed, context=_CONTEXT), context=_CONTEXT), "step": step}
        row.last_used_at = now
        row.save(update_fields=["data", "last_used_at"])
        counting.was_right(try_id)
        person: Person = row.user.person
        audit.record(actor=SYSTEM, act="accounts.sign_in", target="accounts.person", target_id=str(person.id), details={"by": "app"})
        return person
