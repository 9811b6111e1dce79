"""Celery jobs of people and sign-in. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.owner import activity, complaints, copies, leaving
from accounts.provider import ending, granting, keys
from accounts.registration import services as registration
from accounts.services import housekeeping, mandates, otp, people
from accounts.ways import phones, providers
from portal.retention.services import note

SLICE_SECONDS = 15.0
"""One task works for so long, then the next one goes on: none outlives the broker's patience."""


@shared_task(name="accounts.tasks.watch_sign_in")
def watch_sign_in() -> None:
    """Every five minutes: say in the log when unusually many one-time passwords are asked for."""
    otp.watch(timezone.now())


@shared_task(name="accounts.tasks.remove_old")
def remove_old() -> None:
    """Every night: what sign-in has left behind, a slice at a time."""
    if not housekeeping.remove_old(now=timezone.now(), seconds=SLICE_SECONDS):
        remove_old.apply_async(queue="bulk")


@shared_task(name="accounts.tasks.ask_registry_again")
def ask_registry_again(asked: int = 0) -> None:
    """Every night: compare with the population registry whom it is time for, a slice at a time."""
    more, done = people.ask_registry_again(now=timezone.now(), most=people.MOST_A_NIGHT - asked, seconds=SLICE_SECONDS)
    if not done and asked + more < people.MOST_A_NIGHT:
        ask_registry_again.apply_async(args=(asked + more,), queue="bulk")


@shared_task(name="accounts.tasks.ask_business_registry")
def ask_business_registry() -> None:
    """Every night: ask about the organisations whose turn it is, a slice at a time."""
    if not mandates.ask_business_registry(now=timezone.now(), seconds=SLICE_SECONDS):
        ask_business_registry.apply_async(queue="bulk")


@shared_task(name="accounts.tasks.end_registrations")
def end_registrations() -> None:
    """Every hour: end registrations that have run out, and have registries asked anew about those that still wait, a slice at a time."""
    now = timezone.now()
    if not (registration.lapse(now=now, seconds=SLICE_SECONDS) and registration.ask_again(now=now, seconds=SLICE_SECONDS)):
        end_registrations.apply_async(queue="bulk")


@shared_task(name="accounts.tasks.apply_phones")
def apply_phones() -> None:
    """Every five minutes: phones that have waited long enough become their people's."""
    phones.apply_due(now=timezone.now(), limit=1000)


@shared_task(name="accounts.tasks.look_at_idle")
def look_at_idle() -> None:
    """Every day: tell and lock accounts that nobody has used for two years, a slice at a time."""
    if not activity.look_at_idle(now=timezone.now(), seconds=SLICE_SECONDS):
        look_at_idle.apply_async(queue="bulk")


@shared_task(name="accounts.tasks.watch_complaints")
def watch_complaints() -> int:
    """Every five minutes: tell of complaints whose clocks have run out."""
    return complaints.escalate(now=timezone.now())


@shared_task(name="accounts.tasks.close_accounts")
def close_accounts() -> None:
    """Every hour: close accounts whose owners have thought it over, and remove copies of data that were kept long enough."""
    now = timezone.now()
    closed, copied = leaving.close_due(now=now), copies.remove_old(now=now)
    more = closed + copied >= 100
    note("accounts.tasks.close_accounts", {"account": closed, "identity": closed, "copy": copied}, now=now, done=not more)
    if more:
        close_accounts.apply_async(queue="bulk")


@shared_task(name="accounts.tasks.end_sign_ons")
def end_sign_ons() -> None:
    """Every five minutes: whoever's session here is past a limit is signed out of other systems, too, a slice at a time."""
    now = timezone.now()
    if granting.close_over(now=now) + ending.end_forgotten(older=now - housekeeping.ANEW, now=now) >= ending.BATCH:
        end_sign_ons.apply_async(queue="bulk")


@shared_task(name="accounts.tasks.rotate_sign_on_keys")
def rotate_sign_on_keys() -> None:
    """Every night: the keys of single sign-on a step on, where their time has come."""
    keys.rotate(now=timezone.now())


@shared_task(name="accounts.tasks.read_providers")
def read_providers() -> None:
    """Every minute: read what providers of sign-in say of themselves, where it is time."""
    providers.read_due(timezone.now())
