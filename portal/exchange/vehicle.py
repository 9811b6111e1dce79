"""The traffic police's database: which vehicles somebody has, and with which licences they drive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.land import OWNER
from portal.exchange.rows import day, listed, texts

SERVICE = "vehicle"


@dataclass(frozen=True)
class Vehicle:
    """A vehicle as the police write it; its repr shows nothing, so that no log does."""

    plate: str = field(repr=False)
    certificate: str = field(repr=False)
    """Number of its certificate of registration."""
    brand: str = field(repr=False)
    colour: str = field(repr=False)
    chassis: str = field(repr=False)
    engine: str = field(repr=False)
    seats: int = field(repr=False)
    year: int = field(repr=False)
    registered_on: date = field(repr=False)


@dataclass(frozen=True)
class Licence:
    """A driving licence; its repr shows nothing, so that no log does."""

    number: str = field(repr=False)
    licence_class: str = field(repr=False)
    issuer: str = field(repr=False)
    issued_on: date = field(repr=False)
    valid_until: date | None = field(repr=False)
    """None: it does not expire."""


@dataclass(frozen=True)
class Holding:
    """What one person or organisation has."""

    vehicles: tuple[Vehicle, ...]
    licences: tuple[Licence, ...]


def holding(owner: str) -> Holding | None:
    """Vehicles and licences of a person or organisation; None: the police know no such owner.

    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable`` (also when the answer is another's), ``OutsideRefused``.
    """
    if not OWNER.match(owner):
        raise ValueError("an owner has an identity number or a tax code")
    url = http.address(SERVICE, "VEHICLE_REGISTRY_URL", f"v1/owners/{owner}")
    answer = http.ask_registry(SERVICE, "GET", url, bearer=settings.VEHICLE_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    if answer.get("number") != owner:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return Holding(listed(SERVICE, answer, "vehicles", _vehicle), listed(SERVICE, answer, "licences", _licence))


def _vehicle(row: Any) -> Vehicle:
    said = texts(SERVICE, row, ("plate", "certificate", "brand", "colour", "chassis", "engine"))
    if type(row.get("seats")) is not int or type(row.get("year")) is not int:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return Vehicle(**said, seats=row["seats"], year=row["year"], registered_on=day(SERVICE, row, "registered_on"))


def _licence(row: Any) -> Licence:
    said = texts(SERVICE, row, ("number", "class", "issuer"))
    until = day(SERVICE, row, "valid_until") if row.get("valid_until") is not None else None
    return Licence(said["number"], said["class"], said["issuer"], day(SERVICE, row, "issued_on"), until)
