"""A report of the system that handles a dossier, read and checked; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dossiers.models.states import State

AHEAD = timedelta(minutes=5)
"""How far the other system's clock may run ahead."""
MOST_ITEMS, MOST_WORDS = 60, 2000
MOST_AMOUNT = 10**12
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_NAMES = frozenset({
    "state", "at", "received_at", "due_at", "finished_at", "returned_at", "words", "unit_words", "supplement", "charge", "results",
})  # fmt: skip
_REASONED = frozenset({State.REFUSED, State.STOPPED})


class BadReport(ValueError):
    """What a report says cannot be. ``code`` is a stable word, ``name`` the field."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{name}: {code}")
        self.code, self.name = code, name


@dataclass(frozen=True)
class Item:
    """One thing that the applicant is to complete."""

    kind: str
    """``field`` or ``paper``."""
    name: str
    label: str
    words: str


@dataclass(frozen=True)
class Charge:
    """One thing to pay, in đồng."""

    name: str
    kind: str
    amount: int


@dataclass(frozen=True)
class Told:
    """One report."""

    state: str
    at: datetime
    received_at: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    returned_at: datetime | None = None
    words: str = ""
    unit_words: str = ""
    items: tuple[Item, ...] = ()
    days: int = 5
    """Working days to complete, or to pay in."""
    charges: tuple[Charge, ...] = ()
    results: tuple[UUID, ...] = field(default=())


def read_report(body: Mapping[str, Any], *, now: datetime) -> Told:
    """The report in a message's body. :class:`BadReport`."""
    if unknown := sorted(set(body) - _NAMES):
        raise BadReport("unknown_field", unknown[0][:60])
    state = body.get("state")
    if state not in {one.value for one in State}:
        raise BadReport("unknown_value", "state")
    at = _moment(body, "at")
    if at is None:
        raise BadReport("missing", "at")
    if at > now + AHEAD:
        raise BadReport("future", "at")
    times = {name: _moment(body, name) for name in ("received_at", "due_at", "finished_at", "returned_at")}
    for name in ("received_at", "finished_at", "returned_at"):
        if times[name] is not None and times[name] > now + AHEAD:  # type: ignore[operator]
            raise BadReport("future", name)
    words = _text(body, "words")
    if state in _REASONED and not words:
        raise BadReport("missing", "words")
    asked, charged = _object(body, "supplement"), _object(body, "charge")
    days = (asked or charged or {}).get("days", 5)
    if type(days) is not int or not 1 <= days <= 90:
        raise BadReport("unknown_value", "days")
    return Told(
        state=state,
        at=at,
        **times,
        words=words or _text(asked or charged or {}, "words"),
        unit_words=_text(body, "unit_words", most=200),
        items=_items(asked),
        days=days,
        charges=_charges(charged),
        results=_ids(body),
    )


def _moment(body: Mapping[str, Any], name: str) -> datetime | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise BadReport("bad_date", name)
    try:
        return datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    except ValueError:
        raise BadReport("bad_date", name) from None


def _text(body: Mapping[str, Any], name: str, *, most: int = MOST_WORDS) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or "\0" in value:
        raise BadReport("not_text", name)
    if len(value) > most:
        raise BadReport("too_long", name)
    return value.strip()


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = body.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise BadReport("not_an_object", name)
    return value


def _list(said: Mapping[str, Any] | None, name: str) -> list[Mapping[str, Any]]:
    rows = said.get(name, []) if said is not None else []
    if not isinstance(rows, list) or len(rows) > MOST_ITEMS or not all(isinstance(one, Mapping) for one in rows):
        raise BadReport("not_a_list", name)
    return rows


def _items(said: Mapping[str, Any] | None) -> tuple[Item, ...]:
    found = []
    for one in _list(said, "items"):
        item = Item(_text(one, "kind", most=10), _text(one, "name", most=60), _text(one, "label", most=500), _text(one, "words"))
        if item.kind not in ("field", "paper") or not item.name or not item.label:
            raise BadReport("unknown_value", "items")
        found.append(item)
    return tuple(found)


def _charges(said: Mapping[str, Any] | None) -> tuple[Charge, ...]:
    found = []
    for one in _list(said, "lines"):
        amount = one.get("amount")
        if type(amount) is not int or not 1 <= amount <= MOST_AMOUNT:
            raise BadReport("bad_amount", "lines")
        charge = Charge(_text(one, "name", most=300), _text(one, "kind", most=10), amount)
        if not charge.name or charge.kind not in ("fee", "charge", "tax", "fine", "other"):
            raise BadReport("unknown_value", "lines")
        found.append(charge)
    return tuple(found)


def _ids(body: Mapping[str, Any]) -> tuple[UUID, ...]:
    rows = body.get("results", [])
    if not isinstance(rows, list) or len(rows) > MOST_ITEMS:
        raise BadReport("not_a_list", "results")
    try:
        return tuple(dict.fromkeys(UUID(one) for one in rows))
    except (ValueError, AttributeError, TypeError):
        raise BadReport("unknown_value", "results") from None
