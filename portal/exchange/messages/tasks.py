"""Celery jobs of messages. Each may run any number of times."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from portal.exchange.messages import delivery, housekeeping
from portal.exchange.partners import tokens
from portal.retention.services import note

RUN_SECONDS = 5.0
SLICE_SECONDS = 15.0
BATCH = 1000


@shared_task(name="portal.exchange.messages.tasks.look")
def look() -> None:
    """Every 10 s: have what may leave delivered; bury what nobody took; find what came in and was given up."""
    now = timezone.now()
    for code in delivery.due_partners(now=now):
        deliver.apply_async(args=(code,), queue="soon", expires=30)
    delivery.bury_old(now=now)
    housekeeping.bury_given_up(now=now)


@shared_task(name="portal.exchange.messages.tasks.deliver")
def deliver(code: str) -> None:
    """Send what waits for a partner; where more waits than one task should take, another task goes on."""
    sent = delivery.work(code, seconds=RUN_SECONDS)
    if sent and delivery.waits(code, now=timezone.now()):
        deliver.apply_async(args=(code,), queue="soon", expires=30)


@shared_task(name="portal.exchange.messages.tasks.forget_bodies")
def forget_bodies() -> None:
    """Every night: remove bodies of messages that ended a while ago; tokens and used names whose time is over."""
    until, now, removed = time.monotonic() + SLICE_SECONDS, timezone.now(), 0
    tokens.forget(now=now)
    while (gone := housekeeping.forget_bodies(now=now, limit=BATCH)) == BATCH:
        removed += gone
        if time.monotonic() > until:
            note("portal.exchange.messages.tasks.forget_bodies", {"message_body": removed}, now=now, done=False)
            forget_bodies.apply_async(queue="bulk")
            return
    note("portal.exchange.messages.tasks.forget_bodies", {"message_body": removed + gone}, now=now)
