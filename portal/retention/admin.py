"""On the desk: classes, terms, and what the last night removed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from portal.access.site import OfficerModelAdmin
from portal.retention.models import Removal
from portal.retention.queries import standings


@admin.register(Removal)
class RemovalAdmin(OfficerModelAdmin):
    """One page; what a single day removed stands in the table alone."""

    view_act = "retention.read"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every class."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Thời hạn lưu giữ dữ liệu",
            "standings": standings(),
        }
        return TemplateResponse(request, "admin/retention/classes.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is no page for a row."""
        raise Http404
