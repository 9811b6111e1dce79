"""On the desk: messages from outside that nobody could handle yet, and keys under which somebody sent two things."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from portal.access import actor_of
from portal.access.site import OfficerModelAdmin
from portal.inbox.models import Received
from portal.outbox import services as outbox
from portal.outbox.models import Message


@admin.register(Received)
class ReceivedAdmin(OfficerModelAdmin):
    """Only what somebody must look at is shown; the others take care of themselves."""

    view_act = "outbox.resend"
    list_display = ("source", "key", "received_at", "times", "refused", "why", "handled_at")
    list_filter = ("source",)
    search_fields = ("=key",)
    search_help_text = "Tìm theo khóa"
    ordering = ("-received_at",)
    exclude = ("body_sealed", "digest")
    change_form_template = "admin/inbox/received/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        message = Message.objects.filter(pk=OuterRef("message_id"))
        rows = super().get_queryset(request).filter(Q(handled_at__isnull=True) | Q(refused__gt=0))
        return rows.annotate(last_error=Subquery(message.values("last_error")), dead_at=Subquery(message.values("dead_at")))

    def get_urls(self) -> list[URLPattern]:
        """``…/<id>/xu-ly-lai/`` is the address of the act."""
        own = path("<uuid:received_id>/xu-ly-lai/", self.admin_site.admin_view(self.again), name="inbox_received_again")
        return [own, *super().get_urls()]

    @admin.display(description="Vì sao chưa xong")
    def why(self, received: Received) -> str:
        """What the worker noted."""
        noted: Any = received
        return "" if received.handled_at else noted.last_error or "đang chờ xử lý"

    def again(self, request: HttpRequest, received_id: UUID) -> HttpResponse:
        """POST only: give it all its tries again. Back to the list, with a word."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        received: Any = self.get_queryset(request).filter(pk=received_id).first()
        if received is None or received.dead_at is None:
            self.message_user(request, "Tin này không chờ ai xử lý lại.", messages.WARNING)
        else:
            outbox.resend(message_id=received.message_id, actor=actor_of(request))
            self.message_user(request, "Đã xếp tin này để xử lý lại.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:inbox_received_changelist"))
