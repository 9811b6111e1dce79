"""What can be asked of the shared catalogues. ``on`` is the day asked about, today if left out. One SQL query each, but places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from portal.catalogues.models import (
    AdministrativeUnit,
    Agency,
    BankAccount,
    CatalogueEntry,
    EntryQuerySet,
    PaperKind,
    PaymentInstitution,
    ResultKind,
    RevenueKind,
    Sector,
    TransactionKind,
)
from portal.catalogues.places import Becoming, Found, commune_today, find_today, residence, successors
from portal.text import search_key

__all__ = [
    "Becoming",
    "Found",
    "administrative_unit",
    "agency",
    "agency_name_of",
    "bank_accounts",
    "changed_since",
    "children",
    "commune_today",
    "communes",
    "communes_named",
    "districts",
    "find_today",
    "institutions",
    "named_like",
    "offices",
    "paper_codes_by_name",
    "paper_kind",
    "province_of",
    "provinces",
    "residence",
    "result_kind",
    "revenue_kind",
    "sector",
    "sector_named",
    "sectors",
    "successors",
    "transaction_kind",
    "transaction_kinds",
]  # fmt: skip


def agency(code: str, *, on: dt.date | None = None) -> Agency:
    """The agency with this identifier code, with its place. Raises ``Agency.DoesNotExist``."""
    return Agency.objects.on(_day(on)).select_related("administrative_unit", "parent").get(code=code)


def agency_names(codes: Iterable[str]) -> dict[str, str]:
    """Today's names of agencies by code; a code that none has today is left out (one query)."""
    return dict(Agency.objects.on(_day(None)).filter(code__in=set(codes)).values_list("code", "name"))


def agency_label(code: str) -> str:
    """An agency's name with its code, as the desk writes it (one query); a dash for none."""
    if not code:
        return "–"
    name = agency_names([code]).get(code, "")
    return f"{name} ({code})" if name else code


def agency_name_of(field: str) -> Subquery:
    """For a list of the desk: today's name of the agency whose code a row has in ``field``; null where no catalogue knows it."""
    return Subquery(Agency.objects.on(_day(None)).filter(code=OuterRef(field)).values("name")[:1])


def children(code: str, *, on: dt.date | None = None) -> EntryQuerySet:
    """The agencies directly below one, in alphabetical order. By code: a parent that was amended keeps its children."""
    return Agency.objects.on(_day(on)).filter(parent__code=code)


def offices(units: Iterable[str], *, on: dt.date | None = None) -> dict[str, Agency]:
    """The People's Committees of provinces and communes, by the code of their place; a place without one in the catalogue is absent."""
    levels = (Agency.Level.PROVINCE, Agency.Level.COMMUNE)
    rows = Agency.objects.on(_day(on)).filter(administrative_unit__code__in=set(units), level__in=levels)
    return {row.administrative_unit.code: row for row in rows.select_related("administrative_unit").order_by("-code")}


def administrative_unit(code: str, *, on: dt.date | None = None) -> AdministrativeUnit:
    """The province, district or commune with the statistics office's code. Raises ``AdministrativeUnit.DoesNotExist``."""
    return AdministrativeUnit.objects.on(_day(on)).select_related("parent").get(code=code)


def provinces(*, on: dt.date | None = None) -> EntryQuerySet:
    """All provinces in alphabetical order: 63 until 30 June 2025, 34 since."""
    return AdministrativeUnit.objects.on(_day(on)).filter(level=AdministrativeUnit.Level.PROVINCE)


def province_of(code: str) -> str:
    """Two digits of the province in which a unit of today lies, or which it is; empty where the code is none of today's (one query)."""
    rows = AdministrativeUnit.objects.on(_day(None)).filter(code=code) if code else AdministrativeUnit.objects.none()
    own, above = rows.values_list("code", "parent__code").first() or ("", "")
    return above or own


def districts(province: str, *, on: dt.date) -> EntryQuerySet:
    """The districts of a province on a day before 1 July 2025; none since."""
    return AdministrativeUnit.objects.on(on).filter(level=AdministrativeUnit.Level.DISTRICT, parent__code=province)


def communes(parent: str, *, on: dt.date | None = None) -> EntryQuerySet:
    """The communes of a province (two digits) or, until 30 June 2025, of a district (three), in alphabetical order."""
    day = _day(on)
    rows = AdministrativeUnit.objects.on(day).filter(level=AdministrativeUnit.Level.COMMUNE)
    of_old_province = len(parent) == 2 and AdministrativeUnit.had_districts(day)
    return rows.filter(parent__parent__code=parent) if of_old_province else rows.filter(parent__code=parent)


