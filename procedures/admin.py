"""The desk's view of the catalogue: procedures, decisions, localisations and imports to look at, reports of mistakes to deal with,
the search's words and weights to edit."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.text import Truncator

from portal.access import actor_of, may
from portal.access.site import OfficerModelAdmin
from portal.audit.desk import HistoryModelAdmin
from portal.catalogues.models import AdministrativeUnit
from portal.catalogues.queries import agency_names
from portal.search.phrases import word_key
from portal.states import TransitionRefused
from portal.text import search_key
from procedures import queries, services
from procedures.forms import HandleForm, SearchWeightForm, SearchWordForm, TrialForm
from procedures.models import (
    MISTAKES,
    PART_WORDS,
    Channel,
    Decision,
    ImportRun,
    LegalBasis,
    Level,
    Localisation,
    MistakeReport,
    OnlineService,
    Procedure,
    ProcedureVersion,
    RequiredDocument,
    SearchMiss,
    SearchWeight,
    SearchWord,
    Step,
    Subject,
)
from procedures.search import trial

NAME_SHOWN = 160
"""Characters of a name in a list; some have over a thousand."""


class ReadOnlyInline(admin.TabularInline):
    """Parts of a version, to look at."""

    template = "admin/procedures/parts.html"
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request, obj=None):
        return may(actor_of(request), "procedures.read")

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        return self.fields


class StepInline(ReadOnlyInline):
    model = Step
    fields = ("position", "case", "title", "text")


class ChannelInline(ReadOnlyInline):
    model = Channel

    @admin.display(description="Thời hạn, phí")
    def limits_in_words(self, channel):
        lines = []
        for limit in channel.limits.all():
            words = f"{limit.amount.normalize():f} {limit.get_unit_display()}" if limit.amount is not None else limit.text
            fees = "; ".join(f"{fee.name}: {fee.amount if fee.amount is not None else fee.condition}" for fee in limit.fees.all())
            lines.append(f"{words} ({fees})" if fees else words)
        return " / ".join(lines)

    fields = ("kind", "limits_in_words", "note")


class DocumentInline(ReadOnlyInline):
    model = RequiredDocument
    fields = ("case", "mode", "name", "originals", "copies", "required", "paper_kind", "form")


class LegalBasisInline(ReadOnlyInline):
    model = LegalBasis
    fields = ("number", "title", "issued_on")


class OnlineServiceInline(ReadOnlyInline):
    model = OnlineService
    fields = ("code", "level", "assurance", "form_key")


@admin.register(Procedure)
class ProcedureAdmin(OfficerModelAdmin):
    view_act = "procedures.read"
    list_display = ("code", "name_today", "field_today", "readings", "replaced_by")
    search_fields = ("code", "versions__search_key")
    search_help_text = "Mã hoặc tên thủ tục, không dấu"

    def get_queryset(self, request):
        versions = ProcedureVersion.objects.order_by("-effective_from")
        return (
            super()
            .get_queryset(request)
            .select_related("replaced_by")
            .prefetch_related(Prefetch("versions", queryset=versions))
            .annotate(readings_lately=queries.readings(timezone.localdate()))
        )

    def _now(self, procedure):
        today = timezone.localdate()
        return next((version for version in procedure.versions.all() if version.is_in_force(today)), None)

    @admin.display(description="Tên thủ tục")
    def name_today(self, procedure):
        version = self._now(procedure)
        return Truncator(version.name).chars(NAME_SHOWN) if version else "(không còn hiệu lực)"

    @admin.display(description="Lĩnh vực")
    def field_today(self, procedure):
        version = self._now(procedure)
        return version.field if version else ""

    @admin.display(description="Lượt xem 28 ngày")
    def readings(self, procedure):
        return procedure.readings_lately


@admin.register(ProcedureVersion)
class ProcedureVersionAdmin(OfficerModelAdmin):
    view_act = "procedures.read"
    list_display = ("short_name", "procedure", "effective_from", "effective_to", "decision_number", "field")
    list_select_related = ("procedure",)
    search_fields = ("search_key",)
    ordering = ("sort_key",)
    inlines = (ChannelInline, DocumentInline, StepInline, LegalBasisInline, OnlineServiceInline)
    fieldsets = (
        (None, {"fields": ("procedure", "name", "summary", "effective_from", "effective_to", "origin", "decision_words")}),
        ("Ai", {"fields": ("subject_words", "who")}),
        ("Ở đâu", {"fields": ("level_words", "field_words", "issuer", "executors", "competent")}),
        ("Cơ quan khác, nơi tiếp nhận", {"fields": ("authorised_agency", "coordinating_agency", "place")}),
        ("Điều kiện, thời hạn", {"fields": ("conditions", "deadline_to_ask", "dossier_sets", "regulation")}),
        ("Tìm kiếm, liên quan", {"fields": ("keyword_words", "related_words", "interlinked_words", "readers")}),
        ("Bản tiếng Anh", {"fields": ("english_words",)}),
        ("Nguồn", {"fields": ("source", "checked_on", "as_text", "not_told", "source_text")}),
    )  # fmt: skip
    readonly_fields = (
        "decision_words", "subject_words", "level_words", "field_words", "issuer", "executors", "competent", "keyword_words",
        "related_words", "interlinked_words", "readers", "english_words", "as_text", "not_told", "source_text",
    )  # fmt: skip

    @admin.display(description="Quyết định công bố")
    def decision_words(self, version):
        return version.decision_number or "–"

    @admin.display(description="Đối tượng thực hiện")
    def subject_words(self, version):
        return _in_words(Subject, version.subjects)

    @admin.display(description="Cấp thực hiện")
    def level_words(self, version):
        return _in_words(Level, version.levels)

    @admin.display(description="Lĩnh vực")
    def field_words(self, version):
        return version.field or "–"

    @admin.display(description="Cơ quan ban hành")
    def issuer(self, version):
        return version.issuing_agency or _agencies([version.issuing_code])

    @admin.display(description="Cơ quan thực hiện")
    def executors(self, version):
        return version.executing_agency or _agencies(version.executing_codes)

    @admin.display(description="Cơ quan có thẩm quyền")
    def competent(self, version):
        return version.competent_agency or _agencies(version.competent_codes)

    @admin.display(description="Từ khóa")
    def keyword_words(self, version):
        return ", ".join(version.keywords) or "–"

    @admin.display(description="Thủ tục liên quan")
    def related_words(self, version):
        return _procedures(version.related)

    @admin.display(description="Thủ tục liên thông")
    def interlinked_words(self, version):
        return _procedures(version.interlinked)

    @admin.display(description="Mức nhiều người đọc (0 đến 1000)")
    def readers(self, version):
        return version.popularity

    @admin.display(description="Tên và tóm tắt tiếng Anh")
    def english_words(self, version):
        told = [text for key in ("name", "summary") if (text := version.english.get(key))]
        return format_html_join("", "<div>{}</div>", ((text,) for text in told)) or "Chưa có bản tiếng Anh"

    @admin.display(description="Phần chỉ có dạng chữ")
    def as_text(self, version):
        return _parts(version.text_only)

    @admin.display(description="Phần nguồn không nêu")
    def not_told(self, version):
        return _parts(version.missing)

    @admin.display(description="Nguyên văn của nguồn")
    def source_text(self, version):
        rows = ((PART_WORDS.get(part, part), text) for part, text in version.raw_parts.items())
        return format_html_join("", '<div class="pre-line"><strong>{}</strong>\n{}</div>', rows) or "–"

    @admin.display(description="Tên thủ tục", ordering="sort_key")
    def short_name(self, version):
        return Truncator(version.name).chars(NAME_SHOWN)


def _in_words(choices, values):
    """Values of a list of choices as officers read them."""
    return ", ".join(str(choices(value).label) for value in values if value in choices.values) or "–"


def _parts(names):
    return ", ".join(PART_WORDS.get(name, name) for name in names) or "–"


def _agencies(codes):
    """Names of agencies, the code where the catalogue does not know one (one query)."""
    wanted = [code for code in codes if code]
    names = agency_names(wanted)
    return ", ".join(names.get(code, code) for code in wanted) or "–"


def _procedures(codes):
    """Codes of procedures with the names they have today, each a link to its page (one query)."""
    names = {version.procedure.code: version.name for version in queries.with_codes(list(codes), timezone.localdate())} if codes else {}
    rows = ((code, code, Truncator(names.get(code, "(không còn hiệu lực)")).chars(NAME_SHOWN)) for code in codes)
    return format_html_join("", '<div><a href="/thu-tuc/{}/">{}</a> {}</div>', rows) or "–"


class VersionInline(ReadOnlyInline):
    """The versions that a decision published."""

    model = ProcedureVersion
    verbose_name_plural = "thủ tục được công bố"
    fields = ("procedure", "linked_name", "effective_from", "effective_to")

    @admin.display(description="Tên thủ tục")
    def linked_name(self, version):
        address = reverse("admin:procedures_procedureversion_change", args=[version.pk])
        return format_html('<a href="{}">{}</a>', address, Truncator(version.name).chars(NAME_SHOWN))

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("procedure").order_by("sort_key")


@admin.register(Decision)
class DecisionAdmin(OfficerModelAdmin):
    """The decisions that introduce, amend and repeal procedures."""

    view_act = "procedures.read"
    list_display = ("number", "agency", "issued_on", "kind", "count")
    list_filter = ("kind",)
    search_fields = ("number", "agency")
    search_help_text = "Số quyết định hoặc cơ quan công bố"
    inlines = (VersionInline,)

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(version_count=Count("versions"))

    @admin.display(description="Số thủ tục", ordering="version_count")
    def count(self, decision):
        return decision.version_count


@admin.register(Localisation)
class LocalisationAdmin(OfficerModelAdmin):
    """What provinces lay down for themselves."""

    view_act = "procedures.read"
    list_display = ("version", "province_code", "province", "executing_agency", "decision_number")
    list_select_related = ("version",)
    list_filter = ("province_code",)
    search_fields = ("version__search_key", "decision_number")
    search_help_text = "Mã hoặc tên thủ tục, số quyết định"
    ordering = ("province_code", "version__sort_key")

    def get_queryset(self, request):
        today = timezone.localdate()
        provinces = AdministrativeUnit.objects.on(today).filter(level=AdministrativeUnit.Level.PROVINCE)
        self._names = dict(provinces.values_list("code", "name"))
        return super().get_queryset(request)

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_key(search_term))

    @admin.display(description="Tỉnh, thành phố")
    def province(self, localisation):
        return self._names.get(localisation.province_code, "")


@admin.register(ImportRun)
class ImportRunAdmin(OfficerModelAdmin):
    """What became of each attempt to read a source."""

    view_act = "procedures.read"
    list_display = ("started_at", "kind", "source", "state", "summary")
    list_filter = ("kind", "state")
    fields = ("kind", "source", "digest", "state", "started_at", "finished_at", "summary", "parts", "refused", "notes")

    @admin.display(description="Số dòng")
    def summary(self, run):
        told = run.report
        counts = (("thêm", "added"), ("đổi", "changed"), ("giữ nguyên", "same"), ("giữ bản biên tập", "kept"), ("hết hiệu lực", "ended"))
        words = ", ".join(f"{label} {told[name]}" for label, name in counts if told.get(name))
        return f"{told.get('rows', 0)} dòng: {words or 'không đổi gì'}; từ chối {len(told.get('refused', []))}"

    @admin.display(description="Phần có kiểu / để dạng chữ")
    def parts(self, run):
        rows = ((name, one["typed"], one["text"]) for name, one in run.report.get("parts", {}).items())
        return format_html_join("", "<div>{}: {} / {}</div>", rows) or "–"

    @admin.display(description="Dòng bị từ chối")
    def refused(self, run):
        rows = run.report.get("refused", [])
        shown = format_html_join("", "<div>{} {}: {}</div>", ((row["place"], row["code"], row["reason"]) for row in rows[:REFUSED_SHOWN]))
        return format_html("{}<div>… và {} dòng nữa</div>", shown, len(rows) - REFUSED_SHOWN) if len(rows) > REFUSED_SHOWN else shown or "–"

    @admin.display(description="Lưu ý")
    def notes(self, run):
        return format_html_join("", "<div>{}</div>", ((note,) for note in run.report.get("notes", []))) or "–"


REFUSED_SHOWN = 200


@admin.register(MistakeReport)
class MistakeReportAdmin(OfficerModelAdmin):
    """What readers say is wrong, for the agency that answers for the page; VPCP sees all."""

    view_act = "procedures.mistakes"
    unit_field = "unit_code"
    list_display = ("created_at", "part", "procedure", "unit_code", "state")
    list_display_links = ("created_at", "part")
    list_filter = ("state", "part")
    list_select_related = ("version__procedure",)
    change_form_template = "admin/procedures/mistakereport/change_form.html"
    fields = ("created_at", "state", "part", "page", "language", "text", "unit_code", "note", "handled_at", "handled_by")

    def _may(self, request, act, obj):
        return super()._may(request, act, obj) or bool(act and may(actor_of(request), "procedures.mistakes.everywhere"))

    def get_queryset(self, request):
        if may(actor_of(request), "procedures.mistakes.everywhere"):
            return self.model._default_manager.order_by("-created_at", "-id")
        return super().get_queryset(request)

    @admin.display(description="Thủ tục", ordering="version__sort_key")
    def procedure(self, report):
        return f"{report.version.procedure.code} {Truncator(report.version.name).chars(NAME_SHOWN)}" if report.version else "(trang khác)"

    @admin.display(description="Trang")
    def page(self, report):
        if report.version is None:
            return "(trang khác)"
        prefix = "/en" if report.language == "en" else ""
        return format_html('<a href="{}/thu-tuc/{}/">{}</a>', prefix, report.version.procedure.code, report.version.name)

    def get_urls(self):
        """Each way to close a report has an address of its own."""
        own = [
            path(
                f"<uuid:report_id>/{edge.name}/",
                self.admin_site.admin_view(self.handle),
                {"transition": edge.name},
                name=f"procedures_mistakereport_{edge.name}",
            )
            for edge in MISTAKES.transitions.values()
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The report with the ways to close it."""
        try:
            report = self.get_queryset(request).filter(pk=UUID(object_id)).first()
        except ValueError as error:
            raise Http404 from error
        edges = [] if report is None else [edge for edge in MISTAKES.transitions.values() if not MISTAKES.refusal(report, edge.name)]
        ways = [(edge, reverse(f"admin:procedures_mistakereport_{edge.name}", args=[report.pk])) for edge in edges if report is not None]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "ways": ways})

    def handle(self, request: HttpRequest, report_id: UUID, transition: str) -> HttpResponse:
        """Ask what was done, then close. Somebody else was faster: a word, never an error."""
        report: Any = self.get_queryset(request).filter(pk=report_id).select_related("version__procedure").first()
        if report is None:
            raise Http404
        change = reverse("admin:procedures_mistakereport_change", args=[report_id])
        form = HandleForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                services.handle_mistake(
                    actor=actor_of(request), report_id=report_id, transition=transition, now=timezone.now(), **form.cleaned_data
                )
                self.message_user(request, "Đã ghi. Cảm ơn bạn đã xem báo sai này.", messages.SUCCESS)
            except TransitionRefused:
                self.message_user(request, "Người khác vừa xử lý báo sai này.", messages.WARNING)
            return redirect(change)
        if MISTAKES.refusal(report, transition):
            self.message_user(request, "Báo sai này đã được xử lý.", messages.WARNING)
            return redirect(change)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": MISTAKES.transitions[transition].label,
            "report": report,
            "form": form,
            "addresses": {"list": reverse("admin:procedures_mistakereport_changelist"), "back": change},
        }
        return TemplateResponse(request, "admin/procedures/mistakereport/handle.html", context, status=422 if form.is_bound else 200)


