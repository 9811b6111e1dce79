"""What the archive asks: which term a kind has, what is due, what lacks a term. Of one agency at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import ExtractYear

from dossiers.archive import rules
from dossiers.models import ENDED, ENDED_STATES, ArchiveHold, ArchiveTerm, Disposal, Dossier
from portal.access import Actor, unit_scope
from portal.audit.words import uuids
from portal.catalogues.models import Agency

ACT = "dossiers.keep_archive"


def above(unit_code: str) -> list[str]:
    """An agency and those above it, the nearest first."""
    parts = unit_code.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


def terms_for(unit_code: str) -> dict[str, ArchiveTerm]:
    """Procedure → the term that holds for an agency's dossiers: its own before that of those above it (one query)."""
    near = above(unit_code)
    found: dict[str, ArchiveTerm] = {}
    rows = ArchiveTerm.objects.filter(unit_code__in=near, ended_at__isnull=True)
    for term in sorted(rows, key=lambda one: near.index(one.unit_code)):
        found.setdefault(term.procedure_code, term)
    return found


def ended(unit_code: str) -> QuerySet[Any]:
    """What an agency has ended and the archive still has whole, with when (``ended``)."""
    rows = Dossier.objects.filter(unit_code=unit_code, state__in=ENDED_STATES, disposed_at__isnull=True)
    return rows.annotate(ended=ENDED).filter(ended__isnull=False)


def over(terms: Iterable[ArchiveTerm], today: date) -> Q:
    """The condition on rows with ``ended`` whose term is over; nothing where no kind has one."""
    by_years: dict[int, list[str]] = defaultdict(list)
    for term in terms:
        if term.years is not None:
            by_years[term.years].append(term.procedure_code)
    found = Q(pk__in=[])
    for years, codes in sorted(by_years.items()):
        found |= Q(procedure_code__in=codes, ended__lt=rules.over_before(years, today))
    return found


def is_held() -> Exists:
    """Whether somebody holds a dossier back."""
    return Exists(ArchiveHold.objects.filter(dossier=OuterRef("pk"), lifted_at__isnull=True))


def due(unit_code: str, today: date, *, year: int | None = None) -> QuerySet[Any]:
    """What of an agency is due by its term, perhaps of those that ended in one year; what is held back is in it (two queries)."""
    rows = ended(unit_code).filter(over(terms_for(unit_code).values(), today))
    if year is not None:
        rows = rows.filter(ended__gte=rules.begin_of(year), ended__lt=rules.begin_of(year + 1))
    return rows


@dataclass(frozen=True)
class YearDue:
    """How many of those that ended in a year are due, and how many of them are held back."""

    year: int
    count: int
    held: int


def due_by_year(unit_code: str, today: date) -> list[YearDue]:
    """What is due, by the year in which it ended (two queries)."""
    rows = due(unit_code, today).annotate(year=ExtractYear("ended")).order_by()
    counted = rows.values("year").annotate(count=Count("pk"), held=Count("pk", filter=Q(is_held()))).order_by("year")
    return [YearDue(one["year"], one["count"], one["held"]) for one in counted]


def lacking(unit_code: str) -> list[tuple[str, int]]:
    """Kinds that an agency has ended dossiers of and that have no term, with how many: none of these is ever disposed of (two queries)."""
    known = terms_for(unit_code)
    counted = ended(unit_code).exclude(procedure_code__in=list(known)).order_by().values_list("procedure_code").annotate(n=Count("pk"))
    return sorted(((code, n) for code, n in counted), key=lambda one: (-one[1], one[0]))


def called(unit_code: str) -> str:
    """What an agency is called, or was called last where it is no more; its code where no catalogue ever had it (one query)."""
    name = Agency.objects.filter(code=unit_code).order_by("-effective_from").values_list("name", flat=True).first()
    return name or unit_code


def units_of(actor: Actor) -> list[tuple[str, str]]:
    """Agencies whose archive an officer keeps, those that are no more among them: code and last name (one query)."""
    rows = Agency.objects.filter(unit_scope(actor, ACT, "code")).order_by("code", "effective_from")
    return sorted(dict(rows.values_list("code", "name")).items())


def disposal_names(ids: Any) -> dict[str, str]:
    """Disposals as the audit trail calls them (one query)."""
    rows = Disposal.objects.filter(pk__in=uuids(ids)).values_list("pk", "unit_code", "year")
    return {str(pk): f"Hồ sơ kết thúc năm {year} của {unit}" for pk, unit, year in rows}