def sector(code: str, *, on: dt.date | None = None) -> Sector:
    """The field with this code, with the agency in charge. Raises ``Sector.DoesNotExist``."""
    return Sector.objects.on(_day(on)).select_related("agency", "parent").get(code=code)


def sector_named(name: str, *, on: dt.date | None = None) -> Sector | None:
    """The field of this name, compared without diacritics and punctuation; None where the catalogue has none."""
    key = _words(name)
    if not key:
        return None
    near = Sector.objects.on(_day(on)).filter(search_key__startswith=key.split(" ")[0])
    return next((row for row in near if _words(row.name) == key), None)


def sectors(*, agency: str = "", on: dt.date | None = None) -> EntryQuerySet:
    """All fields, or those an agency is in charge of, in alphabetical order."""
    rows = Sector.objects.on(_day(on)).select_related("agency")
    return rows.filter(agency__code=agency) if agency else rows


def result_kind(code: str, *, on: dt.date | None = None) -> ResultKind:
    """The kind of result with this code. Raises ``ResultKind.DoesNotExist``."""
    return ResultKind.objects.on(_day(on)).get(code=code)


def paper_kind(code: str, *, on: dt.date | None = None) -> PaperKind:
    """The kind of paper with this code. Raises ``PaperKind.DoesNotExist``."""
    return PaperKind.objects.on(_day(on)).get(code=code)


def paper_codes_by_name(*, on: dt.date | None = None) -> list[tuple[str, str]]:
    """Names and codes of all kinds of result and of paper; of one name the paper's comes last (two queries)."""
    return [row for model in (ResultKind, PaperKind) for row in model.objects.on(_day(on)).order_by("code").values_list("name", "code")]


def revenue_kind(code: str, *, on: dt.date | None = None) -> RevenueKind:
    """The kind of budget revenue with these four digits. Raises ``RevenueKind.DoesNotExist``."""
    return RevenueKind.objects.on(_day(on)).get(code=code)


def transaction_kind(code: str, *, on: dt.date | None = None) -> TransactionKind:
    """The kind of payment transaction with this code. Raises ``TransactionKind.DoesNotExist``."""
    return TransactionKind.objects.on(_day(on)).get(code=code)


def transaction_kinds(*, on: dt.date | None = None) -> QuerySet[TransactionKind]:
    """All kinds of payment transaction, by code."""
    return TransactionKind.objects.on(_day(on)).order_by("code")


def institutions(kind: str = "", *, on: dt.date | None = None) -> EntryQuerySet:
    """Banks and payment intermediaries, or those of one kind, in alphabetical order."""
    rows = PaymentInstitution.objects.on(_day(on))
    return rows.filter(kind=kind) if kind else rows


def bank_accounts(holder: str, *, on: dt.date | None = None) -> EntryQuerySet:
    """The accounts into which an agency (by code) is paid."""
    return BankAccount.objects.on(_day(on)).filter(holder__code=holder).select_related("institution")


def named_like(entries: EntryQuerySet, words: str) -> EntryQuerySet:
    """Those of the entries whose name contains the words, written with or without diacritics."""
    return entries.filter(search_key__contains=search_key(words.replace("\0", "")))


def communes_named(province: str, words: str) -> list[AdministrativeUnit]:
    """The communes of a province that a typed name may mean, at most 20 (one query): "phường An Hải", "An Hải" or either without
    diacritics; those called exactly as typed before those called so but for diacritics, and these before those whose name has the words."""
    typed = " ".join(words.replace("\0", "").split())
    key = search_key(typed)
    bare = next((key.removeprefix(kind) for kind in ("phuong ", "xa ", "dac khu ") if key.startswith(kind)), key)
    found = list(communes(province).filter(Q(search_key__contains=key) | Q(search_key__contains=bare))) if key else []
    exact = [unit for unit in found if typed.casefold() in (unit.name.casefold(), unit.full_name.casefold())]
    alike = [unit for unit in found if key == search_key(unit.full_name) or bare == key == unit.search_key]
    return (exact or alike or found)[:20]


def changed_since(model: type[CatalogueEntry], moment: dt.datetime) -> QuerySet[CatalogueEntry]:
    """Rows of a catalogue written or closed at or after a moment, oldest change first.

    A change is dated when it is written and seen when its transaction ends: who asks again should go back a minute.
    """
    return model._default_manager.filter(updated_at__gte=moment).order_by("updated_at", "pk")


def _words(name: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in search_key(name)).split())


def _day(on: dt.date | None) -> dt.date:
    return on or timezone.localdate()
