"""Dead letters on the desk: what could not be done outside, why, and "send again"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from portal.access import actor_of
from portal.access.site import OfficerModelAdmin
from portal.outbox import services
from portal.outbox.models import Message


@admin.register(Message)
class MessageAdmin(OfficerModelAdmin):
    """Only dead letters are shown; the others take care of themselves."""

    view_act = "outbox.resend"
    list_display = ("kind", "key", "attempts", "last_error", "created_at", "dead_at")
    list_filter = ("kind",)
    search_fields = ("=key",)
    search_help_text = "Tìm theo khóa"
    ordering = ("-dead_at",)
    exclude = ("lease_until", "done_at", "expires_at", "trace")
    actions = ("resend_chosen",)
    change_form_template = "admin/outbox/message/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(dead_at__isnull=False)

    def get_urls(self) -> list[URLPattern]:
        """``…/<id>/gui-lai/`` is the address of the act."""
        own = path("<uuid:message_id>/gui-lai/", self.admin_site.admin_view(self.resend), name="outbox_message_resend")
        return [own, *super().get_urls()]

    @admin.action(description="Gửi lại các việc đã chọn", permissions=["view"])
    def resend_chosen(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        for message in queryset:
            services.resend(message_id=message.pk, actor=actor_of(request))
        self.message_user(request, "Đã xếp các việc này để gửi lại.", messages.SUCCESS)

    def resend(self, request: HttpRequest, message_id: UUID) -> HttpResponse:
        """POST only. Back to the list, with a word."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        back = HttpResponseRedirect(reverse("admin:outbox_message_changelist"))
        try:
            services.resend(message_id=message_id, actor=actor_of(request))
        except Message.DoesNotExist:
            self.message_user(request, "Không tìm thấy việc này.", messages.WARNING)
            return back
        self.message_user(request, "Đã xếp việc này để gửi lại.", messages.SUCCESS)
        return back
