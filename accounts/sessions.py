"""What a session carries beside Django's user id: as whom it acts and how surely the sign-in proved it.

No personal value is kept in a session: ids only.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import login
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Person, Position, User
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


def resolve_actor(request: HttpRequest) -> Actor:
    """The actor of a request: two or three queries for a signed-in person, none (and no session opened) for others.

    A position that has ended, or a user switched off, falls back to less, never to more.
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
    assurance = Assurance(request.session.get(ASSURANCE, Assurance.NONE))
    if chosen.get("kind") == ActingAs.POSITION:
        position = Position.objects.filter(id=str(chosen.get("id") or NO_POSITION), person_id=person.id).first()
        if position is not None and position.is_held(now=timezone.now()):
            return Actor(
                acting_as=ActingAs.POSITION,
                user_id=user.pk,
                person_id=person.id,
                position_id=position.id,
                unit=position.unit_code,
                roles=frozenset(position.roles),
                assurance=assurance,
                label=f"{person.full_name} · {position.title}",
            )
    return Actor(acting_as=ActingAs.SELF, user_id=user.pk, person_id=person.id, assurance=assurance, label=person.full_name)
