"""Tables of transitions: buttons, permissions, audit names and tests derive from them."""

from portal.states.table import StateTable, Transition, TransitionRefused

__all__ = ["StateTable", "Transition", "TransitionRefused"]
