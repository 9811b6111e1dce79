"""The score of one agency taken apart, each criterion down to the rows it counts (Rules art. 30.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.access import actor_of
from portal.caching import public_page
from portal.languages import address, show
from portal.ui import tables, tags
from portal.ui.tables import Column
from ratings.queries import agency_names
from ratings.score import links, queries, wording
from ratings.score.sources import SOURCES
from ratings.score.sources.base import Rows, RowSeen
from ratings.score.views.common import SECONDS, Period, frame, period_of, table

PER_PAGE = 50


@public_page(max_age=SECONDS)
@require_safe
def agency_page(request: HttpRequest, agency: str) -> HttpResponse:
    """The score of an agency taken apart, its course, the units within it. 404 for one that nobody knows. Up to twelve queries."""
    period = period_of(request)
    if not queries.is_known(agency):
        raise Http404
    score = queries.score_of(agency, period.kind, period.span.first)
    units = queries.scores(period.kind, period.span.first, agency)
    exports = [
        (ending.upper(), f"{address('scores-file', ending)}?{urlencode({'ky': period.span.key, 'co-quan': agency})}")
        for ending in ("csv", "xlsx", "json")
    ]
    pages: list[Any] = []

    def page(rows: list[dict[str, Any]]) -> Any:
        pages.append(Paginator(rows, PER_PAGE).get_page(request.GET.get("trang")))
        return pages[0].object_list

    ranked = table(request, period, units.scores, _("Đơn vị trực thuộc"), exports, page=page) if units.scores else None
    context = {
        **frame(period),
        **_place(period, agency),
        "score": score,
        "kind": wording.kind_name(queries.kind_of(agency)),
        "grade": wording.class_name(score.grade if score else None),
        "groups": [_group(period, agency, group) for group in score.groups] if score else [],
        "left_out": [part for part in score.parts if part.points.points is None] if score else [],
        "table": ranked,
        "page": pages[0] if pages else None,
        "query": urlencode([(name, value) for name, values in request.GET.lists() if name != "trang" for value in values]),
        "course": _course(agency, period),
        "statistics": f"{address('statistics')}?{urlencode({'ky': period.span.key, 'co-quan': agency})}",
    }
    return show(request, "ratings/score/agency.html", context)


def _place(period: Period, agency: str) -> dict[str, Any]:
    """The name of an agency and the way down to it."""
    parts = agency.split(".")
    codes = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    names = agency_names(codes)
    above = [(names.get(code, code), f"{address('score', code)}?{period.query}") for code in codes[:-1]]
    return {"agency": agency, "place": names.get(agency, agency), "above": above, "all_url": f"{address('scores')}?{period.query}",
            "agency_url": f"{address('score', agency)}?{period.query}"}  # fmt: skip


def _group(period: Period, agency: str, group: queries.Group) -> dict[str, Any]:
    """A group with a line for each criterion."""
    return {
        "name": wording.group_names().get(group.code, group.name),
        "reached": group.reached,
        "possible": group.possible,
        "lines": [
            {
                "code": part.criterion.code, "name": part.criterion.name, "points": part.points.points, "most": part.criterion.points,
                "count": part.points.count, "ratio": part.points.ratio * 100 if part.points.ratio is not None else None,
                "formula": wording.formula(part),
                "href": f"{address('score-criterion', agency, part.criterion.code)}?{period.query}",
            }
            for part in group.parts
        ],
    }  # fmt: skip


def _course(agency: str, period: Period) -> dict[str, Any] | None:
    """Points month by month, or by the kind of period that is shown."""
    past = queries.history(agency, period.kind, upto=period.span.first)
    if len(past) < 2:
        return None
    names: dict[str, Callable[[date], str]] = {
        "y": lambda day: f"{day.year}",
        "q": lambda day: f"{(day.month + 2) // 3}/{day.year}",
        "m": lambda day: f"{day:%m/%y}",
    }
    axis = {"y": _("Năm"), "q": _("Quý"), "m": _("Tháng")}[period.kind]
    return {
        "labels": [names[period.kind](each.first) for each in past],
        "series": [{"name": _("Điểm"), "values": [each.total.points for each in past]}],
        "axis": axis,
    }


@public_page(max_age=SECONDS)
@require_safe
def criterion_page(request: HttpRequest, agency: str, code: str) -> HttpResponse:
    """How the points of one criterion come about, down to the rows it counts. 404 for what does not score this agency."""
    period = period_of(request)
    part = queries.part_of(agency, code, period.kind, period.span.first)
    if part is None:
        raise Http404
    criterion, points = part.criterion, part.points
    which = request.GET.get("loai", "")
    if which not in ("", "dat", "chua"):
        raise Http404
    source = SOURCES.get(criterion.source)
    good, after = {"": None, "dat": True, "chua": False}[which], request.GET.get("sau", "").replace("\x00", "")
    try:
        rows = source.rows(agency, period.counted, good=good, after=after, limit=PER_PAGE) if source is not None else Rows([])
    except ValueError:
        raise Http404 from None
    here, asked = address("score-criterion", agency, code), {"ky": period.span.key, **({"loai": which} if which else {})}
    count = points.count
    numbers = (count.denominator, count.numerator, count.denominator - count.numerator) if count is not None else (0, 0, 0)
    labels = (_("Tất cả"), _("Tính ở tử số"), _("Không tính ở tử số"))
    context = {
        **frame(period),
        **_place(period, agency),
        "criterion": criterion,
        "points": points,
        "ratio": points.ratio * 100 if points.ratio is not None else None,
        "formula": wording.formula(part),
        "rule": wording.rule(criterion),
        "tabs": [
            {
                "text": f"{label} ({tags.number(number)})",
                "href": f"{here}?{urlencode({'ky': period.span.key, **({'loai': key} if key else {})})}",
                "current": key == which,
            }
            for label, key, number in zip(labels, ("", "dat", "chua"), numbers, strict=True)
        ],
        "table": _rows_table(request, source.what, rows.rows, criterion.name) if source is not None and rows.rows else None,
        "next": f"{here}?{urlencode({**asked, 'sau': rows.after})}" if rows.after else "",
        "nameless": source.nameless(agency, period.counted) if source is not None else 0,
        "from_start": f"{here}?{urlencode(asked)}" if request.GET.get("sau") else "",
    }
    return show(request, "ratings/score/criterion.html", context)


def _rows_table(request: HttpRequest, what: str, rows: Sequence[RowSeen], caption: str) -> Any:
    """The rows by their codes; whoever may see one on the desk gets a link to it there."""
    heads = {
        "dossier": _("Mã hồ sơ"),
        "petition": _("Mã phản ánh, kiến nghị"),
        "procedure": _("Mã thủ tục"),
        "decision": _("Quyết định công bố"),
        "copy": _("Số chứng thực bản sao"),
    }
    columns = [Column("code", heads[what])]
    if what == "procedure":
        columns.append(Column("name", _("Thủ tục")))
        hrefs = {row.code: address("procedure", row.code) for row in rows}
    elif what == "decision":
        columns.append(Column("name", _("Trích yếu")))
        hrefs = links.decisions((row.unit, row.code) for row in rows)
    else:
        day = _("Ngày chứng thực") if what == "copy" else _("Ngày tiếp nhận")
        columns += [Column("unit", _("Cơ quan giải quyết")), Column("day", day, kind="date")]
        # A register's numbers say nothing without the agency beside them, and lead nowhere from here.
        hrefs = links.on_the_desk(actor_of(request), what, [row.code for row in rows]) if what != "copy" else {}
    columns.append(Column("good", _("Tính ở tử số")))
    names = agency_names({row.unit for row in rows}) if what != "procedure" else {}
    named = links.procedure_names([row.code for row in rows if not row.name]) if what == "procedure" else {}
    drawn = [
        {
            "code": (row.code, hrefs[row.code]) if row.code in hrefs else row.code,
            "name": row.name or named.get(row.code, ""),
            "unit": names.get(row.unit, row.unit),
            "day": row.day,
            "good": _("Có") if row.good else _("Không"),
        }
        for row in rows
    ]
    return tables.table(request.GET, columns, drawn, caption=caption, default="code")
