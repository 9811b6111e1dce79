"""Celery jobs of people and sign-in. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.services import housekeeping, otp, people


@shared_task(name="accounts.tasks.watch_sign_in")
def watch_sign_in() -> None:
    """Every five minutes: say in the log when unusually many one-time passwords are asked for."""
    otp.watch(timezone.now())


@shared_task(name="accounts.tasks.remove_old")
def remove_old() -> None:
    """Every night: what sign-in has left behind."""
    housekeeping.remove_old(now=timezone.now())


@shared_task(name="accounts.tasks.ask_registry_again")
def ask_registry_again() -> None:
    """Every night: compare with the population registry whom it is time for."""
    people.ask_registry_again(now=timezone.now())
