"""Work by step, and opinions that other agencies ask of this one, on the desk; what of it waits for an officer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dossiers import slips
from dossiers.models import DossierOpinion, DossierStep, Paper, State
from dossiers.process import assigning, forms, opinions
from dossiers.process.documents import ROLES
from dossiers.process.publishing import ProcessRefused
from dossiers.views.common import send_file
from portal.access import actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, state_cell, two_lines
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_name_of
from portal.documents.units import unit_name

# Work by step --------------------------------------------------------------------------------------------------------------------


class StepFilter(admin.SimpleListFilter):
    """Whose step it is; the list opens on one's own, and those of whom one stands in for."""

    title, parameter_name = "việc", "viec"
    MINE, FREE, LATE, ALL = "cua-toi", "chua-giao", "qua-han", "tat-ca"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.MINE, "Của tôi, tôi làm thay"), (self.FREE, "Chưa giao"), (self.LATE, "Quá hạn bước"), (self.ALL, "Cả đơn vị")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        actor, now = actor_of(request), timezone.now()
        match self.value() or (self.ALL if request.GET.get("q") else self.MINE):
            case self.MINE:
                return queryset.filter(officer_id__in={actor.position_id, *assigning.stood_in_for(actor, now)} - {None})
            case self.FREE:
                return queryset.filter(officer_id__isnull=True)
            case self.LATE:
                # Nobody is late while the applicant is waited for, or after the decision.
                return queryset.filter(due_at__lt=now, dossier__state=State.PROCESSING).exclude(act="sign")
        return queryset

    def choices(self, changelist: Any) -> Any:
        default = self.ALL if changelist.query else self.MINE
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": (self.value() or default) == value, "query_string": query, "display": label}


@admin.register(DossierStep)
class DossierStepAdmin(DeskModelAdmin):
    """Open steps of dossiers of the officer's units; the work itself is done on the dossier's page."""

    view_act = "dossiers.read"
    unit_field = "unit_code"
    list_display = ("dossier_shown", "step_shown", "officer_shown", "due_shown")
    list_display_links = ("step_shown",)
    list_filter = (StepFilter,)
    search_fields = ("=dossier__code",)
    search_help_text = "Mã hồ sơ viết đủ"
    ordering = ("due_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Open ones alone, through the door."""
        rows = super().get_queryset(request).filter(finished_at__isnull=True).select_related("dossier")
        return rows.defer("note", "dossier__answers", "dossier__bill")

    @admin.display(description="Hồ sơ")
    def dossier_shown(self, row: DossierStep) -> SafeString:
        address = reverse("admin:dossiers_dossier_change", args=[row.dossier_id])
        return format_html('<a href="{}">{}</a><br><span class="quiet">{}</span>', address, row.dossier.code, row.dossier.owner_name)

    @admin.display(description="Bước")
    def step_shown(self, row: DossierStep) -> SafeString:
        return two_lines(row.label, ROLES.get(row.role, row.role))

    @admin.display(description="Ai giữ")
    def officer_shown(self, row: DossierStep) -> str:
        return row.officer_label or "Chưa giao"

    @admin.display(description="Hạn của bước", ordering="due_at")
    def due_shown(self, row: DossierStep) -> SafeString:
        waits = row.dossier.awaits_payment or row.dossier.awaits_completion
        state = row.dossier.state_words
        if row.act == "sign" or waits:
            return two_lines(state, "Thời hạn đang dừng")
        return state_cell(state, row.due_at, is_late=row.due_at < timezone.now())

    def page(self, request: HttpRequest, row: DossierStep) -> Page:
        """The step, with the way to its dossier."""
        facts = [
            ("Hồ sơ", f"{row.dossier.code}: {row.dossier.procedure_name}"),
            ("Bước", row.label),
            ("Vai trò", ROLES.get(row.role, row.role)),
            ("Ai giữ", row.officer_label or "Chưa giao"),
            ("Giao thế nào", row.get_assigned_how_display()),
            ("Nhận lúc", moment(row.started_at)),
            ("Hạn của bước", moment(row.due_at)),
        ]
        ways = [Way("Mở hồ sơ", reverse("admin:dossiers_dossier_change", args=[row.dossier_id]))]
        return Page(f"{row.label}: {row.dossier.code}", [Facts("Việc", facts)], ways)


# Opinions asked of us ------------------------------------------------------------------------------------------------------------


class OpinionFilter(admin.SimpleListFilter):
    """What is waited for; the list opens on it."""

    title, parameter_name = "việc", "viec"
    OPEN, LATE, GIVEN, ALL = "cho", "qua-han", "da-cho", "tat-ca"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.OPEN, "Chờ cơ quan mình cho ý kiến"), (self.LATE, "Quá hạn"), (self.GIVEN, "Đã cho ý kiến"), (self.ALL, "Tất cả")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value() or (self.ALL if request.GET.get("q") else self.OPEN):
            case self.LATE:
                return queryset.filter(WAITS, due_at__lt=timezone.now())
            case self.GIVEN:
                return queryset.filter(answered_at__isnull=False)
            case self.ALL:
                return queryset
        return queryset.filter(WAITS)

    def choices(self, changelist: Any) -> Any:
        default = self.ALL if changelist.query else self.OPEN
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": (self.value() or default) == value, "query_string": query, "display": label}


