"""Incidents on the desk, with the deadlines that they moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from helpdesk.admin import forms
from helpdesk.admin.tickets import moment
from helpdesk.models import Incident, Moved, Service
from helpdesk.services import incidents, moving
from helpdesk.services.common import HelpdeskRefused
from portal.access import actor_of
from procedures.admin.work import Table, Way, WorkAdmin

SHOWN = 200


@admin.register(Incident)
class IncidentAdmin(WorkAdmin):
    """Recorded, ended, corrected; nothing is deleted."""

    view_act = incidents.ACT
    menu_place = 40
    refusals = (HelpdeskRefused,)
    list_display = ("title", "services", "unit_code", "began_at", "ended_at", "withdrawn_at")
    ordering = ("-began_at", "-id")
    history_facts = ("title", "services", "unit_code", "began_at", "ended_at", "cause", "withdrawn_at")

    def has_add_permission(self, request):
        return self.has_view_permission(request)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "helpdesk_incident"
        own = [
            path("<uuid:object_id>/correct/", view(self.correct), name=f"{name}_correct"),
            path("<uuid:object_id>/call-off/", view(self.call_off), name=f"{name}_call-off"),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Record."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)
        return self.act_page(
            request,
            title="Ghi sự cố",
            back=self.address("changelist"),
            form=forms.IncidentForm(request.POST or None),
            do=lambda said: incidents.record(actor=actor, now=timezone.now(), **said),
            lead=lambda made: self.address("change", made.pk),
            about="Hạn của người nộp rơi vào sự cố lùi bằng thời gian sự cố, đến cuối ngày làm việc, và họ được báo. "
            "Hạn của cơ quan không đổi (Quy chế, Điều 29.4).",
            done="Đã ghi; hạn của người nộp được lùi trong ít phút.",
            button="Ghi sự cố",
        )

    def facts_of(self, row: Incident) -> Iterable[tuple[str, Any]]:
        """What failed, when."""
        labels = dict(Service.choices)
        return [
            ("Dịch vụ", ", ".join(str(labels.get(one, one)) for one in row.services)),
            ("Cơ quan", row.unit_code),
            ("Bắt đầu", moment(row.began_at)),
            ("Kết thúc", moment(row.ended_at) or "đang tiếp diễn"),
            ("Nguyên nhân, khắc phục", row.cause),
            ("Người ghi", row.recorded_by),
            ("Ghi lúc", moment(row.recorded_at)),
            ("Thôi lúc", moment(row.withdrawn_at)),
            ("Đã lùi xong các hạn lúc", moment(row.settled_at)),
        ]

    def tables_of(self, request: HttpRequest, row: Incident) -> Sequence[Table]:
        """The deadlines that it moved, the newest first."""
        rows = Moved.objects.filter(incidents__contains=[row.pk]).order_by("-changed_at", "-id")[:SHOWN]
        lines = [
            (one.code or one.object_id, moving.LABELS.get(one.kind, one.kind), one.unit_code, moment(one.first), moment(one.now))
            for one in rows
        ]
        return [Table("Hạn được lùi", ("Mã", "Hạn", "Cơ quan", "Trước", "Sau"), lines, empty="Chưa có hạn nào rơi vào sự cố này.")]

    def ways_of(self, request: HttpRequest, row: Incident) -> Sequence[Way]:
        """Correct, call off."""
        if row.withdrawn_at is not None:
            return []
        label = "Ghi kết thúc, sửa thời gian" if row.ended_at is None else "Sửa thời gian, dịch vụ"
        return [Way(label, self.address("correct", row.pk), main=True), Way("Thôi: ghi nhầm", self.address("call-off", row.pk))]

    def correct(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """End it, correct it."""
        row, actor = self.row(request, object_id), actor_of(request)
        names = ("title", "title_en", "services", "unit_code", "began_at", "ended_at", "cause")
        return self.act_page(
            request,
            title="Sửa sự cố",
            back=self.address("change", row.pk),
            form=forms.IncidentForm(request.POST or None, initial={name: getattr(row, name) for name in names}),
            do=lambda said: incidents.correct(actor=actor, incident_id=row.pk, now=timezone.now(), **said),
            about="Các hạn được đặt lại theo thời gian mới. Ai đã được báo hạn muộn hơn thì còn ít nhất đến cuối ngày làm việc kế tiếp.",
            done="Đã sửa.",
        )

    def call_off(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """It was none."""
        row, actor = self.row(request, object_id), actor_of(request)
        return self.act_page(
            request,
            title="Thôi sự cố ghi nhầm",
            back=self.address("change", row.pk),
            do=lambda said: incidents.withdraw(actor=actor, incident_id=row.pk, now=timezone.now()),
            done="Đã ghi.",
        )
