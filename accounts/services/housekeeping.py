"""What sign-in leaves behind and nobody needs any more. Terms and their reasons: docs/operations.md."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from accounts.models import (
    AccountFileRow,
    AccountOffer,
    CertificateSignIn,
    CitizenSignIn,
    EmailAddress,
    FailedSignIn,
    KnownBrowser,
    OneTimePassword,
    OutsideSignIn,
    PhoneChange,
    Registration,
    SignInTry,
    UserSession,
)
from accounts.provider import granting
from accounts.registration.services import ENDED_KEPT
from accounts.services.failures import forget_nobodys
from accounts.services.sessions import close_forgotten
from portal.retention.services import note

logger = logging.getLogger(__name__)

CODES_KEPT = timedelta(days=2)
"""The counts of a day need one."""
SIGN_INS_KEPT = timedelta(days=2)
ANEW = timedelta(hours=1)
"""Who was to sign in anew and has not come back by then is signed out of other systems, too."""
BROWSERS_KEPT = timedelta(days=400)
"""As long as browsers keep the cookie."""
SESSIONS_KEPT = timedelta(days=400)
"""The history of sign-in reaches a year back."""
BATCH = 1000
CLASSES = {
    "sessions": "session",
    "sessions_past": "session",
    "phone_changes": "session",
    "account_rows": "session",
    "account_offers": "session",
    "known_browsers": "session",
    "registrations": "registration",
    "failed_sign_ins": "session",
}
"""Of which class of retention it is; what is not named is fleeting."""


def remove_old(*, now: datetime, seconds: float) -> bool:
    """Remove what is past its term, batch by batch, each a transaction of its own, for so long. False: there is more to remove."""
    until = time.monotonic() + seconds
    old: dict[str, QuerySet[Any]] = {
        "sessions": Session.objects.filter(expire_date__lt=now).order_by("expire_date"),
        "sessions_past": UserSession.objects.filter(begun_at__lt=now - SESSIONS_KEPT).order_by("begun_at"),
        "failed_sign_ins": FailedSignIn.objects.filter(last_at__lt=now - SESSIONS_KEPT).order_by("last_at"),
        "one_time_passwords": OneTimePassword.objects.filter(created_at__lt=now - CODES_KEPT).order_by("created_at"),
        "sign_in_tries": SignInTry.objects.filter(created_at__lt=now - CODES_KEPT).order_by("created_at"),
        "citizen_sign_ins": CitizenSignIn.objects.filter(created_at__lt=now - SIGN_INS_KEPT).order_by("created_at"),
        "phone_changes": PhoneChange.objects.filter(begun_at__lt=now - SESSIONS_KEPT).order_by("begun_at"),
        "phones_unconfirmed": PhoneChange.objects.filter(state="code", begun_at__lt=now - SIGN_INS_KEPT).order_by("begun_at"),
        "account_rows": AccountFileRow.objects.filter(file__given_at__lt=now - SESSIONS_KEPT).order_by("id"),
        "account_offers": AccountOffer.objects.filter(person=None, offered_at__lt=now - SESSIONS_KEPT).order_by("offered_at"),
        "outside_sign_ins": OutsideSignIn.objects.filter(created_at__lt=now - SIGN_INS_KEPT).order_by("created_at"),
        "certificate_sign_ins": CertificateSignIn.objects.filter(created_at__lt=now - SIGN_INS_KEPT).order_by("created_at"),
        "unconfirmed_addresses": EmailAddress.objects.filter(verified_at=None, token_expires_at__lt=now).order_by("token_expires_at"),
        "known_browsers": KnownBrowser.objects.filter(last_used_at__lt=now - BROWSERS_KEPT).order_by("last_used_at"),
        "registrations": Registration.objects.filter(state__in=["done", "refused", "lapsed"], changed_at__lt=now - ENDED_KEPT).order_by(
            "changed_at"
        ),
    }
    old |= granting.old_rows(now, SIGN_INS_KEPT)
    removed = dict.fromkeys(old, 0)
    done = _remove(old, removed, until, now)
    sums = {"fleeting": 0} | dict.fromkeys(CLASSES.values(), 0)
    for name, number in removed.items():
        sums[CLASSES.get(name, "fleeting")] += number
    note("accounts.tasks.remove_old", sums, now=now, done=done)
    logger.info("old sign-ins removed" if done else "old sign-ins removed, more to come", extra=removed)
    return done


def _remove(old: dict[str, QuerySet[Any]], removed: dict[str, int], until: float, now: datetime) -> bool:
    while close_forgotten(now=now, limit=BATCH):
        if time.monotonic() > until:
            return False
    for name, rows in old.items():
        while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
            removed[name] += rows.model._default_manager.filter(pk__in=batch).delete()[0]
            if time.monotonic() > until:
                return False
    return forget_nobodys(now=now, until=until, batch=BATCH)
