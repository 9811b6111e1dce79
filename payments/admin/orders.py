"""Orders and the money that came for them, on the desk of agencies, institutions and VPCP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from payments.access import OPERATE, OVERSEE, READ, may_see
from payments.admin.base import Facts, MoneyModelAdmin, Page, PlainForm, ReasonForm, Rows, Way, agency_label, moment, two_lines
from payments.codes import clean_code, reference_in
from payments.models import Collection, FeeKind, Institution, Order, Refund, Via
from payments.services import Line, OrderRefused, Payer, RefundRefused, cancel_order, create_order
from payments.services.order_files import COLUMNS, GRACE, MAKE, MOST_ROWS, REQUIRED, end_of_day, import_orders, read_orders, source_of
from payments.services.refunding import make_refund
from portal import audit
from portal.access import actor_of, may, require
from portal.access.rules import unit_scope
from portal.catalogues import queries as catalogues
from portal.catalogues import tables
from portal.catalogues.models import Agency
from portal.ui.fields import DongField
from portal.ui.tags import dong

LINES = 3
MOST_LINES = 50
MOST_EXPORTED = 20_000
MEDIA_TYPES = {tables.CSV: "text/csv; charset=utf-8", tables.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]


def own_units(request: HttpRequest, act: str) -> list[tuple[str, str]]:
    """The officer's agency and those below it, to choose from."""
    rows = Agency.objects.on(timezone.localdate()).filter(unit_scope(actor_of(request), act, "code")).order_by("code")
    return [(code, f"{name} ({code})") for code, name in rows.values_list("code", "name")]


class OrderForm(PlainForm):
    """What is owed, by whom, until when."""

    payee_unit = forms.ChoiceField(label="Cơ quan thụ hưởng")
    kind = forms.ChoiceField(label="Loại giao dịch")
    reference = forms.CharField(label="Số hồ sơ, quyết định, thông báo", max_length=100, help_text="Mỗi số là một khoản phải nộp.")
    description = forms.CharField(
        label="Nội dung", max_length=300, help_text="Ai có mã thanh toán cũng đọc được: không ghi thông tin cá nhân."
    )
    payer_name = forms.CharField(label="Người nộp", max_length=300)
    payer_number = forms.CharField(label="Số định danh hoặc mã số thuế", max_length=20, required=False)
    payer_address = forms.CharField(label="Địa chỉ", max_length=300, required=False)
    due = forms.DateField(label="Hạn nộp", input_formats=_DAYS, widget=forms.DateInput({"placeholder": "ngày/tháng/năm"}))
    expires = forms.DateField(
        label="Còn nhận tiền đến",
        input_formats=_DAYS,
        widget=forms.DateInput({"placeholder": "ngày/tháng/năm"}),
        required=False,
        help_text="Để trống: 30 ngày sau hạn nộp.",
    )

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["payee_unit"].choices = units  # type: ignore[attr-defined]
        kinds = [(row.code, f"{row.code} {row.name}") for row in catalogues.transaction_kinds()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


class LineForm(PlainForm):
    """One line of an order."""

    name = forms.CharField(label="Khoản", max_length=300)
    fee_kind = forms.ChoiceField(label="Loại khoản", choices=FeeKind.choices, initial=FeeKind.FEE)
    revenue_code = forms.CharField(label="Mã nội dung kinh tế", max_length=4, required=False)
    unit_amount = DongField(label="Mức thu (đồng)", min_value=1)
    number = forms.IntegerField(label="Số lượng", min_value=1, max_value=100_000, initial=1)

    def clean_revenue_code(self) -> str:
        """A code of the budget's index, where one is given."""
        from payments.services.order_files import catalogues_has

        code: str = self.cleaned_data["revenue_code"]
        if code and not catalogues_has(code):
            raise forms.ValidationError("Danh mục nội dung kinh tế không có mã này.")
        return code


LineFormSet = forms.formset_factory(LineForm, extra=LINES, max_num=MOST_LINES, validate_max=True, min_num=0)


class FileForm(PlainForm):
    """A table of orders."""

    unit = forms.ChoiceField(label="Cơ quan thụ hưởng")
    table = forms.FileField(label="Tệp CSV hoặc XLSX")

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]


