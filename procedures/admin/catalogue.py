"""The catalogue on the desk, to be read: procedures, their versions, decisions, what provinces lay down."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from portal.access import actor_of, may
from portal.access.site import OfficerModelAdmin
from portal.catalogues.models import AdministrativeUnit
from portal.catalogues.queries import agency_names
from portal.text import search_key
from procedures import queries
from procedures.models import (
    PART_WORDS,
    Channel,
    Decision,
    LegalBasis,
    Level,
    Localisation,
    OnlineService,
    Procedure,
    ProcedureVersion,
    RequiredDocument,
    Step,
    Subject,
)
from procedures.services.quality import completeness

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
    fields = ("code", "provider", "localities", "level", "assurance", "form_key")


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
        ("Cơ quan khác, nơi tiếp nhận", {"fields": ("authorised_agency", "coordinating_agency", "place", "anywhere_words")}),
        ("Điều kiện, thời hạn", {"fields": ("conditions", "deadline_to_ask", "dossier_sets", "regulation")}),
        ("Tìm kiếm, liên quan", {"fields": ("keyword_words", "related_words", "interlinked_words", "readers")}),
        ("Bản tiếng Anh", {"fields": ("english_words",)}),
        ("Nguồn", {"fields": ("source", "checked_on", "completeness", "as_text", "not_told", "source_text")}),
    )  # fmt: skip
    readonly_fields = (
        "decision_words", "subject_words", "level_words", "field_words", "issuer", "executors", "competent", "keyword_words",
        "related_words", "interlinked_words", "readers", "english_words", "completeness", "as_text", "not_told",
        "source_text", "anywhere_words",
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

    @admin.display(description="Tiếp nhận không phụ thuộc địa giới hành chính")
    def anywhere_words(self, version):
        return version.get_anywhere_display() or "Không"

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

    @admin.display(description="Mức đầy đủ")
    def completeness(self, version):
        return f"{completeness(version.missing)} %"

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
