"""Notices on the desk: written and amended through the services, ended by an act with its own address."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import F, Field, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from portal.access import actor_of
from portal.access.rules import unit_scope
from portal.announcements import services
from portal.announcements.forms import NoticeForm
from portal.announcements.models import ENGLISH_PARTS, Notice
from portal.audit.desk import HistoryModelAdmin
from portal.catalogues.models import Agency


class Shown(admin.SimpleListFilter):
    """By what a visitor of the portal sees today."""

    title = "hiện hay không"
    parameter_name = "hien"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dang", "Đang hiện"), ("sap", "Chưa đến ngày"), ("het", "Đã thôi hiện")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        # One that was withdrawn before its first day has a first day still to come.
        over = Q(published_to__lte=today) | Q(published_to__lte=F("published_from"))
        match self.value():
            case "dang":
                return queryset.filter(published_from__lte=today).exclude(over)
            case "sap":
                return queryset.filter(published_from__gt=today).exclude(over)
            case "het":
                return queryset.filter(over)
        return queryset


@admin.register(Notice)
class NoticeAdmin(HistoryModelAdmin):
    """A unit's administrators write for it and the units below; VPCP for itself."""

    form = NoticeForm
    view_act = add_act = change_act = services.PUBLISH
    unit_field = "unit_code"
    list_display = ("title", "kind", "published_from", "unit_code", "state")
    list_filter = (Shown, "kind")
    ordering = ("-published_from", "-created_at", "-id")
    change_form_template = "admin/notices/notice/change_form.html"
    history_facts = services.FACTS
    history_parts: ClassVar = {"english": {"title": "tiêu đề tiếng Anh", "summary": "tóm tắt tiếng Anh", "body": "nội dung tiếng Anh"}}
    _facts = ("kind", "title", "summary", "body", "important", "published_from", "published_to")
    _english = (
        "Bản tiếng Anh",
        {"fields": ("english_title", "english_summary", "english_body"), "description": "Đủ cả ba, hoặc để trống."},
    )

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [(None, {"fields": ("unit_code", *self._facts)}), self._english]
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": ("unit_code", *self._facts, "translation", "created_by", "created_at")})]
        return [(None, {"fields": ("unit_code", "address", *self._facts)}), self._english, (None, {"fields": ("created_by", "created_at")})]

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else ("unit_code", "address", "translation", "created_by", "created_at")

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        """The agency is chosen among the officer's own and those below it."""
        if db_field.name == "unit_code":
            actor = actor_of(request)
            mine = Agency.objects.on(timezone.localdate()).filter(unit_scope(actor, services.PUBLISH, "code")).order_by("code")
            choices = [(code, f"{name} ({code})") for code, name in mine.values_list("code", "name")]
            return forms.ChoiceField(label="Cơ quan ra thông báo", choices=choices, initial=actor.unit)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        """What has ended stands as it was."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.has_ended(timezone.localdate()))

    @admin.display(description="Trạng thái")
    def state(self, notice: Notice) -> str:
        """In words, as of today."""
        today = timezone.localdate()
        if notice.has_ended(today):
            return "Đã thôi hiện"
        words = "Đang hiện" if notice.has_begun(today) else "Chưa đến ngày"
        return f"{words}, đến {notice.published_to:%d/%m/%Y}" if notice.published_to else words

    @admin.display(description="Địa chỉ")
    def address(self, notice: Notice) -> str:
        """Where everybody reads it; a link on the days on which it is there."""
        url, today = reverse("notice", args=[notice.slug]), timezone.localdate()
        return format_html('<a href="{0}">{0}</a>', url) if notice.has_begun(today) and not notice.has_ended(today) else url

    @admin.display(description="Bản tiếng Anh")
    def translation(self, notice: Notice) -> str:
        """The English of a notice that can only be looked at."""
        return "\n\n".join(notice.english[part] for part in ENGLISH_PARTS) if notice.english else "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the services, as everywhere."""
        actor, now = actor_of(request), timezone.now()
        try:
            if not change:
                # Django goes on with the object it made from the form: its key is the notice's.
                services.publish(actor=actor, unit_code=form.cleaned_data["unit_code"], now=now, notice_id=obj.pk, **form.facts())
            elif form.changed_data:
                services.amend(actor=actor, notice_id=obj.pk, day=timezone.localdate(now), **form.facts())
        except services.NoticeRefused as refused:
            # Between the form's look and the act somebody else ended or changed it.
            self.message_user(request, str(refused), messages.ERROR)

    def get_urls(self) -> list[Any]:
        """Withdrawing has an address of its own."""
        own = path("<uuid:object_id>/withdraw/", self.admin_site.admin_view(self.withdraw_view), name="notices_notice_withdraw")
        return [own, *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Ask once, then let it end today. Somebody else was faster: a word, never an error."""
        notice = self.get_queryset(request).filter(pk=object_id).first()
        if notice is None:
            raise Http404
        change = reverse("admin:notices_notice_change", args=[notice.pk])
        today = timezone.localdate()
        if notice.has_ended(today):
            self.message_user(request, "Thông báo này đã thôi hiện.", messages.WARNING)
            return redirect(change)
        if request.method == "POST":
            try:
                services.withdraw(actor=actor_of(request), notice_id=notice.pk, day=today)
                self.message_user(request, "Đã gỡ thông báo. Người vào địa chỉ cũ được báo là thông báo đã thôi hiện.", messages.SUCCESS)
            except services.NoticeRefused as refused:
                self.message_user(request, str(refused), messages.WARNING)
            return redirect(change)
        return self._page(request, "withdraw", "Gỡ thông báo", notice=notice, back=change)

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/notices/notice/{template}.html", {**common, **context})