@admin.register(SearchWord)
class SearchWordAdmin(HistoryModelAdmin):
    """How people say it and how the catalogue does: what editors change here the search knows within seconds."""

    form = SearchWordForm
    view_act = "procedures.words"
    add_act = "procedures.words"
    change_act = "procedures.words"
    list_display = ("phrase", "kind", "meanings_in_a_row", "origin", "active")
    list_filter = ("kind", "origin", "active")
    search_fields = ("key",)
    search_help_text = "Từ người dân dùng, có dấu hay không dấu đều được"
    actions = ("switch_on", "switch_off")
    history_facts = ("phrase", "kind", "meanings", "origin", "active")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, word_key(search_term))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        told = ("origin", "active", "updated_at") if obj is not None else ()
        return ("phrase", "kind", "meanings", *told)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("origin", "active", "updated_at")

    @admin.display(description="Từ trong thủ tục")
    def meanings_in_a_row(self, word: SearchWord) -> str:
        return Truncator(" | ".join(word.meanings.splitlines())).chars(NAME_SHOWN)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """As everywhere; somebody who wrote the same word at the same moment is told beside the field."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except services.WordRefused:
            # The other one's word stands there now, so that the form itself finds it.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, as everywhere. Nothing changed: nothing is written, and a shipped word stays one."""
        if not change or form.has_changed():
            saved = services.save_word(actor=actor_of(request), word_id=obj.pk if change else None, **form.cleaned_data)
            obj.pk = saved.pk

    @admin.action(description="Dùng các từ đã chọn", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[SearchWord]) -> None:
        """Let the search use the chosen words again."""
        self._switch(request, queryset, active=True)

    @admin.action(description="Tắt các từ đã chọn", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[SearchWord]) -> None:
        """Let the search use the chosen words no longer."""
        self._switch(request, queryset, active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[SearchWord], *, active: bool) -> None:
        keys = list(queryset.order_by("pk").values_list("pk", flat=True))
        done = sum(services.switch_word(actor=actor_of(request), word_id=key, active=active) for key in keys)
        self.message_user(request, f"Đã {'dùng lại' if active else 'tắt'} {done} từ.", messages.SUCCESS)


