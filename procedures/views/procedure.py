"""The page of one procedure: what you get, what to bring, how long, how much, where; then the law."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.catalogues import queries as catalogues
from portal.languages import address, is_english, show
from procedures import queries
from procedures.guidance.queries import is_guided
from procedures.guides.queries import of_procedure as guides_of
from procedures.models import Channel, ProcedureVersion
from procedures.questions.queries import of_procedure
from procedures.views.common import asked_day
from procedures.views.offices import Place, is_for_reader, named, own_place, place_of, typed_name
from procedures.views.online import services_shown
from procedures.views.reception import Reception, reception
from procedures.views.reductions import savings
from procedures.views.sheet import Sheet, sheet, structured_data, translation

MAX_TICKS = 200
MAX_SEARCHED = 120
"""Characters of an ended procedure's name to search by."""
PERIOD = ("name", "english", "effective_from", "effective_to")
# A province's or agency's branch of a procedure: 1.000656.000.00.00.H29 leads to the base procedure (architecture, "places in addresses").
_BRANCH = re.compile(r"^(?P<code>\d\.\d{6})\.(?P<unit>(?:\d+\.)*[GH]\d{2}(?:\.\d+)*)$")


@dataclass
class Other:
    """Another procedure to go on to."""

    code: str
    name: str
    lang: str


def _ticks(request: HttpRequest) -> list[int]:
    """Numbers of the papers that ``?tich=`` names; anything else in the address is not a tick."""
    return [int(value) for value in request.GET.getlist("tich")[:MAX_TICKS] if value.isascii() and value.isdigit() and len(value) < 6]


def _around(version: ProcedureVersion, today: dt.date) -> tuple[list[ProcedureVersion], list[Other]]:
    """All versions of this procedure, newest first, and the procedures it leads to as they stand today. One query."""
    code = version.procedure.code
    wanted = [other for other in [*version.interlinked, *version.related] if other != code]
    now = Q(effective_from__lte=today) & Q(holds_until__gt=today)
    leads_on = Q(procedure__code__in=wanted, procedure__replaced_by__isnull=True, procedure__out_of_force_since__isnull=True) & now
    rows = list(
        ProcedureVersion.objects.filter(Q(procedure__code=code) | leads_on)
        .select_related("procedure")
        .only("name", "english", "effective_from", "effective_to", "decision_number", "procedure__code")
        .order_by("-effective_from")
    )
    found = {row.procedure.code: row for row in rows if row.procedure.code != code}
    others = []
    for other in dict.fromkeys(wanted):
        if other in found:
            english = translation(found[other]).get("name")
            others.append(Other(other, english or found[other].name, "en" if english else "vi"))
    return [row for row in rows if row.procedure.code == code], others


def _gone(request: HttpRequest, code: str) -> HttpResponse:
    """A code that nothing stands behind today: its successor, or the page that says that it has ended or has yet to begin. Two queries."""
    new_code = queries.successor(code)
    if new_code:
        return HttpResponsePermanentRedirect(address("procedure", new_code))
    known = list(queries.periods(code).select_related("procedure").only(*PERIOD, "procedure__out_of_force_since"))
    if not known:
        raise Http404
    today = timezone.localdate()
    coming = [version for version in known if version.effective_from > today]
    version = coming[-1] if coming else known[0]
    ends = [day for day in (version.effective_to, version.procedure.out_of_force_since) if day and day <= today]
    ended = min(ends) if ends else None
    words = translation(version)
    context = {
        "code": code,
        "name": words.get("name") or version.name,
        "lang": "en" if words.get("name") else "vi",
        "ended": ended,
        "begins": version.effective_from if coming else None,
        "last_day": ended - dt.timedelta(days=1) if ended and ended > version.effective_from else None,
        "path": address("procedure", code),
        "search_query": urlencode({"q": version.name[:MAX_SEARCHED]}),
    }
    return show(request, "procedures/ended.html", context, status=410)


def _no_such_day(request: HttpRequest, code: str, asked: dt.date | None) -> HttpResponse:
    """A day of which the portal knows nothing, or no day at all (None): the page says since when it does, and asks again. One query."""
    known = list(queries.periods(code).only(*PERIOD))
    if not known:
        raise Http404
    query = request.GET.copy()
    query.pop("ngay", None)
    words = translation(known[0])
    context = {
        "name": words.get("name") or known[0].name,
        "lang": "en" if words.get("name") else "vi",
        "path": address("procedure", code),
        "asked": asked,
        "today": timezone.localdate(),
        "first": known[-1].effective_from,
        "periods": known,
        "version": None,
        "kept": {"asked": [(name, query[name]) for name in ("dia-phuong", "xa") if query.get(name)], "without_day": query.urlencode()},
    }
    return show(request, "procedures/day.html", context, status=404)


