"""The catalogues on the desk. A change is an amendment: the old row stays, a new one succeeds it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.access import actor_of
from portal.access.site import OfficerModelAdmin
from portal.catalogues import services
from portal.catalogues.models import AdministrativeUnit, Agency, PaperKind
from portal.text import search_key


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


class CatalogueAdmin(OfficerModelAdmin):
    """Base of the catalogues' pages."""

    view_act = "catalogues.read"
    add_act = "catalogues.edit"
    change_act = "catalogues.edit"
    list_display: Any = ("code", "name", "effective_from", "effective_to", "is_demo")
    list_filter: ClassVar[Any] = (InForce,)
    search_fields = ("code", "search_key")
    search_help_text = "Tìm theo mã hoặc tên, có dấu hay không dấu đều được"
    actions = ("disable",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_key(search_term))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["code", *[name for name in self.model.facts if name != "is_demo"], "is_demo", "effective_from", "effective_to"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "effective_from", "effective_to") if obj else ("effective_to",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the row that holds can be amended."""
        return super().has_change_permission(request, obj) and (obj is None or obj.effective_to is None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new entry is added, a changed one amended from today on: through the services, as everywhere."""
        actor = actor_of(request)
        given = {name: form.cleaned_data[name] for name in form.changed_data if name in self.model.facts}
        try:
            if not change:
                facts = {name: form.cleaned_data[name] for name in self.model.facts if name in form.cleaned_data}
                code, begins = form.cleaned_data["code"], form.cleaned_data["effective_from"]
                obj.pk = services.add(model=self.model, actor=actor, code=code, effective_from=begins, **facts).pk
            elif given:
                services.amend(entry=self.model.objects.get(pk=obj.pk), actor=actor, **given)
        except services.EntryRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)

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


@admin.register(PaperKind)
class PaperKindAdmin(CatalogueAdmin):
    list_display = ("code", "name", "is_result", "effective_from", "effective_to", "is_demo")
