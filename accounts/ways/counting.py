"""Tries of codes that are compared here: counted in the database before the code is looked at, alike for numbers that nobody has."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import KnownBrowser, SignInTry
from accounts.models.sessions import Way
from accounts.services.codes import Refusal, refuse_beyond
from accounts.services.otp import digest, queue_up
from portal.crypto import bare_index

PER_HOUR, PER_DAY = 10, 20
"""Tries for one number from browsers its owner has not used; and again as many from each browser they have. A code of an app is right
in three of a million: 20 tries hit one number in a day with a probability of 60 in a million, as with one-time passwords."""


@transaction.atomic
def count_try(*, way: Way, number_blind: str, address: str, browser: str, now: datetime) -> int:
    """Count a try and return its id. Raises ``TooManyRequests``, alike for every number, known or not."""
    from_address, known = digest("address", address), digest("browser", browser)
    own = bool(known) and KnownBrowser.objects.filter(person__id_blind=number_blind, digest=known).exists()
    drawn = known if own else ""
    queue_up(bare_index(number_blind), from_address)
    tried = SignInTry.objects.filter(number_blind=number_blind, way=way, browser_digest=drawn)
    refuse_beyond(tried, PER_HOUR, timedelta(hours=1), Refusal.NUMBER, now)
    refuse_beyond(tried, PER_DAY, timedelta(days=1), Refusal.NUMBER, now)
    if from_address and not own:
        there = SignInTry.objects.filter(address_digest=from_address)
        refuse_beyond(there, settings.SIGN_IN_CODES_PER_ADDRESS, timedelta(days=1), Refusal.ADDRESS, now)
    row = SignInTry.objects.create(way=way, number_blind=number_blind, browser_digest=drawn, address_digest=from_address, created_at=now)
    return int(row.pk)


def was_right(try_id: int) -> None:
    """Note that a try was right; it counts all the same."""
    SignInTry.objects.filter(pk=try_id).update(was_right=True)
