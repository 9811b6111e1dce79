"""The tax authority's register of taxpayers: is this organisation's tax code in use."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from portal.exchange import http
from portal.exchange.business import TAX_CODE
from portal.exchange.errors import OutsideUnavailable

STATUSES = frozenset({"active", "suspended", "closed"})


@dataclass(frozen=True)
class Taxpayer:
    """An organisation as the tax authority writes it."""

    tax_code: str
    name: str
    status: str
    """One of :data:`STATUSES`."""


def taxpayer(tax_code: str) -> Taxpayer | None:
    """What the tax authority writes of an organisation; None: it knows none with this code.

    Raises ``ValueError`` for a code that is none, ``OutsideUnavailable`` (also when the answer is another's), ``OutsideRefused``.
    """
    if not TAX_CODE.match(tax_code):
        raise ValueError("a tax code has ten digits, a dependent unit's three more")
    url = http.address("tax", "TAX_REGISTRY_URL", f"v1/taxpayers/{tax_code}")
    answer = http.ask_registry("tax", "GET", url, bearer=settings.TAX_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    if not all(isinstance(answer.get(name), str) for name in ("tax_code", "name", "status")):
        raise OutsideUnavailable("tax", "wrong_answer")
    if answer["tax_code"] != tax_code or answer["status"] not in STATUSES:
        raise OutsideUnavailable("tax", "wrong_answer")
    return Taxpayer(answer["tax_code"], answer["name"], answer["status"])
