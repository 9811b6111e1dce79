"""``/dieu-hanh/dung-lai/``: what nobody had to give once more, by procedure, beside the target (requirement D-02)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from dossiers.store import counting
from portal.access import actor_of
from portal.ui import tables
from portal.ui.tables import Column
from ratings.board.access import agency_of, officer_page
from ratings.board.rules import share, step_of
from ratings.board.tiles import board_url, targets_url
from ratings.models import Target
from ratings.queries import agency_names, procedure_names

PER_PAGE = 50
COUNTRY = "Cả nước"
_COLUMNS = [
    Column("name", "Thủ tục", sortable=True),
    Column("dossiers", "Hồ sơ nộp trên Cổng", kind="number", sortable=True, most_first=True),
    Column("people", "Người nộp không phải cung cấp lại (%)", kind="number", sortable=True),
    Column("fields", "Mục không phải khai lại (%)", kind="number", sortable=True),
    Column("papers", "Giấy tờ không phải nộp lại (%)", kind="number", sortable=True),
]


@officer_page
@require_safe
def reuse_page(request: HttpRequest) -> HttpResponse:
    """Of one's own agency, or of the one named by ``?co-quan=``, this year so far. As many queries whatever there is."""
    agency = agency_of(actor_of(request), request.GET.get("co-quan") or None)
    today = timezone.localdate()
    sums = counting.by_procedure(agency, date(today.year, 1, 1))
    names = procedure_names(set(sums))
    key, downward = tables.order(request.GET, _COLUMNS, "-dossiers")
    rows = sorted((_row(names.get(code, code), of) for code, of in sums.items()), key=lambda row: row["name"])
    # What is not known comes last, either way.
    known = [row for row in rows if row[key] is not None]
    rows = sorted(known, key=lambda row: row[key], reverse=downward) + [row for row in rows if row[key] is None]
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("trang"))
    whole = sum(sums.values(), counting.Reuse())
    context = {
        "place": agency_names([agency]).get(agency, agency) if agency else COUNTRY,
        "board_url": board_url(agency),
        "targets_url": targets_url(agency),
        "year": today.year,
        "sums": whole,
        "total": _row("", whole),
        "wanted": _wanted(today),
        "table": tables.table(request.GET, _COLUMNS, page.object_list, caption="Dùng lại theo thủ tục", default="-dossiers"),
        "page": page,
        "query": urlencode([(name, value) for name, values in request.GET.lists() if name != "trang" for value in values]),
    }
    return render(request, "ratings/board_reuse.html", context)


def _wanted(today: date) -> object:
    """What the target of those who need not provide again wants this year; None where nothing is set (one query)."""
    rows = Target.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), valid_from__lte=today, source="reused").order_by("position")
    return next((step for row in rows if (step := step_of(row.steps, today.year)) is not None), None)


def _row(name: str, of: counting.Reuse) -> dict[str, Any]:
    return {
        "name": name,
        "dossiers": of.dossiers,
        "people": share(of.dossiers_reused, of.dossiers),
        "fields": share(of.fields_reused, of.fields),
        "papers": share(of.papers_reused, of.papers),
    }
