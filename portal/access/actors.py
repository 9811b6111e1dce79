"""The actor: who acts, as whom, from which unit, with which roles and how surely we know it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from django.http import HttpRequest


class ActingAs(enum.StrEnum):
    """As whom a session acts; changed on purpose, written into every event."""

    NOBODY = "nobody"
    SELF = "self"
    CHILD = "child"
    PERSON = "person"
    """For another grown-up who gave a mandate."""
    ORGANISATION = "organisation"
    POSITION = "position"
    SYSTEM = "system"


class Assurance(enum.IntEnum):
    """How surely the sign-in proved the person (Rules art. 11): one-time password medium, certificate high."""

    NONE = 0
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True)
class Actor:
    """One natural person (or the system itself) acting in one capacity. Immutable; made once a request."""

    acting_as: ActingAs = ActingAs.NOBODY
    user_id: UUID | None = None
    person_id: UUID | None = None
    party_id: UUID | None = None
    """For whom they act and to whom belongs what they do: themself, a child, another person or an organisation; None for officers."""
    mandate_id: UUID | None = None
    """By which right they act for somebody else; None for oneself."""
    procedures: frozenset[str] | None = None
    """Codes of the procedures the mandate is limited to; None: all."""
    position_id: UUID | None = None
    substitutes: UUID | None = None
    """The position of an absent colleague in whose place an officer acts, with roles lent from it; ``position_id`` stays their own."""
    unit: str = ""
    """Identifier code of the officer's unit (``H26.12``), empty for citizens."""
    roles: frozenset[str] = field(default_factory=frozenset)
    assurance: Assurance = Assurance.NONE
    identity: Assurance = field(default=Assurance.NONE, compare=False)
    """How surely we know who the account is (Rules art. 9.4), a scale of its own; NONE for who is not signed in."""
    label: str = ""
    """How the actor is shown in the header and in histories."""
    party_name: str = ""
    """Name of the party for whom one acts; empty for oneself."""
    commune: str = ""
    """Code of the commune where the party for whom one acts lives or has its seat; empty for officers, and where nobody knows."""
    lapsed: str = ""
    """Name of the party for whom the session meant to act when the right to do so had ended; then one acts for oneself."""

    session_ends_at: datetime | None = field(default=None, compare=False)
    """When the session ends by itself if nothing more is done in it; None where there is none."""

    def __post_init__(self) -> None:
        if self.acting_as is ActingAs.SELF and self.party_id is None:
            object.__setattr__(self, "party_id", self.person_id)

    @property
    def is_signed_in(self) -> bool:
        """Whether a person is behind this actor."""
        return self.user_id is not None

    @property
    def is_officer(self) -> bool:
        """Whether the person acts in a position of an agency."""
        return self.acting_as is ActingAs.POSITION

    @property
    def is_citizen(self) -> bool:
        """Whether the person acts for themself or for one they stand for."""
        return self.acting_as in _FOR_A_PARTY

    @property
    def is_for_another(self) -> bool:
        """Whether the person acts for a party that is not themself."""
        return self.is_citizen and self.party_id != self.person_id

    def may_act_in(self, procedure_code: str) -> bool:
        """Whether the actor's mandate reaches a procedure; for oneself it always does."""
        return self.procedures is None or procedure_code in self.procedures


_FOR_A_PARTY = frozenset({ActingAs.SELF, ActingAs.CHILD, ActingAs.PERSON, ActingAs.ORGANISATION})

ANONYMOUS = Actor()
SYSTEM = Actor(acting_as=ActingAs.SYSTEM, label="Hệ thống")

_resolver: Callable[[HttpRequest], Actor] | None = None


def register_actor_resolver(resolver: Callable[[HttpRequest], Actor]) -> None:
    """Let an upper room (``accounts``) say how a request with a session becomes an actor. Called once, in ``ready()``."""
    global _resolver
    _resolver = resolver


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a request; resolved once and kept on the request. Never touches a session that does not exist."""
    known = getattr(request, "_actor", None)
    if known is None:
        known = _resolver(request) if _resolver is not None else ANONYMOUS
        request._actor = known  # type: ignore[attr-defined]
    return known
