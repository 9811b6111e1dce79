"""What happens when the library has signed somebody in by a passkey."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts import queries, sessions
from accounts.models import Person
from accounts.models.sessions import Way
from portal import audit
from portal.access import SYSTEM, ActingAs, Assurance


def passkey_signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """A passkey, bound at high assurance, counts as high; an officer who came by the officers' page acts in their position."""
    from django.db import transaction

    person = Person.objects.filter(user_id=user.pk).first()
    if person is None:
        return
    sessions.proved_by(request, Way.PASSKEY, Assurance.HIGH)
    sessions.note_terms(request, user)
    positions = queries.positions_held(person.id) if request.session.pop("wants_position", False) else []
    if positions:
        sessions.act_as(request, ActingAs.POSITION, positions[0].id)
    else:
        sessions.act_as(request, ActingAs.SELF)
    with transaction.atomic():
        audit.record(
            actor=SYSTEM,
            act="accounts.sign_in",
            target="accounts.person",
            target_id=str(person.id),
            unit=positions[0].unit_code if positions else "",
            details={"by": "passkey", "at": timezone.now().isoformat()},
        )