class RefundForm(PlainForm):
    """Money that the agency gives back of its own accord."""

    amount = DongField(label="Số tiền hoàn (đồng)", min_value=1, required=False, help_text="Để trống: tất cả số chưa hoàn.")
    reason = forms.ChoiceField(
        label="Lý do",
        choices=[(one.value, one.label) for one in (Refund.Reason.REFUSED, Refund.Reason.WITHDRAWN, Refund.Reason.ASKED)],
    )
    decision = forms.CharField(label="Căn cứ, số quyết định", max_length=1000, widget=forms.Textarea({"rows": 3}))
    key = forms.CharField(widget=forms.HiddenInput, max_length=40)


def _shown_again(data: QueryDict, units: list[tuple[str, str]]) -> tuple[OrderForm, Any]:
    """What was typed with some empty lines more; nothing is judged yet."""
    typed = data.get("khoan-TOTAL_FORMS", "")
    count = min(int(typed), MOST_LINES) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    names = list(LineForm.base_fields)
    lines = [{name: data.get(f"khoan-{number}-{name}", "") for name in names} for number in range(count)]
    kept = [line for line in lines if line["name"] or line["unit_amount"]]
    more = forms.formset_factory(LineForm, extra=min(LINES, MOST_LINES - len(kept)), max_num=MOST_LINES)
    initial = {name: data.get(name, "") for name in OrderForm.base_fields}
    return OrderForm(units=units, initial=initial), more(prefix="khoan", initial=kept)


def link(url: str, text: str) -> SafeString:
    """A link in a table of the desk."""
    return format_html('<a href="{}">{}</a>', url, text)


class KindFilter(admin.SimpleListFilter):
    """By the kind of transaction, as the catalogue has them: asking the rows which there are would read them all."""

    title = "loại giao dịch"
    parameter_name = "loai"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(row.code, f"{row.code} {row.name}") for row in catalogues.transaction_kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class AgencyFilter(admin.SimpleListFilter):
    """By agency, for who sees several and few enough to choose from; VPCP types the code into the search."""

    title = "cơ quan thụ hưởng"
    parameter_name = "co-quan"
    MOST = 60

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        units = own_units(request, READ)
        return units if 1 < len(units) <= self.MOST else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(payee_unit=self.value()) if self.value() else queryset


