"""What the verbs about counters share: refusing in words, telling whose it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts import queries as people
from dossiers.models import Appointment, HomeVisit
from portal import audit
from portal.access import Actor
from portal.documents.units import unit_name
from portal.notifications.services import notify


class CounterRefused(Exception):
    """It cannot be done as asked; ``message`` is for the person, ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status


def clock(moment: datetime) -> str:
    """A moment as notices write it."""
    return f"{timezone.localtime(moment):%H:%M %d/%m/%Y}"


def tell(one: Appointment | HomeVisit, template: str, *, occasion: object, link: str, **more: str) -> None:
    """Tell whose it is: the party in its account and by what it chose, who asked for it in its place outside the account; who has no
    account by the phone they confirmed. In the act's transaction."""
    context = {"procedure": one.procedure_name, "unit": unit_name(one.unit_code), **more}
    key = f"{template}:{one.pk}:{occasion}"
    if one.party_id is None:
        if one.phone:
            notify(party_id=one.pk, template=template, context=context, key=key, channels=("sms",), address=one.phone, link=link)
        return
    helpers = people.who_may_act({one.made_by} - {one.party_id, None}, {one.party_id}, one.procedure_code)  # type: ignore[arg-type]
    for told in sorted({one.party_id} | helpers):
        notify(party_id=told, in_inbox=told == one.party_id, template=template, context=context, key=key, link=link)


def record(actor: Actor, act: str, one: Any, **details: Any) -> None:
    """The act in the audit trail."""
    audit.record(
        actor=actor, act=f"dossiers.{act}", target=one._meta.label_lower, target_id=str(one.pk), unit=one.unit_code, details=details
    )
