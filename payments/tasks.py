"""Regular work of payments, in slices."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments import services
from payments.models import Attempt
from payments.services.attempts import attempts_to_ask
from payments.services.institutions import suspend_unlicensed
from payments.services.refunding import refunds_to_ask
from payments.services.traces import answer_what_is_known, escalate_traces
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


@shared_task(name="payments.ask_refunds")
def ask_refunds() -> int:
    """Have every refund asked about that is under way and whose time has come."""
    found = refunds_to_ask(now=timezone.now())
    with transaction.atomic():
        for number, at in found:
            outbox.put("payments.ask_refund", key=f"{number}:{at.isoformat()}", payload={"refund": str(number)})
    return len(found)


@shared_task(name="payments.traces")
def traces() -> int:
    """Answer the requests that what has come since answers; note which are late."""
    now = timezone.now()
    return answer_what_is_known(now=now) + escalate_traces(now=now)


@shared_task(name="payments.connect_demo")
def connect_demo() -> int:
    """Point the demo's institutions to the simulators as they are now; scheduled only where simulators are allowed."""
    from payments import demo

    return demo.connect(now=timezone.now()) if getattr(settings, "SIMULATORS_ALLOWED", False) else 0


@shared_task(name="payments.licences")
def licences() -> int:
    """Suspend institutions whose licence has ended."""
    return suspend_unlicensed(now=timezone.now())
