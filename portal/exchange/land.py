"""The national land database: which parcels somebody has, with the certificates of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.rows import day, listed, texts

OWNER = re.compile(r"^([0-9]{12}|[0-9]{10}(-[0-9]{3})?)$")
"""A person's identity number or an organisation's tax code."""
SERVICE = "land"
_AREA = re.compile(r"^[0-9]{1,9}(\.[0-9]{1,2})?$")


@dataclass(frozen=True)
class Parcel:
    """A parcel as the database writes it; its repr shows nothing, so that no log does."""

    certificate: str = field(repr=False)
    """The number printed in the certificate: ``DM 000001``."""
    book: str = field(repr=False)
    sheet: str = field(repr=False)
    parcel: str = field(repr=False)
    area: str = field(repr=False)
    """In m², with a point."""
    address: str = field(repr=False)
    issued_on: date = field(repr=False)


def parcels(owner: str) -> tuple[Parcel, ...] | None:
    """The parcels of a person or organisation; None: the database knows no such owner.

    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable`` (also when the answer is another's), ``OutsideRefused``.
    """
    if not OWNER.match(owner):
        raise ValueError("an owner has an identity number or a tax code")
    url = http.address(SERVICE, "LAND_REGISTRY_URL", f"v1/owners/{owner}")
    answer = http.ask_registry(SERVICE, "GET", url, bearer=settings.LAND_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    if answer.get("number") != owner:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return listed(SERVICE, answer, "parcels", _parcel)


def _parcel(row: Any) -> Parcel:
    said = texts(SERVICE, row, ("certificate", "book", "sheet", "parcel", "area", "address"))
    if not _AREA.match(said["area"]):
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return Parcel(**said, issued_on=day(SERVICE, row, "issued_on"))
