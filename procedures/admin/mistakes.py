"""What readers report as wrong, on the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from portal.access import actor_of, may
from portal.access.site import OfficerModelAdmin
from portal.states import TransitionRefused
from procedures import services
from procedures.admin.catalogue import NAME_SHOWN
from procedures.forms import HandleForm
from procedures.models import (
    MISTAKES,
    MistakeReport,
)


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
