"""The figures of work on the desk's menu: a page outside the desk, the unit's for its head, their own for everybody else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from portal.access import actor_of, may
from portal.access.site import OfficerModelAdmin
from ratings.board.access import sees_boards
from ratings.models import WorkCount


@admin.register(WorkCount)
class WorkAdmin(OfficerModelAdmin):
    """A line of the menu."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return sees_boards(actor) or may(actor, "dossiers.read", actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self.has_module_permission(request)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return [path("", self.admin_site.admin_view(self.page), name=name)]

    def page(self, request: HttpRequest) -> HttpResponse:
        """Over there."""
        if not self.has_module_permission(request):
            raise PermissionDenied
        return redirect("board-work" if sees_boards(actor_of(request)) else "own-work")
