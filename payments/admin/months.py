"""Revenue by account and budget code, and months that are closed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from payments import reports
from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, Rows, Way, moment
from payments.admin.days import MOST_EXPORTED, RangeForm, sent
from payments.admin.listed import InstitutionFilter, with_kind, with_unit
from payments.models import (
    ClosedMonth,
    DayRevenue,
)
from payments.services import casework
from payments.services import minutes as making
from payments.services.called import Called
from payments.services.minutes import MinutesRefused
from portal.access import actor_of, may, require
from portal.documents.units import unit_name
from portal.ui.tags import dong


@admin.register(DayRevenue)
class DayRevenueAdmin(MoneyModelAdmin):
    """What was taken by beneficiary account and budget code."""

    unit_column = "unit_code"
    list_display = ("day_shown", "unit_shown", "account", "kind_shown", "revenue_code", "payments", "amount_shown", "institution")
    list_display_links = ("day_shown",)
    list_filter = (InstitutionFilter,)
    list_select_related = ("institution",)
    ordering = ("-day", "-id")
    sortable_by = ()
    change_list_template = "admin/payments/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With names beside the codes."""
        return with_kind(with_unit(super().get_queryset(request), "unit_code"), "kind")

    @admin.display(description="Cơ quan")
    def unit_shown(self, row: Any) -> str:
        return str(row.unit_called)

    @admin.display(description="Loại giao dịch")
    def kind_shown(self, row: Any) -> str:
        return str(row.kind_called)

    @admin.display(description="Ngày", ordering="-day")
    def day_shown(self, row: DayRevenue) -> str:
        return f"{row.day:%d/%m/%Y}"

    @admin.display(description="Số tiền")
    def amount_shown(self, row: DayRevenue) -> str:
        return dong(row.amount)

    def get_urls(self) -> list[Any]:
        """The export."""
        return [path("export/", self.admin_site.admin_view(self.export), name="payments_dayrevenue_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ways = [Way("Xuất theo tài khoản kho bạc và mã nội dung kinh tế", self.address("export"), "quiet")]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One sum, and whether it is final."""
        facts = [
            ("Ngày", f"{row.day:%d/%m/%Y}"),
            ("Đơn vị thanh toán", str(row.institution)),
            ("Cơ quan", unit_name(row.unit_code)),
            ("Tài khoản thụ hưởng", row.account or "–"),
            ("Mã Kho bạc", row.treasury_office or "–"),
            ("Loại giao dịch", Called().kind(row.kind)),
            ("Mã nội dung kinh tế", row.revenue_code or "–"),
            ("Số khoản", str(row.payments)),
            ("Số tiền", dong(row.amount)),
            ("Tháng", "Đã khóa, số liệu không đổi" if making.is_closed(row.day, row.unit_code) else "Chưa khóa"),
        ]
        return Page(f"Khoản thu ngày {row.day:%d/%m/%Y}", [Facts("Khoản thu", facts)])

    def export(self, request: HttpRequest) -> HttpResponse:
        """By day or month, as a table."""
        if not self.has_module_permission(request):
            raise Http404
        actor = actor_of(request)
        first = timezone.localdate().replace(day=1)
        form = RangeForm(request.POST if request.method == "POST" else None, initial={"first": first, "last": timezone.localdate()})
        if form.is_bound and form.is_valid():
            said = form.cleaned_data
            rows = list(reports.revenue(actor, first=said["first"], last=said["last"], by_month=said["by"] == "month"))
            if len(rows) <= MOST_EXPORTED:
                return sent(f"thu-{said['first']}-{said['last']}", said["kind"], reports.REVENUE_HEADER, rows)
            form.add_error("last", "Bảng quá dài. Hãy chọn khoảng ngắn hơn hoặc tổng theo tháng.")
        return self.ask(
            request,
            title="Xuất theo tài khoản và mã nội dung kinh tế",
            form=form,
            back=self.address("changelist"),
            do=lambda said: None,
            done="",
            button="Tải về",
        )


class MonthForm(PlainForm):
    """Which month."""

    month = forms.DateField(
        label="Tháng",
        input_formats=["%m/%Y"],
        widget=forms.DateInput({"placeholder": "tháng/năm, ví dụ 10/2026"}),
        error_messages={"required": "Bạn hãy nhập tháng.", "invalid": "Tháng không đúng. Ví dụ 10/2026."},
    )


@admin.register(ClosedMonth)
class ClosedMonthAdmin(MoneyModelAdmin):
    """Months that are over."""

    unit_column, institution_column = "unit_code", ""
    by_cursor = False
    list_display = ("month_shown", "scope_shown", "amount_shown", "closed_shown", "label")
    list_display_links = ("month_shown",)
    ordering = ("-month", "unit_code")
    sortable_by = ()
    refusals = (MinutesRefused,)

    @admin.display(description="Tháng", ordering="-month")
    def month_shown(self, row: ClosedMonth) -> str:
        return f"{row.month:%m/%Y}"

    @admin.display(description="Của")
    def scope_shown(self, row: ClosedMonth) -> str:
        return unit_name(row.unit_code) if row.unit_code else "Toàn quốc"

    @admin.display(description="Số thu")
    def amount_shown(self, row: ClosedMonth) -> str:
        return dong(row.totals.get("amount", 0))

    @admin.display(description="Khóa lúc")
    def closed_shown(self, row: ClosedMonth) -> str:
        return moment(row.closed_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, casework.DECIDE) or may(actor, casework.SOLVE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Closing one."""
        return [path("add/", self.admin_site.admin_view(self.close), name="payments_closedmonth_add"), *super().get_urls()]

    def close(self, request: HttpRequest) -> HttpResponse:
        """Close a month."""
        actor = actor_of(request)
        if not self.has_add_permission(request):
            require(actor, casework.SOLVE, actor.unit)
        return self.ask(
            request,
            title="Khóa tháng",
            form=MonthForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: making.close_month(month=said["month"], actor=actor, now=timezone.now(), today=timezone.localdate()),
            done=lambda one: f"Đã khóa tháng {one.month:%m/%Y}.",
            about=["Tháng khóa được khi mọi ngày đã đối soát và mọi chênh lệch đã xử lý. Sau đó số liệu xuất ra của tháng không đổi."],
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The sums that were kept."""
        facts = [
            ("Tháng", f"{row.month:%m/%Y}"),
            ("Của", unit_name(row.unit_code) if row.unit_code else "Toàn quốc"),
            ("Số thu", dong(row.totals["amount"])),
            ("Khóa", f"{moment(row.closed_at)}, {row.label}"),
        ]
        called = Called()
        sums = [
            [called.institution(institution), called.kind(kind), count, dong(amount)]
            for institution, kind, count, amount in row.totals["lines"]
        ]
        headings = ["Đơn vị thanh toán", "Loại giao dịch", "Số khoản", "Số tiền"]
        return Page(f"Tháng {row.month:%m/%Y}", [Facts("Tháng đã khóa", facts), Rows("Theo đơn vị thanh toán và loại", headings, sums)])
