"""How a unit's code reads to people."""

from __future__ import annotations

import datetime as dt

from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency


def unit_name(code: str, *, on: dt.date | None = None) -> str:
    """Name of the agency, or payment institution, with this code on that day (today); the code itself where no catalogue knows it."""
    try:
        return catalogues.agency(code, on=on).name
    except Agency.DoesNotExist:
        institution = catalogues.institutions(on=on).filter(code=code).first()
        return institution.name if institution is not None else code
