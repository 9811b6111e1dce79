"""What a session carries beside Django's user id: as whom it acts, and the row that says by what and how surely it was proved.

No personal value is kept in a session: ids only. What ends a session, and when: :mod:`accounts.services.sessions`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, login
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import queries
from accounts.devices import device_of
from accounts.models import Mandate, Person, Position, User, UserSession
from accounts.models.sessions import Way
from accounts.officers import substitutes
from accounts.owner.activity import note_active
from accounts.provider import ending
from accounts.registration import terms
from accounts.services import sessions as services
from portal import audit, watch
from portal.access import ANONYMOUS, ActingAs, Actor, Assurance, actor_of

ACTING_AS = "acting_as"
SESSION = "sign_in"
"""Where Django's session holds the id of its :class:`UserSession`."""
TERMS_DUE = "terms_due"
"""Whether the person has not agreed to the present terms of use: pages of citizens lead there first."""
CARRIED = "carried"
"""Id of a session that was ended for this browser's person to sign in anew: what they have in other systems waits for the new one."""
SUBSTITUTE = "substitute"
"""Kind of a capacity in a session: in the place of an absent colleague."""
NO_POSITION = "00000000-0000-0000-0000-000000000000"
_BACKEND = "portal.access.backend.AccessBackend"
ODD_HOURS = range(22, 24), range(5)
"""By the clock in Vietnam: an officer who signs in then is looked at, not refused."""


def is_odd_hour(now: datetime) -> bool:
    """Whether officers are usually asleep."""
    return any(timezone.localtime(now).hour in hours for hours in ODD_HOURS)


def sign_in(request: HttpRequest, user: User, *, way: Way, assurance: Assurance, position: Position | None = None) -> None:
    """Begin a session for the user, proved by ``way``; the session key is made new.

    With a position: its own certificate, under the State's roots, was the proof; one acts in it at once.
    """
    # Another person's, perhaps: Django throws such a session away without a word.
    _replace(request, user)
    login(request, user, backend=_BACKEND)
    proved_by(request, way, assurance, for_office=position is not None)
    if position is not None and is_odd_hour(timezone.now()):
        watch.see("odd_hours", str(position.id))
    act_as(request, ActingAs.POSITION if position else ActingAs.SELF, position.id if position else None)
    note_terms(request, user)


def _replace(request: HttpRequest, user: User) -> None:
    """What this browser had ends, and its key: of who signs in again as themself Django would go on with the key of before."""
    if before := request.session.pop(SESSION, ""):
        request.session.cycle_key()
        same = UserSession.objects.filter(pk=before, user=user).exists()
        services.close([UUID(before)], by=UserSession.End.REPLACED, now=timezone.now(), same_person=same)
        if same:
            request.session[CARRIED] = before


def sign_in_anew(request: HttpRequest) -> None:
    """End this session for its person to sign in again at once (single sign-on asks for it): they are not signed out of other systems."""
    if before := request.session.get(SESSION):
        services.close([UUID(before)], by=UserSession.End.REPLACED, now=timezone.now(), same_person=True)
        request.session.flush()
        request.session[CARRIED] = before
    request.user = AnonymousUser()
    _forget(request)


def _carry_over(request: HttpRequest, row: UserSession) -> None:
    """What the person had in other systems by the session before goes over to this one; what another person had there ends."""
    if before := request.session.pop(CARRIED, ""):
        if UserSession.objects.filter(pk=before, user=row.user_id).exists():
            ending.carry_over(UUID(before), row.pk)
        else:
            ending.end_of_sessions([UUID(before)], now=timezone.now())


def note_terms(request: HttpRequest, user: User) -> None:
    """Remember in the session whether its person has still to agree to the terms in force (two queries, at sign-in alone)."""
    person_id = Person.objects.filter(user=user).values_list("pk", flat=True).first()
    if person_id is not None and terms.due(person_id, timezone.now()) is not None:
        request.session[TERMS_DUE] = True
    else:
        request.session.pop(TERMS_DUE, None)


