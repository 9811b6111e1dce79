"""Attempts to import, on the desk."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from portal.access.site import OfficerModelAdmin
from procedures.models import (
    ImportRun,
)

REFUSED_SHOWN = 200


@admin.register(ImportRun)
class ImportRunAdmin(OfficerModelAdmin):
    """What became of each attempt to read a source."""

    view_act = "procedures.read"
    list_display = ("started_at", "kind", "source", "state", "summary")
    list_filter = ("kind", "state")
    fields = ("kind", "source", "digest", "state", "started_at", "finished_at", "summary", "parts", "refused", "notes")

    @admin.display(description="Số dòng")
    def summary(self, run):
        told = run.report
        counts = (("thêm", "added"), ("đổi", "changed"), ("giữ nguyên", "same"), ("giữ bản biên tập", "kept"), ("hết hiệu lực", "ended"))
        words = ", ".join(f"{label} {told[name]}" for label, name in counts if told.get(name))
        return f"{told.get('rows', 0)} dòng: {words or 'không đổi gì'}; từ chối {len(told.get('refused', []))}"

    @admin.display(description="Phần có kiểu / để dạng chữ")
    def parts(self, run):
        rows = ((name, one["typed"], one["text"]) for name, one in run.report.get("parts", {}).items())
        return format_html_join("", "<div>{}: {} / {}</div>", rows) or "–"

    @admin.display(description="Dòng bị từ chối")
    def refused(self, run):
        rows = run.report.get("refused", [])
        shown = format_html_join("", "<div>{} {}: {}</div>", ((row["place"], row["code"], row["reason"]) for row in rows[:REFUSED_SHOWN]))
        return format_html("{}<div>… và {} dòng nữa</div>", shown, len(rows) - REFUSED_SHOWN) if len(rows) > REFUSED_SHOWN else shown or "–"

    @admin.display(description="Lưu ý")
    def notes(self, run):
        return format_html_join("", "<div>{}</div>", ((note,) for note in run.report.get("notes", []))) or "–"
