"""How agencies deal with petitions, the worst first, down to the queue behind each number: the country for VPCP, its tree for an agency."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.http import urlencode

from feedback import queries_figures as figures
from feedback.measures import processed_on_time, satisfied
from feedback.models import OPEN_STATES, Petition, Tally
from feedback.queries_figures import Counts
from feedback.views.figures import asked_period, figures_row
from feedback.worklists import LATE_ANSWER
from portal.access import actor_of, may
from portal.access.site import OfficerModelAdmin
from portal.catalogues import tables
from portal.catalogues.queries import agency_names
from portal.ui.tables import Column, order, table

READ, OVERSEE = "feedback.read", "feedback.oversee"
QUEUE = "/quan-tri/feedback/petition/"
WORST = 3
LEAST = 5
"""So many that were due make a share of late ones mean something."""
COLUMNS = [
    Column("name", "Cơ quan", sortable=True),
    Column("received", "Nhận", "number", sortable=True),
    Column("on_time", "Trả lời đúng hạn", "number", sortable=True),
    Column("late", "Trả lời quá hạn", "number", sortable=True),
    Column("open", "Đang xử lý", "number", sortable=True),
    Column("overdue", "Đang quá hạn", "number", sortable=True),
    Column("behind", "Quá hạn (%)", "number", sortable=True),
    Column("refused", "Không tiếp nhận", "number", sortable=True),
    Column("again", "Gửi lại", "number", sortable=True),
]


@admin.register(Tally)
class OverviewAdmin(OfficerModelAdmin):
    """One page in place of a list; there is nothing to change."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, OVERSEE) or may(actor, READ, actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return [path("", self.admin_site.admin_view(self.overview), name=name)]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Agencies (``?co-quan=``: the units of one), the time of ``?ky=``, an order, and as a file with ``?tep=csv``."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        actor = actor_of(request)
        everything = may(actor, OVERSEE)
        top = request.GET.get("co-quan", "") if everything else actor.unit
        if len(top) > 40 or "\x00" in top:
            raise Http404
        period = asked_period(request)
        if period.wrong:
            raise Http404
        rows = _units(top, period.first, period.last) if top else _agencies(period.first, period.last)
        names = agency_names([row["code"] for row in rows] + ([top] if top else []))
        for row in rows:
            row["label"] = names.get(row["code"], row["code"])
        today = timezone.localdate()
        key, downward = order(request.GET, COLUMNS, "-behind")
        rows.sort(key=lambda row: row["label"])
        known = sorted((row for row in rows if _value(row, key) is not None), key=lambda row: _value(row, key), reverse=downward)
        rows = known + [row for row in rows if _value(row, key) is None]
        if request.GET.get("tep") == "csv":
            return _file(rows, top, period.first, period.last)
        # Lists say how it stands now: what units count at any time, and agencies for a time that goes on until today.
        now = bool(top) or period.last >= today
        shown = [_linked(row, drill=everything and not top, value=period.value, by_unit=bool(top), now=now) for row in rows]
        given = {name: value for name, value in (("co-quan", top if everything else ""), ("ky", period.value)) if value}
        late_queue = f"{QUEUE}?{urlencode({'viec': LATE_ANSWER})}" if now else ""
        score = self._score(top, period.first, period.last) if request.GET.get("diem") else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Theo dõi phản ánh: {names.get(top, top)}" if top else "Theo dõi phản ánh",
            "period": period,
            "periods": [*(str(year) for year in range(today.year, (figures.first_day() or today).year - 1, -1))],
            "months": [f"{period.first.year}-{month:02d}" for month in range(1, 13) if date(period.first.year, month, 1) <= today],
            "top": top if everything else "",
            "worst_share": [row for row in sorted(rows, key=lambda row: -(row["behind"] or 0)) if row["behind"] and row["enough"]][:WORST],
            "worst_number": [row for row in sorted(rows, key=lambda row: -row["overdue"]) if row["overdue"] > 0][:WORST],
            "table": table(
                request.GET,
                COLUMNS,
                shown,
                caption="Theo cơ quan",
                default="-behind",
                exports=[("Tải số liệu (CSV)", "?" + urlencode({**given, "tep": "csv"}))],
            ),
            "late_queue": late_queue,
            "of_units": bool(top),
            "score": score,
            "score_url": "?" + urlencode({**given, "diem": "1"}),
        }
        return TemplateResponse(request, "admin/feedback/overview.html", context)

    def _score(self, top: str, first: date, last: date) -> list[dict[str, Any]]:
        """The criteria 5.2 and 5.3 of Decision 766/QĐ-TTg: they read the petitions of that time, so only where asked for."""
        both = (
            ("5.2 Xử lý đúng hạn từng bước", processed_on_time(top, first, last, timezone.now())),
            ("5.3 Hài lòng về xử lý", satisfied(top, first, last)),
        )
        return [{"name": name, "good": of.numerator, "of": of.denominator, "points": of.points()} for name, of in both]


def _value(row: dict[str, Any], key: str) -> Any:
    return row["label"] if key == "name" else row[key]


def _row(code: str, counts: Counts, *, overdue: int, open_now: int) -> dict[str, Any]:
    due = counts.answered + overdue
    return {
        **figures_row(counts),
        "code": code,
        "open": open_now,
        "overdue": overdue,
        "refused": counts.refused,
        "again": counts.again,
        "behind": round(100 * (counts.late + overdue) / due, 1) if due else None,
        "enough": due >= LEAST,
    }


def _agencies(first: date, last: date) -> list[dict[str, Any]]:
    found = figures.by_agency(first, last)
    return [_row(code, counts, overdue=counts.overdue, open_now=counts.open) for code, counts in found.items()]


def _units(top: str, first: date, last: date) -> list[dict[str, Any]]:
    """The units below an agency; what is overdue now is counted by the index of what is open, a few rows of a unit."""
    agency = top.split(".")[0]
    found = {code: counts for code, counts in figures.by_unit(agency, first, last).items() if code == top or code.startswith(f"{top}.")}
    late = Petition.objects.filter(agency_code=agency, state__in=OPEN_STATES, due_at__lt=timezone.now()).order_by()
    overdue = dict(late.values_list("unit_code").annotate(number=Count("pk")))
    return [_row(code, counts, overdue=overdue.get(code, 0), open_now=counts.standing_open) for code, counts in found.items()]


def _linked(row: dict[str, Any], *, drill: bool, value: str, by_unit: bool, now: bool) -> dict[str, Any]:
    """The row with the lists behind its numbers. ``by_unit``: it counts one unit alone, not those below it."""
    whose = {"unit_code" if by_unit else "agency_code": row["code"]}
    shown = {**row, "name": (row["label"], "?" + urlencode({"co-quan": row["code"], "ky": value})) if drill else row["label"]}
    if row["overdue"] and now:
        shown["overdue"] = (row["overdue"], f"{QUEUE}?{urlencode({**whose, 'viec': LATE_ANSWER})}")
    if row["open"] and now:
        shown["open"] = (row["open"], f"{QUEUE}?{urlencode(whose)}")
    return shown


def _file(rows: list[dict[str, Any]], top: str, first: date, last: date) -> HttpResponse:
    header = ["Mã", *(column.label for column in COLUMNS), "Từ ngày", "Đến ngày"]
    cells = [[row["code"], row["label"], *(row[column.key] for column in COLUMNS[1:]), first, last] for row in rows]
    answer = HttpResponse(tables.write("csv", header, cells), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="phan-anh-{(top or "ca-nuoc").lower()}-{first:%Y%m%d}-{last:%Y%m%d}.csv"'
    return answer
