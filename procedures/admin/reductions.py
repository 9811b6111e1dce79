"""What provinces and ministries take off for filing online, on the desk: declared, looked at, ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import Truncator

from portal.access import actor_of, may
from portal.audit.desk import HistoryModelAdmin
from portal.catalogues.queries import agency_names
from portal.ui.tags import dong
from procedures import services
from procedures.admin.catalogue import NAME_SHOWN
from procedures.forms import EndReductionForm, ReductionForm
from procedures.models import FeeLine, OnlineReduction

DECLARE, SEE_ALL = "procedures.reductions", "procedures.reductions.everywhere"


class InForce(admin.SimpleListFilter):
    """By what holds today."""

    title = "hiệu lực"
    parameter_name = "hieu-luc"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dang", "Đang áp dụng"), ("sap", "Chưa đến ngày"), ("het", "Đã hết")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        not_over = Q(valid_to__isnull=True) | Q(valid_to__gte=today)
        match self.value():
            case "dang":
                return queryset.filter(not_over, valid_from__lte=today)
            case "sap":
                return queryset.filter(not_over, valid_from__gt=today)
            case "het":
                return queryset.filter(valid_to__lt=today)
        return queryset


@admin.register(OnlineReduction)
class OnlineReductionAdmin(HistoryModelAdmin):
    """A province's or ministry's administrators declare and end their own; VPCP looks at all. What is declared is not rewritten: a
    mistake is ended and declared anew, so that everybody who was told a bill can be told why.
    """

    form = ReductionForm
    view_act = DECLARE
    add_act = DECLARE
    unit_field = "unit_code"
    list_display = ("basis_shown", "unit_code", "so_much", "scope", "valid_from", "valid_to", "checked_shown")
    list_display_links = ("basis_shown",)
    list_filter = (InForce, "what")
    search_fields = ("basis", "unit_code")
    search_help_text = "Số nghị quyết hoặc mã cơ quan."
    change_form_template = "admin/procedures/onlinereduction/change_form.html"
    history_facts = ("what", "percent", "amount", "valid_from", "valid_to", "basis", "checked_by", "ended_why")

    def _may(self, request, act, obj):
        sees_all = bool(act == self.view_act and may(actor_of(request), SEE_ALL))
        return sees_all or super()._may(request, act, obj)

    def get_queryset(self, request):
        if may(actor_of(request), SEE_ALL):
            return self.model._default_manager.order_by("-valid_from", "id")
        return super().get_queryset(request)

    def has_view_permission(self, request, obj=None):
        return self._may(request, self.view_act, obj)

    def has_add_permission(self, request):
        actor = actor_of(request)
        return may(actor, DECLARE, actor.unit) and services.declarer(actor.unit, timezone.localdate()) is not None

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            scope = ("what", "procedures", "fields_named", "fee_kinds", "fee_names")
            so_much, why = ("percent", "amount", "cap", "valid_from", "valid_to"), ("basis", "source")
            return [
                ("Giảm cho khoản nào", {"fields": scope}),
                ("Giảm bao nhiêu, từ khi nào", {"fields": so_much}),
                ("Căn cứ", {"fields": why}),
            ]
        told = ("unit_shown", "what", "so_much", "scope", "valid_from", "valid_to", "basis", "source", "declared_by", "checked_shown")
        ended = ("ended_at", "ended_why") if obj.ended_at else ()
        return [(None, {"fields": (*told, *ended)})]

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else self.get_fieldsets(request, obj)[0][1]["fields"]

    @admin.display(description="Căn cứ", ordering="basis")
    def basis_shown(self, row: OnlineReduction) -> str:
        """As long as a list bears."""
        return Truncator(row.basis).chars(NAME_SHOWN)

    @admin.display(description="Cơ quan công bố")
    def unit_shown(self, row: OnlineReduction) -> str:
        """Name and code."""
        return f"{agency_names([row.unit_code]).get(row.unit_code, '')} ({row.unit_code})"

    @admin.display(description="Mức giảm")
    def so_much(self, row: OnlineReduction) -> str:
        """In words."""
        if row.what == OnlineReduction.What.TIME:
            return f"Thời hạn bớt {row.percent} %" if row.percent else f"Thời hạn bớt {row.amount}"
        if row.what == OnlineReduction.What.DELIVERY:
            most = f", nhiều nhất {dong(row.cap)}" if row.cap else ""
            return f"Trả {row.percent} % cước bưu chính{most}" if row.percent else f"Trả {dong(row.amount)} cước mỗi bưu phẩm"
        if row.percent is not None:
            return "Không thu" if row.percent == 100 else f"{row.percent} %"
        return f"{dong(row.amount)} mỗi bản, mỗi lần"

    @admin.display(description="Cho")
    def scope(self, row: OnlineReduction) -> str:
        """Procedures, fields, kinds and names of fees; what is left out is all of them."""
        kinds = [str(FeeLine.Kind(kind).label) for kind in row.fee_kinds]
        parts = [", ".join(row.procedures), ", ".join(row.fields), ", ".join(kinds), ", ".join(row.fee_names)]
        return "; ".join(part for part in parts if part) or "Mọi thủ tục"

    @admin.display(description="Duyệt")
    def checked_shown(self, row: OnlineReduction) -> str:
        """Who let it hold, or that it waits for that."""
        if row.checked_at is None:
            return "Chờ cán bộ khác duyệt"
        return f"{row.checked_by or 'Cổng'}, {timezone.localtime(row.checked_at):%d/%m/%Y}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, as everywhere."""
        actor = actor_of(request)
        try:
            services.declare_reduction(actor=actor, unit_code=actor.unit, now=timezone.now(), reduction_id=obj.pk, **form.cleaned_data)
        except services.ReductionRefused as refused:
            # Between the form's look and the act something it names has gone.
            self.message_user(request, str(refused), messages.ERROR)

    def get_urls(self) -> list[Any]:
        """Checking and ending have addresses of their own."""
        view, name = self.admin_site.admin_view, "procedures_onlinereduction"
        own = [
            path("<uuid:object_id>/end/", view(self.end_view), name=f"{name}_end"),
            path("<uuid:object_id>/check/", view(self.check_view), name=f"{name}_check"),
        ]
        return [*own, *super().get_urls()]

    def check_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Another officer than the writer lets it hold."""
        row: Any = self.get_queryset(request).filter(pk=object_id).first()
        if row is None:
            raise Http404
        change = reverse("admin:procedures_onlinereduction_change", args=[row.pk])
        if request.method == "POST":
            try:
                services.check_reduction(actor=actor_of(request), reduction_id=row.pk, now=timezone.now())
                self.message_user(request, "Đã duyệt. Người dân thấy mức này từ ngày áp dụng.", messages.SUCCESS)
            except services.ReductionRefused as refused:
                self.message_user(request, str(refused), messages.ERROR)
            return redirect(change)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Duyệt mức giảm",
            "row": row,
            "so_much": self.so_much(row),
            "scope": self.scope(row),
            "addresses": {"list": reverse("admin:procedures_onlinereduction_changelist"), "back": change},
        }
        return TemplateResponse(request, "admin/procedures/onlinereduction/check.html", context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The reduction, with the way to end it for who may."""
        try:
            row = self.get_queryset(request).filter(pk=UUID(object_id)).first()
        except ValueError as error:
            raise Http404 from error
        actor = actor_of(request)
        may_end = row is not None and not row.has_ended(timezone.localdate()) and may(actor, DECLARE, row.unit_code)
        may_check = may_end and row is not None and row.checked_at is None and row.writer != actor.position_id
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_end": may_end, "may_check": may_check})

    def end_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Ask for the last day and the reason, then end it. Somebody else was faster: a word, never an error."""
        row: Any = self.get_queryset(request).filter(pk=object_id).first()
        if row is None:
            raise Http404
        change = reverse("admin:procedures_onlinereduction_change", args=[row.pk])
        if row.has_ended(timezone.localdate()):
            self.message_user(request, "Mức giảm này đã hết hiệu lực.", messages.WARNING)
            return redirect(change)
        form = EndReductionForm(request.POST if request.method == "POST" else None, initial={"last_day": timezone.localdate()})
        if form.is_bound and form.is_valid():
            try:
                services.end_reduction(actor=actor_of(request), reduction_id=row.pk, now=timezone.now(), **form.cleaned_data)
                self.message_user(request, "Đã chấm dứt. Ai đã nộp hồ sơ thì giữ mức đã được báo.", messages.SUCCESS)
                return redirect(change)
            except services.ReductionRefused as refused:
                for name, words in refused.faults.items():
                    form.add_error(name if name in form.fields else None, words)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Chấm dứt mức giảm",
            "row": row,
            "form": form,
            "addresses": {"list": reverse("admin:procedures_onlinereduction_changelist"), "back": change},
        }
        return TemplateResponse(request, "admin/procedures/onlinereduction/end.html", context, status=422 if form.is_bound else 200)