WAITS = Q(answered_at__isnull=True, called_off_at__isnull=True)


@admin.register(DossierOpinion)
class DossierOpinionAdmin(DeskModelAdmin):
    """What other agencies ask of the officer's agency and those below it; what was used again was asked of nobody."""

    view_act = opinions.ANSWER
    unit_field = "asked_unit"
    refusals = (ProcessRefused,)
    list_display = ("matter_shown", "asker_shown", "state_shown")
    list_display_links = ("matter_shown",)
    list_filter = (OpinionFilter,)
    search_fields = ("=dossier__code",)
    search_help_text = "Mã hồ sơ viết đủ"
    ordering = ("due_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Through the door."""
        rows = super().get_queryset(request).filter(taken_from__isnull=True).select_related("dossier")
        return rows.defer("dossier__answers", "dossier__bill").annotate(asker_called=agency_name_of("asked_by_unit"))

    @admin.display(description="Về việc")
    def matter_shown(self, row: DossierOpinion) -> SafeString:
        return two_lines(row.label, f"{row.dossier.code}: {row.dossier.procedure_name[:90]}")

    @admin.display(description="Cơ quan hỏi")
    def asker_shown(self, row: Any) -> SafeString:
        return two_lines(row.asker_called or row.asked_by_unit, moment(row.asked_at))

    @admin.display(description="Tình trạng, hạn", ordering="due_at")
    def state_shown(self, row: DossierOpinion) -> SafeString:
        if row.is_open:
            return state_cell("Chờ ý kiến", row.due_at, is_late=row.due_at < timezone.now())
        return two_lines(row.get_verdict_display(), moment(row.answered_at)) if row.answered_at else two_lines("Không cần nữa", "")

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_dossieropinion"
        return [
            path("<int:object_id>/answer/", view(self.answer), name=f"{name}_answer"),
            path("<int:object_id>/paper/<uuid:paper_id>/", view(require_safe(self.paper)), name=f"{name}_paper"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: DossierOpinion) -> Page:
        """The question, the declaration it is about, the papers put beside it, the answer."""
        actor = actor_of(request)
        row = opinions.open_opinion(actor=actor, opinion_id=row.pk)
        papers = Paper.objects.select_related("file").filter(dossier_id=row.dossier_id, pk__in=row.papers).order_by("position")
        facts = [
            ("Cơ quan hỏi", f"{unit_name(row.asked_by_unit)}: {row.asked_label}"),
            ("Cơ quan được hỏi", unit_name(row.asked_unit)),
            ("Về việc", row.label),
            ("Cần ý kiến về", row.question or "–"),
            ("Hồ sơ", f"{row.dossier.code}: {row.dossier.procedure_name}"),
            ("Chủ hồ sơ", row.dossier.owner_name),
            ("Hỏi lúc", moment(row.asked_at)),
            ("Hạn trả lời", moment(row.due_at)),
            ("Ý kiến", row.get_verdict_display()),
            ("Nội dung", row.answer or "–"),
            ("Cho ý kiến lúc", f"{moment(row.answered_at)} {row.answered_label}".strip()),
        ]
        parts: list[Facts | Rows] = [Facts("Yêu cầu", facts)]
        if row.called_off_at is None:
            files = [(one.label, self._file(row, one), one.file.get_state_display()) for one in papers]
            parts.append(Rows("Giấy tờ được xem", ("Giấy tờ", "Tệp", "Kiểm tra an toàn"), files, "Cơ quan hỏi không gửi kèm giấy tờ."))
            parts.append(Facts("Tờ khai", slips.answers_shown(row.dossier)))
        ways = [Way("Cho ý kiến", self.address("answer", row.pk))] if row.is_open and may(actor, opinions.ANSWER, row.asked_unit) else []
        late = row.is_open and row.due_at < timezone.now()
        notes = ["Đã quá hạn cho ý kiến."] if late else ["Ý kiến này không cần nữa."] if row.called_off_at else []
        return Page(f"Ý kiến về hồ sơ {row.dossier.code}", parts, ways, notes)

    def _file(self, row: DossierOpinion, paper: Paper) -> Any:
        if paper.file.state != "clean":
            return paper.file.name or "Đã xóa"
        return format_html('<a href="{}">{}</a>', self.address("paper", row.pk, paper.pk), paper.file.name)

    def answer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Give the opinion."""
        row = self.found(request, object_id)
        require(actor_of(request), opinions.ANSWER, row.asked_unit)
        form = forms.AnswerForm(request.POST if request.method == "POST" else None)
        return self.ask(
            request,
            title="Cho ý kiến",
            form=form,
            back=self.address("change", row.pk),
            do=lambda said: opinions.answer(actor=actor_of(request), opinion_id=row.pk, now=timezone.now(), **said),
            done="Đã gửi ý kiến cho cơ quan hỏi.",
            about=[f"{row.label}, hồ sơ {row.dossier.code}.", row.question or ""],
            button="Gửi ý kiến",
        )

    def paper(self, request: HttpRequest, object_id: int, paper_id: UUID) -> HttpResponseBase:
        """A paper that was put beside the question."""
        try:
            found = opinions.open_paper(actor=actor_of(request), opinion_id=object_id, paper_id=paper_id)
        except (DossierOpinion.DoesNotExist, Paper.DoesNotExist) as error:
            raise Http404 from error
        return send_file(found.file, name=str(found.file.name or ""), inline=found.file.media_type.startswith("image/"))


# What waits ----------------------------------------------------------------------------------------------------------------------


def desk_panel(request: HttpRequest) -> list[DeskLine]:
    """Steps that an officer has, steps that nobody has, opinions asked of the agency (three queries)."""
    actor, now = actor_of(request), timezone.now()
    lines = []
    if may(actor, "dossiers.read", actor.unit):
        mine = Q(officer_id__in={actor.position_id, *assigning.stood_in_for(actor, now)} - {None})
        free = Q(officer_id__isnull=True) & unit_scope(actor, "dossiers.read", "unit_code")
        waits = DossierStep.objects.filter(mine | free, finished_at__isnull=True)
        counts = waits.aggregate(mine=Count("pk", filter=mine), free=Count("pk", filter=free))
        address = reverse("admin:dossiers_dossierstep_changelist")
        if counts["mine"]:
            lines.append(DeskLine("Bước của tôi, tôi làm thay", counts["mine"], f"{address}?viec={StepFilter.MINE}", "info"))
        if counts["free"]:
            lines.append(DeskLine("Bước chưa giao", counts["free"], f"{address}?viec={StepFilter.FREE}", "wait"))
    if may(actor, opinions.ANSWER, actor.unit):
        asked = DossierOpinion.objects.filter(WAITS, unit_scope(actor, opinions.ANSWER, "asked_unit"))
        if count := asked.count():
            address = reverse("admin:dossiers_dossieropinion_changelist")
            lines.append(DeskLine("Cơ quan khác hỏi ý kiến", count, f"{address}?viec={OpinionFilter.OPEN}", "wait"))
    return lines


register_desk_panel(desk_panel)
