"""Tries that the door refused, in the trail beside what was done."""

from __future__ import annotations

from django.db import transaction

from portal.access import Actor
from portal.audit.services import record
from portal.limits import take

REFUSED = "access.refused"
A_MINUTE = 30
"""Of one account; more of the same minute is no news, and must not fill the trail."""


def record_refused(*, actor: Actor, act: str, route: str) -> None:
    """Write down that somebody who is signed in was refused an act (its name; empty where a page alone was asked for) at an address's
    route. In a transaction of its own: the refused one was rolled back."""
    if take("audit.refused", str(actor.user_id), capacity=A_MINUTE, refill_per_second=A_MINUTE / 60).allowed:
        with transaction.atomic():
            record(actor=actor, act=REFUSED, target="access.act", target_id=act[:80], details={"route": route[:200]})
