"""How agencies deal with petitions, the worst first, down to the list behind each number: the country for VPCP, its tree for an agency."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode

from feedback import queries_figures as figures
from feedback.measures import processed_on_time, satisfied
from feedback.models import OPEN_STATES, Petition, Tally
from feedback.queries_behind import FIGURES, Of, Round, as_query, asked_of, behind
from feedback.queries_figures import Counts
from feedback.views.figures import Period, asked_period, figures_row
from feedback.worklists import LATE_ANSWER
from portal.access import Actor, actor_of, may
from portal.access.site import OfficerModelAdmin
from portal.catalogues import tables
from portal.catalogues.queries import agency_names
from portal.ui.tables import Column, order, table

READ, OVERSEE = "feedback.read", "feedback.oversee"
QUEUE = "/quan-tri/feedback/petition/"
WORST = 3
LEAST = 5
"""So many that were due make a share of late ones mean something."""
LISTS = {
    "received": "Phản ánh nhận trong thời gian này",
    "on_time": "Phản ánh trả lời đúng hạn",
    "late": "Phản ánh trả lời quá hạn",
    "open": "Phản ánh đang xử lý",
    "overdue": "Phản ánh đang quá hạn",
    "refused": "Phản ánh không tiếp nhận",
    "again": "Phản ánh người gửi không đồng ý và gửi lại",
    "5.2": "Chỉ tiêu 5.2: phản ánh được tính",
    "5.2-dat": "Chỉ tiêu 5.2: xử lý đúng hạn từng bước",
    "5.2-chua": "Chỉ tiêu 5.2: chưa đúng hạn",
    "5.3": "Chỉ tiêu 5.3: phản ánh được tính",
    "5.3-dat": "Chỉ tiêu 5.3: hài lòng",
    "5.3-chua": "Chỉ tiêu 5.3: chưa hài lòng, trả lời quá hạn, hoặc gửi lại",
}
"""What the list behind a number is called."""
LIST_COLUMNS = [
    Column("code", "Mã"),
    Column("subject", "Tiêu đề"),
    Column("unit", "Cơ quan"),
    Column("received", "Nhận", "date"),
    Column("due", "Hạn trả lời", "date"),
    Column("how", "Kết thúc, tình trạng"),
]
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
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", view(self.overview), name=f"{name}_changelist"),
            path("danh-sach/", view(self.list_behind), name=f"{name}_behind"),
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Agencies (``?co-quan=``: the units of one), the time of ``?ky=``, an order, and as a file with ``?tep=csv``."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        actor = actor_of(request)
        everything = may(actor, OVERSEE)
        top = request.GET.get("co-quan", "") if everything else actor.unit
        if len(top) > 40 or "\x00" in top:
            raise Http404
        period = asked_period(request, by_day=False)
        rows = _units(top, period.first, period.last) if top else _agencies(period.first, period.last)
        names = agency_names([row["code"] for row in rows] + ([top] if top else []))
        for row in rows:
            row["label"] = names.get(row["code"], row["code"])
            whose = Of(unit=row["code"]) if top else Of(agency=row["code"])
            row["links"] = {number: _list_address(number, whose, period) for number in FIGURES if row[number]}
        today = timezone.localdate()
        key, downward = order(request.GET, COLUMNS, "-behind")
        rows.sort(key=lambda row: row["label"])
        known = sorted((row for row in rows if _value(row, key) is not None), key=lambda row: _value(row, key), reverse=downward)
        rows = known + [row for row in rows if _value(row, key) is None]
        if request.GET.get("tep") == "csv":
            return _file(rows, top, period.first, period.last)
        shown = [_linked(row, drill=everything and not top, value=period.value) for row in rows]
        given = {name: value for name, value in (("co-quan", top if everything else ""), ("ky", period.value)) if value}
        queue_of = {"agency_code": top} if everything and top else {}
        late_queue = f"{QUEUE}?{urlencode({**queue_of, 'viec': LATE_ANSWER})}" if period.is_now else ""
        score = self._score(top, period) if request.GET.get("diem") else None
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
            "score": score,
            "score_url": "?" + urlencode({**given, "diem": "1"}),
        }
        return TemplateResponse(request, "admin/feedback/overview.html", context)

    def _score(self, top: str, period: Period) -> list[dict[str, Any]]:
        """The criteria 5.2 and 5.3 of Decision 766/QĐ-TTg: they read the petitions of that time, so only where asked for."""
        both = (
            ("5.2", "5.2 Xử lý đúng hạn từng bước", processed_on_time(top, period.first, period.last, timezone.now())),
            ("5.3", "5.3 Hài lòng về xử lý", satisfied(top, period.first, period.last)),
        )
        found = []
        for criterion, name, of in both:
            good, counted = of.numerator, of.denominator
            numbers = (("Đạt", good, "-dat"), ("Chưa đạt", counted - good, "-chua"), ("Tính", counted, ""))
            cells = [(label, number, _list_address(criterion + side, Of(agency=top), period)) for label, number, side in numbers]
            found.append({"name": name, "cells": cells, "points": of.points()})
        return found

    def list_behind(self, request: HttpRequest) -> HttpResponse:
        """The rounds behind a number (``?so=``) in the time of ``?ky=``, a page at a time (``?sau=``): of an agency with all below it
        (``?co-quan=``) or of one unit (``?don-vi=``)."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        number, after = request.GET.get("so", ""), request.GET.get("sau", "").replace("\x00", "")
        try:
            of, label = asked_of(request.GET), LISTS[number]
            if not _within(actor_of(request), of):
                raise Http404
            period = asked_period(request, by_day=False)
            found = behind(number, of, period.first, period.last, timezone.now())
            rounds, following = found.page(after)
        except (KeyError, ValueError):
            raise Http404 from None
        count, is_whole = found.count()
        names = agency_names({of.code, *(one.unit_code for one in rounds)} - {""})
        asked = {"so": number, **as_query(of), "ky": period.value}
        by_queue = {"open": {}, "overdue": {"viec": LATE_ANSWER}}.get(number) if period.is_now and "." not in of.agency else None
        queue_of = {"unit_code": of.unit} if of.unit else {"agency_code": of.agency} if of.agency else {}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": label,
            "label": label,
            "whose": f"{names[of.code]} ({of.code})" if of.code in names else of.code,
            "with_below": bool(of.agency),
            "period": period,
            "at_the_end": number in ("open", "overdue"),
            "count": count,
            "is_whole": is_whole,
            "table": table(request.GET, LIST_COLUMNS, [_line(one, names) for one in rounds], caption=label, default="code")
            if rounds
            else None,
            "next": f"?{urlencode({**asked, 'sau': following})}" if following else "",
            "from_start": f"?{urlencode(asked)}" if after else "",
            "queue": f"{QUEUE}?{urlencode({**queue_of, **by_queue})}" if by_queue is not None else "",
            "back": f"{reverse('admin:feedback_tally_changelist')}?{urlencode(_overview_of(actor_of(request), of, number, period))}",
        }
        return TemplateResponse(request, "admin/feedback/behind.html", context)


