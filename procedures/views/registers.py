"""Registers in public: the online services with where they stand, and the quality of what the catalogue says (Rules art. 24.2, 28)."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.caching import CATALOGUE, public_page
from portal.catalogues import timeliness
from portal.catalogues.queries import agency_names
from portal.languages import show
from procedures import queries
from procedures.models import Announcement, OnlineService, QualityReview, ServiceDeclaration
from procedures.services import quality, reporting, serving
from procedures.services.mistakes import MEND_DAYS


@public_page(rooms=CATALOGUE)
@require_safe
def service_register(request: HttpRequest) -> HttpResponse:
    """How many services there are at which level, what is suspended or stopped and why, how far this year's list and those of all years
    are. Seven queries."""
    today = timezone.localdate()
    there = queries.with_closures().filter(version__in=queries.in_force(today).order_by().values("pk"), closed=False)
    counts = dict(there.order_by().values_list("level").annotate(number=Count("pk")))
    closed = list(
        ServiceDeclaration.objects.filter(state__in=["suspended", "stopped"]).select_related("procedure").order_by("-since", "-id")[:200]
    )
    progress = serving.progress(today.year)
    names = agency_names({*(row.unit_code for row in closed), *(unit for unit, _planned, _open in progress)})
    last = queries.last_names({row.procedure.code for row in closed})
    context = {
        "full": counts.get(OnlineService.ServiceLevel.FULL, 0),
        "part": counts.get(OnlineService.ServiceLevel.PART, 0),
        "closed": [(row, last.get(row.procedure.code, row.code), names.get(row.unit_code, row.unit_code)) for row in closed],
        "progress": [(names.get(unit, unit), planned, opened, 100 * opened // planned) for unit, planned, opened in progress],
        "year": today.year,
        "integrated": serving.integrated(today),
    }
    return show(request, "procedures/services.html", context)


@public_page(rooms=(*CATALOGUE, "quality"))
@require_safe
def quality_page(request: HttpRequest) -> HttpResponse:
    """Of each agency: how whole its procedures are, what is to be mended, whether decisions came out and catalogues were entered in time,
    what it reported of the last quarter; what reviews concluded. Ten queries."""
    now = timezone.now()
    standings = quality.standings(now)
    begin = timezone.localdate(now).replace(month=1, day=1)
    published = Announcement.objects.filter(state=Announcement.State.PUBLISHED, published_at__date__gte=begin).order_by()
    rows = published.values("unit_code").annotate(every=Count("pk"), in_time=Count("pk", filter=Q(in_time=True)))
    decisions = {row["unit_code"]: (row["in_time"], row["every"]) for row in rows}
    reviews = list(
        QualityReview.objects.filter(state=QualityReview.State.CLOSED).annotate(found=Count("findings")).order_by("-closed_at")[:50]
    )
    entered = timeliness.entered_since(begin)
    quarter = reporting.reported(reporting.ended_quarters(timezone.localdate(now), 1)[0], now)
    units = {
        *(one.unit for one in standings),
        *(one.owner for one in entered),
        *quarter.missing,
        *(row.unit_code for row in reviews),
        *(row.by_unit for row in reviews),
        *decisions,
    }
    units |= {row.unit_code for row in quarter.reports}
    names = agency_names(units)
    context = {
        "standings": [(names.get(one.unit, one.unit), one, decisions.get(one.unit)) for one in standings],
        "reviews": [(row, names.get(row.unit_code, row.unit_code), names.get(row.by_unit, row.by_unit)) for row in reviews],
        "entered": [(names.get(one.owner, one.owner), one) for one in entered],
        "quarter": quarter,
        "reports": [(names.get(row.unit_code, row.unit_code), row, reporting.told(row)) for row in quarter.reports],
        "missing": [names.get(code, code) for code in quarter.missing],
        "totals": quality.totals(now),
        "year": begin.year,
        "mend_days": MEND_DAYS,
    }
    return show(request, "procedures/quality.html", context)
