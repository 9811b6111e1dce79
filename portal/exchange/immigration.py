"""The Immigration Department: whose is this document, a foreigner's or that of a Vietnamese abroad."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.population import ID_NUMBER

KINDS = frozenset({"passport", "travel", "residence"})


@dataclass(frozen=True)
class Holder:
    """The holder of a document as the department writes them; its repr shows nothing, so that no log does."""

    full_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)
    nationality: str = field(repr=False)
    """Three letters, as in machine-readable lines."""
    valid_until: date = field(repr=False)
    id_number: str = field(repr=False)
    """The twelve digits of a Vietnamese who has them; else empty."""


def holder(*, kind: str, country: str, number: str) -> Holder | None:
    """Who holds a document; None: the department knows none such, which a document that never crossed the border may well be.

    Raises ``ValueError`` for a kind that is none, ``OutsideUnavailable`` (also when the answer is about another), ``OutsideRefused``.
    """
    if kind not in KINDS:
        raise ValueError("a kind of document")
    url = http.address("immigration", "IMMIGRATION_REGISTRY_URL", "v1/documents/holder")
    body = {"kind": kind, "country": country, "number": number}
    answer = http.ask_registry("immigration", "POST", url, bearer=settings.IMMIGRATION_REGISTRY_TOKEN, body=body, absent=404)
    if answer is None:
        return None
    names = ("full_name", "sex", "nationality", "id_number")
    same = all(answer.get(name) == value for name, value in body.items())
    if not same or not all(isinstance(answer.get(name), str) for name in names):
        raise OutsideUnavailable("immigration", "wrong_answer")
    if answer["id_number"] and not ID_NUMBER.match(answer["id_number"]):
        raise OutsideUnavailable("immigration", "wrong_answer")
    try:
        born, until = date.fromisoformat(answer["birth_date"]), date.fromisoformat(answer["valid_until"])
    except (KeyError, TypeError, ValueError):
        raise OutsideUnavailable("immigration", "wrong_answer") from None
    return Holder(birth_date=born, valid_until=until, **{name: answer[name] for name in names})
