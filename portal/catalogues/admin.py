"""The catalogues on the desk. A change is an amendment: the old row stays, a new one succeeds it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from portal.access import actor_of
from portal.access.site import OfficerModelAdmin
from portal.audit.desk import HistoryModelAdmin
from portal.catalogues import services, tables, timeliness
from portal.catalogues.changes import changes_of
from portal.catalogues.forms import EndForm, EntryForm, UploadForm
from portal.catalogues.models import (
    AdministrativeUnit,
    Agency,
    BankAccount,
    CatalogueImport,
    PaperKind,
    PaymentInstitution,
    ResultKind,
    RevenueKind,
    Sector,
    Succession,
    TransactionKind,
)
from portal.catalogues.registry import Catalogue, catalogue_of
from portal.text import search_key

MEDIA_TYPES = {tables.CSV: "text/csv; charset=utf-8", tables.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
PROBLEMS_SHOWN = 500


class InForce(admin.SimpleListFilter):
    """Shows what holds now unless asked for the past."""

    title = "hiệu lực"
    parameter_name = "hieu-luc"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("het", "Đã hết hiệu lực"), ("tat-ca", "Tất cả")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "tat-ca":
            return queryset
        return queryset.filter(effective_to__isnull=self.value() != "het")

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield choice | {"display": "Đang dùng"} if number == 0 else choice


class CatalogueAdmin(HistoryModelAdmin):
    """Base of the catalogues' pages."""

    form = EntryForm
    view_act = "catalogues.read"
    add_act = "catalogues.edit"
    change_act = "catalogues.edit"
    change_list_template = "admin/catalogues/change_list.html"
    change_form_template = "admin/catalogues/change_form.html"
    list_display: Any = ("code", "name", "effective_from", "effective_to", "is_demo")
    list_filter: ClassVar[Any] = (InForce,)
    search_fields = ("code", "search_key")
    search_help_text = "Tìm theo mã hoặc tên, có dấu hay không dấu đều được"
    actions = ("disable",)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue behind this page."""
        return catalogue_of(self.model)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_key(search_term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """To choose from, only what is in use."""
        rows = super().get_queryset(request)
        return rows.filter(effective_to__isnull=True) if request.path.endswith("/autocomplete/") else rows

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        facts = [name for name in self.model.facts if name != "is_demo"]
        amending = ["amend_from"] if obj is not None and self.has_change_permission(request, obj) else []
        return ["code", *facts, "is_demo", "effective_from", "effective_to", *amending]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "effective_from", "effective_to") if obj else ("effective_to",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the row that holds can be amended."""
        return super().has_change_permission(request, obj) and (obj is None or obj.effective_to is None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new entry is added, a changed one amended from the day given: through the services, as everywhere."""
        actor = actor_of(request)
        given = {name: form.cleaned_data[name] for name in form.changed_data if name in self.model.facts}
        try:
            if not change:
                facts = {name: form.cleaned_data[name] for name in self.model.facts if name in form.cleaned_data}
                code, begins = form.cleaned_data["code"], form.cleaned_data["effective_from"]
                obj.pk = services.add(model=self.model, actor=actor, code=code, effective_from=begins, **facts).pk
            elif given:
                old = self.model.objects.get(pk=obj.pk)
                obj.pk = services.amend(entry=old, actor=actor, effective_from=form.cleaned_data.get("amend_from"), **given).pk
        except services.EntryRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return
        begins = form.cleaned_data.get("amend_from" if change else "effective_from")
        if begins and (late := timeliness.warning(begins)):
            self.message_user(request, late, messages.WARNING)

    @admin.action(description="Ngừng dùng từ hôm nay", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the chosen entries end today."""
        done = 0
        for entry in queryset.order_by("pk"):
            try:
                services.disable(entry=entry, actor=actor_of(request))
                done += 1
            except services.EntryRefused as refused:
                self.message_user(request, f"{entry.code}: {refused}", messages.ERROR)
        if done:
            self.message_user(request, f"Đã ngừng dùng {done} mục.", messages.SUCCESS)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name=f"{name}_import"),
            path("import/<uuid:object_id>/", view(self.report_view), name=f"{name}_report"),
            path("export/csv/", view(self.export_view), {"kind": tables.CSV}, name=f"{name}_export_csv"),
            path("export/xlsx/", view(self.export_view), {"kind": tables.XLSX}, name=f"{name}_export_xlsx"),
            path("<int:pk>/disable/", view(self.disable_view), name=f"{name}_disable"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the ways in and out."""
        may_import = super().has_change_permission(request)
        return super().changelist_view(request, {"may_import": may_import, "addresses": self._addresses(), **(extra_context or {})})

    def disable_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask from which day an entry ends, then let it end."""
        entry = self.get_queryset(request).filter(pk=pk).first()
        if entry is None:
            raise Http404
        if not self.has_change_permission(request, entry):
            raise PermissionDenied
        form = EndForm(request.POST if request.method == "POST" else None, initial={"effective_to": timezone.localdate()})
        if request.method == "POST" and form.is_valid():
            try:
                services.disable(entry=entry, actor=actor_of(request), effective_to=form.cleaned_data["effective_to"])
            except services.EntryRefused as refused:
                form.add_error("effective_to", str(refused))
            else:
                self.message_user(request, f"{entry.code} hết hiệu lực từ {form.cleaned_data['effective_to']:%d/%m/%Y}.", messages.SUCCESS)
                return redirect(self._addresses()["list"])
        return self._page(request, "disable", f"Ngừng dùng {entry}", entry=entry, form=form)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Upload a table; it is checked at once and nothing is written yet."""
        if not super().has_change_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST if request.method == "POST" else None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["table"]
            # Read one byte more than allowed: the check then says so, and nothing larger is held.
            content = file.read(tables.MAX_BYTES + 1)
            kept = services.upload(catalogue=self.catalogue, name=file.name, content=content, actor=actor_of(request))
            return redirect(self._report_address(kept.pk))
        latest = CatalogueImport.objects.filter(catalogue=self.catalogue.name).defer("content")[:10]
        return self._page(request, "import", f"Nhập {self.opts.verbose_name} từ tệp", form=form, latest=latest)

    def report_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What the file would do, row by row; POST does it."""
        if not super().has_change_permission(request):
            raise PermissionDenied
        actor = actor_of(request)
        kept = CatalogueImport.objects.filter(catalogue=self.catalogue.name, pk=object_id, position_id=actor.position_id)
        upload = kept.defer("content").first()
        if upload is None:
            raise Http404
        if request.method == "POST":
            try:
                services.apply(upload_id=upload.pk, actor=actor)
            except services.EntryRefused as refused:
                self.message_user(request, str(refused), messages.ERROR)
            return redirect(self._report_address(upload.pk))
        report = services.Report.from_json(upload.report)
        problems = report.problems[:PROBLEMS_SHOWN]
        hidden = len(report.problems) - len(problems)
        return self._page(
            request, "report", f"Kết quả kiểm tra {upload.file_name}", upload=upload, report=report, problems=problems, hidden=hidden
        )

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The catalogue as a file that can be imported again; ``?hieu-luc=tat-ca`` with what ended."""
        everything = request.GET.get("hieu-luc") == "tat-ca"
        content = services.export(catalogue=self.catalogue, kind=kind, actor=actor_of(request), everything=everything)
        answer = HttpResponse(content, content_type=MEDIA_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="{self.catalogue.name}.{kind}"'
        return answer

    def history_page(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Of every row under this code: an amendment ends one and begins another."""
        return self._page(request, "history", f"Lịch sử {row}", entry=row, changes=changes_of(row))

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "addresses": self._addresses()}
        return TemplateResponse(request, f"admin/catalogues/{template}.html", {**common, **context})

    def _addresses(self) -> dict[str, str]:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        acts = {"list": "changelist", "import": "import", "export_csv": "export_csv", "export_xlsx": "export_xlsx"}
        return {key: reverse(f"{name}_{act}") for key, act in acts.items()}

    def _report_address(self, key: UUID) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_report", args=[key])


