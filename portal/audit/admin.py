"""The audit trail on the desk: to read, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from portal.access import actor_of, may, through_door
from portal.access.site import OfficerModelAdmin
from portal.audit.models import Act
from portal.audit.words import act_words, target_words


@admin.register(Act)
class ActAdmin(OfficerModelAdmin):
    """Newest first; found by the target's id or the request id, both exact."""

    view_act = "audit.read"
    unit_field = "unit"
    list_display = ("at", "what", "on", "target_id", "unit", "acting_as", "position_id", "request_id")
    list_filter = ()
    search_fields = ("=target_id", "=request_id")
    search_help_text = "Tìm theo mã đối tượng hoặc mã yêu cầu"
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description="Việc", ordering="act")
    def what(self, row: Act) -> str:
        """The act in words."""
        return act_words(row.act)

    @admin.display(description="Đối tượng", ordering="target")
    def on(self, row: Act) -> str:
        """What kind of thing it was done to."""
        return target_words(row.target)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Who reads everywhere sees all; the others their unit and those below."""
        actor = actor_of(request)
        if may(actor, "audit.read_all"):
            return Act.objects.order_by("-id")
        return through_door(actor, Act.objects.order_by("-id"), "audit.read", "unit")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), "audit.read_all") or super().has_view_permission(request, obj)
