"""The national population registry: does it know this person, and what does it say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable

ID_NUMBER = re.compile(r"^[0-9]{12}$")


@dataclass(frozen=True)
class Verification:
    """Whether number, name and date of birth are one person's; true in an ``if`` when all agree."""

    match: bool
    id_number: bool
    full_name: bool
    birth_date: bool

    def __bool__(self) -> bool:
        return self.match


@dataclass(frozen=True)
class RegisteredPerson:
    """A person as the registry writes it; its repr shows nothing, so that no log does."""

    id_number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)
    phone: str = field(repr=False)
    residence_unit: str = field(repr=False)
    address: str = field(repr=False)
    old_number: str = field(default="", repr=False)
    """The nine digits of their old identity card; empty where they had none."""


def _number(id_number: str) -> str:
    if not ID_NUMBER.match(id_number):
        raise ValueError("an ID number has twelve digits")
    return id_number


def verify(*, id_number: str, full_name: str, birth_date: date) -> Verification:
    """Compare with the registry, which answers yes or no a field and nothing more.

    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable`` (also when the answer belongs to another
    number or contradicts itself), ``OutsideRefused``.
    """
    url = http.address("population", "POPULATION_REGISTRY_URL", "v1/verify")
    body = {"id_number": _number(id_number), "full_name": full_name, "birth_date": birth_date.isoformat()}
    answer = http.ask_registry("population", "POST", url, bearer=settings.POPULATION_REGISTRY_TOKEN, body=body) or {}
    matches, match = answer.get("matches"), answer.get("match")
    if answer.get("id_number") != id_number or not isinstance(match, bool) or not isinstance(matches, dict):
        raise OutsideUnavailable("population", "wrong_answer")
    parts = [matches.get(name) for name in ("id_number", "full_name", "birth_date")]
    if not all(isinstance(part, bool) for part in parts) or match != all(parts):
        raise OutsideUnavailable("population", "wrong_answer")
    return Verification(match, bool(parts[0]), bool(parts[1]), bool(parts[2]))


def person(id_number: str) -> RegisteredPerson | None:
    """What the registry writes of a person; ``None``: it knows none with this number.

    Raises ``ValueError``, ``OutsideUnavailable`` (also when the answer is another person's), ``OutsideRefused``.
    """
    url = http.address("population", "POPULATION_REGISTRY_URL", f"v1/people/{_number(id_number)}")
    answer = http.ask_registry("population", "GET", url, bearer=settings.POPULATION_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    names = ("id_number", "full_name", "sex", "phone", "residence_unit", "address")
    if not all(isinstance(answer.get(name), str) for name in names) or answer["id_number"] != id_number:
        raise OutsideUnavailable("population", "wrong_answer")
    try:
        born = date.fromisoformat(answer["birth_date"])
    except (KeyError, TypeError, ValueError):
        raise OutsideUnavailable("population", "wrong_answer") from None
    old = answer.get("old_number") or ""
    if not isinstance(old, str):
        raise OutsideUnavailable("population", "wrong_answer")
    return RegisteredPerson(birth_date=born, old_number=old, **{name: answer[name] for name in names})


@dataclass(frozen=True)
class Kinsman:
    """A near relative as the registry writes them; its repr shows nothing, so that no log does."""

    id_number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)
    residence_unit: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True)
class Kin:
    """A person's near relatives (Law on Identification 2023 art. 9: parents, spouse, children)."""

    parents: tuple[Kinsman, ...]
    children: tuple[Kinsman, ...]
    spouse: Kinsman | None


def kin(id_number: str) -> Kin | None:
    """Parents, children and spouse of a person; None: the registry knows nobody with this number.

    Raises ``ValueError``, ``OutsideUnavailable`` (also when the answer is another person's), ``OutsideRefused``.
    """
    url = http.address("population", "POPULATION_REGISTRY_URL", f"v1/people/{_number(id_number)}/kin")
    answer = http.ask_registry("population", "GET", url, bearer=settings.POPULATION_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    parents, children, spouse = answer.get("parents"), answer.get("children"), answer.get("spouse")
    if answer.get("id_number") != id_number or not isinstance(parents, list) or not isinstance(children, list):
        raise OutsideUnavailable("population", "wrong_answer")
    return Kin(tuple(map(_kinsman, parents)), tuple(map(_kinsman, children)), _kinsman(spouse) if spouse is not None else None)


def _kinsman(row: object) -> Kinsman:
    names = ("id_number", "full_name", "sex", "residence_unit", "address")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in names) or not ID_NUMBER.match(row["id_number"]):
        raise OutsideUnavailable("population", "wrong_answer")
    try:
        born = date.fromisoformat(row["birth_date"])
    except (KeyError, TypeError, ValueError):
        raise OutsideUnavailable("population", "wrong_answer") from None
    return Kinsman(birth_date=born, **{name: row[name] for name in names})
