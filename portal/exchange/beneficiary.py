"""Statements of agencies' accounts, where the treasury and their banks give them to us (Rules art. 33.6, 34.4d: by agreement).

A file a day and account: ``GET {BENEFICIARY_STATEMENTS_URL}/<account>/<YYYY-MM-DD>.xml``, camt.053.001.08, 404 while there is none.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from portal.exchange import http


def is_connected() -> bool:
    """Whether statements are fetched at all; else agencies' accountants upload them."""
    return bool(settings.BENEFICIARY_STATEMENTS_URL)


def fetch(account: str, day: date, to: Path) -> bool:
    """The account's statement of a day into ``to``; False while there is none. ``OutsideUnavailable``, ``OutsideRefused``."""
    url = http.address("beneficiary", "BENEFICIARY_STATEMENTS_URL", f"{quote(account, safe='')}/{day.isoformat()}.xml")
    return http.download("beneficiary", url, to, bearer=settings.BENEFICIARY_STATEMENTS_TOKEN, absent=404)
