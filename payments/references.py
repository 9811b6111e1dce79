"""What an order is about, for who may see it: the room that made the order says so, for payments knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from payments.models import Order
from portal.access import Actor


@dataclass(frozen=True)
class Way:
    """A link back to what an order is about."""

    label: str
    url: str


Resolver = Callable[[Order, Actor], Way | None]
_resolvers: dict[str, Resolver] = {}


def register_reference(source: str, resolver: Resolver) -> None:
    """Let a room above lead back from its orders to its own thing; None for somebody who may not see it. Once, in ``ready()``."""
    if _resolvers.setdefault(source, resolver) is not resolver:
        raise ValueError(f"orders of {source} have two ways back")


def has_way_back(order: Order) -> bool:
    """Whether the room that made an order has made itself known: it tells its people itself."""
    return order.source in _resolvers


def way_back(order: Order, actor: Actor) -> Way | None:
    """The link from an order to what it is about, where its room knows one for this reader."""
    resolver = _resolvers.get(order.source)
    return resolver(order, actor) if resolver is not None and actor.is_signed_in else None
