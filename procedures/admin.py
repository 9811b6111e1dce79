"""The desk's view of the catalogue: read only; editing comes with the publishing of procedures."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Prefetch
from django.utils import timezone

from portal.access import actor_of, may
from portal.access.site import OfficerModelAdmin
from procedures.models import Channel, LegalBasis, OnlineService, Procedure, ProcedureVersion, RequiredDocument, Step


class ReadOnlyInline(admin.TabularInline):
    """Parts of a version, to look at."""

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
    list_display = ("code", "name_today", "field_today", "replaced_by")
    search_fields = ("code", "versions__search_key")
    search_help_text = "Mã hoặc tên thủ tục, không dấu"

    def get_queryset(self, request):
        versions = ProcedureVersion.objects.order_by("-effective_from")
        return super().get_queryset(request).select_related("replaced_by").prefetch_related(Prefetch("versions", queryset=versions))

    def _now(self, procedure):
        today = timezone.localdate()
        return next((version for version in procedure.versions.all() if version.is_in_force(today)), None)

    @admin.display(description="Tên thủ tục")
    def name_today(self, procedure):
        version = self._now(procedure)
        return version.name if version else "(không còn hiệu lực)"

    @admin.display(description="Lĩnh vực")
    def field_today(self, procedure):
        version = self._now(procedure)
        return version.field if version else ""


@admin.register(ProcedureVersion)
class ProcedureVersionAdmin(OfficerModelAdmin):
    view_act = "procedures.read"
    list_display = ("name", "procedure", "effective_from", "effective_to", "decision_number", "field")
    list_select_related = ("procedure",)
    search_fields = ("search_key",)
    ordering = ("sort_key",)
    inlines = (ChannelInline, DocumentInline, StepInline, LegalBasisInline, OnlineServiceInline)
