"""``/danh-gia/``: who serves people how well, in the open (Rules art. 30)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.catalogues.tables import write
from portal.languages import address, show
from ratings.queries import province_codes
from ratings.score import queries, wording
from ratings.score.api import told
from ratings.score.queries import MINISTRIES, PROVINCES, Score, Scores
from ratings.score.sources import SOURCES
from ratings.score.views.common import SECONDS, Period, frame, period_of, table

MAX_BARS = 10
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@public_page(max_age=SECONDS)
@require_safe
def ranking_page(request: HttpRequest) -> HttpResponse:
    """Ministries and provinces by points, a map, a chart, the tables. Up to five queries, however many agencies."""
    period = period_of(request)
    found = queries.scores(period.kind, period.span.first)
    exports = [(ending.upper(), f"{address('scores-file', ending)}?{period.query}") for ending in ("csv", "xlsx", "json")]
    groups = []
    for kind in (PROVINCES, MINISTRIES):
        of_kind = found.of(kind)
        label = wording.kind_name(kind)
        groups.append((label, table(request, period, of_kind, label, exports), len(of_kind)))
    provinces = found.of(PROVINCES)
    context = {
        **frame(period),
        "groups": groups,
        "leaders": [
            (wording.kind_name(kind), first.name, first.points, wording.class_name(first.grade))
            for kind in (PROVINCES, MINISTRIES)
            if (first := next((score for score in found.of(kind) if score.rank == 1), None)) is not None
        ],
        "left_out": _left_out(found),
        "map": _map(period, provinces),
        "bars": [(score.name, score.points) for score in provinces[:MAX_BARS] if score.points is not None],
        "criteria": [(each, wording.rule(each)) for each in found.criteria],
    }
    return show(request, "ratings/score/ranking.html", context)


def _left_out(found: Scores) -> list[Any]:
    """Criteria that no agency's score has, because nobody has their data yet."""
    return [each for each in found.criteria if each.source not in SOURCES]


def _map(period: Period, provinces: Sequence[Score]) -> dict[str, Any] | None:
    """Points by province."""
    places = province_codes([score.agency for score in provinces])
    known = [score for score in provinces if score.agency in places]
    values = {places[score.agency]: score.points for score in known}
    hrefs = {places[score.agency]: f"{address('score', score.agency)}?{period.query}" for score in known}
    return {"values": values, "hrefs": hrefs} if values else None


@public_page(max_age=SECONDS)
@require_safe
def scores_file(request: HttpRequest, ending: str) -> HttpResponse:
    """The ranking whole, with every criterion's points, numerator and denominator: CSV, XLSX, JSON. Three queries."""
    if ending not in ("csv", "xlsx", "json"):
        raise Http404
    period = period_of(request)
    parent = request.GET.get("co-quan", "").strip()
    if "\x00" in parent:
        raise Http404
    found = queries.scores(period.kind, period.span.first, parent)
    if parent and not found.scores:
        raise Http404
    name = f"danh-gia-{period.span.key}{f'-{parent}' if parent else ''}.{ending}"
    if ending == "json":
        answer = HttpResponse(json.dumps(told(found), ensure_ascii=False), content_type="application/json")
    else:
        header = [
            _("Mã"),
            _("Cơ quan"),
            _("Nhóm xếp hạng"),
            _("Hạng"),
            _("Điểm"),
            _("Xếp loại"),
            _("Điểm đạt"),
            _("Điểm tối đa có số liệu"),
        ]
        for each in found.criteria:
            header += [f"{each.code}", f"{each.code} {_('tử số')}", f"{each.code} {_('mẫu số')}"]
        rows = []
        for score in found.scores:
            by_code = {part.criterion.code: part.points for part in score.parts}
            line: list[Any] = [score.agency, score.name, wording.kind_name(queries.kind_of(score.agency)), score.rank, score.points,
                               wording.class_name(score.grade), score.total.reached, score.total.possible]  # fmt: skip
            for each in found.criteria:
                points = by_code.get(each.code)
                count = points.count if points is not None else None
                line += [
                    points.points if points is not None else None,
                    count.numerator if count else None,
                    count.denominator if count else None,
                ]
            rows.append(line)
        answer = HttpResponse(write(ending, header, rows, figures=_("Đánh giá cơ quan")), content_type=_TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
