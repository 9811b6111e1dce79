"""Requests to trace money, on the desk of the institution and of the agency (Rules art. 32.4, 35.10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from payments.access import OPERATE, OVERSEE, READ, may_see, seen_by
from payments.admin.base import (
    Facts,
    MoneyModelAdmin,
    Page,
    PlainForm,
    ReasonForm,
    Rows,
    Way,
    agency_label,
    institution_name,
    moment,
    seen_version,
    state_cell,
    two_lines,
)
from payments.models import Institution, TraceRequest
from payments.services import traces as services
from portal.access import actor_of, may, require
from portal.access.site import DeskLine, register_desk_panel
from portal.ui.tags import dong

EVENTS = {
    "ask": "Người nộp hỏi", "escalate": "Quá hạn, đã báo",
    **{name: edge.label for name, edge in TraceRequest.table.transitions.items()},
}  # fmt: skip


class AnswerForm(PlainForm):
    """The answer, as the payer reads it."""

    words = forms.CharField(
        label="Trả lời người nộp",
        max_length=2000,
        widget=forms.Textarea({"rows": 6}),
        help_text="Ai có mã thanh toán cũng đọc được: không ghi thông tin cá nhân.",
        error_messages={"required": "Bạn hãy viết câu trả lời."},
    )


class WorkFilter(admin.SimpleListFilter):
    """What waits."""

    title = "việc cần làm"
    parameter_name = "viec"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("cho", "Đang chờ trả lời"), ("qua-han", "Quá hạn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "cho":
                return queryset.exclude(state=TraceRequest.ANSWERED)
            case "qua-han":
                return queryset.exclude(state=TraceRequest.ANSWERED).filter(due_at__lt=timezone.now())
        return queryset


def traces_panel(request: HttpRequest) -> list[DeskLine]:
    """What waits for whose turn it is; VPCP is told what is late (one query)."""
    actor, address = actor_of(request), reverse("admin:payments_tracerequest_changelist")
    open_rows = seen_by(actor, TraceRequest.objects.exclude(state=TraceRequest.ANSWERED), institution="institution_code")
    if may(actor, OVERSEE):
        return [DeskLine("Tra soát quá hạn", open_rows.filter(due_at__lt=timezone.now()).count(), f"{address}?viec=qua-han", "bad")]
    turn = {OPERATE: TraceRequest.AT_INSTITUTION, READ: TraceRequest.AT_AGENCY}
    return [
        DeskLine("Tra soát chờ trả lời", open_rows.filter(state=state).count(), f"{address}?viec=cho", "wait")
        for act, state in turn.items()
        if may(actor, act, actor.unit)
    ]


register_desk_panel(traces_panel)


@admin.register(TraceRequest)
class TraceRequestAdmin(MoneyModelAdmin):
    """An institution's requests, an agency's; all for VPCP."""

    institution_column = "institution_code"
    list_display = ("number_shown", "state_shown", "places_shown", "asked_shown")
    list_display_links = ("number_shown",)
    list_filter = (WorkFilter, "state", "topic")
    search_fields = ("number",)
    search_help_text = "Mã tra soát viết đủ"
    ordering = ("-asked_at", "-id")
    refusals = (services.TraceRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        named = Institution.objects.filter(pk=OuterRef("institution_code")).values("short_name")[:1]
        return super().get_queryset(request).annotate(institution_name=Subquery(named), agency=F("order__payee_name"))

    @admin.display(description="Mã, nội dung")
    def number_shown(self, row: TraceRequest) -> SafeString:
        return two_lines(row.number, row.get_topic_display())

    @admin.display(description="Tình trạng, hạn", ordering="due_at")
    def state_shown(self, row: TraceRequest) -> SafeString:
        return state_cell(row.get_state_display(), row.due_at, is_late=row.is_open and row.due_at < timezone.now())

    @admin.display(description="Đơn vị, cơ quan")
    def places_shown(self, row: Any) -> SafeString:
        return two_lines(row.institution_name or row.institution_code, row.agency)

    @admin.display(description="Hỏi lúc", ordering="asked_at")
    def asked_shown(self, row: TraceRequest) -> str:
        return moment(row.asked_at)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().upper()
        return (queryset.filter(number=term) if term else queryset), False

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "payments_tracerequest"
        return [
            path("<uuid:object_id>/answer/", view(self.answer), name=f"{name}_answer"),
            path("<uuid:object_id>/hand-on/", view(self.move), {"transition": "hand_on"}, name=f"{name}_hand_on"),
            path("<uuid:object_id>/hand-back/", view(self.move), {"transition": "hand_back"}, name=f"{name}_hand_back"),
            *super().get_urls(),
        ]

    def answer(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Answer the payer."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, *services.turn_of(row))
        return self.ask(
            request,
            title=f"Trả lời {row.number}",
            form=AnswerForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: services.answer_trace(
                trace_id=row.pk, words=said["words"], actor=actor, now=timezone.now(), seen=seen_version(request)
            ),
            done="Đã trả lời. Người nộp được báo.",
            about=[f"{row.get_topic_display()}: {row.words or ''}"],
            seen=row.version,
            button="Trả lời",
        )

    def move(self, request: HttpRequest, object_id: UUID, transition: str) -> HttpResponse:
        """To the agency, or back to the institution."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, *services.turn_of(row))
        label = TraceRequest.table.transitions[transition].label
        return self.ask(
            request,
            title=f"{label}: {row.number}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: services.move_trace(
                trace_id=row.pk, transition=transition, reason=said["reason"], actor=actor, now=timezone.now(), seen=seen_version(request)
            ),
            done="Đã chuyển. Hạn trả lời không đổi.",
            seen=row.version,
            button=label,
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One request: what is asked, what the portal knows, what has happened. Who asked is not shown to whom it does not serve."""
        actor, order = actor_of(request), row.order
        ways = []
        if row.is_open and may(actor, *services.turn_of(row)):
            other = "hand_on" if row.state == TraceRequest.AT_INSTITUTION else "hand_back"
            ways = [
                Way("Trả lời", self.address("answer", row.pk)),
                Way(TraceRequest.table.transitions[other].label, self.address(other, row.pk), "quiet"),
            ]
        if may_see(actor, unit=row.payee_unit):
            ways.append(Way("Xem khoản phải nộp", reverse("admin:payments_order_change", args=[row.order_id]), "quiet"))
        operates = may(actor, OPERATE, row.institution_code)
        # An institution's people see their own tries and money alone (Rules art. 35.3).
        attempts = order.attempts.select_related("institution").order_by("number")
        money = order.collections.select_related("institution").order_by("paid_at")
        if operates:
            attempts, money = attempts.filter(institution=row.institution_code), money.filter(institution=row.institution_code)
        facts: list[tuple[str, Any]] = [
            ("Mã tra soát", row.number),
            ("Tình trạng", row.get_state_display()),
            ("Nội dung tra soát", row.get_topic_display()),
            ("Người nộp viết", row.words or "–"),
            ("Liên lạc", row.contact or ("qua tài khoản trên Cổng" if row.party_id else "–")),
            ("Khoản phải nộp", f"{order.code}, {dong(order.amount)}, {order.get_state_display().lower()}"),
            ("Đơn vị thanh toán", institution_name(row.institution_code)),
            ("Cơ quan thụ hưởng", agency_label(row.payee_unit)),
            ("Hỏi lúc", moment(row.asked_at)),
            ("Hạn trả lời", moment(row.due_at)),
            ("Trả lời", row.answer or "–"),
            ("Trả lời lúc", f"{moment(row.answered_at)} {row.answered_by}"),
        ]
        tries = Rows(
            "Các lần thanh toán",
            ["Mã tham chiếu", "Đơn vị thanh toán", "Lúc", "Tình trạng", "Mã kết quả"],
            [
                [one.reference, one.institution.short_name, moment(one.created_at), one.get_state_display(), one.result_code]
                for one in attempts
            ],
        )
        came = Rows(
            "Tiền đã thu",
            ["Mã giao dịch", "Đơn vị thanh toán", "Lúc", "Tính chất", "Số tiền"],
            [
                [one.institution_ref, one.institution.short_name, moment(one.paid_at), one.get_purpose_display(), dong(one.amount)]
                for one in money
            ],
        )
        events = Rows(
            "Đã xảy ra",
            ["Lúc", "Việc", "Ai", "Ghi chú"],
            [[moment(one.at), EVENTS.get(one.name, one.name), one.label, one.note] for one in row.events.all()],
        )
        is_late = row.is_open and row.due_at < timezone.now()
        return Page(row.number, [Facts("Yêu cầu", facts), tries, came, events], ways, ["Đã quá hạn trả lời."] if is_late else [])
