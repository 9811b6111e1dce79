"""What a session carries beside Django's user id: as whom it acts and how surely the sign-in proved it.

No personal value is kept in a session: ids only.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, login
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import queries
from accounts.models import Mandate, Person, Position, User
from accounts.registration import terms
from portal import audit
from portal.access import ANONYMOUS, ActingAs, Actor, Assurance

ACTING_AS = "acting_as"
ASSURANCE = "assurance"
TERMS_DUE = "terms_due"
"""Whether the person has not agreed to the present terms of use: pages of citizens lead there first."""
NO_POSITION = "00000000-0000-0000-0000-000000000000"
_BACKEND = "portal.access.backend.AccessBackend"


def sign_in(request: HttpRequest, user: User, *, assurance: Assurance, position: Position | None = None) -> None:
    """Begin a session for the user; the session key is made new. With a position: act in it at once."""
    login(request, user, backend=_BACKEND)
    set_assurance(request, assurance)
    act_as(request, ActingAs.POSITION if position else ActingAs.SELF, position.id if position else None)
    note_terms(request, user)


def note_terms(request: HttpRequest, user: User) -> None:
    """Remember in the session whether its person has still to agree to the terms in force (two queries, at sign-in alone)."""
    person_id = Person.objects.filter(user=user).values_list("pk", flat=True).first()
    if person_id is not None and terms.due(person_id, timezone.now()) is not None:
        request.session[TERMS_DUE] = True
    else:
        request.session.pop(TERMS_DUE, None)


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
    if settings.SESSION_COOKIE_NAME not in request.COOKIES and not getattr(getattr(request, "session", None), "modified", False):
        return ANONYMOUS
    person = _person_of(request)
    if person is None:
        return ANONYMOUS
    chosen = request.session.get(ACTING_AS) or {}
    own = Actor(
        acting_as=ActingAs.SELF,
        user_id=person.user_id,
        person_id=person.id,
        commune=person.residence_unit,
        assurance=Assurance(request.session.get(ASSURANCE, Assurance.NONE)),
        label=person.full_name,
    )
    if chosen.get("kind") == ActingAs.POSITION:
        return _in_position(own, chosen)
    if chosen.get("kind") in _BY_MANDATE:
        return _by_mandate(own, chosen)
    return own


_BY_MANDATE = frozenset({ActingAs.CHILD, ActingAs.PERSON, ActingAs.ORGANISATION})


def _person_of(request: HttpRequest) -> Person | None:
    """The person of the session, with their login in the same query; None where nobody is signed in, or the login is switched off.

    As ``django.contrib.auth.get_user``, whose own way takes a query more for each page: a session begun with another password, or by a
    way in that is no more, is nobody's. Where secrets have been rotated, the library looks.
    """
    session = request.session
    backend, user_id, known = session.get(BACKEND_SESSION_KEY), session.get(SESSION_KEY), session.get(HASH_SESSION_KEY) or ""
    if backend not in settings.AUTHENTICATION_BACKENDS or not user_id:
        return None
    # No ``only``: who switches a login off, or changes its password, must be seen at once.
    person = Person.objects.defer(*_SEALED).select_related("user").filter(user_id=user_id, user__is_active=True).first()
    if person is None or person.user is None:
        return None
    if not constant_time_compare(known, person.user.get_session_auth_hash()):
        user = request.user
        return person if user.is_authenticated and user.pk == person.user_id else None
    if not hasattr(request, "_cached_user"):
        request._cached_user = person.user  # type: ignore[attr-defined]  # where the library keeps it, too
    return person


_SEALED = ("id_number", "birth_date", "phone", "address")
"""Opened where they are needed."""


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
        commune="",
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
        label=f"{mandate.party_name} · {own.label}",
        party_name=mandate.party_name,
        commune=party.residence_unit if (party := mandate.organisation or mandate.grantor) else "",
    )
