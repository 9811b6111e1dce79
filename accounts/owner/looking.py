"""Who of the agencies looked at a party's things: which agency, when, at what; never which officer (A-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Position
from accounts.owner.lines import watched
from portal.access import Actor
from portal.audit.looks import looks_at
from portal.catalogues.queries import agency_names

MOST = 200
"""The newest looks are shown; the agencies' own trail has all."""


@dataclass(frozen=True)
class Seen:
    """One look, as the owner reads it."""

    at: datetime
    what: str
    name: str
    link: str
    agency: str


def seen_by_agencies(actor: Actor) -> list[Seen]:
    """The newest looks at the party's things, newest first. Two queries a room, two for the agencies."""
    found = []
    for room in watched():
        things = dict(room.things(actor))
        for look in looks_at(room.target, things, room.acts, own=actor.person_id, most=MOST):
            found.append((look, str(room.title), *things[look.target_id]))
    found.sort(key=lambda one: one[0].id, reverse=True)
    del found[MOST:]
    units = dict(Position.objects.filter(pk__in={look.position_id for look, *_ in found}).values_list("pk", "unit_code"))
    names = agency_names({*units.values(), *(look.unit for look, *_ in found if look.unit)})
    shown = []
    for look, what, name, link in found:
        code = units.get(look.position_id) or look.unit
        shown.append(Seen(look.at, what, name, link, names.get(code, code)))
    return shown
