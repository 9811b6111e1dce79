"""What happens when the library has bound a passkey, or signed somebody in by one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts import queries, sessions
from accounts.models import Person
from accounts.models.sessions import Way
from accounts.ways import passkeys
from portal import audit
from portal.access import SYSTEM, ActingAs, Assurance, actor_of

_USED = "_used_passkey"
"""On the request: the passkey that has just signed, until the library says who is signed in by it."""


def passkey_bound(sender: Any, request: HttpRequest, authenticator: Any, **kwargs: Any) -> None:
    """A passkey was bound in this session (signal ``authenticator_added``)."""
    session = sessions.session_of(request)
    passkeys.note_bound(actor=actor_of(request), passkey=authenticator, for_office=session is not None and session.for_office)


def passkey_used(sender: Any, request: HttpRequest, authenticator: Any, **kwargs: Any) -> None:
    """A passkey has signed our challenge (signal ``authenticator_used``)."""
    setattr(request, _USED, authenticator)


def passkey_signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """A passkey, bound at high assurance, counts as high; an officer who came by the officers' page, with one that was bound after the
    State's certificate, acts in their position."""
    from django.db import transaction

    person = Person.objects.filter(user_id=user.pk).first()
    if person is None:
        return
    used = getattr(request, _USED, None)
    for_office = used is not None and used.user_id == user.pk and passkeys.is_for_office(used)
    sessions.proved_by(request, Way.PASSKEY, Assurance.HIGH, for_office=for_office)
    sessions.note_terms(request, user)
    wants_position = request.session.pop("wants_position", False)
    positions = queries.positions_held(person.id) if wants_position and for_office else []
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
