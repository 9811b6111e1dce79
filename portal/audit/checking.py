"""Looking through the whole trail from the desk and by night: begun, carried on a slice at a time by the worker, its outcome kept."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from django.db import IntegrityError, transaction

from portal.access import ActingAs, Actor, require
from portal.audit import canonical, services
from portal.audit.models import Check, Seal

log = logging.getLogger(__name__)

VERIFY = "audit.verify"
LINKS, ACTS = 20_000, 100_000
"""Of one slice."""


def begin(*, actor: Actor, now: datetime) -> Check:
    """Begin to look through the trail; one look at a time, so one that runs is the answer. ``AccessDenied``."""
    if actor.acting_as is not ActingAs.SYSTEM:
        require(actor, VERIFY)
    newest = Seal.objects.order_by("-seq").first()
    try:
        with transaction.atomic():
            check = Check.objects.create(
                asked_at=now, asked_by=actor.position_id, upto=newest.seq if newest is not None else 0, head=canonical.GENESIS
            )
            services.record(actor=actor, act=VERIFY, target="audit.check", target_id=str(check.pk))
    except IntegrityError:
        return Check.objects.get(state=Check.State.RUNNING)
    return check


def go_on(*, seconds: float, now: datetime) -> bool:
    """Carry the look that runs on for so long; whether it is over. Each slice is kept, so that a worker's end costs one slice."""
    until = time.monotonic() + seconds
    while True:
        with transaction.atomic():
            check = Check.objects.select_for_update(skip_locked=True).filter(state=Check.State.RUNNING).first()
            if check is None:
                return True
            _slice(check, now)
            check.save()
        if check.state != Check.State.RUNNING:
            if check.state == Check.State.ALTERED:
                log.critical("audit trail altered", extra={"audit_seq": check.fault_seq, "audit_act": check.fault_act, "why": check.fault})
            return True
        if time.monotonic() >= until:
            return False


def _slice(check: Check, now: datetime) -> None:
    """First the chain, link by link; then whether acts stand beside it."""
    if check.seq < check.upto:
        upto = min(check.upto, check.seq + LINKS)
        fault, check.seq, check.head = services.first_fault(upto, after=check.seq, head=check.head)
        if fault is not None:
            _altered(check, fault, now)
        return
    newest = services.newest_act()
    upto = min(newest, check.last_act + ACTS)
    fault = services.slipped_in(check.last_act, upto, check.seq) if upto > check.last_act or not check.last_act else None
    check.last_act = upto
    if fault is None and upto == newest:
        fault = services.loose_link()
        if fault is None:
            check.state, check.ended_at = Check.State.SOUND, now
    if fault is not None:
        _altered(check, fault, now)


def _altered(check: Check, fault: services.Altered, now: datetime) -> None:
    check.state, check.ended_at = Check.State.ALTERED, now
    check.fault_seq, check.fault_act, check.fault = fault.seq, fault.act_id, fault.reason
