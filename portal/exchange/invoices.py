"""Electronic invoices of enterprises, as the tax authority keeps them. Asked through the general adapter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.exchange.data_services.asking import ask
from portal.exchange.errors import OutsideUnavailable

SERVICE = "invoices"
STATES = ("valid", "replaced", "cancelled")


@dataclass(frozen=True)
class Invoice:
    """One invoice; its repr shows nothing, so that no log does."""

    seller: str = field(repr=False)
    buyer: str = field(repr=False)
    total: int = field(repr=False)
    """In đồng."""
    issued_on: date
    state: str


def invoice(seller: str, symbol: str, number: str) -> Invoice | None:
    """An invoice by the seller's tax code, its symbol and number; None: there is none. ``OutsideUnavailable``, ``OutsideRefused``,
    ``BadQuestion``."""
    said = ask(SERVICE, seller=seller, symbol=symbol, number=number).values
    if said is None:
        return None
    if said["state"] not in STATES or type(said["total"]) is not int or said["total"] < 0:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return Invoice(said["seller"], said["buyer"], said["total"], date.fromisoformat(said["issued_on"]), said["state"])
