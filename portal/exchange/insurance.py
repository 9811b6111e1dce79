"""Vietnam Social Security: whose is this insurance number, and on which phone do they hear of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.population import ID_NUMBER

NUMBER = re.compile(r"^[0-9]{10}$")


@dataclass(frozen=True)
class Insured:
    """An insured person as Social Security writes them; its repr shows nothing, so that no log does."""

    number: str = field(repr=False)
    id_number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    phone: str = field(repr=False)
    """E.164, confirmed by them; empty where they gave none."""


def number_of(id_number: str) -> str | None:
    """The number under which a person is insured; None: Social Security knows nobody with this identity number.

    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable`` (also when the answer is another's), ``OutsideRefused``.
    """
    if not ID_NUMBER.match(id_number):
        raise ValueError("an ID number has twelve digits")
    url = http.address("insurance", "INSURANCE_REGISTRY_URL", f"v1/people/{id_number}")
    answer = http.ask_registry("insurance", "GET", url, bearer=settings.INSURANCE_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    number = answer.get("number")
    if answer.get("id_number") != id_number or not isinstance(number, str) or not NUMBER.match(number):
        raise OutsideUnavailable("insurance", "wrong_answer")
    return number


def insured(number: str) -> Insured | None:
    """What Social Security writes of a number; None: it knows none.

    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable`` (also when the answer is another's), ``OutsideRefused``.
    """
    if not NUMBER.match(number):
        raise ValueError("a social insurance number has ten digits")
    url = http.address("insurance", "INSURANCE_REGISTRY_URL", f"v1/insured/{number}")
    answer = http.ask_registry("insurance", "GET", url, bearer=settings.INSURANCE_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    names = ("number", "id_number", "full_name", "phone")
    if not all(isinstance(answer.get(name), str) for name in names) or answer["number"] != number:
        raise OutsideUnavailable("insurance", "wrong_answer")
    try:
        born = date.fromisoformat(answer["birth_date"])
    except (KeyError, TypeError, ValueError):
        raise OutsideUnavailable("insurance", "wrong_answer") from None
    return Insured(birth_date=born, **{name: answer[name] for name in names})
