"""The system that issues criminal records: how far a request is, which certificate came of it. Asked through the general adapter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.exchange.data_services.asking import ask
from portal.exchange.errors import OutsideUnavailable

SERVICE = "criminal_record"
STATES = ("received", "verifying", "issued", "refused")


@dataclass(frozen=True)
class RecordRequest:
    """One request; its repr shows nothing, so that no log does."""

    code: str = field(repr=False)
    state: str
    number: str = field(repr=False)
    """Of the certificate; empty until it is issued."""
    issued_on: date | None


def request(code: str) -> RecordRequest | None:
    """A request by its code; None: there is none. ``OutsideUnavailable``, ``OutsideRefused``, ``BadQuestion`` for a code that is none."""
    said = ask(SERVICE, code=code).values
    if said is None:
        return None
    issued_on = date.fromisoformat(said["issued_on"]) if said["issued_on"] else None
    if said["state"] not in STATES or (said["state"] == "issued") != bool(said["number"] and issued_on):
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return RecordRequest(said["code"], said["state"], said["number"] or "", issued_on)
