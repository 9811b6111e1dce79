"""``/thong-ke/``: the statistics that anybody can open (Scheme III.2b; Rules art. 23.2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.access import Actor, actor_of
from portal.caching import keep_out, public_page
from portal.catalogues.tables import write
from portal.languages import address, show
from portal.ui import tables
from ratings import fineness, naming, queries, spans
from ratings.api import told
from ratings.board.access import agency_of, officer_page, sees
from ratings.forms import PARTS, StatisticsForm
from ratings.queries import Asked, Figures, Line, Statistics
from ratings.spans import Span
from ratings.succession import heirs
from ratings.views import choosing, columns

PER_PAGE = 50
MAX_BARS = 10
COURSE = 13
"""Months of the line chart."""
_BY = {key: name for name, key, *_labels in PARTS}
_KEYS = {name: key for name, key, *_labels in PARTS}
FEW_DAYS, BACK = 7, 30
"""In so many days at the beginning of a month, whoever names no period sees so many days up to today."""
TODAYS = "hien-nay"
"""``?don-vi=hien-nay``: agencies that are no more are seen in those that follow them."""
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True)
class Question:
    """What an address asks."""

    asked: Asked
    span: Span
    by: queries.By
    today: date
    is_coarser: bool = False
    """Whether less finely than was asked for (`ratings.fineness`)."""
    units: str = ""
    """Of the units below the agency only those of a level (`choosing.LEVELS`)."""
    unknown: str = ""
    """The period that the address names and that is none."""
    officer: Actor | None = None
    """An officer who answers for these figures: they see them as finely as they ask, of agencies that are theirs."""

    def sees(self, agency: str) -> bool:
        """Whether whoever asks may ask for an agency too, ``""``: the country."""
        return self.officer is None or sees(self.officer, agency)

    def read(self, by: queries.By | None = None, **changes: date) -> Statistics:
        """The figures asked for, or of another span or otherwise taken apart; never more finely than whoever asks is told."""
        asked, wanted = replace(self.asked, **changes), self.by if by is None else by  # type: ignore[arg-type]
        if self.officer is None:
            asked, wanted = fineness.for_anybody(asked, wanted)
        if self.units and not wanted:
            return Statistics(self.read("agency", **changes).total, [])
        found = queries.statistics(asked, by=wanted, today=self.today)
        return choosing.of_level(found, self.units) if self.units and wanted == "agency" else found

    def finest(self, asked: Asked, by: queries.By) -> str:
        """What a question leads on to: ``by`` where it is told as it is, else by month."""
        is_told = self.officer is not None or fineness.for_anybody(asked, by) == (asked, by)
        return _KEYS[by if is_told else "month"]

    def query(self, **changes: str) -> str:
        """The address of the same question with something changed; what is empty is left out."""
        asked = self.asked
        values = {
            **({"ky": self.span.key} if self.span.key else {"tu": str(self.span.first), "den": str(self.span.last)}),
            "co-quan": asked.agency, "linh-vuc": asked.field, "thu-tuc": asked.procedure, "kenh": asked.channel, "muc-do": asked.level,
            "don-vi": TODAYS if asked.today else "", "theo": _KEYS[self.by],
            "cap": self.units,
        }  # fmt: skip
        if "ky" in changes:
            values = {name: value for name, value in values.items() if name not in ("tu", "den")}
        values |= {name.replace("_", "-"): value for name, value in changes.items()}
        return urlencode({name: value for name, value in values.items() if value})


def _question(
    request: HttpRequest, meant: choosing.Procedures = choosing.NOTHING, officer: Actor | None = None
) -> tuple[StatisticsForm, Question | None]:
    """The form as filled in, and the question; None where the days cannot be read. 404 for an agency that nobody knows, or of which an
    officer sees no more than anybody.

    ``meant``: the procedure whose name somebody wrote.
    """
    today = timezone.localdate()
    given = request.GET
    named = given.get("ky", "").strip() if not (given.get("tu") or given.get("den")) else ""
    known = spans.named(named)
    span = known or _usual(today)
    agency, procedure = given.get("co-quan", "").strip(), given.get("thu-tuc", "").strip()
    if officer is not None:
        agency = agency_of(officer, agency or None)
    if meant.code:
        procedure = meant.code
    field, level = given.get("linh-vuc", "").strip(), given.get("muc-do", "")
    if "\x00" in agency + procedure + field or (agency and not queries.is_known(agency)):
        raise Http404
    theo = given.get("theo", "")
    data = {
        "tu": given.get("tu") or (f"{span.first:%d/%m/%Y}" if not given.get("den") else ""),
        "den": given.get("den") or (f"{span.last:%d/%m/%Y}" if not given.get("tu") else ""),
        "theo": theo if theo in _BY else "co-quan" if not agency or queries.has_parts(agency) else "thu-tuc",
        "kenh": given.get("kenh", "") if given.get("kenh", "") in naming.channels() else "",
    }
    form = StatisticsForm(data)
    if not form.is_valid():
        return form, None
    by: Any = _BY[form.cleaned_data["theo"]]
    wanted = Asked(
        form.cleaned_data["tu"], form.cleaned_data["den"], agency=agency, field=field, procedure=procedure,
        channel=form.cleaned_data["kenh"], level=level if level in naming.levels() else "", today=given.get("don-vi") == TODAYS,
    )  # fmt: skip
    asked, told_by = fineness.for_anybody(wanted, by) if officer is None else (wanted, by)
    if not theo and by == "procedure" and (asked, told_by) != (wanted, by):
        # Nobody asked for procedures: what was asked for is told instead.
        by = "month"
        asked, told_by = fineness.for_anybody(wanted, by)
    span = spans.between(asked.first, asked.last)
    # Days as people write them, whatever the address had.
    days = {"tu": f"{span.first:%d/%m/%Y}", "den": f"{span.last:%d/%m/%Y}"}
    form = StatisticsForm({**data, **days, "theo": _KEYS[told_by], "kenh": asked.channel})
    form.is_valid()
    level_of_units = given.get("cap", "")
    has_levels = told_by == "agency" and bool(asked.agency) and "." not in asked.agency and level_of_units in choosing.LEVELS
    return form, Question(
        asked, span, told_by, today, is_coarser=(asked, told_by) != (wanted, by), units=level_of_units if has_levels else "",
        unknown=named[:40] if known is None else "", officer=officer,
    )  # fmt: skip


def _usual(today: date) -> Span:
    """What is shown where no period is named: this month, and while it has few days the days up to today."""
    month = spans.named(f"{today:%Y-%m}")
    assert month is not None
    return month if today.day > FEW_DAYS else spans.between(today - timedelta(days=BACK - 1), today)


@public_page(max_age=2)
@require_safe
def statistics_page(request: HttpRequest) -> HttpResponse:
    """The sentence, the picture, the table. Up to nine queries, however many rows."""
    context, status = _page(request)
    return show(request, "ratings/statistics.html", context, status=status)


@officer_page
@require_safe
def own_statistics_page(request: HttpRequest) -> HttpResponse:
    """The same for an officer who steers: of their agency and what is below, as finely as they ask (`ratings.fineness`)."""
    context, status = _page(request, actor_of(request))
    return render(request, "ratings/statistics.html", {**context, "is_own": True}, status=status)


def _page(request: HttpRequest, officer: Actor | None = None) -> tuple[dict[str, Any], int]:
    """What the page shows, and its status."""
    meant = choosing.procedures_of(request.GET.get("viec", ""))
    if not meant.is_current:
        keep_out(request)
    form, question = _question(request, meant, officer)
    places = choosing.places() if officer is None or sees(officer, "") else []
    if question is None:
        return {"form": form, "parts": [], "meant": meant, "places": places, "agency": request.GET.get("co-quan", "")}, 422
    if meant.words and not meant.code:
        return _undecided(request, form, question, meant, places), 200
    asked = question.asked
    found = question.read()
    before = question.read("", first=question.span.before.first, last=question.span.before.last).total
    names = _names(question, found)
    group = request.GET.get("cot", "") if request.GET.get("cot", "") in columns.groups() else ""
    shown, default = columns.columns(question.by, group), columns.default(question.by, group)
    key, downward = tables.order(request.GET, shown, default)
    rows = _sorted([_row(question, line, names) for line in found.lines], key, downward)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("trang"))
    files = address if officer is None else _own_address
    exports = [(ending.upper(), f"{files('statistics-file', ending)}?{question.query()}") for ending in ("csv", "xlsx", "json")]
    context = {
        "form": form,
        "span": question.span,
        "until": min(question.span.last, question.today),
        "runs": question.span.last > question.today >= question.span.first,
        "total": found.total,
        "change": _change(found.total, before),
        "before": question.span.before,
        "latest": _latest(question, found, names),
        "meant": meant,
        "unknown": question.unknown,
        "units": _units(question),
        "places": places,
        "agency": asked.agency,
        "is_coarser": question.is_coarser,
        "place": queries.agency_names([asked.agency]).get(asked.agency, asked.agency) if asked.agency else "",
        "above": _above(question),
        "heir": _heir(question),
        "times": _times(question),
        "filters": _filters(question),
        "parts": _links(question),
        "quick": _quick(question),
        "table": tables.table(request.GET, shown, page.object_list, caption=_caption(question), default=default, exports=exports),
        "groups": [(label, f"?{question.query(cot=key)}", key == group) for key, (label, _shown) in columns.groups().items()],
        "page": page,
        "query": urlencode([(name, value) for name, values in request.GET.lists() if name != "trang" for value in values]),
        "bars": _bars(question, found, names),
        "course": None if question.units else _course(question, found),
        "course_title": _("Tiếp nhận và giải quyết theo ngày") if question.by == "day" else _("Tiếp nhận và giải quyết theo tháng"),
        "carried": _carried(question),
        "map": _map(question, found),
    }  # fmt: skip
    return context, 200


def _undecided(
    request: HttpRequest, form: StatisticsForm, question: Question, meant: choosing.Procedures, places: Sequence[Any]
) -> dict[str, Any]:
    """Words that name no procedure, or several: which one is meant is asked first, and figures of all others are not shown for it."""
    agency = question.asked.agency
    return {
        "form": form, "meant": meant, "is_undecided": True, "places": places, "agency": agency, "carried": _carried(question),
        "found": [(name, f"?{question.query(thu_tuc=code)}") for code, name in meant.found],
        "all_href": f"?{question.query(thu_tuc='')}", "unknown": question.unknown,
        "place": queries.agency_names([agency]).get(agency, agency) if agency else "", "above": _above(question), "parts": [],
    }  # fmt: skip


def _carried(question: Question) -> list[tuple[str, str]]:
    """What the form keeps without showing it."""
    asked = question.asked
    kept = (
        ("linh-vuc", asked.field), ("thu-tuc", asked.procedure), ("muc-do", asked.level), ("don-vi", TODAYS if asked.today else ""),
        ("cap", question.units),
    )  # fmt: skip
    return [(name, value) for name, value in kept if value]


def _units(question: Question) -> list[tuple[str, str, bool]]:
    """The levels of units below a province or a ministry: what it is called, its address, whether it is shown."""
    if question.by != "agency" or not question.asked.agency.startswith("H") or "." in question.asked.agency:
        return []
    return [(label, f"?{question.query(cap=key)}", key == question.units) for key, label in choosing.level_names().items()]


def _own_address(name: str, *args: object) -> str:
    return reverse(f"own-{name}", args=args)


@public_page(max_age=2)
@require_safe
def statistics_file(request: HttpRequest, ending: str) -> HttpResponse:
    """The table of the page, whole: CSV, XLSX, JSON. 404 for another ending or days and periods that cannot be read. Up to five queries."""
    return _file(request, ending)


@officer_page
@require_safe
def own_statistics_file(request: HttpRequest, ending: str) -> HttpResponse:
    """The table of the officers' page."""
    return _file(request, ending, actor_of(request))


