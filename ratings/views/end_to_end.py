"""``/thong-ke/toan-trinh/``: how many services and dossiers go online from end to end, by ministry and province (the Framework)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.languages import address, show
from portal.ui import tables
from portal.ui.tables import Column, Table
from ratings import queries, spans
from ratings.end_to_end import MEASURED_FROM, MEASURED_TO, Shares, annex, is_ministry, target
from ratings.spans import Span


@public_page(max_age=2)
@require_safe
def end_to_end_page(request: HttpRequest) -> HttpResponse:
    """A month, quarter or year; both shares beside the target, and what was measured in 2024. Two queries."""
    today = timezone.localdate()
    span = spans.named(request.GET.get("ky", ""))
    if span is None or span.first == span.last:
        span = spans.named(f"{today.year}")
    assert span is not None
    found = queries.end_to_end(span.first, span.last)
    names = queries.agency_names(found)
    context = {
        "span": span,
        "quick": [(one.name, f"?ky={one.key}", one.key == span.key) for one in _spans(today.year, today.month)],
        "total": _sum(list(found.values())),
        "groups": [
            (_("Bộ, ngành"), _table(request, span, {code: of for code, of in found.items() if is_ministry(code)}, names)),
            (_("Tỉnh, thành phố"), _table(request, span, {code: of for code, of in found.items() if not is_ministry(code)}, names)),
        ],
        "target_of_ministries": target("G", span.last.year),
        "target_of_provinces": target("H", span.last.year),
        "annex": [(_("Bộ, ngành"), [row for row in annex().values() if is_ministry(row.code)]),
                  (_("Tỉnh, thành phố"), [row for row in annex().values() if not is_ministry(row.code)])],
        "measured_from": MEASURED_FROM,
        "measured_to": MEASURED_TO,
    }  # fmt: skip
    return show(request, "ratings/end_to_end.html", context)


def _spans(year: int, month: int) -> list[Span]:
    found = (spans.named(key) for key in (f"{year}-{month:02d}", f"{year}-q{(month + 2) // 3}", f"{year}", f"{year - 1}"))
    return [span for span in found if span is not None]


def _sum(all_of_them: list[Shares]) -> dict[str, int]:
    return {name: sum(getattr(of, name) for of in all_of_them) for name in ("dossiers", "dossiers_end_to_end")}


def _table(request: HttpRequest, span: Span, found: dict[str, Shares], names: dict[str, str]) -> Table:
    columns = [
        Column("name", _("Cơ quan"), sortable=True),
        Column("services", _("Dịch vụ có hồ sơ"), kind="number", sortable=True),
        Column("of_services", _("Dịch vụ toàn trình (%)"), kind="number", sortable=True),
        Column("dossiers", _("Hồ sơ"), kind="number", sortable=True),
        Column("of_dossiers", _("Hồ sơ toàn trình (%)"), kind="number", sortable=True),
        Column("target", _("Mục tiêu (%)"), kind="number"),
        Column("gap", _("Hơn, kém mục tiêu (điểm)"), kind="number", sortable=True),
    ]
    rows: list[dict[str, Any]] = []
    for code, of in found.items():
        goal = target(code, span.last.year)
        way = urlencode({"ky": span.key, "co-quan": code, "theo": "muc-do"})
        rows.append({
            "name": (names.get(code, code), f"{address('statistics')}?{way}"), "order": names.get(code, code), "services": of.services,
            "of_services": of.of_services, "dossiers": of.dossiers, "of_dossiers": of.of_dossiers, "target": goal,
            "gap": of.of_dossiers - goal if goal is not None and of.of_dossiers is not None else None,
        })  # fmt: skip
    # In the terms of Annex I, for whoever measures too.
    exports = [(ending.upper(), f"{address('end-to-end-file', ending)}?ky={span.key}") for ending in ("csv", "xlsx", "json")]
    key, downward = tables.order(request.GET, columns, "-of_dossiers")
    key = "order" if key == "name" else key
    known = sorted((row for row in rows if row[key] is not None), key=lambda row: row[key], reverse=downward)
    rows = known + [row for row in rows if row[key] is None]
    return tables.table(request.GET, columns, rows, caption=span.name, default="-of_dossiers", exports=exports)
