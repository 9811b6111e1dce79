"""Terms by kind on the desk, and what is held back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.http import urlencode

from dossiers.archive import queries, services
from dossiers.archive.desk import UNIT, chosen_unit, units_named
from dossiers.archive.forms import HoldForm, TermForm
from dossiers.archive.queries import ACT
from dossiers.archive.services import HOLD, SET_TERMS, ArchiveRefused
from dossiers.models import ArchiveHold, ArchiveTerm
from portal.access import actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, Way, moment, two_lines
from portal.catalogues.queries import agency_name_of
from procedures import queries as procedures


@admin.register(ArchiveTerm)
class ArchiveTermAdmin(DeskModelAdmin):
    """Terms of the officer's agencies, and those above that hold for them; terms of before stay to be read."""

    view_act = ACT
    menu_place = 62
    refusals: ClassVar[tuple[type[Exception], ...]] = (ArchiveRefused,)
    list_display = ("kind", "unit", "shown_term", "basis", "shown_set")
    list_display_links = ("kind",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("=procedure_code", "=unit_code")
    search_help_text = "Mã thủ tục hoặc mã cơ quan viết đủ"
    ordering = ("procedure_code", "id")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """One's own and those below, and those above that hold here."""
        actor = actor_of(request)
        rows = ArchiveTerm.objects.annotate(unit_called=agency_name_of("unit_code")).order_by(*self.get_ordering(request))
        if not may(actor, ACT, actor.unit):
            return rows.none()
        return rows.filter(unit_scope(actor, ACT, "unit_code") | Q(unit_code__in=queries.above(actor.unit)))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = actor_of(request)
        return may(actor, ACT, actor.unit)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, SET_TERMS, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_archiveterm"
        return [
            path("add/", view(self.add), name=f"{name}_add"),
            path("<int:object_id>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    @admin.display(description="Loại hồ sơ", ordering="procedure_code")
    def kind(self, row: ArchiveTerm) -> str:
        return row.procedure_code

    @admin.display(description="Cơ quan")
    def unit(self, row: Any) -> Any:
        return two_lines(row.unit_called or row.unit_code, row.unit_code)

    @admin.display(description="Thời hạn")
    def shown_term(self, row: ArchiveTerm) -> Any:
        return two_lines(row.words, f"Thôi dùng {moment(row.ended_at)}" if row.ended_at else "")

    @admin.display(description="Ghi")
    def shown_set(self, row: ArchiveTerm) -> Any:
        return two_lines(moment(row.set_at), row.label)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One term."""
        name = procedures.last_names([row.procedure_code]).get(row.procedure_code, "")
        facts = [
            ("Loại hồ sơ", f"{name} ({row.procedure_code})"),
            ("Cơ quan", f"{queries.called(row.unit_code)} ({row.unit_code}) và các đơn vị trực thuộc chưa có thời hạn riêng"),
            ("Thời hạn", row.words),
            ("Căn cứ", row.basis),
            ("Ghi", f"{moment(row.set_at)}, {row.label}"),
            ("Thôi dùng", f"{moment(row.ended_at)}, {row.ended_label}" if row.ended_at else "–"),
        ]
        ways = []
        if row.ended_at is None and may(actor_of(request), SET_TERMS, row.unit_code):
            query = urlencode({UNIT: row.unit_code, "thu-tuc": row.procedure_code})
            ways = [Way("Đổi thời hạn", f"{self.address('add')}?{query}"), Way("Thôi dùng", self.address("end", row.pk), "danger")]
        return Page(f"Thời hạn lưu trữ {row.procedure_code}", [Facts("Thời hạn", facts)], ways)

    def add(self, request: HttpRequest) -> HttpResponse:
        """Enter a term; one that holds for the same kind and agency ends."""
        actor = actor_of(request)
        require(actor, SET_TERMS, actor.unit)
        initial = {"unit_code": chosen_unit(request), "procedure_code": request.GET.get("thu-tuc", "")}

        def do(said: dict[str, Any]) -> ArchiveTerm:
            code = said["procedure_code"].strip()
            if code not in procedures.last_names([code]):
                raise ArchiveRefused("Không có thủ tục mang mã này.", "procedure_code")
            given = {"unit_code": said["unit_code"], "procedure_code": code, "years": said["years"], "basis": said["basis"]}
            return services.set_term(actor=actor, now=timezone.now(), **given)

        return self.ask(
            request,
            title="Ghi thời hạn lưu trữ",
            form=TermForm(request.POST if request.method == "POST" else None, initial=initial, units=units_named(request, actor)),
            back=self.address("changelist"),
            do=do,
            done=lambda row: f"Đã ghi: {row.procedure_code}, {row.words.lower()}.",
            about=["Thời hạn do cơ quan ghi theo bảng thời hạn của luật và của ngành. Cổng không đặt sẵn thời hạn nào."],
            button="Ghi thời hạn",
        )

    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A term holds no more."""
        row = self.found(request, object_id)
        require(actor_of(request), SET_TERMS, row.unit_code)
        return self.ask(
            request,
            title="Thôi dùng thời hạn",
            form=None,
            back=self.address("change", row.pk),
            do=lambda said: services.end_term(actor=actor_of(request), term_id=row.pk, now=timezone.now()),
            done="Đã thôi dùng. Loại hồ sơ này không bị hủy cho đến khi có thời hạn khác.",
            about=[f"{row.procedure_code}, {queries.called(row.unit_code)}: {row.words.lower()}."],
        )


@admin.register(ArchiveHold)
class ArchiveHoldAdmin(DeskModelAdmin):
    """What is kept back whatever its term, and what was."""

    view_act = ACT
    unit_field = "unit_code"
    menu_place = 63
    refusals: ClassVar[tuple[type[Exception], ...]] = (ArchiveRefused,)
    list_display = ("of_dossier", "kind", "placed", "lifted")
    list_display_links = ("of_dossier",)
    list_filter = ("kind", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("=dossier__code",)
    search_help_text = "Mã hồ sơ viết đủ"
    ordering = ("-placed_at", "-id")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the dossier's code."""
        return super().get_queryset(request).select_related("dossier").defer("dossier__answers", "dossier__bill")

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, HOLD, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_archivehold"
        return [
            path("add/", view(self.add), name=f"{name}_add"),
            path("<int:object_id>/lift/", view(self.lift), name=f"{name}_lift"),
            *super().get_urls(),
        ]

    @admin.display(description="Hồ sơ")
    def of_dossier(self, row: ArchiveHold) -> Any:
        return two_lines(row.dossier.code, row.dossier.procedure_name)

    @admin.display(description="Giữ từ")
    def placed(self, row: ArchiveHold) -> Any:
        return two_lines(moment(row.placed_at), row.label)

    @admin.display(description="Thôi giữ")
    def lifted(self, row: ArchiveHold) -> Any:
        return two_lines(moment(row.lifted_at), row.lifted_label)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One reason."""
        facts = [
            ("Hồ sơ", row.dossier.code),
            ("Vì sao", row.get_kind_display()),
            ("Vụ việc", row.note or "–"),
            ("Giữ từ", f"{moment(row.placed_at)}, {row.label}"),
            ("Thôi giữ", f"{moment(row.lifted_at)}, {row.lifted_label}" if row.lifted_at else "–"),
        ]
        may_lift = row.lifted_at is None and may(actor_of(request), HOLD, row.unit_code)
        ways = [Way("Thôi giữ", self.address("lift", row.pk), "danger")] if may_lift else []
        return Page(f"Giữ lại hồ sơ {row.dossier.code}", [Facts("Giữ lại", facts)], ways)

    def add(self, request: HttpRequest) -> HttpResponse:
        """Keep a dossier back."""
        actor = actor_of(request)
        require(actor, HOLD, actor.unit)
        return self.ask(
            request,
            title="Giữ lại hồ sơ",
            form=HoldForm(request.POST if request.method == "POST" else None, initial={"code": request.GET.get("ma", "")}),
            back=self.address("changelist"),
            do=lambda said: services.hold_back(actor=actor, now=timezone.now(), **said),
            done=lambda row: f"Hồ sơ {row.dossier.code} được giữ lại cho đến khi thôi giữ.",
            about=["Hồ sơ đang giữ lại không có trong đợt hủy nào, kể cả khi đã hết thời hạn."],
        )

    def lift(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Keep it back no more."""
        row = self.found(request, object_id)
        require(actor_of(request), HOLD, row.unit_code)
        return self.ask(
            request,
            title="Thôi giữ hồ sơ",
            form=None,
            back=self.address("change", row.pk),
            do=lambda said: services.lift_hold(actor=actor_of(request), hold_id=row.pk, now=timezone.now()),
            done="Đã thôi giữ vì lý do này.",
            about=[f"Hồ sơ {row.dossier.code}: {row.get_kind_display().lower()}."],
        )
