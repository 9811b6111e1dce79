"""``/dieu-hanh/du-bao/``: what comes in the next four weeks, by unit and procedure, and how wrong this was before (R-12)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.access import Actor, actor_of
from portal.catalogues.tables import write
from portal.ui import tables
from portal.ui.tables import Column
from portal.ui.tags import number
from ratings.board.access import agency_of, officer_page, sees, sees_country
from ratings.board.tiles import board_url, targets_url
from ratings.demand import queries
from ratings.demand.queries import Error
from ratings.models import DemandForecast
from ratings.queries import agency_names, procedure_names

COUNTRY = "Cả nước"
PER_PAGE = 50
WEEK = 7
_PARTS = [
    Column("name", "Thủ tục", sortable=True), Column("before", "Bốn tuần qua", kind="number", sortable=True, most_first=True),
    Column("ahead", "Bốn tuần tới", kind="number", sortable=True, most_first=True),
    Column("more", "Thêm, bớt (%)", kind="number", sortable=True, most_first=True),
    Column("error", "Sai số so với cách đơn giản", kind="number", sortable=True), Column("model", "Cách dự báo"),
]  # fmt: skip
HEADER = ["Mã cơ quan", "Mã thủ tục", "Ngày", "Dự báo", "Thấp", "Cao", "Cùng thứ tuần trước", "Ngày lập", "Phiên bản"]
_WEEKDAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")


def demand_url(agency: str) -> str:
    """The address of the page of an agency, ``""``: of the country."""
    return reverse("board-demand-of", args=[agency]) if agency else reverse("board-demand")


@officer_page
@require_safe
def demand_page(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """Four weeks by day and by week, procedures, units below, errors. As many queries whatever there is."""
    actor = actor_of(request)
    agency, today = agency_of(actor, code), timezone.localdate()
    rows, parts, errors = queries.newest(agency, today), queries.below(agency, today), queries.errors(agency, today)
    total = next((row for row in rows if not row.procedure_code), None)
    kinds = [row for row in rows if row.procedure_code]
    names = procedure_names({row.procedure_code for row in kinds})
    places = agency_names({row.unit_code for row in parts})
    key, downward = tables.order(request.GET, _PARTS, "-ahead")
    drawn = [_row(row, names.get(row.procedure_code, row.procedure_code), errors.get(row.procedure_code)) for row in kinds]
    known = [row for row in sorted(drawn, key=lambda row: row["name"]) if row[key] is not None]
    page = Paginator(
        sorted(known, key=lambda row: row[key], reverse=downward) + [row for row in drawn if row[key] is None], PER_PAGE
    ).get_page(request.GET.get("trang"))
    context = {
        **_frame(actor, agency),
        "total": total,
        "said": _sentence(total) if total else "",
        "error": errors.get(""),
        "by_day": _by_day(total) if total else None,
        "weeks": _weeks(total) if total else [],
        "table": tables.table(request.GET, _PARTS, page.object_list, caption="Bốn tuần tới theo thủ tục", default="-ahead"),
        "has_kinds": bool(kinds),
        "page": page,
        "query": urlencode([(name, value) for name, values in request.GET.lists() if name != "trang" for value in values]),
        "below": _below(request, parts, places) if parts else None,
        "exports": reverse("board-demand-of-file", args=[agency]) if agency else reverse("board-demand-file"),
    }
    return render(request, "ratings/demand.html", context)


@officer_page
@require_safe
def demand_file(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """Every day of every forecast of the page, as CSV."""
    agency, today = agency_of(actor_of(request), code), timezone.localdate()
    rows: list[list[Any]] = []
    for row in [*queries.newest(agency, today), *queries.below(agency, today)]:
        for at in range(len(row.expected)):
            day = row.first_day + dt.timedelta(days=at)
            rows.append([row.unit_code, row.procedure_code, f"{day}", round(row.expected[at], 2), row.low[at], row.high[at], row.naive[at],
                         f"{row.first_day}", row.version])  # fmt: skip
    answer = HttpResponse(write("csv", HEADER, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="du-bao-{(agency or "ca-nuoc").lower()}-{today}.csv"'
    return answer


def _row(row: DemandForecast, name: str, error: Error | None) -> dict[str, Any]:
    ahead = round(sum(row.expected))
    return {
        "name": name,
        "before": row.before,
        "ahead": ahead,
        "more": round(100 * (ahead - row.before) / row.before) if row.before else None,
        "error": error.ratio if error else None,
        "model": row.get_model_display(),
    }


def _below(request: HttpRequest, rows: list[DemandForecast], names: dict[str, str]) -> tables.Table:
    columns = [Column("name", "Cơ quan, đơn vị"), *_PARTS[1:4]]
    lines = [_row(row, names.get(row.unit_code, row.unit_code), None) | {"href": demand_url(row.unit_code)} for row in rows]
    lines = [line | {"name": (line["name"], line["href"])} for line in sorted(lines, key=lambda line: -line["ahead"])]
    return tables.table(request.GET, columns, lines, caption="Bốn tuần tới theo đơn vị", default="")


def _days(row: DemandForecast) -> list[dt.date]:
    return [row.first_day + dt.timedelta(days=at) for at in range(len(row.expected))]


def _sentence(row: DemandForecast) -> str:
    ahead = round(sum(row.expected))
    days = _days(row)
    at = max(range(len(days)), key=lambda at: row.expected[at])
    said = f"Từ {days[0]:%d/%m} đến {days[-1]:%d/%m/%Y}: khoảng {number(ahead)} hồ sơ, bốn tuần qua {number(row.before)}."
    return f"{said} Ngày đông nhất {_WEEKDAYS[days[at].weekday()]} {days[at]:%d/%m}: khoảng {number(round(row.expected[at]))} hồ sơ."


def _by_day(row: DemandForecast) -> dict[str, Any]:
    return {
        "title": "Hồ sơ dự kiến tiếp nhận mỗi ngày",
        "labels": [f"{_WEEKDAYS[day.weekday()]} {day:%d/%m}" for day in _days(row)],
        "series": [
            {"name": "Dự báo", "values": [round(one, 1) for one in row.expected]},
            {"name": "Thấp", "values": [round(one) for one in row.low]},
            {"name": "Cao", "values": [round(one) for one in row.high]},
        ],
    }


def _weeks(row: DemandForecast) -> list[tuple[str, int]]:
    days = _days(row)
    return [
        (f"{days[at]:%d/%m} – {days[at + WEEK - 1]:%d/%m}", round(sum(row.expected[at : at + WEEK]))) for at in range(0, len(days), WEEK)
    ]


def _frame(actor: Actor, agency: str) -> dict[str, Any]:
    """Where one is, the way up."""
    parts = agency.split(".") if agency else []
    above = [up for depth in range(1, len(parts)) if sees(actor, up := ".".join(parts[:depth]))]
    names = agency_names([*above, agency]) if agency else {}
    ways = [(COUNTRY, demand_url(""))] if agency and sees_country(actor) else []
    return {
        "agency": agency,
        "place": names.get(agency, agency) if agency else COUNTRY,
        "above": ways + [(names.get(up, up), demand_url(up)) for up in above],
        "board_url": board_url(agency),
        "targets_url": targets_url(agency),
        "opinions_url": reverse("board-opinions-of", args=[agency]) if agency else reverse("board-opinions"),
        "at": timezone.localtime(),
        "who": actor.label,
    }
