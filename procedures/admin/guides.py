"""Guides on the desk: written with their files, looked at as readers will, checked by another officer and published."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may
from portal.ui.fields import PlainText
from procedures.admin.publishing import PublishedAdmin
from procedures.guides import services
from procedures.guides.views import context_of, give
from procedures.models import Guide
from procedures.publishing import ENTER, Refused


class GuideForm(forms.Form):
    """A guide as it is written."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = PlainText(label="Tên", max_length=200, widget=AdminTextInputWidget, error_messages={"required": "Chưa có tên."})
    title_en = PlainText(label="Tên tiếng Anh", max_length=200, required=False, widget=AdminTextInputWidget)
    summary = PlainText(label="Tóm tắt", max_length=500, widget=AdminTextareaWidget(attrs={"rows": 2}))
    procedures = PlainText(
        label="Mã thủ tục", max_length=900, widget=AdminTextareaWidget(attrs={"rows": 2}), help_text="Mỗi dòng một mã, ví dụ 1.001193."
    )
    body = PlainText(
        label="Nội dung",
        max_length=Guide.MAX_BODY,
        widget=AdminTextareaWidget(attrs={"rows": 24}),
        help_text="Để một dòng trống là sang đoạn mới; “- ” đầu dòng là một ý; “# Tên phần {tên_câu_hỏi}” mở một phần, và câu hỏi ấy trong "
        "tờ khai dẫn đến phần này.",
    )
    body_en = PlainText(
        label="Nội dung tiếng Anh", max_length=Guide.MAX_BODY, required=False, widget=AdminTextareaWidget(attrs={"rows": 8})
    )
    document = forms.FileField(label="Tài liệu (PDF)", required=False, help_text="Tối đa 20 MB.")
    video = forms.FileField(label="Video (MP4 hoặc WebM)", required=False, help_text="Tối đa 60 MB. Phải kèm phụ đề và lời.")
    captions = PlainText(
        label="Phụ đề (WebVTT)", max_length=Guide.MAX_CAPTIONS, required=False, widget=AdminTextareaWidget(attrs={"rows": 8})
    )
    captions_en = PlainText(
        label="Phụ đề tiếng Anh (WebVTT)", max_length=Guide.MAX_CAPTIONS, required=False, widget=AdminTextareaWidget(attrs={"rows": 4})
    )
    transcript = PlainText(
        label="Lời trong video", max_length=Guide.MAX_BODY, required=False, widget=AdminTextareaWidget(attrs={"rows": 8})
    )

    def facts(self) -> dict[str, Any]:
        """What the services are given."""
        found = {name: self.cleaned_data.get(name, "") for name in services.FACTS}
        return {**found, "procedures": self.cleaned_data["procedures"].split()}

    def uploads(self) -> dict[str, Any]:
        """The files that were sent."""
        return {name: self.cleaned_data[name] for name in services.FILES if self.cleaned_data.get(name)}


@admin.register(Guide)
class GuideAdmin(PublishedAdmin):
    """Guides of one's agency."""

    services = services
    menu_place = 55
    list_display = ("title", "state", "unit_code", "entered_at", "publish_at", "published_at")
    list_filter = ("state",)
    search_fields = ("title",)
    search_help_text = "Chữ trong tên."
    history_facts = ("title", "summary", "procedures", "body", "captions", "transcript", "state", "publish_at", "returned_why")

    def get_urls(self) -> list[Any]:
        """Preview and its files have addresses of their own."""
        view, name = self.admin_site.admin_view, "procedures_guide"
        own = [
            path("<uuid:object_id>/preview/", view(self.preview), name=f"{name}_preview"),
            path("<uuid:object_id>/preview/<str:which>/", view(self.preview_file), name=f"{name}_preview_file"),
        ]
        return [*own, *super().get_urls()]

    def _row(self, request: HttpRequest, object_id: object) -> Guide:
        row: Guide | None = self.row_of(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def add_view(self, request, form_url="", extra_context=None):
        """Write a guide."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)
        form = GuideForm(request.POST or None, request.FILES or None)
        if form.is_bound and form.is_valid():
            try:
                made = services.enter(
                    actor=actor, unit_code=actor.unit, now=timezone.now(), uploads=form.uploads(), **form.facts()
                )  # fmt: skip
                return redirect(self.address("change", made.pk))
            except Refused as refused:
                self._told(form, refused)
        return self.page(request, "admin/procedures/guide.html", "Soạn tài liệu, video hướng dẫn", form=form, row=None, ways=())

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A guide with its files, and what can be done with it."""
        row = self._row(request, object_id)
        may_write = may(actor_of(request), ENTER, row.unit_code) and row.state != "withdrawn"
        initial = {**{name: getattr(row, name) for name in services.FACTS}, "procedures": "\n".join(row.procedures), "version": row.version}
        form = GuideForm(request.POST or None, request.FILES or None, initial=initial) if may_write else None
        if form is not None and form.is_bound and form.is_valid():
            try:
                made = services.change(
                    actor=actor_of(request), row_id=row.pk, now=timezone.now(), seen_version=form.cleaned_data.get("version"),
                    uploads=form.uploads(), **form.facts(),
                )  # fmt: skip
                return redirect(self.address("change", made.pk))
            except Refused as refused:
                self._told(form, refused)
        return self.page(
            request, "admin/procedures/guide.html", row.title, form=form, row=row, ways=self.ways(request, row),
            preview=self.address("preview", row.pk), history=self.address("history", row.pk),
        )  # fmt: skip

    def _told(self, form: GuideForm, refused: Refused) -> None:
        for name, words in (refused.faults or {"": str(refused)}).items():
            form.add_error(name if name in form.fields else None, words)

    def preview(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """As readers will see it."""
        row = self._row(request, object_id)
        context = {**context_of(row), "preview": True, "files": self.address("preview", row.pk)}
        return render(request, "procedures/guide.html", context)

    def preview_file(self, request: HttpRequest, object_id: UUID, which: str) -> Any:
        """A file of the preview."""
        response = give(request, self._row(request, object_id), which)
        response["Cache-Control"] = "private, no-store"
        return response
