"""Ways into the catalogue: all procedures, by event, by field, by agency."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.caching import CATALOGUE, public_page
from portal.catalogues.models import Agency
from portal.languages import show
from portal.text import sort_key
from procedures import queries
from procedures.models import LifeEvent, ProcedureVersion
from procedures.views.common import page_of
from procedures.views.filters import narrow
from procedures.views.groups import event_groups, event_words


def _list(request: HttpRequest, rows: QuerySet[ProcedureVersion], template: str, **more: object) -> HttpResponse:
    filtered = narrow(request, rows)
    page = page_of(request, filtered.rows, count=filtered.count)
    return show(request, template, {"page": page, "filtered": filtered, **more})


@public_page(rooms=CATALOGUE)
@require_safe
def procedure_list(request: HttpRequest) -> HttpResponse:
    """Every procedure in force, the most read first, by subject and by level online. Two queries."""
    return _list(request, queries.all_procedures(timezone.localdate()), "procedures/list.html")


@public_page(rooms=CATALOGUE)
@require_safe
def event_index(request: HttpRequest) -> HttpResponse:
    """Every event of a life and of a business. Two queries."""
    return show(request, "procedures/events.html", {"groups": event_groups(timezone.localdate())})


@public_page(rooms=CATALOGUE)
@require_safe
def event_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What one event brings with it, the most asked for first. Three queries."""
    event = LifeEvent.objects.filter(slug=slug).first()
    if event is None:
        raise Http404
    return _list(request, queries.of_event(slug, timezone.localdate()), "procedures/event.html", event=event, words=event_words(event))


@public_page(rooms=CATALOGUE)
@require_safe
def field_index(request: HttpRequest) -> HttpResponse:
    """Every field that has procedures in force, in alphabetical order. One query."""
    rows = queries.in_force(timezone.localdate()).exclude(field_code="").order_by()
    found = rows.values("field_code", "field").annotate(count=Count("pk"))
    fields: dict[str, dict[str, object]] = {}
    for row in found:
        one = fields.setdefault(row["field_code"], {"code": row["field_code"], "name": row["field"], "count": 0})
        one["count"] += row["count"]
    ordered = sorted(fields.values(), key=lambda one: sort_key(str(one["name"])))
    return show(request, "procedures/fields.html", {"fields": ordered})


@public_page(rooms=CATALOGUE)
@require_safe
def field_page(request: HttpRequest, code: str) -> HttpResponse:
    """The procedures of one field. Three queries."""
    rows = queries.of_field(code, timezone.localdate())
    name = rows.values_list("field", flat=True).first()
    if name is None:
        raise Http404
    return _list(request, rows, "procedures/field.html", code=code, name=name)


@public_page(rooms=CATALOGUE)
@require_safe
def agency_index(request: HttpRequest) -> HttpResponse:
    """Ministries and provincial committees. One query.

    Without numbers: what an agency issued is not what it carries out, and a number beside a few names misleads about the others.
    """
    agencies = list(Agency.objects.on(timezone.localdate()).filter(parent__isnull=True).order_by("sort_key", "code"))
    groups = [
        ("ministry", [agency for agency in agencies if agency.level == Agency.Level.MINISTRY]),
        ("province", [agency for agency in agencies if agency.level == Agency.Level.PROVINCE]),
        ("other", [agency for agency in agencies if agency.level not in (Agency.Level.MINISTRY, Agency.Level.PROVINCE)]),
    ]
    return show(request, "procedures/agencies.html", {"groups": [group for group in groups if group[1]]})


@public_page(rooms=CATALOGUE)
@require_safe
def agency_page(request: HttpRequest, code: str) -> HttpResponse:
    """How to reach one agency, what stands below it, and its procedures. Five queries."""
    today = timezone.localdate()
    agency = Agency.objects.on(today).select_related("administrative_unit", "parent").filter(code=code).first()
    if agency is None:
        raise Http404
    below = list(Agency.objects.on(today).filter(parent__code=code).order_by("sort_key", "code"))
    return _list(request, queries.handled_by(agency, today), "procedures/agency.html", agency=agency, below=below)
