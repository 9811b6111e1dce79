"""Pages of the catalogue: search, list, one procedure."""

from __future__ import annotations

import datetime as dt
import json
import re

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from portal.caching import public_page
from procedures import queries
from procedures.models import Procedure, ProcedureVersion, Subject

PER_PAGE = 20
MAX_QUERY = 200
# A province's or agency's branch of a procedure: 1.000656.000.00.00.H29 leads to the base procedure (architecture, "places in addresses").
_BRANCH = re.compile(r"^(?P<code>\d\.\d{6})\.(?P<unit>(?:\d+\.)*[GH]\d{2}(?:\.\d+)*)$")


def _page(request: HttpRequest, rows: object) -> object:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("trang"))  # type: ignore[arg-type]


@public_page()
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Search by words, with or without diacritics, or by code."""
    q = " ".join(request.GET.get("q", "").replace("\x00", "")[:MAX_QUERY].split())
    day = timezone.localdate()
    page = _page(request, queries.search(q, day)) if q else None
    context = {"q": q, "page": page, "query": urlencode({"q": q}), "suggestions": queries.most_used(day) if page is None else []}
    return render(request, "procedures/search.html", context)


@public_page()
@require_safe
def procedure_list(request: HttpRequest) -> HttpResponse:
    """Every procedure in force, in alphabetical order."""
    return render(request, "procedures/list.html", {"page": _page(request, queries.all_procedures(timezone.localdate()))})


def _asked_day(request: HttpRequest) -> dt.date | None:
    """The day of ``?ngay=YYYY-MM-DD``; None when not asked for. A day that does not exist is a page that does not exist."""
    text = request.GET.get("ngay")
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error


def structured_data(version: ProcedureVersion) -> SafeString:
    """schema.org GovernmentService as JSON-LD: a data block, which no browser executes and the CSP lets stand."""
    address = f"{settings.SITE_URL}/thu-tuc/{version.procedure.code}/"
    data = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "name": version.name,
        "description": version.summary,
        "identifier": version.procedure.code,
        "url": address,
        "serviceOperator": {"@type": "GovernmentOrganization", "name": version.executing_agency},
        "areaServed": {"@type": "Country", "name": "Việt Nam"},
        "audience": [{"@type": "Audience", "audienceType": name} for name in subject_names(version)],
        "serviceOutput": [{"@type": "Thing", "name": result.name} for result in version.results.all()],
    }
    text = json.dumps(data, ensure_ascii=False)
    # What could end the script element is written as JSON escapes.
    return mark_safe(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S308


def subject_names(version: ProcedureVersion) -> list[str]:
    """Who may ask, in the words of the national list."""
    return [str(Subject(subject).label) for subject in version.subjects]


@public_page()
@require_safe
def procedure_page(request: HttpRequest, code: str) -> HttpResponse:
    """One procedure as it is in force today, or on the day asked for. An old code leads to the one that took over."""
    branch = _BRANCH.match(code)
    if branch:
        return redirect("procedure", code=branch["code"])
    asked = _asked_day(request)
    today = timezone.localdate()
    version = queries.procedure_on(code, asked or today)
    if version is not None and version.procedure.replaced_by_id and asked is None:
        version = None
    if version is None:
        new_code = queries.successor(code)
        if new_code:
            return HttpResponsePermanentRedirect(f"/thu-tuc/{new_code}/")
        if asked is None and Procedure.objects.filter(code=code).exists():
            return render(request, "procedures/ended.html", {"code": code}, status=410)
        raise Http404
    documents = list(version.documents.all())
    cases: dict[str, list] = {}
    for document in documents:
        if document.case:
            cases.setdefault(document.case, []).append(document)
    channels = list(version.channels.all())
    context = {
        "version": version,
        "code": code,
        "asked": asked if asked and asked != today else None,
        "online": getattr(version, "online_service", None),
        "to_submit": [document for document in documents if not document.case and document.mode == document.Mode.SUBMIT],
        "to_present": [document for document in documents if not document.case and document.mode == document.Mode.PRESENT],
        "cases": list(cases.items()),
        "channels": channels,
        "one_time": len({(channel.time_amount, channel.time_unit, channel.time_text) for channel in channels}) == 1,
        "one_fee": len({tuple((fee.name, fee.amount, fee.condition) for fee in channel.fees.all()) for channel in channels}) == 1,
        "subjects": subject_names(version),
        "apply_url": f"/nop-ho-so/{code}/",
        "structured_data": structured_data(version),
    }
    return render(request, "procedures/procedure.html", context)
