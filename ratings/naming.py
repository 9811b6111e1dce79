"""What the parts of a statistic are called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from ratings import queries

MAX_DAYS_BY_MONTH, MAX_DAYS_BY_DAY = 366 * 20, 366
"""The longest spans that are told by month and by day."""


def channels() -> dict[str, str]:
    """Ways of filing by KenhThucHien."""
    return {queries.ONLINE: _("Trực tuyến"), queries.COUNTER: _("Trực tiếp"), queries.POST: _("Bưu chính")}


def levels() -> dict[str, str]:
    """Levels of the online service."""
    return {queries.FULL: _("Toàn trình"), "part": _("Một phần"), "": _("Không qua dịch vụ trực tuyến")}


def names(by: str, keys: Sequence[str]) -> dict[str, str]:
    """The name of each key; one that nobody knows is left out. At most one query."""
    if by == "agency":
        return queries.agency_names(keys)
    if by == "field":
        return queries.field_names(keys)
    if by == "procedure":
        return queries.procedure_names(keys)
    if by == "channel":
        return channels()
    if by == "level":
        return levels()
    return {key: (f"{date.fromisoformat(key):%m/%Y}" if by == "month" else f"{date.fromisoformat(key):%d/%m/%Y}") for key in keys}
