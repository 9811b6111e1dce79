"""What can be asked of questions and answers; each function states how many SQL queries it makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, Count, F, FloatField, Func, IntegerField, Q, QuerySet, UUIDField, Value, When
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from portal.catalogues.models import Agency, Sector
from procedures import queries as catalogue
from procedures.models import CommonQuestion
from procedures.models.questions import TARGET

ON_A_PROCEDURE = 5
"""Questions that the page of a procedure shows."""
FIRST_SEGMENT = 3
"""Characters of a ministry's or province's code: ``G18``, ``H26``."""


@dataclass(frozen=True)
class Narrowed:
    """What a reader narrows the list by; empty: nothing."""

    agency: str = ""
    field: str = ""
    procedure: str = ""
    event: str = ""

    @property
    def labels(self) -> frozenset[str]:
        """As the search knows it."""
        said = {"agency": self.agency, "field": self.field, "procedure": self.procedure, "event": self.event}
        return frozenset(f"{name}:{value}" for name, value in said.items() if value)


def public() -> QuerySet[CommonQuestion]:
    """What is public today, the newest first. No query."""
    return CommonQuestion.objects.filter(state="published").order_by("-published_at", "-id")


def narrowed(by: Narrowed) -> QuerySet[CommonQuestion]:
    """What is public of it. No query."""
    rows = public()
    if by.agency:
        rows = rows.filter(Q(unit_code=by.agency) | Q(unit_code__startswith=by.agency + "."))
    if by.field:
        rows = rows.filter(field_code=by.field)
    if by.procedure:
        rows = rows.filter(procedures__contains=[by.procedure])
    if by.event:
        rows = rows.filter(life_events__contains=[by.event])
    return rows


def in_given_order(keys: Iterable[str]) -> list[CommonQuestion]:
    """Those of these questions that are public, in the order of the keys. One query."""
    wanted = list(keys)
    if not wanted:
        return []
    place = Func(Value(wanted, output_field=ArrayField(UUIDField())), F("pk"), function="array_position", output_field=IntegerField())
    return list(CommonQuestion.objects.filter(state="published", pk__in=wanted).order_by(place))


def by_slug(slug: str) -> CommonQuestion | None:
    """The question at an address: the public one, else the last that was. One query."""
    rows = CommonQuestion.objects.filter(slug=slug, published_at__isnull=False).select_related("rating")
    return rows.order_by(Case(When(state="published", then=0), default=1), "-published_at").first()


def of_procedure(code: str, *, limit: int = ON_A_PROCEDURE) -> list[CommonQuestion]:
    """The questions tied to a procedure, those that helped most first. One query."""
    share = Cast(F("rating__helpful") + 1, FloatField()) / Cast(F("rating__helpful") + F("rating__unhelpful") + 2, FloatField())
    rows = public().filter(procedures__contains=[code]).annotate(share=share)
    return list(rows.order_by(F("share").desc(nulls_last=True), "-published_at", "-id")[:limit])


def agencies() -> list[tuple[str, str, int]]:
    """Code, name and number of public questions of each ministry or province that has some, by name. Two queries."""
    counts = published_counts()
    names = Agency.objects.on(timezone.localdate()).filter(code__in=counts).values_list("code", "name").order_by("name")
    return [(code, name, counts[code]) for code, name in names]


def published_counts(codes: Collection[str] | None = None) -> dict[str, int]:
    """How many questions each ministry or province has published, with its own units. One query."""
    rows = public().order_by().annotate(agency=Substr("unit_code", 1, FIRST_SEGMENT)).values("agency").annotate(number=Count("pk"))
    found = {row["agency"]: row["number"] for row in rows}
    return found if codes is None else {code: found.get(code, 0) for code in codes}


def fields() -> list[tuple[str, str]]:
    """Code and name of each field that public questions are of, by name. Two queries."""
    used = public().order_by().exclude(field_code="").values_list("field_code", flat=True).distinct()
    return list(Sector.objects.on(timezone.localdate()).filter(code__in=list(used)).values_list("code", "name").order_by("name"))


def to_review(day: dt.date) -> list[UUID]:
    """Public questions about a procedure whose law has changed since they were published: they are to be looked at again (Rules art. 22.2).

    Two queries.
    """
    rows = list(public().exclude(procedures=[]).order_by().values_list("pk", "procedures", "published_at"))
    wanted = {code for _pk, codes, _at in rows for code in codes}
    begun = dict(catalogue.in_force(day).filter(procedure__code__in=wanted).values_list("procedure__code", "effective_from"))
    return [pk for pk, codes, at in rows if at and any(begun[one] > timezone.localdate(at) for one in codes if one in begun)]


@dataclass(frozen=True)
class Progress:
    """How far a ministry has come towards the five hundred (Scheme VI.1đ)."""

    code: str
    name: str
    published: int
    waiting: int
    """Entered or checked, not public yet."""

    @property
    def target(self) -> int:
        """What the scheme asks of each ministry."""
        return TARGET

    @property
    def percent(self) -> int:
        """Of the target, rounded down."""
        return min(100, self.published * 100 // TARGET)


def progress(codes: Collection[str] | None = None) -> list[Progress]:
    """Ministries (those of ``codes``, else all) with their counts, by code. Three queries."""
    rows = Agency.objects.on(timezone.localdate()).filter(level=Agency.Level.MINISTRY, parent__isnull=True)
    names = dict((rows if codes is None else rows.filter(code__in=codes)).order_by("code").values_list("code", "name"))
    waiting_rows = CommonQuestion.objects.filter(state__in=["entered", "checked"]).order_by()
    counted = waiting_rows.annotate(agency=Substr("unit_code", 1, FIRST_SEGMENT)).values("agency").annotate(number=Count("pk"))
    waiting = {row["agency"]: row["number"] for row in counted}
    shown = published_counts()
    return [Progress(code, name, shown.get(code, 0), waiting.get(code, 0)) for code, name in names.items()]
