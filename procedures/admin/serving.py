"""Online services on the desk: approved plans, declarations, the test of Rules art. 27, reviews, suspension."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_label
from procedures.admin.work import Table, Way, WorkAdmin
from procedures.desk_forms import BringInForm, EvidenceForm, ReasonForm, RestructuringForm, ServiceForm, ServiceReviewForm, SuspendForm
from procedures.models import SERVICES, Restructuring, ServiceDeclaration
from procedures.process_figures import process_of
from procedures.services import serving
from procedures.services.serving import ServiceRefused


def _moment(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"


@admin.register(Restructuring)
class RestructuringAdmin(WorkAdmin):
    """Approved plans by which procedures were made fit to be done online."""

    view_act, enter_act = serving.READ, serving.DECLARE
    see_all = serving.STEER
    unit_field = "unit_code"
    menu_place = 21
    refusals = (ServiceRefused,)
    list_display = ("procedure", "unit_code", "approval", "approved_on", "steps_before", "steps_after", "papers_before", "papers_after")
    list_select_related = ("procedure",)
    search_fields = ("procedure__code", "approval")
    search_help_text = "Mã thủ tục, văn bản phê duyệt."
    history_facts = ("steps_before", "steps_after", "papers_before", "papers_after", "approval")

    def add_view(self, request, form_url="", extra_context=None):
        """Write a plan down. ``?thu-tuc=``: of this procedure, with what is known of how it goes today."""
        actor = actor_of(request)
        code = request.GET.get("thu-tuc", "").replace("\x00", "")[:40]
        about = ["Thủ tục được tái cấu trúc và phê duyệt trước khi khai báo dịch vụ trực tuyến."]
        if code:
            found = process_of(code, actor.unit)
            about += [found.words, f"Số liệu: {found.url}"] if found is not None else ["Chưa có số liệu về các bước của thủ tục này."]
        return self.begin_page(
            request,
            title="Ghi phương án tái cấu trúc",
            form=RestructuringForm(request.POST or None, initial={"procedure_code": code}),
            do=lambda said: serving.record_restructuring(actor=actor, unit_code=actor.unit, now=timezone.now(), **said),
            about="\n\n".join(about),
            button="Ghi",
        )

    def tables_of(self, request: HttpRequest, row: Restructuring) -> Sequence[Table]:
        """How the procedure goes: its slow steps, and what applicants are asked for again (requirement R-16)."""
        found = process_of(row.procedure.code, row.unit_code)
        if found is None:
            return []
        whole = Way(f"Số liệu {found.span}", found.url)
        return [
            Table("Bước chậm", ("Bước", "Giờ làm việc, trung bình", "Lượt"), found.slow, empty="Chưa có lượt nào.", add=whole),
            Table("Giấy tờ hay phải bổ sung", ("Giấy tờ, mục", "Lý do", "Lượt"), found.returned, empty="Chưa phải bổ sung lần nào."),
        ]

    def facts_of(self, row: Restructuring) -> Iterable[tuple[str, Any]]:
        """The plan."""
        return [
            ("Thủ tục", row.procedure.code),
            ("Cơ quan", agency_label(row.unit_code)),
            ("Hiện trạng quy trình", row.present),
            ("Số bước", f"{row.steps_before} → {row.steps_after}"),
            ("Số giấy tờ", f"{row.papers_before} → {row.papers_after}"),
            ("Giấy tờ được bỏ hoặc thay", row.papers_cut),
            ("Hệ thống, cơ sở dữ liệu liên quan", row.systems),
            ("Hiệu quả", row.benefit),
            ("Phê duyệt", f"{row.approved_by}, {row.approved_on:%d/%m/%Y}, {row.approval}"),
            ("Người ghi", row.written_by),
        ]


class Unreviewed(admin.SimpleListFilter):
    """Open services whose yearly look is overdue."""

    title = "rà soát hằng năm"
    parameter_name = "ra-soat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("qua-han", "Quá hạn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "qua-han":
            return queryset.filter(state=ServiceDeclaration.State.OPEN, due_at__lt=timezone.now())
        return queryset


@admin.register(ServiceDeclaration)
class ServiceDeclarationAdmin(WorkAdmin):
    """The register of online services, each with its way from declaration to end."""

    view_act, enter_act = serving.READ, serving.DECLARE
    see_all = serving.STEER
    unit_field = "unit_code"
    menu_place = 20
    refusals = (ServiceRefused,)
    list_display = ("code", "unit_code", "level", "state", "since", "due_at", "year")
    list_filter = ("state", "level", "year", Unreviewed)
    search_fields = ("code", "unit_code")
    search_help_text = "Mã dịch vụ, mã cơ quan."
    history_facts = ("state", "level", "assurance", "reason", "mend", "due_at")

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "procedures_servicedeclaration"
        own = [
            path("bring_in/", view(self.bring_in), name=f"{name}_bring_in"),
            path("<uuid:object_id>/review/", view(self.review), name=f"{name}_review"),
            *self.act_paths(self.move, SERVICES.transitions),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Declare a service on a procedure that was restructured."""
        actor = actor_of(request)
        return self.begin_page(
            request,
            title="Khai báo dịch vụ trực tuyến",
            form=ServiceForm(request.POST or None, plans=serving.restructured(actor.unit)),
            do=lambda said: serving.declare_service(actor=actor, unit_code=actor.unit, now=timezone.now(), **said),
            about="Chỉ khai báo được khi thủ tục đã có phương án tái cấu trúc được phê duyệt.",
            button="Khai báo",
        )

    def changelist_view(self, request, extra_context=None):
        """With the way to take in a service that runs already, for VPCP."""
        more = {}
        if may(actor_of(request), serving.STEER):
            more = {"title": "Dịch vụ công trực tuyến", "bring_in": self.address("bring_in")}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    change_list_template = "admin/procedures/servicedeclaration/change_list.html"

    def facts_of(self, row: ServiceDeclaration) -> Iterable[tuple[str, Any]]:
        """What was declared, and where it stands."""
        due = _moment(row.due_at) if row.due_at else ""
        late = " (quá hạn)" if row.due_at and row.due_at < timezone.now() else ""
        return [
            ("Thủ tục", row.procedure.code),
            ("Cơ quan cung cấp", agency_label(row.unit_code)),
            ("Mức độ", row.get_level_display()),
            ("Nơi áp dụng", ", ".join(row.localities) or "Cả nước"),
            ("Mức độ bảo đảm", {2: "Trung bình", 3: "Cao"}.get(row.assurance, row.assurance)),
            ("Biểu mẫu điện tử", row.form_key),
            ("Hệ thống xử lý", row.system),
            ("Phương án tái cấu trúc", row.restructuring.approval if row.restructuring else "Có từ trước khi khai báo"),
            ("Danh mục của năm", row.year),
            ("Tình trạng", f"{row.get_state_display()}, từ {_moment(row.since)}"),
            ("Rà soát trước" if row.state == "open" else "Hạn của bước này", due + late if due else ""),
            ("Mã hồ sơ kiểm thử", ", ".join(row.evidence)),
            ("Lý do", row.reason),
            ("Cần sửa trước khi mở lại", row.mend),
        ]

    def tables_of(self, request: HttpRequest, row: ServiceDeclaration) -> Sequence[Table]:
        """Its steps and its reviews."""
        in_time = {True: "đúng hạn", False: "quá hạn", None: ""}
        labels = {edge.name: edge.label for edge in SERVICES.transitions.values()}
        labels |= {"declare": "Khai báo", "bring_in": "Đưa vào danh sách", "review": "Rà soát"}
        steps = [
            (
                _moment(one.at),
                labels[one.act],
                one.get_after_display(),
                one.by,
                in_time[one.in_time],
                one.note,
            )
            for one in row.moves.all()
        ]
        yes = {True: "có", False: "không"}
        reviews = [
            (f"{one.reviewed_on:%d/%m/%Y}", yes[one.level_kept], yes[one.simpler], yes[one.cheaper], yes[one.in_law], one.by, one.note)
            for one in row.reviews.all()
        ]
        heads = ("Ngày", "Giữ mức độ", "Đơn giản hơn", "Đỡ chi phí hơn", "Đúng quy định", "Người rà soát", "Phải sửa")
        return [
            Table("Các bước", ("Lúc", "Việc", "Tình trạng sau", "Ai", "Hạn", "Ghi chú"), steps),
            Table("Rà soát hằng năm", heads, reviews, empty="Chưa rà soát lần nào."),
        ]

    def ways_of(self, request: HttpRequest, row: ServiceDeclaration) -> Sequence[Way]:
        """The edges of the table, and the review."""
        actor = actor_of(request)
        onward = ("propose", "mark", "report", "confirm", "resume")
        ways = [
            Way(edge.label, self.address(edge.name, row.pk), main=edge.name in onward)
            for edge in SERVICES.open_to(actor, row, unit=row.unit_code)
        ]
        if row.state in ("open", "suspended") and (may(actor, serving.DECLARE, row.unit_code) or may(actor, serving.STEER)):
            ways.append(Way("Ghi kết quả rà soát", self.address("review", row.pk)))
        return ways

    def move(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """One step of the way."""
        row, actor = self.row(request, object_id), actor_of(request)
        edge = SERVICES.transitions[transition]
        forms: dict[str, Any] = {"send_back": ReasonForm, "stop": ReasonForm, "suspend": SuspendForm, "report": EvidenceForm}
        shape = forms.get(transition)
        about = {
            "propose": "Văn phòng Chính phủ xem và đánh dấu trong 2 ngày làm việc.",
            "mark": "Dịch vụ hiện trên trang thủ tục; cơ quan kiểm thử trong 5 ngày làm việc.",
            "report": "Văn phòng Chính phủ xác nhận trong 2 ngày làm việc.",
            "suspend": "Hồ sơ mới bị từ chối kèm lý do này; bản nháp được giữ; hồ sơ đã nộp giải quyết tiếp.",
            "stop": "Hồ sơ mới bị từ chối kèm lý do này; hồ sơ đã nộp giải quyết tiếp. Không mở lại được.",
        }.get(transition, "")
        return self.act_page(
            request,
            title=edge.label,
            back=self.address("change", row.pk),
            form=shape(request.POST or None) if shape else None,
            do=lambda said: serving.move_service(actor=actor, declaration_id=row.pk, transition=transition, now=timezone.now(), **said),
            done=f"{edge.label}: đã ghi.",
            about=about,
        )

    def review(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The yearly look."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title="Ghi kết quả rà soát dịch vụ",
            back=self.address("change", row.pk),
            form=ServiceReviewForm(request.POST if request.method == "POST" else None),
            do=lambda said: serving.review_service(actor=actor, declaration_id=row.pk, now=timezone.now(), **said),
            done="Đã ghi kết quả rà soát.",
            button="Ghi",
        )

    def bring_in(self, request: HttpRequest) -> HttpResponse:
        """Take in a service that ran before declarations were kept."""
        actor = actor_of(request)
        if not may(actor, serving.STEER):
            raise Http404
        return self.act_page(
            request,
            title="Đưa dịch vụ đang chạy vào danh sách",
            back=self.address("changelist"),
            form=BringInForm(request.POST or None),
            do=lambda said: serving.bring_in(actor=actor, now=timezone.now(), **said),
            lead=lambda made: self.address("change", made.pk),
            button="Đưa vào danh sách",
        )


def _waiting(request: HttpRequest) -> list[DeskLine]:
    """Steps of services that wait for this officer, and services whose yearly look is overdue (three queries)."""
    actor, now = actor_of(request), timezone.now()
    state = ServiceDeclaration.State
    rows = ServiceDeclaration.objects.none()
    if may(actor, serving.STEER):
        rows = ServiceDeclaration.objects.filter(state__in=[state.PROPOSED, state.REPORTED])
    elif may(actor, serving.DECLARE, actor.unit):
        rows = ServiceDeclaration.objects.filter(unit_code=actor.unit, state=state.TESTING)
    url, found = "/quan-tri/procedures/servicedeclaration/", []
    if count := rows.count():
        kind = "bad" if rows.filter(due_at__lt=now).exists() else "wait"
        found.append(DeskLine("Dịch vụ trực tuyến chờ bước kiểm thử", count, url, kind))
    unreviewed = ServiceDeclaration.objects.filter(state=state.OPEN, due_at__lt=now)
    if not may(actor, serving.STEER):
        unreviewed = unreviewed.filter(unit_code=actor.unit) if may(actor, serving.DECLARE, actor.unit) else unreviewed.none()
    if late := unreviewed.count():
        found.append(DeskLine("Dịch vụ trực tuyến quá hạn rà soát hằng năm", late, f"{url}?ra-soat=qua-han", "bad"))
    return found


register_desk_panel(_waiting)
