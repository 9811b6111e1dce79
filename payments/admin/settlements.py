"""What was paid out to agencies, how late, at which rate (Rules art. 33.4a)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, Rows, Way, moment
from payments.admin.days import MOST_EXPORTED, day_field, kind_of, percent, sent
from payments.admin.listed import InstitutionFilter, with_unit
from payments.models import (
    Payout,
    PenaltyRate,
    Settlement,
)
from payments.services import casework, payouts
from portal.access import actor_of, may, require
from portal.catalogues import tables
from portal.documents.units import unit_name
from portal.ui.fields import NumberInput
from portal.ui.tags import dong


class LateFilter(admin.SimpleListFilter):
    """Late, missing, all."""

    title = "chuyển tiền"
    parameter_name = "chuyen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("muon", "Muộn"), ("chua", "Chưa đủ")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {"muon": Q(late_days__gt=0), "chua": Q(paid__lt=F("expected"))}
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(Settlement)
class SettlementAdmin(MoneyModelAdmin):
    """What institutions owe agencies by day, with lateness and penalty (Rules art. 33.4a)."""

    unit_column = "unit_code"
    list_display = ("day_shown", "institution", "unit_shown", "expected_shown", "paid_shown", "due_shown", "late_shown", "penalty_shown")
    list_display_links = ("day_shown",)
    list_filter = (LateFilter, InstitutionFilter)
    list_select_related = ("institution",)
    ordering = ("-day", "-id")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of agencies."""
        return with_unit(super().get_queryset(request), "unit_code")

    @admin.display(description="Cơ quan")
    def unit_shown(self, row: Any) -> str:
        return str(row.unit_called)

    @admin.display(description="Ngày thu", ordering="-day")
    def day_shown(self, row: Settlement) -> str:
        return f"{row.day:%d/%m/%Y}"

    @admin.display(description="Phải chuyển")
    def expected_shown(self, row: Settlement) -> str:
        return dong(row.expected)

    @admin.display(description="Đã chuyển")
    def paid_shown(self, row: Settlement) -> str:
        return format_html(
            '{}<br><span class="quiet">{}</span>', dong(row.paid), f"đủ ngày {row.paid_day:%d/%m/%Y}" if row.paid_day else "chưa đủ"
        )

    @admin.display(description="Hạn")
    def due_shown(self, row: Settlement) -> str:
        return f"{row.due_day:%d/%m/%Y}"

    @admin.display(description="Muộn")
    def late_shown(self, row: Settlement) -> str | SafeString:
        return format_html('<strong class="overdue">{} ngày</strong>', row.late_days) if row.late_days else "–"

    @admin.display(description="Tiền phạt")
    def penalty_shown(self, row: Settlement) -> str:
        if row.late_days and row.rate is None:
            return "Cơ quan chưa đặt mức phạt"
        return dong(row.penalty) if row.penalty else "–"

    def get_urls(self) -> list[Any]:
        """The table of what was late."""
        return [
            path("late.<str:kind>", self.admin_site.admin_view(self.late), name="payments_settlement_late"),
            *super().get_urls(),
        ]

    def late(self, request: HttpRequest, kind: str) -> HttpResponse:
        """All that was late, as a table."""
        if not self.has_module_permission(request):
            raise Http404
        rows = self.get_queryset(request).filter(late_days__gt=0).select_related("institution")[:MOST_EXPORTED]
        header = ["Đơn vị thanh toán", "Tên", "Mã cơ quan", "Ngày thu", "Hạn chuyển", "Ngày chuyển đủ", "Phải chuyển", "Đã chuyển",
                  "Số ngày muộn", "Mức phạt (phần mười vạn một ngày)", "Tiền phạt"]  # fmt: skip
        table = [
            [one.institution_id, one.institution.short_name, one.unit_code, one.day, one.due_day, one.paid_day, one.expected, one.paid,
             one.late_days, one.rate, one.penalty]
            for one in rows
        ]  # fmt: skip
        return sent("quyet-toan-muon", kind_of(kind), header, table)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One day of one agency, with what came."""
        facts = [
            ("Đơn vị thanh toán", str(row.institution)),
            ("Cơ quan", unit_name(row.unit_code)),
            ("Ngày thu", f"{row.day:%d/%m/%Y}"),
            ("Hạn chuyển (T+1)", f"{row.due_day:%d/%m/%Y}"),
            ("Phải chuyển", dong(row.expected)),
            ("Đã chuyển", dong(row.paid)),
            ("Chuyển đủ ngày", f"{row.paid_day:%d/%m/%Y}" if row.paid_day else "Chưa đủ"),
            ("Số ngày muộn", str(row.late_days)),
            ("Mức phạt một ngày", percent(row.rate) if row.rate is not None else "Cơ quan chưa đặt"),
            ("Tiền phạt", dong(row.penalty)),
        ]
        came = Payout.objects.filter(institution=row.institution_id, unit_code=row.unit_code, settlement_day=row.day).order_by(
            "value_day", "id"
        )
        shown = [[f"{one.value_day:%d/%m/%Y}", dong(one.amount), one.account, one.bank_ref] for one in came]
        headings = ["Ngày có tiền", "Số tiền", "Tài khoản", "Mã giao dịch ngân hàng"]
        title = f"{row.institution.short_name} – {unit_name(row.unit_code)}, ngày {row.day:%d/%m/%Y}"
        return Page(title, [Facts("Quyết toán", facts), Rows("Tiền đã về", headings, shown, "Chưa thấy tiền về trong sao kê nào.")])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ways = [
            Way("Tải danh sách muộn (XLSX)", self.address("late", tables.XLSX), "quiet"),
            Way("Tải danh sách muộn (CSV)", self.address("late", tables.CSV), "quiet"),
        ]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    change_list_template = "admin/payments/list.html"


class RateForm(PlainForm):
    """A rate from a day on."""

    effective_from = day_field("Áp dụng từ ngày")
    rate = forms.IntegerField(
        label="Mức phạt một ngày (phần mười vạn)",
        min_value=0,
        max_value=10_000,
        widget=NumberInput,
        help_text="Ví dụ 30 là 0,03 % số tiền chậm mỗi ngày.",
        error_messages={"required": "Bạn hãy nhập mức phạt."},
    )
    basis = forms.CharField(label="Căn cứ", max_length=300, error_messages={"required": "Bạn hãy ghi căn cứ."})


@admin.register(PenaltyRate)
class PenaltyRateAdmin(MoneyModelAdmin):
    """The agency's rates."""

    unit_column, institution_column = "unit_code", ""
    by_cursor = False
    list_display = ("unit_shown", "effective_from", "rate_shown", "basis")
    ordering = ("unit_code", "-effective_from")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of agencies."""
        return with_unit(super().get_queryset(request), "unit_code")

    @admin.display(description="Cơ quan")
    def unit_shown(self, row: Any) -> str:
        return str(row.unit_called)

    @admin.display(description="Mức phạt một ngày")
    def rate_shown(self, row: PenaltyRate) -> str:
        return percent(row.rate)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, casework.SOLVE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Setting one."""
        return [path("add/", self.admin_site.admin_view(self.enter), name="payments_penaltyrate_add"), *super().get_urls()]

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Set the own agency's rate."""
        actor = actor_of(request)
        require(actor, casework.SOLVE, actor.unit)
        form = RateForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            day = form.cleaned_data["effective_from"]
            if PenaltyRate.objects.filter(unit_code=actor.unit, effective_from=day).exists():
                form.add_error("effective_from", "Ngày này đã có mức phạt. Mức đã ghi không sửa được, hãy đặt mức mới từ ngày khác.")
        return self.ask(
            request,
            title="Đặt mức phạt chậm nộp",
            form=form,
            back=self.address("changelist"),
            do=lambda said: payouts.set_penalty_rate(unit_code=actor.unit, **said, actor=actor, now=timezone.now()),
            done="Đã ghi mức phạt.",
            about=["Mức phạt theo quy định của cơ quan bạn, áp dụng cả cho đơn vị trực thuộc chưa đặt mức riêng."],
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One rate."""
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Từ ngày", f"{row.effective_from:%d/%m/%Y}"),
            ("Mức phạt một ngày", percent(row.rate)),
            ("Căn cứ", row.basis),
            ("Ghi", f"{moment(row.entered_at)}, {row.label}"),
        ]
        return Page("Mức phạt chậm nộp", [Facts("Mức phạt", facts)])