def where(request: HttpRequest, code: str, path: str = "") -> HttpResponse:
    """A commune was named in words: on to the page with its code, or to a choice where several bear or bore the name.

    ``path``: of a page about the procedure that is not its own; what its address says beside the place stays.
    """
    query = request.GET.copy()
    name = query.pop("xa")[-1]
    answers = named(typed_name(request), request.GET.get("dia-phuong", ""))
    kept = ("ngay", "tich") if not path else tuple(name for name in query if name != "dia-phuong")
    path = path or address("procedure", code)
    province = request.GET.get("dia-phuong", "")
    if len(answers) == 1:
        query["dia-phuong"] = answers[0].unit.parent.code  # type: ignore[union-attr]  # a commune lies in a province
        query["xa"] = answers[0].unit.code
        return redirect(f"{path}?{query.urlencode()}#noi-nop")
    version = queries.in_force(timezone.localdate()).filter(procedure__code=code).first()
    if version is None:
        raise Http404
    title = translation(version).get("name") or version.name
    query.pop("dia-phuong", None)
    place = Place(provinces=list(catalogues.provinces()))
    place.province = next((unit for unit in place.provinces if unit.code == province), None)
    context = {"answers": answers, "name": name, "title": title, "path": path, "kept": query.urlencode(), "place": place}
    # What the form asks again with: the day and the papers ticked.
    context["hidden"] = [(key, value) for key in kept for value in query.getlist(key)]
    return show(request, "procedures/where.html", context)


def received_by(version: ProcedureVersion) -> Reception:
    """Who takes the papers of a version as the country has it, before a province's own words. No query."""
    direct = next((channel.note for channel in version.channels.all() if channel.kind == Channel.Kind.DIRECT), "")
    return reception(version.levels, version.executing_agency or version.competent_agency, version.place or direct)


@public_page(rooms=("catalogues", "procedures/{code}", "reductions", "questions", "guidance", "guides"), variant=own_place)
@require_safe
def procedure_page(request: HttpRequest, code: str) -> HttpResponse:
    """One procedure as it is in force today, or on the day asked for, in one place where asked. At most eighteen queries.

    ``?ngay=`` another day; ``?dia-phuong=`` a province's two digits; ``?xa=`` a commune by code or by name, old or new; ``?tich=`` papers
    ticked on the checklist. An old code leads to the one that took over.
    """
    branch = _BRANCH.match(code)
    if branch:
        return redirect(address("procedure", branch["code"]))
    if typed_name(request):
        return where(request, code)
    today = timezone.localdate()
    try:
        asked = asked_day(request)
    except Http404:
        return _no_such_day(request, code, None)
    version = queries.procedure_on(code, asked or today)
    if version is not None and version.procedure.replaced_by_id and asked is None:
        version = None
    if version is None:
        return _no_such_day(request, code, asked) if asked else _gone(request, code)
    received = received_by(version)
    place = place_of(request, received)
    local = queries.localised(version, place.province.code) if place.province else None
    shown = sheet(version, _ticks(request), local)
    periods, others = _around(version, today)
    province = place.province.code if place.province else ""
    online = queries.service_for(version, province)
    closed = None
    if online is not None and online.is_closed:
        closed, online = queries.closure(online.code), None
    path = address("procedure", code)
    context: dict[str, Any] = {
        "shown": shown,
        "version": version,
        "code": code,
        "asked": asked if asked and asked != today else None,
        "today": today,
        "first": periods[-1].effective_from if periods else version.effective_from,
        "online": online,
        "online_elsewhere": online is None and closed is None and version.online_service is not None,
        "services": services_shown([one for one in version.online_services.all() if not one.is_closed], online),
        "closed": closed,
        "unconfirmed": local is None and place.province is not None and queries.awaits_province(version, place.province.code),
        "providers": version.executing_agency or version.issuing_agency,
        "received": received,
        "place": place,
        "local": local,
        "savings": savings(version, shown, place.province, place.provinces, asked or today),
        "periods": periods,
        "others": others,
        "asked_often": of_procedure(code),
        "guides": guides_of(code),
        "guided": is_guided(code),
        "path": path,
        "kept": _kept(request, shown),
        "apply_url": f"/nop-ho-so/{code}/",
        "structured_data": structured_data(shown, path),
        "is_english": is_english(),
    }
    return show(request, "procedures/procedure.html", context)


def _kept(request: HttpRequest, shown: Sheet) -> dict[str, Any]:
    """What the address already says, for forms that add to it and for links that change one part of it."""
    asked = {name: value for name in ("ngay", "dia-phuong", "xa") if (value := request.GET.get(name, ""))}
    # To somebody signed in, an address without a place means where they live: no place at all must be said.
    nowhere = [("dia-phuong", "")] if is_for_reader(request) else []
    if nowhere and "dia-phuong" in request.GET:
        asked.setdefault("dia-phuong", "")
    ticks = [("tich", str(paper.number)) for paper in shown.papers if paper.ticked]
    day = [(name, value) for name, value in asked.items() if name == "ngay"]
    return {
        "asked": list(asked.items()),
        "ticks": ticks,
        "hidden": [*day, *ticks],
        "without_place": urlencode([*nowhere, *day, *ticks]),
        "without_day": urlencode([*((name, value) for name, value in asked.items() if name != "ngay"), *ticks]),
        "without_ticks": urlencode(list(asked.items())),
    }
