"""Quarterly reports on the quality of one's own procedures, on the desk: drawn up, sent to VPCP, read there with what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues import timeliness
from portal.catalogues.queries import agency_label, agency_names
from procedures.admin.work import Table, Way, WorkAdmin
from procedures.desk_forms import ConclusionForm, QuarterForm
from procedures.models import QualityFinding, QualityReport
from procedures.services import quality, reporting
from procedures.services.quality import QualityRefused

LIST = "/quan-tri/procedures/qualityreport/"


def _moment(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"


@admin.register(QualityReport)
class QualityReportAdmin(WorkAdmin):
    """An agency's own reports; VPCP reads those that were sent."""

    view_act = "procedures.quality.read"
    enter_act = quality.REVIEW
    see_all = quality.SEE_ALL
    unit_field = "unit_code"
    menu_place = 32
    refusals = (QualityRefused,)
    list_display = ("quarter_shown", "unit_shown", "due_at", "sent_at", "in_time")
    list_filter = ("in_time",)
    search_fields = ("unit_code",)
    search_help_text = "Mã cơ quan."
    history_facts = ("drawn_at", "sent_at", "in_time", "conclusion")

    def get_queryset(self, request):
        """What an agency has not sent yet is its own."""
        actor = actor_of(request)
        rows = super().get_queryset(request)
        if may(actor, self.see_all):
            return rows.filter(sent_at__isnull=False) | rows.filter(unit_code=actor.unit)
        return rows

    @admin.display(description="Quý", ordering="quarter")
    def quarter_shown(self, row: QualityReport) -> str:
        """III/2026."""
        return reporting.quarter_words(row.quarter)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own; who has not reported has one, too."""
        view, name = self.admin_site.admin_view, "procedures_qualityreport"
        own = [
            path("missing/", view(self.missing), name=f"{name}_missing"),
            path("catalogues/", view(self.late_catalogues), name=f"{name}_catalogues"),
            *self.act_paths(self.move, ("draw", "send")),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Draw one up."""
        actor, now = actor_of(request), timezone.now()
        quarters = [(f"{one:%Y-%m-%d}", reporting.quarter_words(one)) for one in reporting.ended_quarters(timezone.localdate(now))]
        return self.begin_page(
            request,
            title="Lập báo cáo chất lượng dữ liệu của quý",
            form=QuarterForm(request.POST or None, quarters=quarters),
            do=lambda said: reporting.draw_report(
                actor=actor, unit_code=actor.unit, quarter=dt.date.fromisoformat(said["quarter"]), now=now
            ),
            about="Số liệu lấy từ điều cần sửa trong thủ tục của cơ quan. Bạn xem lại rồi gửi Văn phòng Chính phủ "
            f"trong {reporting.REPORT_DAYS} ngày làm việc sau khi quý kết thúc.",
            button="Lập báo cáo",
        )

    def facts_of(self, row: QualityReport) -> Iterable[tuple[str, Any]]:
        """The figures, and where it stands."""
        told = reporting.told(row)
        late = "" if row.in_time is not False else " (quá hạn)"
        waits = "Chưa gửi (quá hạn)" if row.due_at < timezone.now() else "Chưa gửi"
        return [
            ("Cơ quan", agency_label(row.unit_code)),
            ("Quý", reporting.quarter_words(row.quarter)),
            ("Lập", f"{row.drawn_by}, {_moment(row.drawn_at)}"),
            ("Hạn gửi", _moment(row.due_at)),
            ("Gửi", f"{row.sent_by}, {_moment(row.sent_at)}{late}" if row.sent_at else waits),
            ("Thủ tục đang có hiệu lực", told.procedures),
            ("Đủ bộ phận", f"{told.whole}, mức đầy đủ {told.completeness} %"),
            ("Đợt tự rà soát", f"{told.reviews}, xem {told.looked_at} thủ tục"),
            ("Điều chưa đầy đủ", told.complete),
            ("Điều chưa chính xác", told.accurate),
            ("Điều chưa kịp thời", told.timely),
            ("Đã sửa", f"{told.mended}, trong đó quá hạn {told.mended_late}"),
            ("Chưa sửa", f"{told.open}, trong đó quá hạn {told.overdue}"),
            ("Kết luận, việc sẽ làm", row.conclusion),
        ]

    def tables_of(self, request: HttpRequest, row: QualityReport) -> Sequence[Table]:
        """What was found in the quarter: the newest two hundred."""
        end = reporting.next_quarter(row.quarter)
        rows = QualityFinding.objects.filter(unit_code=row.unit_code, found_at__date__gte=row.quarter, found_at__date__lt=end)
        shown = list(rows.order_by("-found_at", "-id")[:200])
        lines = [(one.procedure_code, one.get_kind_display(), one.text, one.get_state_display(), one.note) for one in shown]
        heads = ("Thủ tục", "Về", "Điều chưa đúng", "Tình trạng", "Đã sửa thế nào")
        links = [f"/quan-tri/procedures/qualityfinding/{one.pk}/change/" for one in shown]
        return [Table("Điều cần sửa phát hiện trong quý", heads, lines, links, "Không có điều nào.")]

    def ways_of(self, request: HttpRequest, row: QualityReport) -> Sequence[Way]:
        """To draw it up anew, to send it."""
        if row.sent_at is not None or not may(actor_of(request), quality.REVIEW, row.unit_code):
            return []
        return [
            Way("Gửi Văn phòng Chính phủ", self.address("send", row.pk), main=True),
            Way("Lấy lại số liệu", self.address("draw", row.pk)),
        ]

    def move(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """Anew, or away."""
        row, actor, now = self.row(request, object_id), actor_of(request), timezone.now()
        is_sent = transition == "send"

        def do(said: dict[str, Any]) -> Any:
            if is_sent:
                return reporting.send_report(actor=actor, report_id=row.pk, now=now, **said)
            return reporting.draw_report(actor=actor, unit_code=row.unit_code, quarter=row.quarter, now=now)

        return self.act_page(
            request,
            title="Gửi báo cáo cho Văn phòng Chính phủ" if is_sent else "Lấy lại số liệu",
            back=self.address("change", row.pk),
            form=ConclusionForm(request.POST or None) if is_sent else None,
            do=do,
            done="Đã gửi." if is_sent else "Đã lấy lại số liệu.",
            about="Số liệu được lấy lại lúc gửi. Báo cáo đã gửi không sửa được nữa." if is_sent else "",
            button="Gửi" if is_sent else "Lấy lại",
        )

    def missing(self, request: HttpRequest) -> HttpResponse:
        """Who has not reported of the newest quarter that is over, and how the four newest went (nine queries)."""
        if not may(actor_of(request), self.see_all):
            raise Http404
        now = timezone.now()
        quarters = [reporting.reported(one, now) for one in reporting.ended_quarters(timezone.localdate(now))]
        newest = quarters[0]
        names = agency_names(newest.missing)
        heads = ("Quý", "Hạn gửi", "Đúng hạn", "Quá hạn", "Chưa gửi", "Điều phát hiện", "Đã sửa")
        rows = [
            (one.words, _moment(one.due_at), one.in_time, one.late, len(one.missing), one.total.found, one.total.mended) for one in quarters
        ]
        title = f"Cơ quan chưa gửi báo cáo quý {newest.words}"
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "words": f"Hạn gửi đã qua từ {_moment(newest.due_at)}." if newest.is_over and newest.missing else "",
            "tables": [
                Table("Theo quý", heads, rows),
                Table(title, ("Cơ quan", "Mã"), [(names.get(code, code), code) for code in newest.missing], empty="Mọi cơ quan đã gửi."),
            ],
            "addresses": {"list": self.address("changelist")},
        }
        return TemplateResponse(request, "admin/procedures/reports_missing.html", context)

    def late_catalogues(self, request: HttpRequest) -> HttpResponse:
        """What was written in shared catalogues this year, and each entry that came after its day (three queries)."""
        if not may(actor_of(request), self.see_all):
            raise Http404
        begin = timezone.localdate().replace(month=1, day=1)
        owners, late = timeliness.entered_since(begin), timeliness.late_since(begin)
        names = agency_names([one.owner for one in owners])
        days = [
            (one.catalogue, f"{one.code} {one.name}", f"{one.effective_from:%d/%m/%Y}", f"{one.entered_on:%d/%m/%Y}", one.days)
            for one in late
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Danh mục dùng chung ghi năm {begin.year}",
            "words": "",
            "tables": [
                Table(
                    "Theo cơ quan chủ quản",
                    ("Cơ quan", "Mục đã ghi", "Trong ngày có hiệu lực", "Ghi muộn", "Muộn nhất, ngày"),
                    [(names.get(one.owner, one.owner), one.every, one.in_time, one.late, one.most) for one in owners],
                    empty="Năm nay chưa ghi mục nào.",
                ),
                Table("Mục ghi muộn", ("Danh mục", "Mục", "Có hiệu lực", "Ghi", "Muộn, ngày"), days, empty="Không có mục nào."),
            ],
            "addresses": {"list": self.address("changelist")},
        }
        return TemplateResponse(request, "admin/procedures/reports_missing.html", context)


