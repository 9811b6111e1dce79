"""Kinds of trouble: VPCP changes their words and where they go."""

from __future__ import annotations

import pghistory
from django.db import transaction

from helpdesk.models import TroubleKind
from portal import audit
from portal.access import Actor, require

ACT = "helpdesk.kinds"


@transaction.atomic
def change_kind(*, actor: Actor, kind: TroubleKind) -> TroubleKind:
    """Keep a kind as the form has it. ``AccessDenied``."""
    require(actor, ACT)
    with pghistory.context(act=ACT, position=str(actor.position_id or ""), unit=actor.unit):
        kind.save()
    audit.record(actor=actor, act=ACT, target="helpdesk.troublekind", target_id=kind.pk)
    return kind
