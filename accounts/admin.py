"""Positions on the desk: an administrator sees those of their unit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Position
from portal.access.site import OfficerModelAdmin


@admin.register(Position)
class PositionAdmin(OfficerModelAdmin):
    """Who holds which position; read-only here."""

    view_act = "accounts.read_positions"
    unit_field = "unit_code"
    list_display = ["person", "title", "unit_code", "role_names", "valid_from", "valid_to"]
    list_select_related = ["person"]
    ordering = ["unit_code", "title", "id"]
    search_fields = ["person__name_key", "unit_code"]
    fields = ["person", "unit_code", "title", "role_names", "valid_from", "valid_to"]
    readonly_fields = ["person", "title", "unit_code", "role_names", "valid_from", "valid_to"]

    @admin.display(description="Vai trò")
    def role_names(self, position: Position) -> str:
        """Roles in words."""
        from portal.access.roles import ROLES

        names = dict(ROLES)
        return ", ".join(names[role] for role in position.roles_at(timezone.now()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("person").prefetch_related("given_roles")
