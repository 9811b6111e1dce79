"""Regular work of payments, in slices."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from payments import services
from payments.models import Attempt
from payments.services.attempts import attempts_to_ask
from portal import outbox


@shared_task(name="payments.ask")
def ask() -> int:
    """Have every try asked about that is not known and whose time has come; side by side, by the outbox."""
    numbers = attempts_to_ask(now=timezone.now())
    with transaction.atomic():
        for number, asks in Attempt.objects.filter(pk__in=numbers).values_list("pk", "asks"):
            outbox.put("payments.ask", key=f"{number}:{asks}", payload={"attempt": str(number)})
    return len(numbers)


@shared_task(name="payments.expire")
def expire() -> int:
    """Let orders run out."""
    return services.expire_orders(now=timezone.now())


@shared_task(name="payments.keep_balances")
def keep_balances() -> int:
    """Sum up the days that are over."""
    return services.keep_balances(now=timezone.now())
