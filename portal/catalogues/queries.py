"""What can be asked of the shared catalogues. Each function is one SQL query; ``on`` is the day asked about, today if left out."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from portal.catalogues.models import AdministrativeUnit, Agency, EntryQuerySet, PaperKind
from portal.text import search_key


def agency(code: str, *, on: dt.date | None = None) -> Agency:
    """The agency with this identifier code, with its place. Raises ``Agency.DoesNotExist``."""
    return Agency.objects.on(_day(on)).select_related("administrative_unit", "parent").get(code=code)


def children(code: str, *, on: dt.date | None = None) -> EntryQuerySet:
    """The agencies directly below one, in alphabetical order. By code: a parent that was amended keeps its children."""
    return Agency.objects.on(_day(on)).filter(parent__code=code)


def administrative_unit(code: str, *, on: dt.date | None = None) -> AdministrativeUnit:
    """The province or commune with the statistics office's code. Raises ``AdministrativeUnit.DoesNotExist``."""
    return AdministrativeUnit.objects.on(_day(on)).select_related("parent").get(code=code)


def provinces(*, on: dt.date | None = None) -> EntryQuerySet:
    """All provinces in alphabetical order."""
    return AdministrativeUnit.objects.on(_day(on)).filter(level=AdministrativeUnit.Level.PROVINCE)


def communes(province: str, *, on: dt.date | None = None) -> EntryQuerySet:
    """The communes of a province (its two-digit code) in alphabetical order."""
    return AdministrativeUnit.objects.on(_day(on)).filter(parent__code=province)


def paper_kind(code: str, *, on: dt.date | None = None) -> PaperKind:
    """The kind of paper with this code. Raises ``PaperKind.DoesNotExist``."""
    return PaperKind.objects.on(_day(on)).get(code=code)


def named_like(entries: EntryQuerySet, words: str) -> EntryQuerySet:
    """Those of the entries whose name contains the words, written with or without diacritics."""
    return entries.filter(search_key__contains=search_key(words))


def _day(on: dt.date | None) -> dt.date:
    return on or timezone.localdate()
