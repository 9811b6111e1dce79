"""Celery jobs of messages. Each may run any number of times."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from django.utils import timezone

from portal.exchange import document_axis
from portal.exchange.errors import OutsideError
from portal.exchange.messages import axis, delivery, housekeeping
from portal.exchange.partners import tokens
from portal.retention.services import note

logger = logging.getLogger(__name__)
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


@shared_task(name="portal.exchange.messages.tasks.fetch")
def fetch() -> None:
    """Every minute: take what waits for us on the document axis, if this portal is on it."""
    if not document_axis.is_configured():
        return
    try:
        axis.fetch(seconds=SLICE_SECONDS)
    except OutsideError as error:
        # The connection's state is on the page of connections; the next minute asks again.
        logger.warning("document axis not asked", extra={"reason": error.code})


@shared_task(name="portal.exchange.messages.tasks.forget_bodies")
def forget_bodies() -> None:
    """Every night: remove bodies of messages that ended a while ago; tokens and used names whose time is over."""
    until, now, removed = time.monotonic() + SLICE_SECONDS, timezone.now(), 0
    tokens.forget(now=now)
    axis.forget(now=now)
    while (gone := housekeeping.forget_bodies(now=now, limit=BATCH)) == BATCH:
        removed += gone
        if time.monotonic() > until:
            note("portal.exchange.messages.tasks.forget_bodies", {"message_body": removed}, now=now, done=False)
            forget_bodies.apply_async(queue="bulk")
            return
    note("portal.exchange.messages.tasks.forget_bodies", {"message_body": removed + gone}, now=now)
