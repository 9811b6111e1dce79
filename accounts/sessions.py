"""What a session carries beside Django's user id: as whom it acts and how surely the sign-in proved it.

No personal value is kept in a session: ids only.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import queries
from accounts.models import Mandate, Person, Position, User
from portal import audit
from portal.access import ANONYMOUS, ActingAs, Actor, Assurance

ACTING_AS = "acting_as"
ASSURANCE = "assurance"
NO_POSITION = "00000000-0000-0000-0000-000000000000"
_BACKEND = "portal.access.backend.AccessBackend"


def sign_in(request: HttpRequest, user: User, *, assurance: Assurance, position: Position | None = None) -> None:
    """Begin a session for the user; the session key is made new. With a position: act in it at once."""
    login(request, user, backend=_BACKEND)
    set_assurance(request, assurance)
    act_as(request, ActingAs.POSITION if position else ActingAs.SELF, position.id if position else None)


def set_assurance(request: HttpRequest, assurance: Assurance) -> None:
    """Write down how surely this session's person is known."""
    request.session[ASSURANCE] = int(assurance)


def act_as(request: HttpRequest, kind: ActingAs, object_id: UUID | None = None) -> None:
    """Change as whom the session acts. The caller has checked that the person may."""
    request.session[ACTING_AS] = {"kind": kind.value, "id": str(object_id) if object_id else ""}
    if hasattr(request, "_actor"):
        del request._actor


def choose(request: HttpRequest, actor: Actor, kind: ActingAs, object_id: UUID | None = None) -> None:
    """Change as whom the session acts, and write it into the audit trail. The caller has checked that the person may."""
    act_as(request, kind, object_id)
    with transaction.atomic():
        details = {"from": actor.acting_as.value, "to": kind.value, "by": str(object_id or "")}
        audit.record(actor=actor, act="accounts.act_as", target="accounts.person", target_id=str(actor.person_id), details=details)


def resolve_actor(request: HttpRequest) -> Actor:
    """The actor of a request: two to four queries for a signed-in person, none (and no session opened) for others.

    A position or mandate that has ended, or a user switched off, falls back to less, never to more; for whom one can act no longer is
    told by ``Actor.lapsed``.
    """
    from django.conf import settings

    if settings.SESSION_COOKIE_NAME not in request.COOKIES and not getattr(getattr(request, "session", None), "modified", False):
        return ANONYMOUS
    user = request.user
    if not user.is_authenticated:
        return ANONYMOUS
    person = Person.objects.only("id", "full_name", "user_id").filter(user_id=user.pk).first()
    if person is None:
        return ANONYMOUS
    chosen = request.session.get(ACTING_AS) or {}
    own = Actor(
        acting_as=ActingAs.SELF,
        user_id=user.pk,
        person_id=person.id,
        assurance=Assurance(request.session.get(ASSURANCE, Assurance.NONE)),
        label=person.full_name,
    )
    if chosen.get("kind") == ActingAs.POSITION:
        return _in_position(own, chosen)
    if chosen.get("kind") in _BY_MANDATE:
        return _by_mandate(own, chosen)
    return own


_BY_MANDATE = frozenset({ActingAs.CHILD, ActingAs.PERSON, ActingAs.ORGANISATION})


def _in_position(own: Actor, chosen: dict[str, str]) -> Actor:
    assert own.person_id is not None
    now = timezone.now()
    rows = Position.objects.prefetch_related("given_roles")
    position = rows.filter(id=str(chosen.get("id") or NO_POSITION), person_id=own.person_id).first()
    if position is None or not position.is_held(now=now):
        return own
    return replace(
        own,
        acting_as=ActingAs.POSITION,
        party_id=None,
        position_id=position.id,
        unit=position.unit_code,
        roles=frozenset(position.roles_at(now)),
        label=f"{own.label} · {position.title}",
    )


def capacity_of(mandate: Mandate) -> ActingAs:
    """As whom one acts by a mandate."""
    if mandate.organisation_id is not None:
        return ActingAs.ORGANISATION
    return ActingAs.CHILD if mandate.basis == Mandate.Basis.PARENT else ActingAs.PERSON


def _by_mandate(own: Actor, chosen: dict[str, str]) -> Actor:
    assert own.person_id is not None
    mandate = queries.mandate_in_force(UUID(chosen.get("id") or NO_POSITION), own.person_id)
    if mandate is None:
        return replace(own, lapsed=queries.mandate_party_name(UUID(chosen.get("id") or NO_POSITION), own.person_id) or "?")
    return replace(
        own,
        acting_as=capacity_of(mandate),
        party_id=mandate.party_id,
        mandate_id=mandate.id,
        procedures=frozenset(mandate.procedures) if mandate.procedures is not None else None,
        label=f"{own.label} · {mandate.party_name}",
        party_name=mandate.party_name,
    )
