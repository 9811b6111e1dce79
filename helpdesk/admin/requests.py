"""Agencies' requests on the desk: asked by an agency, solved by the operators, with the clock of eight working hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone

from helpdesk import queries
from helpdesk.admin import forms
from helpdesk.admin.tickets import moment
from helpdesk.models import AgencyRequest
from helpdesk.models.requests import ANSWER, ASK, REQUESTS
from helpdesk.services import requests
from helpdesk.services.common import HelpdeskRefused
from portal.access import actor_of, may
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_label
from portal.workdays import national_calendar, remaining_words
from procedures.admin.work import Table, Way, WorkAdmin

STEPS = {"ask": "Đề nghị", **{edge.name: edge.label for edge in REQUESTS.transitions.values()}}


@admin.register(AgencyRequest)
class AgencyRequestAdmin(WorkAdmin):
    """Requests of one's agency; the operators see all."""

    view_act = ASK
    see_all = ANSWER
    unit_field = "unit_code"
    menu_place = 20
    refusals = (HelpdeskRefused,)
    list_display = ("code", "title", "unit_code", "about", "is_incident", "state", "asked_at", "clock")
    list_filter = ("state", "about", "is_incident")
    search_fields = ("=code", "title")
    search_help_text = "Mã hoặc tóm tắt"
    ordering = ("-asked_at", "-id")
    history_facts = ("state", "promised_at", "promised_why", "answer", "done_at", "handler_label")

    @admin.display(description="Còn lại")
    def clock(self, row: AgencyRequest) -> str:
        """What is left of its time."""
        return clock_of(row)

    def has_add_permission(self, request):
        actor = actor_of(request)
        return may(actor, ASK, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view = self.admin_site.admin_view
        own = [
            path(f"<uuid:object_id>/{name}/", view(self.act), {"transition": name}, name=f"helpdesk_agencyrequest_{name}")
            for name in REQUESTS.transitions
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Ask."""
        if not self.has_add_permission(request):
            raise Http404
        actor = actor_of(request)
        return self.act_page(
            request,
            title="Đề nghị hỗ trợ, xử lý sự cố",
            back=self.address("changelist"),
            form=forms.RequestForm(request.POST or None),
            do=lambda said: requests.ask(actor=actor, now=timezone.now(), **said),
            lead=lambda made: self.address("change", made.pk),
            about="Được xử lý trong 8 giờ làm việc; việc phức tạp thì thời gian hoàn thành được công bố ở đây (Quy chế, Điều 51).",
            done="Đã gửi đề nghị.",
            button="Gửi đề nghị",
        )

    def facts_of(self, row: AgencyRequest) -> Iterable[tuple[str, Any]]:
        """What was asked, and the clock."""
        return [
            ("Tình trạng", row.get_state_display()),
            ("Còn lại", clock_of(row)),
            ("Hạn 8 giờ làm việc", moment(row.due_at)),
            ("Thời gian hoàn thành công bố", moment(row.promised_at)),
            ("Vì sao phức tạp", row.promised_why),
            ("Cơ quan", agency_label(row.unit_code)),
            ("Người đề nghị", row.asked_label),
            ("Đề nghị lúc", moment(row.asked_at)),
            ("Về việc", row.get_about_display()),
            ("Là sự cố", "có" if row.is_incident else ""),
            ("Nội dung", row.words),
            ("Người xử lý", row.handler_label),
            ("Kết quả", row.answer),
        ]

    def tables_of(self, request: HttpRequest, row: AgencyRequest) -> Sequence[Table]:
        """What happened."""
        lines = [(moment(one.at), STEPS.get(one.name, one.name), one.label, one.words) for one in row.steps.all()]
        return [Table("Diễn biến", ("Lúc", "Việc", "Ai", "Nội dung"), lines)]

    def ways_of(self, request: HttpRequest, row: AgencyRequest) -> Sequence[Way]:
        """What this officer can do now."""
        edges = REQUESTS.open_to(actor_of(request), row, unit=row.unit_code)
        return [Way(edge.label, self.address(edge.name, row.pk), main=edge.name in ("solve", "confirm")) for edge in edges]

    def act(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """Ask on GET, do on POST."""
        row, actor = self.row(request, object_id), actor_of(request)
        data = request.POST or None
        form: Form | None = None
        if transition == "promise":
            form = forms.PromiseForm(data)
        elif transition in ("solve", "again"):
            form = forms.WordsForm(data)
        return self.act_page(
            request,
            title=REQUESTS.transitions[transition].label,
            back=self.address("change", row.pk),
            form=form,
            do=lambda said: requests.move(actor=actor, request_id=row.pk, transition=transition, now=timezone.now(), **said),
            about=row.words,
            done="Đã ghi.",
        )


def clock_of(row: AgencyRequest) -> str:
    """What is left of the time of a request that is open, in words; empty once it is done."""
    if row.state not in requests.OPEN:
        return ""
    return remaining_words(timezone.now(), requests.deadline_of(row), national_calendar())


def waiting(request: HttpRequest) -> list[DeskLine]:
    """Requests that wait for the operators, and what was solved and waits for the agency's word."""
    actor = actor_of(request)
    url = reverse("admin:helpdesk_agencyrequest_changelist")
    lines = []
    if may(actor, ANSWER):
        rows = AgencyRequest.objects.filter(state__in=requests.OPEN)
        late = rows.filter(due_at__lte=timezone.now(), promised_at__isnull=True).count()
        count = rows.count()
        if count:
            lines.append(DeskLine("Đề nghị hỗ trợ của cơ quan chờ xử lý", count, url, "bad" if late else "wait"))
    elif may(actor, ASK, actor.unit) and (count := queries.open_requests_of(actor.unit)):
        lines.append(DeskLine("Đề nghị hỗ trợ đã xử lý, chờ bạn xác nhận", count, f"{url}?state__exact=done", "info"))
    return lines


register_desk_panel(waiting)