def _file(request: HttpRequest, ending: str, officer: Actor | None = None) -> HttpResponse:
    _form, question = _question(request, officer=officer)
    if question is None or question.unknown or ending not in ("csv", "xlsx", "json"):
        raise Http404
    found = question.read()
    names = _names(question, found)
    name = f"thong-ke-{question.span.first}-{question.span.last}.{ending}"
    if ending == "json":
        said = {
            "from": str(question.span.first), "to": str(question.span.last), "agency": question.asked.agency, "by": question.by,
            "agencies": "today" if question.asked.today else "reported", "units": choosing.LEVELS.get(question.units, "all"),
            "total": told(found.total),
            "items": [{"key": line.key, "name": names.get(line.key, ""), **told(line.figures)} for line in found.lines],
        }  # fmt: skip
        answer = HttpResponse(json.dumps(said, ensure_ascii=False), content_type="application/json")
    else:
        shown = [(column.key, column.label) for column in columns.columns(question.by)[1:]]
        header = [_("Mã"), _("Tên"), *(label for _key, label in shown)]
        lines = [*((line.key, names.get(line.key, line.key), line.figures) for line in found.lines), ("", _("Tổng"), found.total)]
        rows = [[key, label, *(columns.numbers(figures)[column] for column, _label in shown)] for key, label, figures in lines]
        answer = HttpResponse(write(ending, header, rows, figures=_("Thống kê")), content_type=_TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _names(question: Question, found: Statistics) -> dict[str, str]:
    """What the rows are called; an agency that is no more with the one that follows it. At most one query more once it is remembered."""
    keys = [line.key for line in found.lines]
    if question.by != "agency":
        return naming.names(question.by, keys)
    known = heirs()
    followed = {key: heir for key in keys if key and (heir := known.of(key)) != key}
    names = queries.agency_names({*keys, *followed.values()})
    for key, heir in followed.items():
        words = {"name": names.get(key) or key, "heir": names.get(heir) or heir}
        names[key] = _("%(name)s (nay là %(heir)s)") % words
    return names


def _latest(question: Question, found: Statistics, names: dict[str, str]) -> dict[str, Any] | None:
    """Who was late most often, where agencies stand side by side."""
    line = choosing.latest(found.lines) if question.by == "agency" else None
    if line is None:
        return None
    name = _row(question, line, names)["name"]
    dated = line.figures.resolved - line.figures.undated
    return {
        "name": name[0] if isinstance(name, tuple) else name, "late": line.figures.late, "dated": dated,
        "share": round(100 * line.figures.late / dated, 1) if dated else None, "href": f"?{question.query(xep='-late')}#bang",
    }  # fmt: skip


def _heir(question: Question) -> tuple[str, str] | None:
    """Of an agency that is no more: who follows it, with the address of both together; None of one that stands."""
    code = question.asked.agency
    heir = heirs().of(code) if code else ""
    if heir == code or not question.sees(heir):
        return None
    return queries.agency_names([heir]).get(heir, heir), f"?{question.query(co_quan=heir, don_vi=TODAYS, theo='')}"


def _times(question: Question) -> list[tuple[str, str, bool]]:
    """Agencies as they were or in today's places: what it is called, its address, whether it is shown; nothing while none was merged."""
    if not heirs().after:
        return []
    return [
        (_("Như đã báo cáo"), f"?{question.query(don_vi='')}", not question.asked.today),
        (_("Cộng vào cơ quan hiện nay"), f"?{question.query(don_vi=TODAYS)}", question.asked.today),
    ]


def _caption(question: Question) -> str:
    return f"{next(label for name, _key, label, _column in PARTS if name == question.by)}: {_span_words(question.span)}"


def _span_words(span: Span) -> str:
    return span.name or _("từ %(first)s đến %(last)s") % {"first": f"{span.first:%d/%m/%Y}", "last": f"{span.last:%d/%m/%Y}"}


def _row(question: Question, line: Line, names: dict[str, str]) -> dict[str, Any]:
    name = names.get(line.key) or (_("Mã %(code)s") % {"code": line.key} if line.key else _("Không ghi"))
    if question.by == "agency" and line.key == question.asked.agency and line.key:
        name = _("Tại chính cơ quan này")
    href = _way(question, line.key)
    order = line.key if question.by in ("month", "day") else name
    return {"name": (name, f"?{href}") if href else name, "order": order, **columns.numbers(line.figures)}


def _way(question: Question, key: str) -> str:
    """Where a row leads: to the same figures of that part, taken apart once more; empty where there is no further."""
    asked = question.asked
    match question.by:
        case "agency":
            if key != heirs().of(key):
                return question.query(co_quan=key, theo="", don_vi="")
            return question.query(co_quan=key, theo="thu-tuc" if key == asked.agency else "") if key else ""
        case "field":
            return question.query(linh_vuc=key, theo="thu-tuc") if key else ""
        case "procedure":
            return question.query(thu_tuc=key, theo="co-quan")
        case "channel":
            return question.query(kenh=key, theo=question.finest(replace(asked, channel=key), "agency"))
        case "level":
            return question.query(muc_do=key, theo=question.finest(replace(asked, level=key), "procedure")) if key else ""
        case "month":
            return question.query(ky=key[:7], theo="ngay") if question.finest(asked, "day") == "ngay" else ""
    return ""


def _sorted(rows: list[dict[str, Any]], key: str, downward: bool) -> list[dict[str, Any]]:
    """What is not known comes last, either way."""
    key = "order" if key == "name" else key
    known = [row for row in rows if row[key] is not None]
    return sorted(known, key=lambda row: row[key], reverse=downward) + [row for row in rows if row[key] is None]


def _change(total: Figures, before: Figures) -> dict[str, Any]:
    """How much more was received, in per cent, and how many points more were on time; None where there is nothing to compare."""
    received = round(100 * (total.received - before.received) / before.received, 1) if before.received else None
    points = round(total.kept_word - before.kept_word, 1) if total.kept_word is not None and before.kept_word is not None else None
    return {
        "received": received, "received_size": abs(received or 0), "points": points, "points_size": abs(points or 0),
        "points_count": 1 if abs(points or 0) == 1 else 2,
    }  # fmt: skip


def _above(question: Question) -> list[tuple[str, str]]:
    """The way down to the place: the country and each agency above it, with their addresses."""
    code = question.asked.agency
    if not code:
        return []
    parts = code.split(".")
    codes = [one for depth in range(1, len(parts)) if question.sees(one := ".".join(parts[:depth]))]
    names = queries.agency_names(codes) if codes else {}
    country = [(_("Cả nước"), f"?{question.query(co_quan='', theo='co-quan')}")] if question.sees("") else []
    return country + [(names.get(one, one), f"?{question.query(co_quan=one, theo='co-quan')}") for one in codes]


def _filters(question: Question) -> list[tuple[str, str, str]]:
    """What narrows the figures: what, its value, the address without it."""
    asked, found = question.asked, []
    if asked.field:
        found.append((_("Lĩnh vực"), queries.field_names([asked.field]).get(asked.field, asked.field), question.query(linh_vuc="")))
    if asked.procedure:
        name = queries.procedure_names([asked.procedure]).get(asked.procedure, asked.procedure)
        found.append((_("Thủ tục"), name, question.query(thu_tuc="")))
    if asked.channel:
        found.append((_("Cách nộp"), naming.channels()[asked.channel], question.query(kenh="")))
    if asked.level:
        found.append((_("Mức dịch vụ trực tuyến"), naming.levels()[asked.level], question.query(muc_do="")))
    return [(label, value, f"?{query}") for label, value, query in found]


def _links(question: Question) -> list[dict[str, Any]]:
    long_by_day = (question.span.last - question.span.first).days > naming.MAX_DAYS_BY_DAY
    told = [name for name, *_rest in PARTS] if question.officer is not None else fineness.parts(question.asked)
    return [
        {"text": label, "href": f"?{question.query(theo=key)}", "current": name == question.by}
        for name, key, label, _column in PARTS
        if name in told and not (name == "day" and long_by_day)
    ]


def _quick(question: Question) -> list[tuple[str, str, bool]]:
    """Spans that people ask for most: name, address, whether it is the one shown."""
    today = question.today
    quarter = f"{today.year}-q{(today.month + 2) // 3}"
    last_month = today.replace(day=1) - timedelta(days=1)
    found = [
        spans.named(key) for key in (f"{today}", f"{today:%Y-%m}", f"{last_month:%Y-%m}", quarter, f"{today.year}", f"{today.year - 1}")
    ]
    return [(span.name, f"?{question.query(ky=span.key)}", span.key == question.span.key) for span in found if span is not None]


def _bars(question: Question, found: Statistics, names: dict[str, str]) -> list[tuple[str, int]]:
    """The largest parts, where they stand side by side; over time a line shows more."""
    if question.by in ("month", "day") or len(found.lines) < 2:
        return []
    largest = sorted(found.lines, key=lambda line: -line.figures.received)[:MAX_BARS]
    return [(str(_row(question, line, names)["name"][0] if _way(question, line.key) else _row(question, line, names)["name"]),
             line.figures.received) for line in largest]  # fmt: skip


def _course(question: Question, found: Statistics) -> dict[str, Any]:
    """How it went: the days or months asked for, else the months up to the end of the span."""
    if question.by in ("month", "day"):
        lines: Sequence[Line] = found.lines
    else:
        last = min(question.span.last, question.today)
        first = last.replace(day=1)
        for _number in range(COURSE - 1):
            first = (first - timedelta(days=1)).replace(day=1)
        lines = question.read("month", first=first, last=last).lines
    by_day = question.by == "day"
    return {
        "labels": [f"{date.fromisoformat(line.key):%d/%m}" if by_day else f"{date.fromisoformat(line.key):%m/%y}" for line in lines],
        "axis": _("Ngày") if by_day else _("Tháng"),
        "series": [
            {"name": _("Tiếp nhận"), "values": [line.figures.received for line in lines]},
            {"name": _("Đã giải quyết"), "values": [line.figures.resolved for line in lines]},
            {"name": _("Giải quyết quá hạn"), "values": [line.figures.late for line in lines]},
        ],
    }


def _map(question: Question, found: Statistics) -> dict[str, Any] | None:
    """The share that was on time, by province; where the country stands by agency."""
    if question.by != "agency" or question.asked.agency:
        return None
    places = queries.province_codes([line.key for line in found.lines])
    values = {places[line.key]: line.figures.kept_word for line in found.lines if line.key in places}
    hrefs = {places[line.key]: f"?{_way(question, line.key)}" for line in found.lines if line.key in places}
    return {"values": values, "hrefs": hrefs} if values else None
