"""The public post (bưu chính công ích): what it costs, parcels with results, where each one is (requirement D-14)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.rows import listed, texts

SERVICE = "post"
ZONES = ("province", "country")
"""Within one province; anywhere in the country."""
STATES = ("registered", "accepted", "moving", "delivered", "returned", "cancelled")
_NUMBER = re.compile(r"^[A-Z]{2}[0-9]{9}VN$")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
MOST_DONG = 10_000_000


@dataclass(frozen=True)
class Tariff:
    """What one parcel costs in a zone, in đồng, and within how many days it comes."""

    zone: str
    amount: int
    days: int


@dataclass(frozen=True)
class Step:
    """One thing that happened to a parcel."""

    at: datetime
    state: str
    place: str


@dataclass(frozen=True)
class Tracked:
    """A parcel as the post has it; its repr shows nothing, so that no log does."""

    number: str = field(repr=False)
    amount: int
    state: str
    steps: tuple[Step, ...] = field(repr=False)
    sender_pays: int = 0
    """Đồng of ``amount`` that the sender is charged with; the rest is taken from who receives it."""


def is_number(text: str) -> bool:
    """Whether a text is a number of a parcel as the Universal Postal Union writes it (S10), with the digit that checks it."""
    if not _NUMBER.match(text):
        return False
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(text[2:10], _WEIGHTS, strict=True)) % 11
    return int(text[10]) == {10: 0, 11: 5}.get(rest, rest)


def tariffs() -> tuple[Tariff, ...]:
    """What a parcel costs, by zone. Raises ``OutsideUnavailable`` (also when the answer makes no sense), ``OutsideRefused``."""
    answer = _ask("GET", "v1/tariffs")
    found = listed(SERVICE, answer or {}, "tariffs", _tariff)
    if {one.zone for one in found} != set(ZONES):
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return found


def order(*, reference: str, zone: str, sender: str, recipient: str, phone: str, address: str, sender_pays: int = 0) -> Tracked:
    """Have a parcel fetched and brought. The same ``reference`` is the same parcel, so that asking twice sends nothing twice.

    ``sender_pays``: đồng of the cost that the sender is charged with (requirement C-31). Raises ``OutsideUnavailable`` (also when the
    answer is about another's, or charges the sender with something else), ``OutsideRefused``.
    """
    body: dict[str, Any] = {"reference": reference, "zone": zone, "sender": sender, "recipient": recipient, "phone": phone}
    body |= {"address": address, "sender_pays": sender_pays}
    said = _tracked(_ask("POST", "v1/parcels", body=body), reference)
    if said.sender_pays != min(sender_pays, said.amount):
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return said


def parcel(number: str, *, reference: str) -> Tracked | None:
    """Where a parcel is; None: the post knows no such number. Errors as :func:`order`."""
    answer = _ask("GET", f"v1/parcels/{number}", absent=404)
    return None if answer is None else _tracked(answer, reference)


def cancel(number: str, *, reference: str) -> Tracked:
    """Call a parcel off that nobody has fetched yet; ``OutsideRefused`` (on_its_way) once somebody has. Errors as :func:`order`."""
    return _tracked(_ask("POST", f"v1/parcels/{number}/cancel"), reference)


def _ask(method: str, path: str, **asked: Any) -> dict[str, Any] | None:
    url = http.address(SERVICE, "PUBLIC_POST_URL", path)
    return http.ask_registry(SERVICE, method, url, bearer=settings.PUBLIC_POST_TOKEN, **asked)


def _amount(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_DONG:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return value


def _tariff(row: Any) -> Tariff:
    zone = texts(SERVICE, row, ("zone",))["zone"]
    return Tariff(zone, _amount(row.get("amount")), _amount(row.get("days")))


def _tracked(answer: dict[str, Any] | None, reference: str) -> Tracked:
    said = texts(SERVICE, answer, ("number", "reference", "state"))
    assert answer is not None
    steps = listed(SERVICE, answer, "events", _step)
    if said["reference"] != reference or said["state"] not in STATES or not is_number(said["number"]) or not steps:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    amount, sender_pays = _amount(answer.get("amount")), _amount(answer.get("sender_pays", 0))
    if sender_pays > amount:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return Tracked(said["number"], amount, said["state"], steps, sender_pays)


def _step(row: Any) -> Step:
    said = texts(SERVICE, row, ("at", "state", "place"))
    try:
        at = parse_datetime(said["at"])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or said["state"] not in STATES:
        raise OutsideUnavailable(SERVICE, "wrong_answer")
    return Step(at, said["state"], said["place"][:200])