def _within(actor: Actor, of: Of) -> bool:
    """Whether an officer reads numbers of an agency: of all who steers, others of their own unit and those below it."""
    return may(actor, OVERSEE) or (bool(of.code) and f"{of.code}.".startswith(f"{actor.unit}."))


def _overview_of(actor: Actor, of: Of, number: str, period: Period) -> dict[str, str]:
    """The overview that shows the number, for an address."""
    top = ""
    if may(actor, OVERSEE):
        # A unit's number stands on the page of its ministry or province, an agency's among all of them; a criterion on its own page.
        top = of.unit.split(".")[0] if of.unit else of.agency if number not in FIGURES else ""
    given = {"co-quan": top, "ky": period.value, "diem": "" if number in FIGURES else "1"}
    return {name: value for name, value in given.items() if value}


def _list_address(number: str, of: Of, period: Period) -> str:
    return f"{reverse('admin:feedback_tally_behind')}?{urlencode({'so': number, **as_query(of), 'ky': period.value})}"


def _line(one: Round, names: dict[str, str]) -> dict[str, Any]:
    """A round as a row of the list."""
    code = f"{one.petition.code}, lần {one.turn}" if one.turn > 1 else one.petition.code
    ended = f"{one.how} {timezone.localtime(one.ended_at):%d/%m/%Y}" if one.ended_at else one.how
    if one.ended_at and one.ended_at > one.due_at and one.is_answered:
        ended += ", quá hạn"
    return {
        "code": (code, reverse("admin:feedback_petition_change", args=[one.petition.pk])),
        "subject": one.petition.subject or "",
        "unit": names.get(one.unit_code, one.unit_code),
        "received": timezone.localtime(one.received_at),
        "due": timezone.localtime(one.due_at),
        "how": ended,
    }


def _value(row: dict[str, Any], key: str) -> Any:
    return row["label"] if key == "name" else row[key]


def _row(code: str, counts: Counts, *, overdue: int) -> dict[str, Any]:
    due = counts.answered + overdue
    return {
        **figures_row(counts),
        "code": code,
        "open": counts.open,
        "overdue": overdue,
        "refused": counts.refused,
        "again": counts.again,
        "behind": round(100 * (counts.late + overdue) / due, 1) if due else None,
        "enough": due >= LEAST,
    }


def _agencies(first: date, last: date) -> list[dict[str, Any]]:
    return [_row(code, counts, overdue=counts.overdue) for code, counts in figures.by_agency(first, last).items()]


def _units(top: str, first: date, last: date) -> list[dict[str, Any]]:
    """The units below an agency, as they stood at the end of the last day. Tallies of units are of whole months: what is overdue today is
    counted by the index of what is open, a few rows of a unit."""
    agency = top.split(".")[0]
    found = figures.by_unit_to_the_end(agency, first, last)
    kept = {code: counts for code, counts in found.items() if code == top or code.startswith(f"{top}.")}
    overdue = {code: counts.overdue for code, counts in kept.items()}
    today = timezone.localdate()
    if last >= today:
        begin = datetime.combine(today, time(), timezone.get_current_timezone())
        late = Petition.objects.filter(agency_code=agency, state__in=OPEN_STATES, due_at__lt=begin).order_by()
        overdue = dict(late.values_list("unit_code").annotate(number=Count("pk")))
    rows = [_row(code, counts, overdue=overdue.get(code, 0)) for code, counts in kept.items()]
    return [row for row in rows if any(row[number] for number in FIGURES)]


def _linked(row: dict[str, Any], *, drill: bool, value: str) -> dict[str, Any]:
    """The row with the lists behind its numbers, and the units behind its name."""
    shown = {**row, "name": (row["label"], "?" + urlencode({"co-quan": row["code"], "ky": value})) if drill else row["label"]}
    return {**shown, **{number: (row[number], address) for number, address in row["links"].items()}}


def _file(rows: list[dict[str, Any]], top: str, first: date, last: date) -> HttpResponse:
    header = ["Mã", *(column.label for column in COLUMNS), "Từ ngày", "Đến ngày"]
    cells = [[row["code"], row["label"], *(row[column.key] for column in COLUMNS[1:]), first, last] for row in rows]
    answer = HttpResponse(tables.write("csv", header, cells), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="phan-anh-{(top or "ca-nuoc").lower()}-{first:%Y%m%d}-{last:%Y%m%d}.csv"'
    return answer
