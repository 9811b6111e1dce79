"""The national business registry: what is this organisation called, where does it sit, who represents it by law."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable

TAX_CODE = re.compile(r"^[0-9]{10}(-[0-9]{3})?$")
KINDS = frozenset({"enterprise", "cooperative", "organisation"})
STATUSES = frozenset({"active", "suspended", "dissolved"})


@dataclass(frozen=True)
class Enterprise:
    """An organisation as the registry writes it."""

    tax_code: str
    kind: str
    """One of :data:`KINDS`."""
    name: str
    address: str
    residence_unit: str
    """Code of the commune of its seat."""
    status: str
    """One of :data:`STATUSES`."""
    representatives: tuple[str, ...] = field(repr=False)
    """Identity numbers of those who represent it by law; hidden from logs."""
    representative_name: str = field(default="", repr=False)
    """Name of the first of them; empty where the registry does not say."""
    registered_on: str = ""
    """Day of its registration, ``YYYY-MM-DD``; empty where the registry does not say."""
    registered_by: str = ""
    """Who registered it; empty where the registry does not say."""


def enterprise(tax_code: str) -> Enterprise | None:
    """What the registry writes of an organisation; None: it knows none with this code.

    Raises ``ValueError`` for a code that is none, ``OutsideUnavailable`` (also when the answer is another's or has no sense),
    ``OutsideRefused``.
    """
    if not TAX_CODE.match(tax_code):
        raise ValueError("a tax code has ten digits, a dependent unit's three more")
    url = http.address("business", "BUSINESS_REGISTRY_URL", f"v1/enterprises/{tax_code}")
    answer = http.ask_registry("business", "GET", url, bearer=settings.BUSINESS_REGISTRY_TOKEN, absent=404)
    if answer is None:
        return None
    texts = ("tax_code", "kind", "name", "address", "residence_unit", "status")
    people = answer.get("representatives")
    if (
        not all(isinstance(answer.get(name), str) for name in texts)
        or answer["tax_code"] != tax_code
        or answer["status"] not in STATUSES
        or answer["kind"] not in KINDS
        or not isinstance(people, list)
        or not all(isinstance(one, dict) and isinstance(one.get("id_number"), str) for one in people)
    ):
        raise OutsideUnavailable("business", "wrong_answer")
    names = [one["full_name"] for one in people if isinstance(one.get("full_name"), str)]
    registered_on, registered_by = answer.get("registered_on", ""), answer.get("registered_by", "")
    if not isinstance(registered_on, str) or not isinstance(registered_by, str) or not _is_day_or_empty(registered_on):
        raise OutsideUnavailable("business", "wrong_answer")
    return Enterprise(
        **{name: answer[name] for name in texts},
        representatives=tuple(one["id_number"] for one in people),
        representative_name=next(iter(names), ""),
        registered_on=registered_on,
        registered_by=registered_by,
    )


def _is_day_or_empty(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False
