"""Lists that show names beside codes: asked in the list's own query, of the rows that are shown; and a filter of one's own institutions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from payments.access import OVERSEE, READ
from payments.models import Institution
from portal.access import Actor, actor_of, may
from portal.catalogues.models import Agency, TransactionKind


def _name(model: type[Model], code: str) -> Subquery:
    rows = model._default_manager.filter(code=OuterRef(code), effective_to__isnull=True)
    return Subquery(rows.order_by().values("name")[:1])


def with_unit(rows: QuerySet[Any], code: str) -> QuerySet[Any]:
    """With ``unit_called``, the name of the agency whose code stands in a column."""
    return rows.annotate(unit_called=Coalesce(_name(Agency, code), code))


def with_kind(rows: QuerySet[Any], code: str) -> QuerySet[Any]:
    """With ``kind_called``, the name of the kind of transaction."""
    return rows.annotate(kind_called=Coalesce(_name(TransactionKind, code), code))


def with_institution(rows: QuerySet[Any], code: str) -> QuerySet[Any]:
    """With ``institution_called``, the short name of the institution whose code stands in a column that is no foreign key."""
    names = Institution.objects.filter(pk=OuterRef(code)).values("short_name")[:1]
    return rows.annotate(institution_called=Coalesce(Subquery(names), code))


def own_institutions(actor: Actor) -> QuerySet[Institution]:
    """Institutions that have served or serve, as far as the officer works with them."""
    rows = Institution.objects.exclude(state=Institution.ENTERED).order_by("short_name")
    return rows if may(actor, OVERSEE) or may(actor, READ, actor.unit) else rows.filter(pk=actor.unit)


class InstitutionFilter(admin.SimpleListFilter):
    """By institution; not shown to an institution's operator, who has one."""

    title = "đơn vị thanh toán"
    parameter_name = "don-vi"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = [(one.code, one.short_name) for one in own_institutions(actor_of(request))]
        return found if len(found) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        return queryset.filter(institution=wanted) if wanted else queryset
