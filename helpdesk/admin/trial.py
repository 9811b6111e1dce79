"""What people said of a trial, one by one."""

from __future__ import annotations

from django.contrib import admin

from helpdesk.models import TrialOpinion
from portal.access.site import OfficerModelAdmin


@admin.register(TrialOpinion)
class TrialOpinionAdmin(OfficerModelAdmin):
    """Read only; it names nobody."""

    view_act = "helpdesk.trial"
    menu_place = 50
    list_display = ("created_at", "about", "marks", "words")
    list_filter = ("about", "marks", "trial")
    list_select_related = ("trial",)
    ordering = ("-created_at", "-id")
    fields = ("created_at", "trial", "about", "marks", "words", "language")
