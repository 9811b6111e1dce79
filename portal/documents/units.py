"""How a unit's code reads to people."""

from __future__ import annotations

import datetime as dt

from portal.caching.remembered import Remembered
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency

_names = Remembered("catalogues")


def unit_name(code: str, *, on: dt.date | None = None) -> str:
    """Name of the agency, or payment institution, with this code on that day (today); the code itself where no catalogue knows it.

    One query or two, none while it is remembered.
    """
    known: dict[tuple[str, dt.date | None], str] = _names.values()
    if (code, on) not in known:
        try:
            known[code, on] = catalogues.agency(code, on=on).name
        except Agency.DoesNotExist:
            institution = catalogues.institutions(on=on).filter(code=code).first()
            if institution is None:
                return code
            known[code, on] = institution.name
    return known[code, on]
