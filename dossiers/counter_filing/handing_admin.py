"""Handing over between agencies on the desk: what comes, what went, and the counters' figures by month (D-22, D-25)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from dossiers.counter_filing import counts
from dossiers.counter_filing.desk import paper_link
from dossiers.counter_filing.rights import HAND, FilingRefused
from dossiers.models import Handover
from dossiers.services import handing
from portal.access import actor_of, may, require, visible_to
from portal.access.desk import DeskModelAdmin, Facts, Page, ReasonForm, Rows, Way, moment, two_lines
from portal.access.site import DeskLine, register_desk_panel
from portal.documents.units import unit_name
from portal.states import TransitionRefused

READ, FIGURES = "dossiers.read", "dossiers.read_counters"


class SideFilter(admin.SimpleListFilter):
    """What comes in, what went out."""

    title = "chiều"
    parameter_name = "chieu"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("den", "Đến đơn vị tôi"), ("di", "Từ đơn vị tôi")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        side = {"den": "to_unit", "di": "from_unit"}.get(self.value() or "")
        return queryset.filter(**{side: actor_of(request).unit}) if side else queryset


@admin.register(Handover)
class HandoverAdmin(DeskModelAdmin):
    """Dossiers handed to the officer's unit or by it: both sides read the slip, each has its own acts."""

    view_act = READ
    refusals = (FilingRefused,)
    list_display = ("code", "shown_procedure", "way", "shown_state", "paper", "sent")
    list_display_links = ("code",)
    list_filter = (SideFilter, "state")
    search_fields = ("=code",)
    search_help_text = "Mã hồ sơ viết đủ"
    ordering = ("-sent_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The door, from both sides."""
        actor, rows = actor_of(request), self.model._default_manager.all()
        return visible_to(actor, rows, READ, "to_unit") | visible_to(actor, rows, READ, "from_unit")

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name, one = self.admin_site.admin_view, "dossiers_handover", "<uuid:object_id>/"
        return [
            path("figures/", view(self.figures), name=f"{name}_figures"),
            path(one + "take/", view(self.take), name=f"{name}_take"),
            path(one + "decline/", view(self.decline), name=f"{name}_decline"),
            path(one + "recall/", view(self.recall), name=f"{name}_recall"),
            *super().get_urls(),
        ]

    @admin.display(description="Thủ tục")
    def shown_procedure(self, row: Handover) -> str:
        return row.procedure_name

    @admin.display(description="Giao, nhận")
    def way(self, row: Handover) -> Any:
        return two_lines(row.from_unit, f"→ {row.to_unit}")

    @admin.display(description="Tình trạng")
    def shown_state(self, row: Handover) -> Any:
        return two_lines(row.get_state_display(), f"Hạn {moment(row.due_at)}" if row.due_at else "")

    @admin.display(description="Bản giấy")
    def paper(self, row: Handover) -> str:
        return "Không, điện tử" if row.is_electronic else "Có giấy kèm"

    @admin.display(description="Giao lúc")
    def sent(self, row: Handover) -> str:
        return moment(row.sent_at)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What is handed over, by whom, why; what the officer's side may do."""
        actor = actor_of(request)
        waits = row.state == Handover.State.SENT
        ways = [Way("Số liệu theo tháng", self.address("figures"), "quiet")] if may(actor, FIGURES, actor.unit) else []
        if waits and may(actor, HAND, row.to_unit):
            ways = [Way("Nhận hồ sơ", self.address("take", row.pk)), Way("Không nhận", self.address("decline", row.pk), "danger"), *ways]
        if waits and may(actor, HAND, row.from_unit):
            ways = [Way("Rút lại", self.address("recall", row.pk), "danger"), *ways]
        facts = [
            ("Mã hồ sơ", row.code),
            ("Thủ tục", row.procedure_name),
            ("Đơn vị giao", f"{unit_name(row.from_unit)}; {row.sent_label}, {moment(row.sent_at)}"),
            ("Đơn vị nhận", unit_name(row.to_unit)),
            ("Hẹn trả kết quả", f"{moment(row.due_at)}, giữ nguyên"),
            ("Lý do", row.reason),
            ("Giấy kèm theo", row.paper_along or "Không, toàn bộ là điện tử"),
            ("Tình trạng", row.get_state_display()),
            ("Phiếu giao", paper_link(row.sheet)),
        ]
        if row.ended_at is not None:
            facts += [("Kết thúc", f"{row.ended_label}, {moment(row.ended_at)}"), ("Lý do không nhận", row.ended_why or "–")]
            facts.append(("Phiếu nhận", paper_link(row.answer)))
        files = row.dossier.papers.select_related("file").filter(superseded_at=None)
        lines = [(paper.label, paper.file.name or "–", paper.file.sha256) for paper in files]
        files_part = Rows("Tệp điện tử", ("Giấy tờ", "Tệp", "SHA-256"), lines, "Chỉ có tờ khai điện tử.")
        return Page(f"Giao nhận hồ sơ {row.code}", [Facts("Giao nhận", facts), files_part], ways)

    def _act(
        self, request: HttpRequest, object_id: UUID, *, side: str, title: str, done: str, about: str, do: Any, reason: bool = False
    ) -> Any:
        row = self.found(request, object_id)
        require(actor_of(request), HAND, getattr(row, side))

        def acting(said: dict[str, Any]) -> Any:
            try:
                return do(actor_of(request), row, said)
            except TransitionRefused as refused:
                raise FilingRefused(refused.reason, status=409) from refused
            except Handover.DoesNotExist as gone:
                raise FilingRefused(handing.GONE, status=409) from gone

        return self.ask(
            request,
            title=title,
            form=ReasonForm(request.POST if request.method == "POST" else None) if reason else None,
            back=self.address("change", row.pk),
            do=acting,
            done=done,
            about=[f"Hồ sơ {row.code}: {row.procedure_name}.", about],
        )

    def take(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """It is ours now."""
        return self._act(
            request,
            object_id,
            side="to_unit",
            title="Nhận hồ sơ",
            done="Đã nhận. Hồ sơ ở đơn vị bạn, hạn trả kết quả giữ nguyên; người nộp được báo.",
            about="Bạn phụ trách hồ sơ từ lúc nhận. Hạn trả kết quả giữ nguyên.",
            do=lambda actor, row, _said: handing.take_over(actor=actor, handover_id=row.pk, now=timezone.now()),
        )

    def decline(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """It is not ours."""
        return self._act(
            request,
            object_id,
            side="to_unit",
            title="Không nhận hồ sơ",
            done="Đã ghi không nhận. Hồ sơ ở lại đơn vị giao.",
            about="Đơn vị giao đọc được lý do.",
            do=lambda actor, row, said: handing.decline(actor=actor, handover_id=row.pk, reason=said["reason"], now=timezone.now()),
            reason=True,
        )

    def recall(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Taken back before the other took it."""
        return self._act(
            request,
            object_id,
            side="from_unit",
            title="Rút lại hồ sơ đã giao",
            done="Đã rút lại. Hồ sơ vẫn ở đơn vị bạn.",
            about="Chỉ rút được khi đơn vị kia chưa nhận.",
            do=lambda actor, row, _said: handing.recall(actor=actor, handover_id=row.pk, now=timezone.now()),
        )

    def figures(self, request: HttpRequest) -> HttpResponse:
        """By month, of the officer's agency with those below it: how dossiers came, what was digitised, the share without paper."""
        actor = actor_of(request)
        require(actor, FIGURES, actor.unit)
        first = (timezone.localdate() - timedelta(days=365)).replace(day=1)
        rows = [
            (
                f"{one.month:%m/%Y}",
                one.counter,
                one.post,
                one.reused,
                one.digitised,
                one.on_request,
                one.on_paper,
                one.handed,
                f"{one.share} %" if one.share is not None else "–",
            )
            for one in counts.by_month(actor.unit, first)
        ]
        headings = (
            "Tháng",
            "Nộp trực tiếp",
            "Nộp qua bưu chính",
            "Giấy lấy từ kho",
            "Giấy phải số hóa",
            "Số hóa theo yêu cầu",
            "Giữ bản giấy",
            "Hồ sơ đã giao",
            f"Giao không kèm giấy (mục tiêu {counts.TARGET} %)",
        )
        page = Page("Số liệu quầy và giao nhận", [Rows(unit_name(actor.unit), headings, rows, "Chưa có số liệu trong 12 tháng.")])
        context = {**self._context(request), "title": page.title, "page": page}
        return TemplateResponse(request, "admin/desk/page.html", context)


def handover_panel(request: HttpRequest) -> list[DeskLine]:
    """Dossiers that wait to be taken by the officer's unit (one query)."""
    actor = actor_of(request)
    if not may(actor, HAND, actor.unit):
        return []
    waiting = Handover.objects.filter(to_unit=actor.unit, state=Handover.State.SENT).count()
    address = reverse("admin:dossiers_handover_changelist") + "?chieu=den&state__exact=sent"
    return [DeskLine("Hồ sơ đơn vị khác giao, chờ nhận", waiting, address, "wait")] if waiting else []


register_desk_panel(handover_panel)