@admin.register(AdministrativeUnit)
class AdministrativeUnitAdmin(CatalogueAdmin):
    list_display = ("code", "full_name", "level", "parent", "effective_from", "effective_to")
    list_filter = (InForce, "level")
    list_select_related = ("parent",)
    autocomplete_fields = ("parent",)


@admin.register(Agency)
class AgencyAdmin(CatalogueAdmin):
    list_display = ("code", "name", "level", "administrative_unit", "hotline", "is_demo")
    list_filter = (InForce, "level")
    list_select_related = ("administrative_unit",)
    autocomplete_fields = ("parent", "administrative_unit")


@admin.register(Sector)
class SectorAdmin(CatalogueAdmin):
    list_display = ("code", "name", "agency", "effective_from", "effective_to")
    list_select_related = ("agency",)
    autocomplete_fields = ("parent", "agency")


@admin.register(ResultKind)
class ResultKindAdmin(CatalogueAdmin):
    list_display = ("code", "name", "agency", "effective_from", "effective_to")
    list_select_related = ("agency",)
    autocomplete_fields = ("agency",)


@admin.register(PaperKind)
class PaperKindAdmin(CatalogueAdmin):
    list_display = ("code", "name", "is_result", "effective_from", "effective_to", "is_demo")
    autocomplete_fields = ("result_kind",)


@admin.register(PaymentInstitution)
class PaymentInstitutionAdmin(CatalogueAdmin):
    list_display = ("code", "name", "short_name", "kind", "swift", "effective_to")
    list_filter = (InForce, "kind")


@admin.register(BankAccount)
class BankAccountAdmin(CatalogueAdmin):
    list_display = ("code", "holder", "kind", "number", "institution", "effective_to", "is_demo")
    list_filter = (InForce, "kind")
    list_select_related = ("holder", "institution")
    autocomplete_fields = ("holder", "institution")


@admin.register(RevenueKind)
class RevenueKindAdmin(CatalogueAdmin):
    list_display = ("code", "name", "parent", "effective_from", "effective_to")
    list_select_related = ("parent",)
    autocomplete_fields = ("parent",)


@admin.register(TransactionKind)
class TransactionKindAdmin(CatalogueAdmin):
    list_display = ("code", "name", "effective_from", "effective_to")


@admin.register(Succession)
class SuccessionAdmin(OfficerModelAdmin):
    """What became of each unit; written once, never changed."""

    view_act = "catalogues.read"
    add_act = "catalogues.edit"
    list_display = ("old", "new", "share", "is_main", "effective_on")
    list_filter = ("share",)
    list_select_related = ("old", "new")
    search_fields = ("old__code", "old__search_key", "new__code", "new__search_key")
    search_help_text = "Mã hoặc tên đơn vị cũ hay mới, có dấu hay không dấu đều được"
    raw_id_fields = ("old", "new")
    fields = ("old", "new", "effective_on", "share", "is_main", "source")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_key(search_term))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, as everywhere."""
        said = form.cleaned_data
        try:
            row = services.record_succession(
                actor=actor_of(request),
                old=said["old"],
                new=said["new"],
                effective_on=said["effective_on"],
                whole=said["share"] == Succession.Share.WHOLE,
                is_main=said["is_main"],
                source=said["source"],
            )
            obj.pk = row.pk
        except services.EntryRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)
