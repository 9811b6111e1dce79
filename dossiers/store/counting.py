"""What was used again instead of given once more, counted by dossier, unit, procedure and month (requirement D-02)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth
from django.utils import timezone

from dossiers.filling import Filled
from dossiers.models import DossierReuse, Draft, Paper, ReuseCount
from dossiers.models.papers import Origin

SLICE = 2000


@dataclass(frozen=True)
class Reuse:
    """Sums over dossiers."""

    dossiers: int = 0
    dossiers_reused: int = 0
    fields: int = 0
    fields_reused: int = 0
    papers: int = 0
    papers_reused: int = 0

    def __add__(self, other: Reuse) -> Reuse:
        return Reuse(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Reuse)))


def count_sent(draft: Draft, filled: Filled, *, unit_code: str, now: datetime, papers: Collection[Paper] | None = None) -> DossierReuse:
    """Write down how much of a draft that is sent now was known already: in the transaction that makes it a dossier (one query more).

    ``papers``: those that go with it, where they are not all of the draft's."""
    kinds: dict[str, bool] = {}
    given = draft.papers.values_list("kind", "origin") if papers is None else [(paper.kind, paper.origin) for paper in papers]
    for kind, origin in given:
        kinds[kind] = kinds.get(kind, False) or origin == Origin.REUSED
    return DossierReuse.objects.create(
        dossier_id=draft.id,
        procedure_code=draft.procedure_code,
        unit_code=unit_code,
        sent_on=timezone.localdate(now),
        # What is reckoned from other answers was given by nobody.
        fields=sum(1 for name, value in filled.answers.items() if value and name not in filled.shape.calculated),
        fields_reused=len(filled.shape.known),
        papers=len(kinds),
        papers_reused=sum(kinds.values()),
    )


@transaction.atomic
def add_up(*, most: int = SLICE) -> int:
    """Add a slice of what is not in the counts yet; how many dossiers. Beside itself each takes others; again adds nothing twice."""
    rows = list(DossierReuse.objects.select_for_update(skip_locked=True).filter(is_added=False).order_by("pk")[:most])
    sums: dict[tuple[date, str, str], Reuse] = {}
    for row in rows:
        key = (row.sent_on.replace(day=1), row.unit_code, row.procedure_code)
        sums[key] = sums.get(key, Reuse()) + _of(row)
    # In one order, so that two at once never wait for each other.
    for (month, unit_code, procedure_code), more in sorted(sums.items(), key=lambda item: item[0]):
        count, _made = ReuseCount.objects.get_or_create(month=month, unit_code=unit_code, procedure_code=procedure_code)
        values = {one.name: F(one.name) + getattr(more, one.name) for one in fields(Reuse)}
        ReuseCount.objects.filter(pk=count.pk).update(**values)
    DossierReuse.objects.filter(pk__in=[row.pk for row in rows]).update(is_added=True)
    return len(rows)


def _of(row: DossierReuse) -> Reuse:
    known = bool(row.fields_reused or row.papers_reused)
    return Reuse(1, int(known), row.fields, row.fields_reused, row.papers, row.papers_reused)


def by_month(agency: str, first: date) -> dict[date, Reuse]:
    """The sums of the months from one on, of an agency with all below it or of the country (two queries)."""
    return _added(_counts(agency, first, "month"), _waiting(agency, first, "month"))


def by_procedure(agency: str, first: date) -> dict[str, Reuse]:
    """The sums since the first of a month, by code of the procedure (two queries)."""
    return _added(_counts(agency, first, "procedure_code"), _waiting(agency, first, "procedure_code"))


def _added(*parts: Iterable[tuple[object, Reuse]]) -> dict:
    found: dict = {}
    for part in parts:
        for key, sums in part:
            found[key] = found.get(key, Reuse()) + sums
    return found


def _below(rows: QuerySet, agency: str) -> QuerySet:
    return rows.filter(Q(unit_code=agency) | Q(unit_code__startswith=f"{agency}.")) if agency else rows


def _counts(agency: str, first: date, key: str) -> Iterator[tuple[object, Reuse]]:
    rows = _below(ReuseCount.objects.filter(month__gte=first), agency).values(key)
    for row in rows.annotate(**{f"sum_{one.name}": Sum(one.name) for one in fields(Reuse)}).order_by():
        yield row[key], Reuse(*(row[f"sum_{one.name}"] for one in fields(Reuse)))


def _waiting(agency: str, first: date, key: str) -> Iterator[tuple[object, Reuse]]:
    """What the task has not added yet: some seconds' worth."""
    rows = _below(DossierReuse.objects.filter(is_added=False, sent_on__gte=first), agency)
    rows = rows.annotate(month=TruncMonth("sent_on")).values(key)
    known = Case(When(Q(fields_reused__gt=0) | Q(papers_reused__gt=0), then=Value(1)), default=Value(0), output_field=IntegerField())
    sums = {f"sum_{name}": Sum(name) for name in ("fields", "fields_reused", "papers", "papers_reused")}
    for row in rows.annotate(number=Count("pk"), known=Sum(known), **sums).order_by():
        yield row[key], Reuse(row["number"], row["known"], *(row[name] for name in sums))
