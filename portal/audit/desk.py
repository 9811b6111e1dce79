"""Models on the desk whose rows tell who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from portal.access.site import OfficerModelAdmin
from portal.audit.history import changes_of


class HistoryModelAdmin(OfficerModelAdmin):
    """A tracked model with the page of its rows' history."""

    has_history = True
    history_facts: tuple[str, ...] = ()
    """Fields that are told of, in this order."""
    history_parts: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Of JSON fields: the labels of their keys."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Who changed what, when."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return self.history_page(request, row)

    def history_page(self, request: HttpRequest, row: Any) -> HttpResponse:
        """The page itself, for somebody who may see the row."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Lịch sử: {row}",
            "row": row,
            "changes": changes_of(row, self.history_facts, self.history_parts),
        }
        return TemplateResponse(request, "admin/row_history.html", context)
