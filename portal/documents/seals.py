"""Which agencies have a digital seal at the signing service."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache

from portal.exchange import csc
from portal.exchange.errors import OutsideRefused

KNOWN_SECONDS, UNKNOWN_SECONDS = 86_400, 600
"""How long an answer is believed: a seal that is there stays, one that is missing may come."""


def has_seal(unit_code: str) -> bool:
    """Whether the signing service keeps a seal of this agency. Asks it where nobody has lately.

    ``OutsideUnavailable`` while the service is silent: not to be called within a transaction.
    """
    key = f"documents.seal:{unit_code}"
    known = cache.get(key)
    if known is None:
        try:
            csc.credential_info(f"seal-{unit_code}")
        except OutsideRefused:
            known = False
        else:
            known = True
        cache.set(key, known, KNOWN_SECONDS if known else UNKNOWN_SECONDS)
    return bool(known)


def first_with_seal(unit_codes: Iterable[str]) -> str:
    """The first of some agencies that has a seal; the last one where none has. ``OutsideUnavailable`` as above."""
    last = ""
    for code in unit_codes:
        last = code
        if has_seal(code):
            break
    return last
