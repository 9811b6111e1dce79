"""``/dieu-hanh/cong-viec/``: what the work on the desk teaches, for the head of a unit and for the Government Office; an officer's own row.

A leader or overseer sees their agency and those below it, the Government Office all; officers by name stand on the page of their unit
alone. Everybody else who works on the desk sees their own figures at ``/dieu-hanh/viec-cua-toi/``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.access import Actor, actor_of, may
from portal.access.rules import AccessDenied
from portal.catalogues.tables import write
from portal.ui import tables as drawing
from portal.ui.tags import number
from ratings import spans
from ratings.board.access import agency_of, officer_page, sees, sees_boards, sees_country
from ratings.board.tiles import board_url, figures_url, targets_url
from ratings.queries import agency_names
from ratings.spans import Span
from ratings.work import queries, tables
from ratings.work.norms import expected, norms_of
from ratings.work.queries import Work
from ratings.work.tables import Part

ROWS = 30
"""Lines of a table of steps or papers on the page; the file has all."""
BARS = 8
COURSE = 12
COUNTRY = "Cả nước"


def work_url(agency: str, **more: str) -> str:
    """The address of the page of an agency, ``""``: of the country."""
    found = reverse("board-work-of", args=[agency]) if agency else reverse("board-work")
    return f"{found}?{urlencode(more)}" if more else found


def _span(request: HttpRequest) -> Span:
    """A month, quarter or year; without one this year. 404 for anything else."""
    span = spans.named(request.GET.get("ky") or f"{timezone.localdate().year}")
    if span is None or not queries.is_kept(span):
        raise Http404
    return span


def _procedure(request: HttpRequest) -> str:
    code = request.GET.get("thu-tuc", "").strip()
    if "\0" in code or len(code) > 40:
        raise Http404
    return code


def _part(agency: str, span: Span, today: date, procedure: str, name: str, links: bool) -> Part:
    """One table by its name. 404 for one that there is not."""
    match name:
        case "can-bo" if agency:
            return tables.officers(agency, span, today)
        case "quay" if agency:
            return tables.counters(agency, span, today)
        case "don-vi":
            found = queries.below(agency, span) if links else {}
            return tables.below(agency, span, {code: work_url(code, ky=span.key) for code in found})
        case "buoc":
            lines = queries.steps(agency, span, procedure=procedure)
            return tables.steps(lines, tables.names_of(lines))
        case "giay-to":
            again = queries.returns(agency, span, procedure=procedure)
            return tables.returns(again, tables.names_of(again))
    raise Http404


@officer_page
@require_safe
def work_page(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """Officers, counters, agencies below, slow steps, papers asked for again. As many queries whatever there is."""
    actor = actor_of(request)
    agency, span, procedure = agency_of(actor, code or request.GET.get("co-quan") or None), _span(request), _procedure(request)
    today = timezone.localdate()
    total = queries.work_of(agency, span)
    lines, again = queries.steps(agency, span, procedure=procedure), queries.returns(agency, span, procedure=procedure)
    names = tables.names_of(lines, again)
    parts = [_part(agency, span, today, procedure, name, links=True) for name in (("can-bo", "quay") if agency else ())]
    below = _part(agency, span, today, procedure, "don-vi", links=True)
    context = {
        **_frame(request, actor, agency, span),
        "procedure": procedure,
        "procedure_name": names.get(procedure, procedure),
        "all_url": work_url(agency, ky=span.key),
        "said": _sentence(total, span, agency),
        "norm": tables.norm_in_words(norms_of([agency], today)[agency]) if agency else "",
        "stats": _stats(total),
        "tables": [
            (one.title, _drawn(request, agency, span, procedure, one)) for part in [*parts, below] if part.rows for one in part.shown()
        ],
        "course": _course(agency, min(span.last, today)),
        "by_step": [(tables.label_of(line.step), line.hours or 0) for line in sorted(
            queries.by_step(lines), key=lambda line: -line.seconds / line.number)][:BARS],
        "steps": _drawn(request, agency, span, procedure, _linked(tables.steps(lines[:ROWS], names), agency, span)) if lines else None,
        "steps_more": max(len(lines) - ROWS, 0),
        "reasons": tables.by_reason(again)[:BARS],
        "returns": _drawn(request, agency, span, procedure, _linked(tables.returns(again[:ROWS], names), agency, span)) if again else None,
        "returns_more": max(len(again) - ROWS, 0),
        "is_empty": total == Work() and not lines and not again,
    }  # fmt: skip
    return render(request, "ratings/work.html", context)


@officer_page
@require_safe
def work_file(request: HttpRequest, code: str | None = None) -> HttpResponse:
    """One table of the page, whole, as CSV: ``?bang=``."""
    actor = actor_of(request)
    agency, span, procedure = agency_of(actor, code or request.GET.get("co-quan") or None), _span(request), _procedure(request)
    name = request.GET.get("bang", "")
    part = _part(agency, span, timezone.localdate(), procedure, name, links=False)
    header, rows = part.for_file()
    answer = HttpResponse(write("csv", header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{(agency or "ca-nuoc").lower()}-{span.key}.csv"'
    return answer


@officer_page
@require_safe
def own_page(request: HttpRequest) -> HttpResponse:
    """An officer's own figures, and nobody else's (six queries)."""
    actor, span, today = actor_of(request), _span(request), timezone.localdate()
    if actor.position_id is None or not (sees_boards(actor) or may(actor, "dossiers.read", actor.unit)):
        raise AccessDenied("dossiers.read")
    work = queries.officers(actor.unit, span, actor.position_id).get(actor.position_id, Work())
    said = queries.ratings(actor.unit, span.first.year, actor.position_id).get(actor.position_id, {})
    norm = norms_of([actor.unit], today)[actor.unit]
    row = tables.officer_row(work, said, expected(norm.per_year, span, today))
    columns = [*tables.OFFICERS[1:], *tables.SERVED, *tables.RATED]
    context = {
        "span": span,
        "periods": _periods(today, span, lambda key: f"?{urlencode({'ky': key})}"),
        "place": agency_names([actor.unit]).get(actor.unit, actor.unit),
        "who": actor.label,
        "lines": [(column.label, "—" if row[column.key] is None else number(row[column.key])) for column in columns],
        "norm": tables.norm_in_words(norm),
        "unit_url": work_url(actor.unit) if sees_boards(actor) and sees(actor, actor.unit) else "",
        "is_empty": work == Work() and not said,
    }
    return render(request, "ratings/own_work.html", context)


def _frame(request: HttpRequest, actor: Actor, agency: str, span: Span) -> dict[str, Any]:
    """Where one is, the way up, the periods."""
    parts = agency.split(".") if agency else []
    above = [up for depth in range(1, len(parts)) if sees(actor, up := ".".join(parts[:depth]))]
    names = agency_names([*above, agency]) if agency else {}
    ways = [(COUNTRY, work_url("", ky=span.key))] if agency and sees_country(actor) else []
    return {
        "agency": agency,
        "place": names.get(agency, agency) if agency else COUNTRY,
        "above": ways + [(names.get(up, up), work_url(up, ky=span.key)) for up in above],
        "span": span,
        "periods": _periods(timezone.localdate(), span, lambda key: work_url(agency, ky=key)),
        "board_url": board_url(agency),
        "targets_url": targets_url(agency),
        "statistics_url": figures_url(agency),
        "own_url": reverse("own-work"),
        "at": timezone.localtime(),
        "who": actor.label,
    }


def _periods(today: date, span: Span, address: Any) -> list[dict[str, Any]]:
    before = today.replace(day=1) - timedelta(days=1)
    keys = (f"{today:%Y-%m}", f"{before:%Y-%m}", f"{today.year}-q{(today.month + 2) // 3}", f"{today.year}", f"{today.year - 1}")
    return [{"text": one.name, "href": address(one.key), "current": one.key == span.key} for key in keys if (one := spans.named(key))]


def _drawn(request: HttpRequest, agency: str, span: Span, procedure: str, part: Part) -> drawing.Table:
    asked = {"bang": part.name, "ky": span.key, **({"thu-tuc": procedure} if procedure else {})}
    file = reverse("board-work-of-file", args=[agency]) if agency else reverse("board-work-file")
    exports = [("Tải bảng này (CSV)", f"{file}?{urlencode(asked)}")]
    return drawing.table(request.GET, part.columns, part.rows, caption=part.caption or part.title, default="", exports=exports)


def _linked(part: Part, agency: str, span: Span) -> Part:
    """The procedure of each row leads to the page of it alone."""
    rows = [{**row, "procedure": (row["procedure"], work_url(agency, ky=span.key, **{"thu-tuc": row["code"]}))} for row in part.rows]
    return Part(part.name, part.title, part.columns, rows)


def _sentence(total: Work, span: Span, agency: str) -> str:
    """The figures that matter most, as one says them."""
    said = f"{span.name}: tiếp nhận {number(total.received)} hồ sơ, giải quyết xong {number(total.resolved)}"
    if total.on_time is not None:
        said += f", trong đó {number(total.on_time)}% đúng hạn"
    if total.answers_in_time is not None:
        said += f"; {number(total.answers_in_time)}% hồ sơ nộp trực tuyến được trả lời trong 8 giờ làm việc"
    return said + "."


def _stats(total: Work) -> list[dict[str, Any]]:
    """Tiles."""
    late = total.answered - total.answered_in_time
    return [
        {"value": number(total.received), "label": "hồ sơ tiếp nhận", "note": f"{number(total.refused)} hồ sơ bị từ chối tiếp nhận"},
        {"value": number(total.late), "label": "hồ sơ giải quyết quá hạn", "note": f"trong {number(total.resolved)} đã giải quyết xong",
         "kind": "bad" if total.late else ""},
        {"value": number(late), "label": "hồ sơ trả lời sau 8 giờ làm việc", "note": f"trong {number(total.answered)} đã trả lời",
         "kind": "bad" if late else ""},
        {"value": number(total.requests), "label": "lần yêu cầu bổ sung", "note": ""},
        {"value": "–" if total.waited is None else number(total.waited), "label": "phút chờ bình quân tại quầy",
         "note": f"{number(total.waited_over)} lượt quá chuẩn", "kind": "bad" if total.waited_over else ""},
        {"value": "–" if total.handled is None else number(total.handled), "label": "phút giải quyết bình quân tại quầy",
         "note": f"{number(total.handled_over)} lượt quá chuẩn", "kind": "bad" if total.handled_over else ""},
    ]  # fmt: skip


def _course(agency: str, last: date) -> dict[str, Any]:
    """The twelve months up to one: received, resolved, late."""
    shown = [last.replace(day=1)]
    while len(shown) < COURSE:
        shown.insert(0, (shown[0] - timedelta(days=1)).replace(day=1))
    found = queries.months(agency, shown[0])
    of = [found.get(month, Work()) for month in shown]
    return {
        "labels": [f"{month:%m/%y}" for month in shown],
        "series": [
            {"name": "Tiếp nhận", "values": [one.received for one in of]},
            {"name": "Giải quyết xong", "values": [one.resolved for one in of]},
            {"name": "Quá hạn", "values": [one.late for one in of]},
        ],
        "is_empty": not found,
    }
