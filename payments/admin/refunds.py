"""Refunds on the desk: what waits for the institution, what for the agency (Rules art. 34.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
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
from payments.models import Institution, Refund
from payments.queries_refunds import with_refusals
from payments.services import RefundRefused
from payments.services import refunding as services
from portal.access import actor_of, may, require
from portal.access.site import DeskLine, register_desk_panel
from portal.ui.fields import DongField
from portal.ui.tags import dong

EVENTS = {
    "request": "Đề nghị", "send_again": "Gửi lại lệnh hoàn",
    **{name: edge.label for name, edge in Refund.table.transitions.items()},
}  # fmt: skip
OPEN = Q(state__in=[Refund.REQUESTED, Refund.HANDED_ON, Refund.DECIDED, Refund.SENT])
"""As the index of open refunds has it."""
FOR_AGENCY = Q(by=Refund.By.AGENCY, state__in=[Refund.REQUESTED, Refund.HANDED_ON, Refund.DECIDED])
"""What an agency must do something about: decide, or have paid out."""
REFUSED = "Bị từ chối, cần xử lý"
FOR_INSTITUTION = Q(by=Refund.By.INSTITUTION, state=Refund.DECIDED) | Q(by=Refund.By.AGENCY, state=Refund.REQUESTED)
"""What an institution must do something about: give back by hand, or look at a request."""


class DecideForm(PlainForm):
    """How much goes back, and why."""

    amount = DongField(label="Số tiền hoàn (đồng)", min_value=1, required=False, help_text="Để trống: tất cả số được đề nghị.")
    decision = forms.CharField(
        label="Căn cứ, số quyết định",
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Bạn hãy ghi căn cứ."},
    )


class ProofForm(PlainForm):
    """The number of the payment by which money went back."""

    proof = forms.CharField(label="Số giao dịch, số chứng từ chi", max_length=120, error_messages={"required": "Bạn hãy ghi số."})


class WorkFilter(admin.SimpleListFilter):
    """What waits for whom."""

    title = "việc cần làm"
    parameter_name = "viec"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("co-quan", "Chờ cơ quan thụ hưởng"),
            ("don-vi", "Chờ đơn vị thanh toán"),
            ("bi-tu-choi", "Đơn vị thanh toán từ chối"),
            ("qua-han", "Quá hạn"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "co-quan":
                return queryset.filter(FOR_AGENCY)
            case "don-vi":
                return queryset.filter(FOR_INSTITUTION)
            case "bi-tu-choi":
                return with_refusals(queryset).filter(is_refused=True)
            case "qua-han":
                return queryset.filter(OPEN, due_at__lt=timezone.now())
        return queryset


def refunds_panel(request: HttpRequest) -> list[DeskLine]:
    """What waits for an accountant or an operator; VPCP is told what is late; the last two what an institution refused (two queries)."""
    actor = actor_of(request)
    address = reverse("admin:payments_refund_changelist")
    refused: list[DeskLine] = []
    if may(actor, OVERSEE) or may(actor, OPERATE, actor.unit):
        rows = with_refusals(seen_by(actor, Refund.objects.filter(collection__is_test=False), institution="institution_code"))
        count = rows.filter(is_refused=True).count()
        if count:
            refused = [DeskLine("Lệnh hoàn tiền bị từ chối, cần xử lý", count, f"{address}?{WorkFilter.parameter_name}=bi-tu-choi", "bad")]
    if may(actor, OVERSEE):
        late = Refund.objects.filter(OPEN, due_at__lt=timezone.now(), collection__is_test=False).count()
        return [DeskLine("Hoàn tiền quá hạn", late, f"{address}?{WorkFilter.parameter_name}=qua-han", "bad"), *refused]
    lists = [
        (READ, "co-quan", "Hoàn tiền chờ quyết định, chờ chi", FOR_AGENCY),
        (OPERATE, "don-vi", "Hoàn tiền chờ đơn vị thanh toán", FOR_INSTITUTION),
    ]
    return refused + [
        DeskLine(
            label,
            seen_by(actor, Refund.objects.filter(waits, collection__is_test=False), institution="institution_code").count(),
            f"{address}?{WorkFilter.parameter_name}={name}",
            "wait",
        )
        for act, name, label, waits in lists
        if may(actor, act, actor.unit)
    ]


register_desk_panel(refunds_panel)


@admin.register(Refund)
class RefundAdmin(MoneyModelAdmin):
    """Refunds of an agency, of an institution; all for VPCP."""

    institution_column = "institution_code"
    list_display = ("number_shown", "amount_shown", "state_shown", "places_shown")
    list_display_links = ("number_shown",)
    list_filter = (WorkFilter, "state", "by")
    search_fields = ("number",)
    search_help_text = "Mã hoàn tiền viết đủ"
    ordering = ("-requested_at", "-id")
    refusals = (RefundRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        named = Institution.objects.filter(pk=OuterRef("institution_code")).values("short_name")[:1]
        return with_refusals(super().get_queryset(request)).annotate(institution_name=Subquery(named), agency=F("order__payee_name"))

    @admin.display(description="Mã, lý do")
    def number_shown(self, row: Refund) -> SafeString:
        return two_lines(row.number, row.get_reason_display())

    @admin.display(description="Số tiền, nơi hoàn")
    def amount_shown(self, row: Any) -> SafeString:
        return two_lines(dong(row.amount), row.get_by_display())

    @admin.display(description="Tình trạng, hạn", ordering="due_at")
    def state_shown(self, row: Any) -> SafeString:
        is_late = row.state not in (Refund.CONFIRMED, Refund.REJECTED) and row.due_at < timezone.now()
        return state_cell(REFUSED if row.is_refused else row.get_state_display(), row.due_at, is_late=is_late)

    @admin.display(description="Đơn vị, cơ quan")
    def places_shown(self, row: Any) -> SafeString:
        return two_lines(row.institution_name or row.institution_code, row.agency or row.payee_unit)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().upper()
        return (queryset.filter(number=term) if term else queryset), False

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "payments_refund"
        acts: dict[str, Callable[..., HttpResponse]] = {
            "decide": self.decide,
            "reject": self.reject,
            "hand-on": self.hand_on,
            "paid-out": self.paid_out,
            "by-hand": self.by_hand,
            "send-again": self.send_again,
        }
        own = [path(f"<uuid:object_id>/{act}/", view(function), name=f"{name}_{act.replace('-', '_')}") for act, function in acts.items()]
        return [*own, *super().get_urls()]

    def _act(
        self,
        request: HttpRequest,
        object_id: UUID,
        *,
        title: str,
        form: forms.Form | None,
        act: str,
        do: Callable[..., Any],
        done: str,
        about: str = "",
    ) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, act, row.payee_unit if act == services.DECIDE else row.institution_code)
        return self.ask(
            request,
            title=f"{title}: {row.number}",
            form=form,
            back=self.address("change", row.pk),
            do=lambda said: do(refund_id=row.pk, actor=actor, now=timezone.now(), seen=seen_version(request), **said),
            done=done,
            about=[f"{row.get_reason_display()}, {dong(row.amount)}.", *([about] if about else [])],
            seen=row.version,
            button=title,
        )

    def decide(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The agency gives back, all or a part."""
        return self._act(
            request,
            object_id,
            title="Quyết định hoàn",
            form=DecideForm(request.POST if request.method == "POST" else None),
            act=services.DECIDE,
            do=services.decide_refund,
            done="Đã quyết định hoàn. Khi kho bạc hoặc ngân hàng đã chi, ghi số chứng từ ở đây.",
        )

    def reject(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The agency does not give back, and says why."""
        return self._act(
            request,
            object_id,
            title="Không hoàn",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            act=services.DECIDE,
            do=services.reject_refund,
            done="Đã ghi. Người nộp đọc được lý do ở trang của khoản này.",
        )

    def hand_on(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The institution hands a request on to the agency (Rules art. 34.6b)."""
        return self._act(
            request,
            object_id,
            title="Chuyển cơ quan thụ hưởng",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            act=services.AT_INSTITUTION,
            do=services.hand_on_refund,
            done="Đã chuyển cơ quan thụ hưởng.",
        )

    def paid_out(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The treasury has paid."""
        return self._act(
            request,
            object_id,
            title="Xác nhận đã chi",
            form=ProofForm(request.POST if request.method == "POST" else None),
            act=services.DECIDE,
            do=services.confirm_paid_out,
            done="Đã ghi. Người nộp được báo.",
        )

    def by_hand(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The institution gave the money back outside the protocol."""
        return self._act(
            request,
            object_id,
            title="Xác nhận đã hoàn",
            form=ProofForm(request.POST if request.method == "POST" else None),
            act=services.AT_INSTITUTION,
            do=services.confirm_by_hand,
            done="Đã ghi. Người nộp được báo.",
            about="Tiền chỉ được hoàn về tài khoản, thẻ, ví đã trả.",
        )

    def send_again(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Another order to refund, after a refusal."""
        return self._act(
            request,
            object_id,
            title="Gửi lại lệnh hoàn",
            form=None,
            act=services.AT_INSTITUTION,
            do=services.send_again,
            done="Lệnh hoàn đang được gửi.",
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One refund: what is asked, what was decided, what has happened."""
        actor = actor_of(request)
        agency = may(actor, services.DECIDE, row.payee_unit) if row.payee_unit else False
        institution = may(actor, services.AT_INSTITUTION, row.institution_code)
        by_agency = row.by == Refund.By.AGENCY
        waits = row.state in (Refund.REQUESTED, Refund.HANDED_ON)
        ways = []
        if agency and by_agency and waits:
            ways += [Way("Quyết định hoàn", self.address("decide", row.pk)), Way("Không hoàn", self.address("reject", row.pk), "danger")]
        if agency and by_agency and row.state == Refund.DECIDED:
            ways.append(Way("Xác nhận đã chi", self.address("paid_out", row.pk)))
        if institution and by_agency and row.state == Refund.REQUESTED:
            ways.append(Way("Chuyển cơ quan thụ hưởng", self.address("hand_on", row.pk)))
        if institution and row.state == Refund.DECIDED and services.by_hand(row):
            ways.append(Way("Xác nhận đã hoàn", self.address("by_hand", row.pk)))
            if services.bounces(row):
                ways.append(Way("Gửi lại lệnh hoàn", self.address("send_again", row.pk), "quiet"))
        if row.order_id and may_see(actor, unit=row.payee_unit):
            ways.append(Way("Xem khoản phải nộp", reverse("admin:payments_order_change", args=[row.order_id]), "quiet"))
        refused = row.state == Refund.DECIDED and row.by == Refund.By.INSTITUTION and services.bounces(row) > 0
        is_late = row.state not in (Refund.CONFIRMED, Refund.REJECTED) and row.due_at < timezone.now()
        facts: list[tuple[str, Any]] = [
            ("Mã hoàn tiền", row.number),
            ("Tình trạng", REFUSED if refused else row.get_state_display()),
            ("Số tiền", dong(row.amount)),
            ("Nơi hoàn", row.get_by_display()),
            ("Lý do", row.get_reason_display()),
            ("Người đề nghị", row.asker or ("người nộp, qua tài khoản trên Cổng" if row.party_id else "–")),
            ("Liên lạc", row.contact or "–"),
            ("Người đề nghị viết", row.words or "–"),
            ("Mã giao dịch đã thu", row.collection.institution_ref),
            ("Mã tham chiếu", row.collection.reference or "–"),
            ("Đơn vị thanh toán", institution_name(row.institution_code)),
            ("Cơ quan thụ hưởng", agency_label(row.payee_unit)),
            ("Đề nghị lúc", moment(row.requested_at)),
            ("Hạn giải quyết", moment(row.due_at)),
            ("Nội dung quyết định", row.decision or "–"),
            ("Số lệnh hoàn, chứng từ", row.proof or "–"),
            ("Hoàn lúc", moment(row.confirmed_at)),
        ]
        events = Rows(
            "Đã xảy ra",
            ["Lúc", "Việc", "Ai", "Ghi chú"],
            [[moment(one.at), EVENTS.get(one.name, one.name), one.label, one.note] for one in row.events.all()],
        )
        refusal = "Đơn vị thanh toán từ chối lệnh hoàn gửi tự động. Người của đơn vị gửi lại lệnh, hoặc làm như sau." if refused else ""
        notes = [words for words in (refusal, services.wanted(row), "Đã quá hạn giải quyết." if is_late else "") if words]
        return Page(row.number, [Facts("Khoản hoàn trả", facts), events], ways, notes)
