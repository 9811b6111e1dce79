"""The sender's time to supply what was asked is longer where an incident fell into it (Rules art. 29.4); agencies' clocks stay."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from feedback import figures
from feedback.models import Petition, State
from feedback.services.common import day, keep, tell
from portal.access import SYSTEM


@transaction.atomic
def postpone_supply(*, petition_id: UUID, until: datetime, now: datetime) -> bool:
    """The sender may supply until then; they are told. Whether it was still waited for and differs."""
    petition = Petition.objects.select_for_update(of=("self",)).filter(pk=petition_id, state=State.WAITING).first()
    if petition is None or petition.supply_due_at == until:
        return False
    was = figures.facts_of(petition)
    petition.supply_due_at = until
    petition.supplements.filter(closed_at__isnull=True).update(due_at=until, longer_until=until)
    keep(petition, "postpone", before=petition.state, was=was, actor=SYSTEM, now=now, until=until.isoformat())
    tell(petition, "feedback.incident_supply", until=day(until))
    return True
