"""A table of transitions over an object with a state column.

The table is the only way a state changes: ``move`` locks nothing by itself; the caller's service holds the row lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from portal.access import Actor, may


class TransitionRefused(Exception):
    """The transition does not start from the present state, or its guard says no. ``reason`` is for the person."""

    def __init__(self, name: str, state: str, reason: str) -> None:
        super().__init__(f"{name} from {state}: {reason}")
        self.name = name
        self.state = state
        self.reason = reason


@dataclass(frozen=True)
class Transition:
    """One edge. ``act`` names a registered act of officers; ``by_owner``: the applicant may; neither: the system only."""

    name: str
    label: str
    sources: frozenset[str]
    target: str
    act: str = ""
    by_owner: bool = False
    guard: Callable[[Any], str] | None = None
    """Returns why not (a sentence for the person), or an empty string."""


class StateTable:
    """All edges of one kind of object."""

    def __init__(self, states: Iterable[str], transitions: Iterable[Transition], *, field: str = "state") -> None:
        self.states = tuple(states)
        self.field = field
        self.transitions = {edge.name: edge for edge in transitions}
        known = set(self.states)
        for edge in self.transitions.values():
            if not edge.sources <= known or edge.target not in known:
                raise ValueError(f"transition {edge.name} names a state that does not exist")

    @property
    def terminal(self) -> frozenset[str]:
        """States that no transition leaves."""
        return frozenset(self.states) - {source for edge in self.transitions.values() for source in edge.sources}

    def refusal(self, obj: Any, name: str) -> str:
        """Why this transition cannot happen now, as a sentence for the person; empty when it can."""
        edge = self.transitions[name]
        if getattr(obj, self.field) not in edge.sources:
            return "Hồ sơ đã chuyển sang trạng thái khác. Tải lại trang để xem tình trạng mới nhất."
        return edge.guard(obj) if edge.guard else ""

    def open_to(self, actor: Actor, obj: Any, *, unit: str, is_owner: bool = False) -> list[Transition]:
        """The transitions this actor can choose now: the buttons of the page, in the table's order."""
        return [
            edge
            for edge in self.transitions.values()
            if ((bool(edge.act) and may(actor, edge.act, unit)) or (edge.by_owner and is_owner)) and not self.refusal(obj, edge.name)
        ]

    def move(self, obj: Any, name: str) -> Transition:
        """Set the target state on the (locked, unsaved) object; :class:`TransitionRefused` where the table says no."""
        reason = self.refusal(obj, name)
        if reason:
            raise TransitionRefused(name, getattr(obj, self.field), reason)
        edge = self.transitions[name]
        setattr(obj, self.field, edge.target)
        return edge
