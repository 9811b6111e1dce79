"""Where one goes in person: the one-stop units of every province with address, hours, telephone (C-26; Reform III.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.languages import address, show
from procedures.views.common import page_of

Figures = Callable[[Collection[str]], Mapping[str, Sequence[tuple[str, str]]]]
"""Codes of units → of each what a room above knows of it, as label and words for the page."""
_figures: list[Figures] = []


def register_centre_figures(figures: Figures) -> None:
    """Let a room above say something of one-stop units (their load, what people think of them); once for each."""
    if figures not in _figures:
        _figures.append(figures)


LEVELS = (Agency.Level.PROVINCE, Agency.Level.COMMUNE)
Hours = tuple[tuple[dt.time, dt.time], ...]


@public_page(max_age=300)
@require_safe
def centres(request: HttpRequest) -> HttpResponse:
    """The provinces as tiles by how many units say where they are; of one province (``?tinh=``) its units with hours, load and
    opinion. At most four queries, and those of the rooms that know a figure (one each)."""
    today = timezone.localdate()
    provinces = list(catalogues.provinces())
    code = request.GET.get("tinh", "")
    if not code:
        units = Agency.objects.on(today).filter(level__in=LEVELS, administrative_unit__isnull=False).exclude(address="")
        counts: dict[str, int | None] = {one.code: None for one in provinces}
        for own, above in units.order_by().values_list("administrative_unit__code", "administrative_unit__parent__code"):
            place = above or own
            if place in counts:
                counts[place] = (counts[place] or 0) + 1
        hrefs = {one.code: f"{address('centres')}?tinh={one.code}" for one in provinces}
        return show(request, "procedures/centres.html", {"province": None, "values": counts, "hrefs": hrefs})
    province = next((one for one in provinces if one.code == code), None)
    if province is None:
        raise Http404
    rows = Agency.objects.on(today).filter(level=Agency.Level.COMMUNE, administrative_unit__parent__code=code)
    own = Agency.objects.on(today).filter(level=Agency.Level.PROVINCE, administrative_unit__code=code)
    page = page_of(request, (rows | own).select_related("administrative_unit").order_by("-level", "sort_key", "code"))
    told: dict[str, list[tuple[str, str]]] = {}
    for figures in _figures:
        for unit_code, lines in figures([unit.code for unit in page]).items():
            told.setdefault(unit_code, []).extend(lines)
    units_shown = [
        {
            "unit": unit,
            "hours": [(_days(*run), words) for *run, words in hours_in_words(unit.calendar().opening)],
            "told": told.get(unit.code, []),
            "map": map_address(unit),
        }
        for unit in page
    ]
    return show(request, "procedures/centres.html", {"province": province, "page": page, "units": units_shown})


def map_address(unit: Agency) -> str:
    """Where a map shows the unit: its very door where the agency entered it, else what the map finds for its address; empty without one."""
    if unit.latitude is not None and unit.longitude is not None:
        return f"https://www.openstreetmap.org/?mlat={unit.latitude}&mlon={unit.longitude}#map=17/{unit.latitude}/{unit.longitude}"
    return f"https://www.openstreetmap.org/search?{urlencode({'query': unit.address})}" if unit.address else ""


def _days(first: int, last: int) -> str:
    return str(WEEKDAYS[first]) if first == last else f"{WEEKDAYS[first]} – {WEEKDAYS[last]}"


def hours_in_words(opening: Sequence[Hours]) -> list[tuple[int, int, str]]:
    """Opening hours (Monday first) as runs of days that are alike: first and last day (Monday is 0), hours; closed days are left out."""
    found: list[tuple[int, int, str]] = []
    for day, hours in enumerate(opening):
        words = ", ".join(f"{begin:%H:%M}–{end:%H:%M}" for begin, end in hours)
        if not words:
            continue
        if found and found[-1][2] == words and found[-1][1] == day - 1:
            found[-1] = (found[-1][0], day, words)
        else:
            found.append((day, day, words))
    return found
