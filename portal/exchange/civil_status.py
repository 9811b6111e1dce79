"""The electronic civil-status database: is this person married, and what is registered of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.population import ID_NUMBER
from portal.exchange.rows import day, listed, texts

STATUSES = frozenset({"never", "married", "divorced", "widowed"})
KINDS = frozenset({"birth", "marriage", "death"})
SERVICE = "civil_status"


@dataclass(frozen=True)
class Spouse:
    """Whom a marriage is with; its repr shows nothing, so that no log does."""

    id_number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)


@dataclass(frozen=True)
class Event:
    """One entry in a register of civil status."""

    kind: str
    """One of :data:`KINDS`."""
    number: str = field(repr=False)
    book: str = field(repr=False)
    registered_on: date = field(repr=False)
    place: str = field(repr=False)
    spouse: Spouse | None = field(default=None, repr=False)
    """Of a marriage."""


@dataclass(frozen=True)
class CivilStatus:
    """A person as the database writes them."""

    marital_status: str = field(repr=False)
    """One of :data:`STATUSES`."""
    ethnicity: str = field(repr=False)
    nationality: str = field(repr=False)
    birth_place: str = field(repr=False)
    home_town: str = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    """The oldest first."""

    def last(self, kind: str) -> Event | None:
        """The newest entry of a kind."""
        found = [event for event in self.events if event.kind == kind]
        return max(found, key=lambda event: event.registered_on, default=None)


def status(id_number: str) -> CivilStatus | None:
    """What the database writes of a person; None: it knows nobody with this number.

    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable`` (also when the answer is another's), ``OutsideRefused``.
    """
    if not ID_NUMBER.match(id_number):
        raise ValueError("an ID number has twelve digits")
    url = http.address(SERVICE, "CIVIL_STATUS_REGISTRY_URL", f"v1/people/{id_number}")
    answer = http.ask_registry(SERVICE, "GET", url, bearer=settings.CIVIL_STATUS_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    said = texts(SERVICE, answer, ("number", "marital_status", "ethnicity", "nationality", "birth_place", "home_town"))
    if said.pop("number") != id_number or said["marital_status"] not in STATUSES:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return CivilStatus(**said, events=listed(SERVICE, answer, "events", _event))


def _event(row: Any) -> Event:
    said = texts(SERVICE, row, ("kind", "number", "book", "place"))
    spouse = row.get("spouse")
    if said["kind"] not in KINDS:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return Event(**said, registered_on=day(SERVICE, row, "registered_on"), spouse=_spouse(spouse) if spouse is not None else None)


def _spouse(row: Any) -> Spouse:
    said = texts(SERVICE, row, ("id_number", "full_name", "sex"))
    return Spouse(**said, birth_date=day(SERVICE, row, "birth_date"))