def _catalogues(request: HttpRequest) -> list[DeskLine]:
    """For VPCP: what editors of shared catalogues wrote in thirty days after its day of effect (one query)."""
    if not may(actor_of(request), quality.SEE_ALL):
        return []
    late = sum(one.late for one in timeliness.entered_since(timezone.localdate() - dt.timedelta(days=30)))
    return [DeskLine("Mục danh mục dùng chung ghi sau ngày có hiệu lực, 30 ngày qua", late, f"{LIST}catalogues/", "bad")] if late else []


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """The report that one's own agency owes; for VPCP how many agencies are late (two queries)."""
    actor, now = actor_of(request), timezone.now()
    if may(actor, quality.SEE_ALL):
        newest = reporting.reported(reporting.ended_quarters(timezone.localdate(now), 1)[0], now)
        if not newest.is_over or not newest.missing:
            return []
        return [DeskLine(f"Cơ quan chưa gửi báo cáo chất lượng dữ liệu quý {newest.words}", len(newest.missing), f"{LIST}missing/", "bad")]
    if not may(actor, quality.REVIEW, actor.unit):
        return []
    owed = reporting.owes_report(actor.unit, now)
    if owed is None:
        return []
    words = f"Báo cáo chất lượng dữ liệu quý {reporting.quarter_words(owed[0])} chưa gửi"
    return [DeskLine(words, 1, LIST, "bad" if owed[1] else "wait")]


register_desk_panel(_waiting)
register_desk_panel(_catalogues)
