"""Celery jobs of people and sign-in. Each may run any number of times."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.services import otp


@shared_task(name="accounts.tasks.watch_sign_in")
def watch_sign_in() -> None:
    """Every five minutes: say in the log when unusually many one-time passwords are asked for."""
    otp.watch(timezone.now())
