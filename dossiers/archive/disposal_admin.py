"""Disposals on the desk: proposed by one archivist, confirmed by another."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from dossiers.archive import services
from dossiers.archive.desk import LIST, YEAR, chosen_unit, units_named
from dossiers.archive.forms import CallOffForm, ProposeForm
from dossiers.archive.queries import ACT
from dossiers.archive.services import DISPOSE, ArchiveRefused
from dossiers.models import Disposal, DisposalItem
from dossiers.views.common import send_file
from portal import audit
from portal.access import actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, two_lines
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_name_of

ONE = "admin:dossiers_archiveddossier_change"
ITEMS = 200
"""Dossiers of a disposal on one page: who confirms reads them all."""


def desk_panel(request: HttpRequest) -> list[DeskLine]:
    """Disposals that wait for this archivist as the second one (one query; none for anybody else)."""
    actor = actor_of(request)
    if not may(actor, DISPOSE, actor.unit):
        return []
    waiting = Disposal.objects.filter(unit_scope(actor, DISPOSE, "unit_code"), state=Disposal.State.PROPOSED)
    own = [one for one in (actor.person_id, actor.position_id) if one is not None]
    count = waiting.exclude(proposed_person__in=own).exclude(proposed_by__in=own).count()
    address = reverse("admin:dossiers_disposal_changelist") + "?state__exact=proposed"
    return [DeskLine("Đợt hủy hồ sơ chờ xác nhận", count, address, "wait")] if count else []


register_desk_panel(desk_panel)


@admin.register(Disposal)
class DisposalAdmin(DeskModelAdmin):
    """Disposals of the officer's agencies: proposed by one, confirmed by another."""

    view_act = ACT
    unit_field = "unit_code"
    menu_place = 61
    refusals: ClassVar[tuple[type[Exception], ...]] = (ArchiveRefused,)
    list_display = ("shown", "shown_state", "proposed", "confirmed")
    list_display_links = ("shown",)
    list_filter = ("state",)
    search_fields = ("=unit_code",)
    search_help_text = "Mã cơ quan viết đủ"
    ordering = ("-proposed_at", "-id")
    sortable_by = ()
    change_list_template = LIST

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the minute and the agency's name."""
        return super().get_queryset(request).select_related("document").annotate(unit_called=agency_name_of("unit_code"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with the way to propose one."""
        actor = actor_of(request)
        ways = [Way("Đề xuất hủy", self.address("propose"))] if may(actor, DISPOSE, actor.unit) else []
        return super().changelist_view(request, {"ways": ways, **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_disposal"
        return [
            path("propose/", view(self.propose), name=f"{name}_propose"),
            path("<uuid:object_id>/confirm/", view(self.confirm), name=f"{name}_confirm"),
            path("<uuid:object_id>/call-off/", view(self.call_off), name=f"{name}_call_off"),
            path("<uuid:object_id>/pdf/", view(self.pdf), name=f"{name}_pdf"),
            *super().get_urls(),
        ]

    @admin.display(description="Đợt hủy")
    def shown(self, row: Any) -> Any:
        return two_lines(f"Hồ sơ kết thúc năm {row.year}", row.unit_called or row.unit_code)

    @admin.display(description="Tình trạng")
    def shown_state(self, row: Disposal) -> str:
        return row.get_state_display()

    @admin.display(description="Đề xuất")
    def proposed(self, row: Disposal) -> Any:
        return two_lines(moment(row.proposed_at), row.proposed_label)

    @admin.display(description="Xác nhận")
    def confirmed(self, row: Disposal) -> Any:
        return two_lines(moment(row.confirmed_at), row.confirmed_label)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Who proposed and confirmed what, and every dossier of it, a page at a time."""
        items = row.items.select_related("dossier").defer("dossier__answers", "dossier__bill").order_by("place")
        found = Paginator(items, ITEMS).get_page(request.GET.get("trang"))
        done = row.items.filter(state=DisposalItem.State.DISPOSED).count()
        kept = row.items.filter(state=DisposalItem.State.KEPT).count()
        facts = [
            ("Hồ sơ của", f"{row.unit_called or row.unit_code} ({row.unit_code})"),
            ("Kết thúc trong năm", row.year),
            ("Căn cứ", row.basis),
            ("Tình trạng", row.get_state_display()),
            ("Đề xuất", f"{row.proposed_label}, {moment(row.proposed_at)}"),
            ("Xác nhận", f"{row.confirmed_label}, {moment(row.confirmed_at)}" if row.confirmed_at else "–"),
            ("Số hồ sơ", f"{found.paginator.count}; đã hủy {done}, giữ lại {kept}"),
        ]
        if row.state == Disposal.State.CALLED_OFF:
            facts.append(("Không hủy", f"{row.ended_label}, {moment(row.ended_at)}: {row.ended_why}"))
        if row.document is not None:
            facts.append(("Biên bản", "Đã đóng dấu số" if row.document.is_signed else row.document.state_words))
        heads = ("TT", "Mã hồ sơ", "Thủ tục", "Kết thúc", "Thời hạn", "Kết quả")
        rows = [
            (
                one.place,
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:dossiers_archiveddossier_change", args=[one.dossier_id]), one.dossier.code
                ),
                one.dossier.procedure_name,
                f"{one.ended_on:%d/%m/%Y}",
                two_lines(f"{one.years} năm", one.basis),
                two_lines(one.get_state_display(), one.why),
            )
            for one in found.object_list
        ]
        of = f" (trang {found.number}/{found.paginator.num_pages})" if found.paginator.num_pages > 1 else ""
        return Page(
            f"Hủy hồ sơ kết thúc năm {row.year}",
            [Facts("Đợt hủy", facts), Rows(f"Hồ sơ{of}", heads, rows)],
            self._ways(request, row, found),
        )

    def _ways(self, request: HttpRequest, row: Disposal, found: Any) -> list[Way]:
        actor, ways = actor_of(request), []
        if row.state == Disposal.State.PROPOSED and may(actor, DISPOSE, row.unit_code):
            if actor.person_id != row.proposed_person and actor.position_id != row.proposed_by:
                ways.append(Way("Xác nhận hủy", self.address("confirm", row.pk), "danger"))
            ways.append(Way("Không hủy", self.address("call_off", row.pk), "quiet"))
        if row.document is not None and row.document.is_signed:
            ways.append(Way("Mở biên bản", self.address("pdf", row.pk)))
        if found.has_previous():
            ways.append(Way("Trang trước", f"?trang={found.previous_page_number()}", "quiet"))
        if found.has_next():
            ways.append(Way("Trang sau", f"?trang={found.next_page_number()}", "quiet"))
        return ways

    def propose(self, request: HttpRequest) -> HttpResponse:
        """Propose to dispose of a year; nothing is erased yet."""
        actor = actor_of(request)
        require(actor, DISPOSE, actor.unit)
        initial = {"unit_code": chosen_unit(request), "year": request.GET.get(YEAR, "")}
        return self.ask(
            request,
            title="Đề xuất hủy hồ sơ hết thời hạn",
            form=ProposeForm(request.POST if request.method == "POST" else None, initial=initial, units=units_named(request, actor)),
            back=self.address("changelist"),
            do=lambda said: services.propose(actor=actor, now=timezone.now(), **said),
            done="Đã đề xuất. Một người làm lưu trữ khác xem danh sách và xác nhận.",
            about=[
                "Chỉ gồm hồ sơ hết thời hạn và không bị giữ lại; loại chưa có thời hạn không bao giờ có trong danh sách.",
                f"Một đợt nhiều nhất {services.MOST:,} hồ sơ; số còn lại của năm thuộc đợt sau.".replace(",", "."),
            ],
            button="Đề xuất",
        )

    def confirm(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Confirm another's proposal."""
        row = self.found(request, object_id)
        require(actor_of(request), DISPOSE, row.unit_code)
        return self.ask(
            request,
            title="Xác nhận hủy",
            form=None,
            back=self.address("change", row.pk),
            do=lambda said: services.confirm(actor=actor_of(request), disposal_id=row.pk, now=timezone.now()),
            done="Đã xác nhận. Cổng hủy từng hồ sơ rồi lập biên bản, thường xong trong vài phút.",
            about=[
                f"{row.items.count()} hồ sơ của {row.unit_called or row.unit_code}, kết thúc năm {row.year}.",
                f"Đề xuất: {row.proposed_label}. Căn cứ: {row.basis}.",
                "Nội dung, giấy tờ, kết quả và tên người bị xóa vĩnh viễn, không có cách lấy lại.",
            ],
        )

    def call_off(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Leave everything as it is."""
        row = self.found(request, object_id)
        require(actor_of(request), DISPOSE, row.unit_code)
        return self.ask(
            request,
            title="Không hủy",
            form=CallOffForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: services.call_off(actor=actor_of(request), disposal_id=row.pk, reason=said["reason"], now=timezone.now()),
            done="Đợt này không hủy hồ sơ nào.",
            about=[f"Hồ sơ kết thúc năm {row.year} của {row.unit_called or row.unit_code}."],
        )

    def pdf(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The sealed minute."""
        row = self.found(request, object_id)
        if row.document is None or not row.document.is_signed or row.document.file is None:
            raise Http404
        audit.record(
            actor=actor_of(request), act="dossiers.read_disposal_minute", target="dossiers.disposal", target_id=str(row.pk),
            unit=row.unit_code,
        )  # fmt: skip
        return send_file(row.document.file, name=f"bien-ban-huy-{row.year}-{row.unit_code}.pdf", inline=True, trusted=True)
