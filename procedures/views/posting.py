"""What a unit posts at its office, and shows on its own site: the procedures that it handles, as they are today (C-25; Rules art. 25.1)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from portal.caching import CATALOGUE, public_page
from portal.catalogues.models import Agency
from portal.languages import show
from procedures import queries
from procedures.models import EmbedSite


def _agency(code: str) -> Agency:
    agency = Agency.objects.on(timezone.localdate()).select_related("administrative_unit").filter(code=code).first()
    if agency is None:
        raise Http404
    return agency


@public_page(rooms=CATALOGUE)
@require_safe
def posting(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that a unit handles with papers, time limits and fees, on one page to print. Six queries, whatever their number."""
    agency, today = _agency(code), timezone.localdate()
    rows = queries.posted(agency, today)
    return show(request, "procedures/posting.html", {"agency": agency, "rows": rows, "today": today})


@xframe_options_exempt
@public_page()
@require_safe
def embedded(request: HttpRequest, code: str) -> HttpResponse:
    """The list for the unit's own site: without cookies, scripts or forms; only a site that was registered may frame it. Three queries."""
    agency, today = _agency(code), timezone.localdate()
    origins = list(EmbedSite.objects.filter(unit_code=code, ended_at__isnull=True).values_list("origin", flat=True))
    rows = queries.as_listed(queries.handled_by(agency, today))
    response = render(request, "procedures/embedded.html", {"agency": agency, "rows": rows, "today": today})
    response._csp_replace = {"frame-ancestors": origins or ["'none'"]}  # type: ignore[attr-defined]
    return response
