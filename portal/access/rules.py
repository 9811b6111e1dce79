"""The rules: every act is registered with the roles that may do it; a unit's officer reaches that unit and those below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from portal.access.actors import ActingAs, Actor, Assurance

M = TypeVar("M", bound=Model)


class AccessDenied(Exception):
    """The actor may not do this. Views turn it into a 403 page (citizens: 404 where existence itself is private)."""

    def __init__(self, act: str) -> None:
        super().__init__(act)
        self.act = act


@dataclass(frozen=True)
class Act:
    """One thing an officer can do. ``name`` is ``<room>.<verb>``; ``label`` is what the desk shows."""

    name: str
    label: str
    roles: frozenset[str]
    assurance: Assurance = Assurance.MEDIUM
    everywhere: bool = False
    """True: not bound to a unit (VPCP's acts). Then ``unit`` may be omitted."""
    at: str = ""
    """Of officers of this agency alone: what all agencies share is changed by who keeps it, whatever role others hold in their own."""

    def is_given(self, actor: Actor) -> bool:
        """Whether an actor may do it somewhere: as an officer, by role, assurance and agency."""
        fits = bool(actor.roles & self.roles) and actor.assurance >= self.assurance
        return actor.is_officer and fits and (not self.at or covers(self.at, actor.unit))


_acts: dict[str, Act] = {}


def register_acts(*new: Act) -> None:
    """Register acts of a room, once, in ``ready()``. The same name twice with other content is a programming error."""
    for act in new:
        if _acts.get(act.name, act) != act:
            raise ValueError(f"act {act.name} is registered twice, differently")
        _acts[act.name] = act


def acts() -> dict[str, Act]:
    """All registered acts by name (a copy)."""
    return dict(_acts)


def covers(own_unit: str, unit: str) -> bool:
    """Whether an officer of ``own_unit`` reaches ``unit``: the same code or one below it (``H26`` covers ``H26.12``)."""
    return bool(own_unit) and (unit == own_unit or unit.startswith(own_unit + "."))


def may(actor: Actor, act: str, unit: str = "") -> bool:
    """Whether the actor may do the act at the unit.

    Raises ``KeyError`` for an act nobody registered: a typing slip must not read as "no".
    """
    rule = _acts[act]
    if actor.acting_as is ActingAs.SYSTEM:
        return True
    return rule.is_given(actor) and (rule.everywhere or covers(actor.unit, unit))


def require(actor: Actor, act: str, unit: str = "") -> None:
    """Raise :class:`AccessDenied` unless :func:`may`."""
    if not may(actor, act, unit):
        raise AccessDenied(act)


def unit_scope(actor: Actor, act: str, field: str) -> Q:
    """The condition on a unit-code column that lets through what the actor may do ``act`` on; matches nothing if none."""
    rule = _acts[act]
    if actor.acting_as is ActingAs.SYSTEM:
        return Q()
    if not rule.is_given(actor):
        return Q(pk__in=[])
    if rule.everywhere:
        return Q()
    return Q(**{field: actor.unit}) | Q(**{f"{field}__startswith": actor.unit + "."})


def visible_to(actor: Actor, queryset: QuerySet[M], act: str, field: str) -> QuerySet[M]:
    """The door: the part of a query set that the actor may see. ``field`` is the path to the unit's code."""
    return queryset.filter(unit_scope(actor, act, field))