class InstitutionFilter(admin.SimpleListFilter):
    """By institution, for who sees several."""

    title = "đơn vị thanh toán"
    parameter_name = "don-vi"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        actor = actor_of(request)
        if may(actor, OPERATE, actor.unit):
            return []
        return list(Institution.objects.order_by("short_name", "code").values_list("code", "short_name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(institution=self.value()) if self.value() else queryset


_UNIT = re.compile(r"[A-Z]\d{2}(\.\d{1,3})*", re.ASCII)


def unit_in(term: str) -> str:
    """The identifier code of an agency that was typed into a search; empty for anything else."""
    code = term.strip().upper()
    return code if _UNIT.fullmatch(code) else ""


@admin.register(Order)
class OrderAdmin(MoneyModelAdmin):
    """Orders of an agency for its accountants, all for VPCP; made by hand, from a file, cancelled."""

    institution_column = ""
    list_display = ("code_shown", "payer_shown", "amount_shown", "state_shown")
    list_display_links = ("code_shown",)
    list_filter = ("state", AgencyFilter, KindFilter)
    search_fields = ("code", "reference")
    search_help_text = "Mã thanh toán, số hồ sơ, quyết định viết đủ, hoặc mã cơ quan (H26.101)"
    ordering = ("-created_at", "-id")
    refusals = (OrderRefused, RefundRefused)
    change_list_template = "admin/payments/order_list.html"

    @admin.display(description="Mã thanh toán, số hồ sơ")
    def code_shown(self, order: Order) -> SafeString:
        return two_lines(order.code, order.reference)

    @admin.display(description="Người nộp, cơ quan")
    def payer_shown(self, order: Order) -> SafeString:
        return two_lines(order.payer_name, f"{order.payee_name} ({order.payee_unit})")

    @admin.display(description="Số tiền, loại")
    def amount_shown(self, order: Order) -> SafeString:
        return two_lines(dong(order.amount), order.kind)

    @admin.display(description="Tình trạng, lập lúc", ordering="created_at")
    def state_shown(self, order: Order) -> SafeString:
        return two_lines(order.get_state_display(), moment(order.created_at))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).filter(is_test=False)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By a payment code as it was read aloud, the whole number of a paper, an agency's code: each by an index."""
        if not search_term:
            return queryset, False
        if unit := unit_in(search_term):
            return queryset.filter(payee_unit=unit), False
        code = clean_code(search_term)
        return queryset.filter(code=code) if code else queryset.filter(reference=search_term.strip()), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, MAKE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "payments_order"
        return [
            path("add/", view(self.make), name=f"{name}_add"),
            path("import/", view(self.import_file), name=f"{name}_import"),
            path("export/xlsx/", view(self.export), name=f"{name}_export_xlsx"),
            path("export/codes/", view(self.export_codes), name=f"{name}_export_codes"),
            path("<uuid:object_id>/cancel/", view(self.cancel), name=f"{name}_cancel"),
            path("<uuid:object_id>/refund/", view(self.refund), name=f"{name}_refund"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_import": self.has_add_permission(request), "query": request.GET.urlencode()}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def export(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered, newest first, 20,000 rows at most."""
        if not self.has_module_permission(request):
            require(actor_of(request), OVERSEE)
        rows = self.get_changelist_instance(request).get_queryset(request)
        return self._table(request, rows, {"query": request.GET.urlencode()[:300]})

    def export_codes(self, request: HttpRequest) -> HttpResponse:
        """The payment codes of the orders that a file has just made, with what stands on a notice: those the officer may see."""
        if not self.has_module_permission(request):
            require(actor_of(request), OVERSEE)
        codes = [code for code in map(clean_code, request.POST.get("codes", "").split()[:MOST_ROWS]) if code]
        if request.method != "POST" or not codes:
            return redirect(self.address("changelist"))
        return self._table(request, self.get_queryset(request).filter(code__in=codes), {"codes": str(len(codes))})

    def _table(self, request: HttpRequest, rows: QuerySet[Order], details: dict[str, str]) -> HttpResponse:
        header = [
            "Mã thanh toán", "Số hồ sơ, quyết định", "Nội dung", "Loại giao dịch", "Người nộp", "Số tiền (đồng)", "Đã hoàn (đồng)",
            "Tình trạng", "Hạn nộp", "Còn nhận tiền đến", "Thu lúc", "Cơ quan thụ hưởng", "Mã cơ quan", "Trang thanh toán",
        ]  # fmt: skip

        def at(moment_: Any) -> str:
            return f"{timezone.localtime(moment_):%Y-%m-%d %H:%M:%S}" if moment_ else ""

        def lines() -> Iterator[list[Any]]:
            for row in rows.defer("payer")[:MOST_EXPORTED].iterator(chunk_size=2000):
                yield [
                    row.code, row.reference, row.description, row.kind, row.payer_name, row.amount, row.refunded, row.get_state_display(),
                    at(row.due_at), at(row.expires_at), at(row.settled_at), row.payee_name, row.payee_unit,
                    settings.SITE_URL + reverse("payment-order", args=[row.code]),
                ]  # fmt: skip

        with transaction.atomic():
            content = tables.write(tables.XLSX, header, lines())
            audit.record(actor=actor_of(request), act="payments.export_orders", target="payments.order", details=details)
        answer = HttpResponse(content, content_type=MEDIA_TYPES[tables.XLSX])
        answer["Content-Disposition"] = f'attachment; filename="khoan-phai-nop-{timezone.localdate():%Y%m%d}.xlsx"'
        return answer

    def make(self, request: HttpRequest) -> HttpResponse:
        """An order by form; the page with its code follows."""
        actor = actor_of(request)
        require(actor, MAKE, actor.unit)
        data = request.POST if request.method == "POST" else None
        if data is not None and "them" in data:
            return self._make_page(request, *_shown_again(data, own_units(request, MAKE)))
        form = OrderForm(data, units=own_units(request, MAKE), initial={"payee_unit": actor.unit})
        lines = LineFormSet(data, prefix="khoan")
        if data is not None and form.is_valid() and lines.is_valid():
            given = [one.cleaned_data for one in lines if one.has_changed() and one.cleaned_data]
            try:
                order = self._make(request, form.cleaned_data, given)
            except OrderRefused as refused:
                names = {"due_at": "due", "lines": None}
                form.add_error(names.get(refused.field, refused.field if refused.field in form.fields else None), refused.message)
            else:
                self.message_user(request, f"Đã lập khoản phải nộp {order.code}.")
                return HttpResponse(status=302, headers={"Location": self.address("change", order.pk)})
        return self._make_page(request, form, lines, status=422 if data is not None else 200)

    def _make_page(self, request: HttpRequest, form: Any, lines: Any, *, status: int = 200) -> HttpResponse:
        context = {**self._context(request), "title": "Lập khoản phải nộp", "form": form, "lines": lines}
        return TemplateResponse(request, "admin/payments/order_make.html", context, status=status)

    def _make(self, request: HttpRequest, said: dict[str, Any], given: list[dict[str, Any]]) -> Order:
        actor, unit = actor_of(request), said["payee_unit"]
        require(actor, MAKE, unit)
        known = Order.objects.filter(source=source_of(unit), source_key=said["reference"]).first()
        if known is not None:
            raise OrderRefused(f"Số này đã có khoản {known.code}.", "reference")
        due = end_of_day(said["due"])
        return create_order(
            source=source_of(unit),
            key=said["reference"],
            kind=said["kind"],
            reference=said["reference"],
            description=said["description"],
            payer=Payer(None, said["payer_name"], said["payer_number"], said["payer_address"]),
            payee_unit=unit,
            lines=[
                Line(one["name"], one["fee_kind"], one["unit_amount"], one["number"], revenue_code=one["revenue_code"]) for one in given
            ],
            due_at=due,
            expires_at=end_of_day(said["expires"]) if said["expires"] else due + GRACE,
            actor=actor,
            now=timezone.now(),
        )

    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Orders from a table: the good rows go in, each bad one is told."""
        actor = actor_of(request)
        require(actor, MAKE, actor.unit)
        posted = request.method == "POST"
        units = own_units(request, MAKE)
        form = FileForm(
            request.POST if request.method == "POST" else None, request.FILES or None, units=units, initial={"unit": actor.unit}
        )
        report = None
        if posted and form.is_valid():
            file = form.cleaned_data["table"]
            try:
                table = read_orders(name=file.name, content=file.read(tables.MAX_BYTES + 1))
                report = import_orders(unit=form.cleaned_data["unit"], table=table, actor=actor, now=timezone.now())
            except tables.TableUnreadable as error:
                form.add_error("table", str(error))
        context = {
            **self._context(request),
            "title": "Lập khoản phải nộp từ tệp",
            "form": form,
            "report": report,
            "codes": " ".join(order.code for _, order, _ in report.rows) if report else "",
            "columns": [(name, label, name in REQUIRED) for name, label in COLUMNS.items()],
        }
        return TemplateResponse(request, "admin/payments/order_import.html", context, status=422 if posted and report is None else 200)

    def cancel(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Cancel an order that nobody has paid."""
        order, actor = self.found(request, object_id), actor_of(request)
        require(actor, MAKE, order.payee_unit)
        return self.ask(
            request,
            title=f"Hủy {order.code}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", order.pk),
            do=lambda said: cancel_order(order_id=order.pk, reason=said["reason"], actor=actor, now=timezone.now()),
            done="Đã hủy. Tiền đến sau lúc này được trả lại người nộp.",
            about=[f"{order.description}, {dong(order.amount)}, {order.payer_name}."],
            button="Hủy khoản này",
        )

    def refund(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give money back of the agency's own accord."""
        order, actor = self.found(request, object_id), actor_of(request)
        require(actor, "payments.refund", order.payee_unit)
        form = RefundForm(request.POST if request.method == "POST" else None, initial={"key": uuid4().hex})
        return self.ask(
            request,
            title=f"Hoàn tiền {order.code}",
            form=form,
            back=self.address("change", order.pk),
            do=lambda said: make_refund(
                order_id=order.pk,
                amount=said["amount"],
                reason=said["reason"],
                decision=said["decision"],
                key=f"desk:{said['key']}",
                actor=actor,
                now=timezone.now(),
            ),
            done=lambda refund: f"Đã quyết định hoàn {dong(refund.amount)} ({refund.number}). Kho bạc chi rồi thì ghi số chứng từ.",
            about=[f"{order.description}: đã thu {dong(order.amount)}, đã hoàn {dong(order.refunded)}."],
            button="Quyết định hoàn",
        )

    def page(self, request: HttpRequest, row: Any) -> Page:
        """An order with its lines, tries, events, money, vouchers, refunds."""
        actor, order = actor_of(request), row
        # The page shows who owes what: who looked is written down, as with dossiers.
        with transaction.atomic():
            audit.record(actor=actor, act="payments.read_order", target="payments.order", target_id=str(order.pk), unit=order.payee_unit)
        ways = []
        if may(actor, MAKE, order.payee_unit) and order.state in (Order.OPEN, Order.EXPIRED):
            ways.append(Way("Hủy khoản này", self.address("cancel", order.pk), "danger"))
        if may(actor, "payments.refund", order.payee_unit) and order.state == Order.PAID and order.refunded < order.amount:
            ways.append(Way("Hoàn tiền", self.address("refund", order.pk), "quiet"))
        payer = order.payer or {}
        attempts = list(order.attempts.select_related("institution").prefetch_related("events").order_by("number"))
        names = {**Order.STATES, **{name: edge.label for name, edge in attempts[0].table.transitions.items()}} if attempts else {}
        names |= {"begin": "Chọn đơn vị thanh toán", "wrong_amount": "Báo số tiền khác"}
        ways_known = dict(Via.choices) | {"return": "người nộp trở lại"}
        account = order.payee_account
        parts: list[Facts | Rows] = [
            Facts(
                "Khoản phải nộp",
                [
                    ("Mã thanh toán", order.code),
                    ("Tình trạng", order.get_state_display()),
                    ("Số hồ sơ, quyết định", order.reference),
                    ("Nội dung", order.description),
                    ("Loại giao dịch", order.kind),
                    ("Số tiền", dong(order.amount)),
                    ("Đã hoàn", dong(order.refunded)),
                    ("Người nộp", order.payer_name),
                    ("Số định danh, mã số thuế", payer.get("number") or "–"),
                    ("Cơ quan thụ hưởng", f"{order.payee_name} ({order.payee_unit})"),
                    ("Tài khoản", f"{account.get('number', '')} {account.get('bank_name') or account.get('treasury_office', '')}"),
                    ("Hạn nộp", moment(order.due_at)),
                    ("Còn nhận tiền đến", moment(order.expires_at)),
                    ("Thu lúc", moment(order.settled_at)),
                    ("Lập lúc", f"{moment(order.created_at)} {order.created_by}"),
                    *([("Lý do hủy", order.close_reason)] if order.close_reason else []),
                ],
            ),
            Rows(
                "Các khoản",
                ["Khoản", "Loại khoản", "Mã NDKT", "Mức thu", "Số lượng", "Miễn giảm", "Thành tiền"],
                [
                    [
                        one.name,
                        one.get_fee_kind_display(),
                        one.revenue_code,
                        dong(one.unit_amount),
                        one.number,
                        dong(one.reduction),
                        dong(one.amount),
                    ]
                    for one in order.lines.all()
                ],
            ),
            Rows(
                "Các lần thanh toán",
                ["Mã tham chiếu", "Đơn vị thanh toán", "Lúc", "Tình trạng", "Mã kết quả"],
                [
                    [one.reference, one.institution.short_name, moment(one.created_at), one.get_state_display(), one.result_code]
                    for one in attempts
                ],
            ),
            Rows(
                "Đã xảy ra",
                ["Lúc", "Lần", "Việc", "Nguồn tin", "Mã"],
                [
                    [moment(event.at), one.number, names.get(event.name, event.name), ways_known.get(event.via, event.via), event.code]
                    for one in attempts
                    for event in one.events.all()
                ],
            ),
            Rows(
                "Tiền đã thu",
                ["Mã giao dịch", "Đơn vị thanh toán", "Lúc", "Tính chất", "Số tiền", "Phải trả lại", "Đã hoàn"],
                [
                    [
                        link(reverse("admin:payments_collection_change", args=[one.pk]), one.institution_ref),
                        one.institution.short_name,
                        moment(one.paid_at),
                        one.get_purpose_display(),
                        dong(one.amount),
                        dong(one.owed_back),
                        dong(one.refunded),
                    ]
                    for one in order.collections.select_related("institution").order_by("paid_at", "id")
                ],
            ),
            Rows(
                "Chứng từ",
                ["Loại", "Tình trạng", "Số", "Người ký", "Ký lúc"],
                [
                    [one.get_kind_display(), one.get_state_display(), one.number, one.signer, moment(one.signed_at)]
                    for one in order.vouchers.order_by("created_at")
                ],
            ),
            Rows(
                "Hoàn trả",
                ["Mã", "Số tiền", "Nơi hoàn", "Lý do", "Tình trạng"],
                [
                    [
                        link(reverse("admin:payments_refund_change", args=[one.pk]), one.number),
                        dong(one.amount),
                        one.get_by_display(),
                        one.get_reason_display(),
                        one.get_state_display(),
                    ]
                    for one in order.refunds.order_by("requested_at", "id")
                ],
            ),
        ]
        return Page(order.code, parts, ways)


class DayFilter(admin.SimpleListFilter):
    """By the day on which money was taken."""

    title = "ngày giao dịch"
    parameter_name = "ngay"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hom-nay", "Hôm nay"), ("hom-qua", "Hôm qua"), ("thang", "Tháng này")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        match self.value():
            case "hom-nay":
                return queryset.filter(day=today)
            case "hom-qua":
                return queryset.filter(day=today.fromordinal(today.toordinal() - 1))
            case "thang":
                return queryset.filter(day__gte=today.replace(day=1), day__lte=today)
        return queryset


@admin.register(Collection)
class CollectionAdmin(MoneyModelAdmin):
    """Money that came: an agency's, an institution's own, all for VPCP; taken along as a table."""

    list_display = ("institution_ref_shown", "amount_shown", "paid_shown", "places_shown")
    list_display_links = ("institution_ref_shown",)
    list_filter = (DayFilter, "purpose", InstitutionFilter, AgencyFilter, KindFilter)
    search_fields = ("reference", "institution_ref")
    search_help_text = "Mã tham chiếu, mã giao dịch của đơn vị thanh toán viết đủ, hoặc mã cơ quan (H26.101)"
    ordering = ("-paid_at", "-id")
    change_list_template = "admin/payments/collection_list.html"

    @admin.display(description="Mã giao dịch, tham chiếu")
    def institution_ref_shown(self, row: Collection) -> SafeString:
        return two_lines(row.institution_ref, row.reference)

    @admin.display(description="Số tiền, tính chất")
    def amount_shown(self, row: Collection) -> SafeString:
        return two_lines(dong(row.amount), row.get_purpose_display())

    @admin.display(description="Trừ tiền lúc, loại", ordering="paid_at")
    def paid_shown(self, row: Collection) -> SafeString:
        return two_lines(moment(row.paid_at), row.kind)

    @admin.display(description="Đơn vị, cơ quan")
    def places_shown(self, row: Any) -> SafeString:
        return two_lines(row.institution.short_name, row.agency or row.payee_unit)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        return super().get_queryset(request).filter(is_test=False).select_related("institution").annotate(agency=F("order__payee_name"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """By the whole number, ours or the institution's."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if unit := unit_in(term):
            return queryset.filter(payee_unit=unit), False
        reference = reference_in(term)
        return (queryset.filter(reference=reference) if reference else queryset.filter(institution_ref=term)), False

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "payments_collection"
        return [
            path("export/csv/", view(self.export), {"kind": tables.CSV}, name=f"{name}_export_csv"),
            path("export/xlsx/", view(self.export), {"kind": tables.XLSX}, name=f"{name}_export_xlsx"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "query": request.GET.urlencode()})

    def export(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The list as it is filtered, newest first, 20,000 rows at most."""
        if not self.has_module_permission(request):
            require(actor_of(request), OVERSEE)
        rows = self.get_changelist_instance(request).get_queryset(request).select_related("institution")
        header = [
            "Mã giao dịch", "Mã giao dịch ngân hàng", "Mã tham chiếu", "Đơn vị thanh toán", "Cơ quan", "Loại giao dịch",
            "Trừ tiền lúc", "Tính chất", "Số tiền (đồng)", "Phải trả lại (đồng)", "Đã hoàn (đồng)",
        ]  # fmt: skip

        def lines() -> Iterator[list[Any]]:
            for row in rows[:MOST_EXPORTED].iterator(chunk_size=2000):
                yield [
                    row.institution_ref, row.bank_ref, row.reference, row.institution.short_name, row.payee_unit, row.kind,
                    f"{timezone.localtime(row.paid_at):%Y-%m-%d %H:%M:%S}", row.get_purpose_display(), row.amount, row.owed_back,
                    row.refunded,
                ]  # fmt: skip

        with transaction.atomic():
            content = tables.write(kind, header, lines())
            audit.record(
                actor=actor_of(request),
                act="payments.export_collections",
                target="payments.collection",
                details={"query": request.GET.urlencode()[:300], "kind": kind},
            )
        answer = HttpResponse(content, content_type=MEDIA_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="khoan-da-thu-{timezone.localdate():%Y%m%d}.{kind}"'
        return answer

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One movement of money; to the order for who may see it."""
        actor = actor_of(request)
        ways = []
        if row.order_id and may_see(actor, unit=row.payee_unit):
            ways.append(Way("Xem khoản phải nộp", reverse("admin:payments_order_change", args=[row.order_id]), "quiet"))
        facts: list[tuple[str, Any]] = [
            ("Mã giao dịch của đơn vị thanh toán", row.institution_ref),
            ("Mã giao dịch ngân hàng", row.bank_ref or "–"),
            ("Mã tham chiếu", row.reference or "–"),
            ("Đơn vị thanh toán", row.institution.short_name),
            ("Tính chất", row.get_purpose_display()),
            ("Số tiền", dong(row.amount)),
            ("Phải trả lại người nộp", dong(row.owed_back)),
            ("Đã hoàn", dong(row.refunded)),
            ("Cơ quan thụ hưởng", agency_label(row.payee_unit)),
            ("Loại giao dịch", row.kind or "–"),
            ("Trừ tiền lúc", moment(row.paid_at)),
            ("Nguồn tin", row.get_via_display()),
            ("Ghi sổ lúc", moment(row.booked_at)),
        ]
        refunds = Rows(
            "Hoàn trả",
            ["Mã", "Số tiền", "Nơi hoàn", "Tình trạng"],
            [
                [
                    link(reverse("admin:payments_refund_change", args=[one.pk]), one.number),
                    dong(one.amount),
                    one.get_by_display(),
                    one.get_state_display(),
                ]
                for one in row.refunds.order_by("requested_at", "id")
            ],
        )
        return Page(row.institution_ref, [Facts("Khoản đã thu", facts), refunds], ways)
