"""``/danh-gia/hai-long/``: how satisfied people are with how their dossiers were handled (Scheme III.2c), against 95 %."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.catalogues.tables import write
from portal.languages import address, is_english, show
from portal.ui import tables
from portal.ui.tables import Column
from ratings import queries as known
from ratings import spans
from ratings.models import SlipForm
from ratings.slips import queries, services
from ratings.slips.queries import By, Satisfaction
from ratings.slips.rules import LEAST, TARGET, Steps
from ratings.spans import Span

MAX_BARS = 10
COURSE = 13
MAX_ROWS = 500
_BY: dict[str, By] = {"co-quan": "agency", "linh-vuc": "field", "thu-tuc": "procedure", "thang": "month", "cau-hoi": "question"}
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def _asked(request: HttpRequest) -> tuple[Span, str, str]:
    """Span (a month, quarter or year), agency, key of the parts. 404 for an agency that nobody knows."""
    today = timezone.localdate()
    span = spans.named(request.GET.get("ky", ""))
    if span is None or span.first == span.last:
        span = spans.named(f"{today.year}")
    assert span is not None
    agency = request.GET.get("co-quan", "").strip()
    if "\0" in agency or (agency and not known.is_known(agency)):
        raise Http404
    theo = request.GET.get("theo", "")
    return span, agency, theo if theo in _BY else "co-quan"


def _columns(first: str) -> list[Column]:
    return [
        Column("name", first, sortable=True),
        Column("answered", _("Số phiếu"), kind="number", sortable=True),
        Column("satisfied", _("Hài lòng, rất hài lòng"), kind="number", sortable=True),
        Column("share", _("Hài lòng (%)"), kind="number", sortable=True),
        Column("gap", _("So với 95% (điểm)"), kind="number", sortable=True),
    ]


def _labels(theo: str) -> str:
    return {"co-quan": _("Cơ quan"), "linh-vuc": _("Lĩnh vực"), "thu-tuc": _("Thủ tục"), "thang": _("Tháng"), "cau-hoi": _("Câu hỏi")}[theo]


def numbers(steps: Steps, *, hide: bool) -> dict[str, Any]:
    """What a row of the table shows; dashes where a figure would tell of single people."""
    if hide or not steps.is_enough or steps.share is None:
        return {"answered": None, "satisfied": None, "share": None, "gap": None}
    return {"answered": steps.answered, "satisfied": steps.satisfied, "share": steps.share, "gap": steps.share - TARGET}


def question_words(asked: SlipForm | None) -> dict[str, str]:
    """The questions in force by code, in the language of the page."""
    language = "en" if is_english() else "vi"
    return {question["code"]: question[language] for question in asked.questions} if asked is not None else {}


def _names(theo: str, found: Satisfaction) -> dict[str, str]:
    keys = list(found.rows)
    match theo:
        case "co-quan":
            return known.agency_names(keys)
        case "linh-vuc":
            return known.field_names(keys)
        case "thu-tuc":
            return known.procedure_names(keys)
        case "cau-hoi":
            return question_words(services.form_on(timezone.localdate()))
    return {key: f"{date.fromisoformat(key):%m/%Y}" for key in keys}


def _rows(theo: str, span: Span, agency: str, found: Satisfaction, names: dict[str, str]) -> list[dict[str, Any]]:
    hidden, rows = found.hidden, []
    for key, steps in found.rows.items():
        name = names.get(key, key)
        shown: Any = name
        if theo == "co-quan" and key != agency:
            shown = (name, f"?{urlencode({'ky': span.key, 'co-quan': key})}")
        elif theo == "co-quan":
            shown = _("Tại chính cơ quan này")
        rows.append({"key": key, "name": shown, "order": key if theo == "thang" else name, **numbers(steps, hide=key in hidden)})
    return rows


def _sorted(rows: list[dict[str, Any]], key: str, downward: bool) -> list[dict[str, Any]]:
    key = "order" if key == "name" else key
    certain = sorted((row for row in rows if row[key] is not None), key=lambda row: row[key], reverse=downward)
    return certain + [row for row in rows if row[key] is None]


@public_page(max_age=2)
@require_safe
def satisfaction_page(request: HttpRequest) -> HttpResponse:
    """The sentence, the picture, the table. Up to nine queries, however many rows."""
    span, agency, theo = _asked(request)
    today = timezone.localdate()
    found = queries.satisfaction(agency, span.first, span.last, by=_BY[theo])
    names = _names(theo, found)
    # Of many the worst are what one looks for.
    columns, default = _columns(_labels(theo)), "name" if theo in ("thang", "cau-hoi") else "share"
    key, downward = tables.order(request.GET, columns, default)
    rows = _rows(theo, span, agency, found, names)
    given = {"ky": span.key, **({"co-quan": agency} if agency else {})}
    exports = [(ending.upper(), f"{address('satisfaction-file', ending)}?{urlencode({**given, 'theo': theo})}") for ending in _TYPES]
    course = _course(agency, min(span.last, today))
    counter = queries.satisfaction(agency, span.first, span.last, source=queries.UNIT).total
    context = {
        "span": span,
        "place": known.agency_names([agency]).get(agency, agency) if agency else "",
        "above": _above(span, agency),
        "total": found.total,
        "goal": TARGET,
        "least": LEAST,
        "reached": found.share is not None and found.share >= TARGET,
        "table": tables.table(
            request.GET, columns, _sorted(rows, key, downward)[:MAX_ROWS], caption=span.name, default=default, exports=exports
        ),
        "cut": len(rows) > MAX_ROWS,
        "some_hidden": any(row["answered"] is None for row in rows),
        "bars": _bars(rows) if theo not in ("thang", "cau-hoi") else [],
        "course": course,
        "counter": counter,
        "quick": [(one.name, f"?{urlencode({**given, 'ky': one.key, 'theo': theo})}", one.key == span.key) for one in _quick(today)],
        "parts": [
            {"text": text, "href": f"?{urlencode({**given, 'theo': name})}", "current": name == theo}
            for name, text in (
                ("co-quan", _("Theo cơ quan")), ("linh-vuc", _("Theo lĩnh vực")), ("thu-tuc", _("Theo thủ tục")),
                ("thang", _("Theo tháng")), ("cau-hoi", _("Theo câu hỏi")),
            )
        ],
    }  # fmt: skip
    return show(request, "ratings/slips/satisfaction.html", context)


@public_page(max_age=2)
@require_safe
def satisfaction_file(request: HttpRequest, ending: str) -> HttpResponse:
    """The table of the page, whole: CSV, XLSX. 404 for another ending."""
    if ending not in _TYPES:
        raise Http404
    span, agency, theo = _asked(request)
    found = queries.satisfaction(agency, span.first, span.last, by=_BY[theo])
    names = _names(theo, found)
    columns = _columns(_labels(theo))
    header = [_("Mã"), *(column.label for column in columns)]
    rows = [
        [row["key"], names.get(row["key"], row["key"]), *(_plain(row[column.key]) for column in columns[1:])]
        for row in _sorted(_rows(theo, span, agency, found, names), "name", downward=False)
    ]
    whole = numbers(found.total, hide=False)
    rows.append(["", _("Tổng"), *(_plain(whole[column.key]) for column in columns[1:])])
    answer = HttpResponse(write(ending, header, rows, figures=_("Hài lòng")), content_type=_TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="hai-long-{span.key}.{ending}"'
    return answer


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _quick(today: date) -> list[Span]:
    last_month = today.replace(day=1) - timedelta(days=1)
    keys = (f"{today:%Y-%m}", f"{last_month:%Y-%m}", f"{today.year}-q{(today.month + 2) // 3}", f"{today.year}", f"{today.year - 1}")
    return [span for key in keys if (span := spans.named(key)) is not None]


def _above(span: Span, agency: str) -> list[tuple[str, str]]:
    parts = agency.split(".")[:-1] if agency else []
    codes = [".".join(parts[: depth + 1]) for depth in range(len(parts))]
    names = known.agency_names(codes) if codes else {}
    return [(names.get(code, code), f"?{urlencode({'ky': span.key, 'co-quan': code})}") for code in codes]


def _bars(rows: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """The lowest shares side by side, where there are several."""
    known_rows = sorted((row for row in rows if row["share"] is not None), key=lambda row: row["share"])[:MAX_BARS]
    shown = [(str(row["name"][0] if isinstance(row["name"], tuple) else row["name"]), float(row["share"])) for row in known_rows]
    return shown if len(shown) > 1 else []


def _course(agency: str, last: date) -> dict[str, Any]:
    """The months up to the end of the span, beside the target; a month with too few slips is a gap."""
    first = last.replace(day=1)
    for _number in range(COURSE - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    end = (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    found = queries.satisfaction(agency, first, end, by="month")
    months, month = [], first
    while month <= end:
        months.append(month)
        month = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    hidden = found.hidden
    values: list[float | None] = []
    for month in months:
        steps = found.rows.get(month.isoformat(), Steps())
        values.append(float(steps.share) if steps.share is not None and steps.is_enough and month.isoformat() not in hidden else None)
    return {
        "labels": [f"{month:%m/%y}" for month in months],
        "series": [
            {"name": _("Hài lòng (%)"), "values": values},
            {"name": _("Mục tiêu (%)"), "values": [float(TARGET)] * len(months)},
        ],
        "is_empty": all(value is None for value in values),
    }
