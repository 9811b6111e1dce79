"""Spans of days by name, as addresses write them: ``2026``, ``2026-q4``, ``2026-11``, ``2026-11-29``. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

_FORM = re.compile(r"(20\d\d)(?:-q([1-4])|-(0[1-9]|1[0-2])(?:-([0-3]\d))?)?", re.ASCII)


@dataclass(frozen=True)
class Span:
    """Days, the first and the last with it; ``name`` where it is one that people name, ``key`` as addresses write it."""

    first: date
    last: date
    key: str = ""
    name: str = ""

    @property
    def before(self) -> Span:
        """The span of the same kind before: of a named one the named one before, else as many days."""
        day = self.first - timedelta(days=1)
        if re.fullmatch(r"\d{4}", self.key):
            return named(f"{day.year}") or self
        if "q" in self.key:
            return named(f"{day.year}-q{(day.month + 2) // 3}") or self
        if re.fullmatch(r"\d{4}-\d\d", self.key):
            return named(f"{day:%Y-%m}") or self
        return Span(day - (self.last - self.first), day)


def named(key: str) -> Span | None:
    """The span that an address names; None where it names none."""
    found = _FORM.fullmatch(key)
    if found is None:
        return None
    year, quarter, month, day = (int(part) if part else 0 for part in found.groups())
    if day:
        try:
            the_day = date(year, month, day)
        except ValueError:
            return None
        return Span(the_day, the_day, key, _("Ngày %(day)s") % {"day": f"{the_day:%d/%m/%Y}"})
    if month:
        return Span(
            date(year, month, 1), date(year, month, monthrange(year, month)[1]), key, _("Tháng %(month)s") % {"month": f"{month}/{year}"}
        )
    if quarter:
        last = quarter * 3
        name = _("Quý %(quarter)s") % {"quarter": f"{quarter}/{year}"}
        return Span(date(year, last - 2, 1), date(year, last, monthrange(year, last)[1]), key, name)
    return Span(date(year, 1, 1), date(year, 12, 31), key, _("Năm %(year)s") % {"year": year})


def between(first: date, last: date) -> Span:
    """The span from a day to another, named where it is a whole day, month, quarter or year."""
    for key in (f"{first:%Y-%m-%d}", f"{first:%Y-%m}", f"{first.year}-q{(first.month + 2) // 3}", f"{first.year}"):
        span = named(key)
        if span is not None and (span.first, span.last) == (first, last):
            return span
    return Span(first, last)