def begun(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """Django has signed somebody in, by whatever way: note the session (signal ``user_logged_in``). It proves nothing yet."""
    _replace(request, user)
    device = device_of(request)
    row = services.begin(
        user_id=user.pk,
        session_key=request.session.session_key or "",
        browser=device.browser,
        system=device.system,
        network=device.network,
        now=timezone.now(),
    )
    request.session[SESSION] = str(row.pk)
    _carry_over(request, row)
    _forget(request)


def ended(sender: object, request: HttpRequest, **_: object) -> None:
    """Somebody signs out (signal ``user_logged_out``, before the session is thrown away)."""
    if found := request.session.get(SESSION):
        services.close([UUID(found)], by=UserSession.End.SIGNED_OUT, now=timezone.now())


def proved_by(request: HttpRequest, way: Way, assurance: Assurance, *, for_office: bool = False) -> None:
    """Write down by what, and how surely, the person of this new session was proved."""
    services.prove(session_id=UUID(request.session[SESSION]), way=way, assurance=assurance, for_office=for_office)
    _forget(request)


def step_up(request: HttpRequest, *, way: Way, assurance: Assurance, for_office: bool = False) -> None:
    """The person of this session was proved more surely; as whom they act stays. The session's key is made new."""
    actor = actor_of(request)
    old = request.session.session_key
    request.session.cycle_key()
    services.step_up(
        session_id=UUID(request.session[SESSION]),
        session_key=request.session.session_key or old or "",
        way=way,
        assurance=assurance,
        actor=actor,
        now=timezone.now(),
        for_office=for_office,
    )
    _forget(request)


def session_of(request: HttpRequest) -> UserSession | None:
    """The session behind a request, without a query of its own; None for who is not signed in."""
    return getattr(request, "_user_session", None) if actor_of(request).is_signed_in else None


def _forget(request: HttpRequest) -> None:
    """What was found out about this request before is no longer so."""
    for name in ("_actor", "_user_session"):
        if hasattr(request, name):
            delattr(request, name)


def act_as(request: HttpRequest, kind: ActingAs | str, object_id: UUID | None = None) -> None:
    """Change as whom the session acts (:data:`SUBSTITUTE`: in whose place). The caller has checked that the person may."""
    request.session[ACTING_AS] = {"kind": str(kind), "id": str(object_id) if object_id else ""}
    _forget(request)


def choose(request: HttpRequest, actor: Actor, kind: ActingAs | str, object_id: UUID | None = None) -> None:
    """Change as whom the session acts, and write it into the audit trail. The caller has checked that the person may."""
    act_as(request, kind, object_id)
    with transaction.atomic():
        details = {"from": actor.acting_as.value, "to": str(kind), "by": str(object_id or "")}
        audit.record(actor=actor, act="accounts.act_as", target="accounts.person", target_id=str(actor.person_id), details=details)


def resolve_actor(request: HttpRequest) -> Actor:
    """The actor of a request: two to four queries for a signed-in person, none (and no session opened) for others.

    A position or mandate that has ended, or a user switched off, falls back to less, never to more; for whom one can act no longer is
    told by ``Actor.lapsed``.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES and not getattr(getattr(request, "session", None), "modified", False):
        return ANONYMOUS
    session = _session_of(request)
    if session is None:
        return ANONYMOUS
    person: Person = session.user.person
    chosen = request.session.get(ACTING_AS) or {}
    own = Actor(
        acting_as=ActingAs.SELF,
        user_id=person.user_id,
        person_id=person.id,
        commune=person.residence_unit,
        assurance=Assurance(session.assurance),
        identity=Assurance(person.identity_level),
        label=person.full_name,
        session_ends_at=services.ends_at(session),
    )
    if chosen.get("kind") in (ActingAs.POSITION, SUBSTITUTE):
        # Whoever vouches for citizens, a public authority or VNeID, does not thereby make officers.
        if not session.for_office:
            return own
        return _in_position(own, chosen) if chosen["kind"] == ActingAs.POSITION else _in_place_of(own, chosen)
    if chosen.get("kind") in _BY_MANDATE:
        return _by_mandate(own, chosen)
    return own


_BY_MANDATE = frozenset({ActingAs.CHILD, ActingAs.PERSON, ActingAs.ORGANISATION})


def was_ended(request: HttpRequest) -> bool:
    """Whether the browser still carries a session that is no more: it was idle too long, or was ended from another one."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.is_empty()


def _session_of(request: HttpRequest) -> UserSession | None:
    """The session with its login and person, in one query; None where nobody is signed in, or the login is switched off.

    As ``django.contrib.auth.get_user``, whose own way takes a query more for each page: a session begun with another password, or by a
    way in that is no more, is nobody's. Where secrets have been rotated, the library looks. A session that was ended from another one,
    or is past a limit, is thrown away here.
    """
    session = request.session
    backend, user_id, known = session.get(BACKEND_SESSION_KEY), session.get(SESSION_KEY), session.get(HASH_SESSION_KEY) or ""
    if backend not in settings.AUTHENTICATION_BACKENDS or not user_id or not session.get(SESSION):
        return None
    # No ``only``: who switches a login off, or changes its password, must be seen at once.
    rows = UserSession.objects.select_related("user__person").defer(*(f"user__person__{name}" for name in _SEALED))
    row = rows.filter(pk=session[SESSION], user_id=user_id, user__is_active=True, user__person__isnull=False).first()
    if row is None:
        return None
    now = timezone.now()
    over = services.over_by(row, now)
    if row.ended_at is not None or over is not None:
        if over is not None:
            services.close([row.pk], by=over, now=now)
        session.flush()
        request.user = AnonymousUser()
        return None
    user = row.user
    if not constant_time_compare(known, user.get_session_auth_hash()):
        found = request.user
        if not found.is_authenticated or found.pk != user.pk:
            return None
    elif not hasattr(request, "_cached_user"):
        request._cached_user = user  # type: ignore[attr-defined]  # where the library keeps it, too
    services.touch(row, now)
    note_active(user, timezone.localdate(now))
    request._user_session = row  # type: ignore[attr-defined]
    return row


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


def _in_place_of(own: Actor, chosen: dict[str, str]) -> Actor:
    """An officer as the substitute of an absent one: their roles as far as they were lent, in their unit; the signature stays one's own."""
    assert own.person_id is not None
    lent = substitutes.held(UUID(chosen.get("id") or NO_POSITION), own.person_id, timezone.now())
    if lent is None:
        return own
    return replace(
        own,
        acting_as=ActingAs.POSITION,
        party_id=None,
        commune="",
        position_id=lent.substitute.id,
        substitutes=lent.absent.id,
        unit=lent.absent.unit_code,
        roles=lent.roles,
        label=f"{own.label} · {lent.substitute.title} · thay {lent.absent.person.full_name}",
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
