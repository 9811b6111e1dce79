"""Who may do what where: ``may(actor, act, unit)``, the door of every officer's query, and the hook that says who looks.

This room knows no account. `accounts` registers how a request becomes an :class:`Actor`; every app registers its acts.
"""

from portal.access.actors import ANONYMOUS, SYSTEM, ActingAs, Actor, Assurance, actor_of
from portal.access.belonging import belonging_to
from portal.access.rules import (
    AccessDenied,
    Act,
    acts,
    may,
    register_acts,
    require,
    unit_scope,
    visible_to,
)

__all__ = [
    "ANONYMOUS",
    "SYSTEM",
    "AccessDenied",
    "Act",
    "ActingAs",
    "Actor",
    "Assurance",
    "actor_of",
    "acts",
    "belonging_to",
    "may",
    "register_acts",
    "require",
    "unit_scope",
    "visible_to",
]