@admin.register(SearchWeight)
class SearchWeightAdmin(HistoryModelAdmin):
    """How much the search counts each part of a procedure and each pair of syllables: known within seconds, like words."""

    form = SearchWeightForm
    view_act = "procedures.words"
    add_act = "procedures.words"
    change_act = "procedures.words"
    list_display = ("name", "kind", "value", "shipped", "origin", "updated_at")
    list_filter = ("kind", "origin")
    search_fields = ("key",)
    search_help_text = "Hai tiếng, có dấu hay không dấu đều được"
    actions = ("restore",)
    change_form_template = "admin/procedures/searchweight/change_form.html"
    history_facts = ("name", "kind", "value", "origin")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, word_key(search_term))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "value") if obj is None else ("name", "kind", "value", "shipped", "origin", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("name", "kind", "shipped", "origin", "updated_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            # Only of a new row: what stands may be a field, which is no two syllables.
            kwargs |= {"labels": {"name": "Hai tiếng đi liền nhau"}}
            kwargs |= {"help_texts": {"name": "Ví dụ: bản sao. Không phân biệt dấu và chữ hoa."}}
        return super().get_form(request, obj, change, **kwargs)

    @admin.display(description="Có sẵn")
    def shipped(self, weight: SearchWeight) -> str:
        return "–" if weight.shipped_value is None else f"{weight.shipped_value:.2f}".replace(".", ",")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """As everywhere; what somebody else did at the same moment is told. With a question: its answers under another weight."""
        context = dict(extra_context or {})
        weight = self.get_object(request, object_id) if object_id and request.method == "GET" else None
        if weight is not None:
            context |= self._trial(request, weight)
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except services.WordRefused as error:
            if object_id is None:
                # The other one's pair stands there now, so that the form itself finds it.
                return super().changeform_view(request, object_id, form_url, context)
            self.message_user(request, str(error), messages.WARNING)
            return redirect(reverse("admin:procedures_searchweight_changelist"))

    def _trial(self, request: HttpRequest, weight: SearchWeight) -> dict[str, Any]:
        asked = request.GET if "question" in request.GET else None
        form = TrialForm(asked, weight=weight, initial={"trial": weight.value})
        if not form.is_valid():
            return {"trial": form}
        now, then = trial(form.cleaned_data["question"], weight, form.cleaned_data["trial"])
        named = {version.procedure.code: version for version in queries.with_codes([*now, *then], timezone.localdate())}
        lists = [("Bây giờ", now), (f"Với trọng số {form.fields['trial'].prepare_value(form.cleaned_data['trial'])}", then)]
        answers = [(label, [named[code] for code in codes if code in named]) for label, codes in lists]
        return {"trial": form, "answers": answers, "same": now == then}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, as everywhere. Nothing changed: nothing is written, and a shipped weight stays one."""
        if not change:
            obj.pk = services.add_pair(actor=actor_of(request), **form.cleaned_data).pk
        elif form.has_changed():
            services.set_weight(actor=actor_of(request), weight_id=obj.pk, **form.cleaned_data)

    @admin.action(description="Trả về giá trị có sẵn (cặp tiếng tự thêm thì bỏ)", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[SearchWeight]) -> None:
        """Bring the chosen weights back to what was shipped."""
        keys = list(queryset.order_by("pk").values_list("pk", flat=True))
        done = sum(services.restore_weight(actor=actor_of(request), weight_id=key) for key in keys)
        self.message_user(request, f"Đã trả {done} trọng số về như có sẵn.", messages.SUCCESS)


class Seen(admin.SimpleListFilter):
    """Shows what waits unless asked for what has been seen."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("da-xem", "Đã xem")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(handled_at__isnull=self.value() != "da-xem")

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield choice | {"display": "Chưa xem"} if number == 0 else choice


@admin.register(SearchMiss)
class SearchMissAdmin(OfficerModelAdmin):
    """What people asked and the search found nothing for, the most frequent first."""

    view_act = "procedures.words"
    list_display = ("question", "count", "first_at", "last_at", "new_word")
    list_filter: ClassVar[Any] = (Seen,)
    search_fields = ("key",)
    search_help_text = "Câu hỏi, có dấu hay không dấu đều được"
    fields = ("question", "count", "first_at", "last_at", "handled_at", "new_word")
    actions = ("seen",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, word_key(search_term))

    @admin.display(description="Từ tìm kiếm")
    def new_word(self, miss: SearchMiss) -> str:
        """The way to a word that would have found something, with the question filled in."""
        # "…" stands where a number was taken out; brackets and bars say more in a word than in a question.
        words = " ".join(re.sub(r"[…()|]", " ", miss.question).split())
        given = urlencode({"phrase": words[: SearchWord.MAX_PHRASE].rstrip()})
        return format_html('<a href="{}?{}">Thêm từ</a>', reverse("admin:procedures_searchword_add"), given)

    @admin.action(description="Đã xem", permissions=["view"])
    def seen(self, request: HttpRequest, queryset: QuerySet[SearchMiss]) -> None:
        """Put the chosen questions among those that have been seen."""
        now = timezone.now()
        keys = list(queryset.order_by("pk").values_list("pk", flat=True))
        done = sum(services.handle_miss(actor=actor_of(request), miss_id=key, now=now) for key in keys)
        self.message_user(request, f"Đã xem {done} câu hỏi.", messages.SUCCESS)
