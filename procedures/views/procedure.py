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
from portal.languages import address, is_english, show
from procedures import queries
from procedures.models import Procedure, ProcedureVersion
from procedures.views.common import asked_day
from procedures.views.offices import named, place_of, typed_name
from procedures.views.sheet import Sheet, sheet, structured_data, translation

MAX_TICKS = 200
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
    wanted = [other for other in [*version.related, *version.interlinked] if other != code]
    now = Q(effective_from__lte=today) & (Q(effective_to__isnull=True) | Q(effective_to__gt=today))
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


def _gone(request: HttpRequest, code: str, asked: dt.date | None) -> HttpResponse:
    """A code that nothing stands behind today: its successor, or the page that says it has ended."""
    new_code = queries.successor(code)
    if new_code:
        return HttpResponsePermanentRedirect(address("procedure", new_code))
    if asked is None and Procedure.objects.filter(code=code).exists():
        return show(request, "procedures/ended.html", {"code": code}, status=410)
    raise Http404


def _where(request: HttpRequest, code: str) -> HttpResponse:
    """A commune was named in words: on to the page with its code, or to a choice where several bear or bore the name."""
    query = request.GET.copy()
    name = query.pop("xa")[-1]
    answers = named(typed_name(request), request.GET.get("dia-phuong", ""))
    path = address("procedure", code)
    if len(answers) == 1:
        query["dia-phuong"] = answers[0].unit.parent.code  # type: ignore[union-attr]  # a commune lies in a province
        query["xa"] = answers[0].unit.code
        return redirect(f"{path}?{query.urlencode()}#noi-nop")
    version = queries.in_force(timezone.localdate()).filter(procedure__code=code).first()
    if version is None:
        raise Http404
    title = translation(version).get("name") or version.name
    province = query.pop("dia-phuong", [""])[-1]
    context = {"answers": answers, "name": name, "title": title, "path": path, "kept": query.urlencode(), "province": province}
    return show(request, "procedures/where.html", context)


@public_page(rooms=("catalogues", "procedures/{code}"))
@require_safe
def procedure_page(request: HttpRequest, code: str) -> HttpResponse:
    """One procedure as it is in force today, or on the day asked for, in one place where asked. At most twelve queries.

    ``?ngay=`` another day; ``?dia-phuong=`` a province's two digits; ``?xa=`` a commune by code or by name, old or new; ``?tich=`` papers
    ticked on the checklist. An old code leads to the one that took over.
    """
    branch = _BRANCH.match(code)
    if branch:
        return redirect(address("procedure", branch["code"]))
    if typed_name(request):
        return _where(request, code)
    asked = asked_day(request)
    today = timezone.localdate()
    version = queries.procedure_on(code, asked or today)
    if version is not None and version.procedure.replaced_by_id and asked is None:
        version = None
    if version is None:
        return _gone(request, code, asked)
    place = place_of(request, version)
    local = queries.localised(version, place.province.code) if place.province else None
    shown = sheet(version, _ticks(request), local)
    periods, others = _around(version, today)
    online = getattr(version, "online_service", None)
    path = address("procedure", code)
    context: dict[str, Any] = {
        "shown": shown,
        "version": version,
        "code": code,
        "asked": asked if asked and asked != today else None,
        "today": today,
        "online": online,
        "place": place,
        "local": local,
        "periods": periods,
        "others": others,
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
    ticks = [("tich", str(paper.number)) for paper in shown.papers if paper.ticked]
    return {
        "asked": list(asked.items()),
        "ticks": ticks,
        "without_place": urlencode([*((name, value) for name, value in asked.items() if name == "ngay"), *ticks]),
        "without_day": urlencode([*((name, value) for name, value in asked.items() if name != "ngay"), *ticks]),
        "without_ticks": urlencode(list(asked.items())),
    }
