"""The ledger on the desk: accounts with what stands on them, their days, entries; the ledger against what was collected (P-12)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode

from payments import reports
from payments.access import OVERSEE, seen_by
from payments.admin.base import Facts, MoneyModelAdmin, Page, Rows, Way, moment
from payments.admin.listed import with_institution, with_kind, with_unit
from payments.models import Account, Entry, Posting
from payments.services.called import Called
from portal.access import actor_of, may
from portal.documents.units import unit_name
from portal.ui.tags import dong


@admin.register(Account)
class AccountAdmin(MoneyModelAdmin):
    """Accounts of one's agency or institution with what stands on them now."""

    unit_column, institution_column = "unit_code", "institution_code"
    by_cursor = False
    list_display = ("type", "whose_shown", "kind_shown", "balance_shown")
    list_display_links = ("type",)
    list_filter = ("type", "is_test")
    search_fields = ("=institution_code", "=unit_code")
    search_help_text = "Mã đơn vị thanh toán hoặc mã cơ quan."
    ordering = ("type", "institution_code", "unit_code", "kind", "id")
    sortable_by = ()
    change_list_template = "admin/payments/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With balances, and names beside the codes."""
        rows = reports.with_balance(super().get_queryset(request))
        return with_kind(with_unit(with_institution(rows, "institution_code"), "unit_code"), "kind")

    @admin.display(description="Của")
    def whose_shown(self, row: Any) -> str:
        return format_html(
            '{}<br><span class="quiet">{}</span>', row.institution_called or row.unit_called, row.institution_code or row.unit_code
        )

    @admin.display(description="Loại giao dịch")
    def kind_shown(self, row: Any) -> str:
        return row.kind_called or "–"

    @admin.display(description="Số dư (Nợ +, Có –)")
    def balance_shown(self, row: Any) -> str:
        return _signed(row.balance)

    def get_urls(self) -> list[Any]:
        """The comparison."""
        return [path("compared/", self.admin_site.admin_view(self.compared), name="payments_account_compared"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ways = [Way("So sổ với khoản đã thu", self.address("compared"), "quiet")]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The account and its last days."""
        called = Called()
        entries = f"{reverse('admin:payments_posting_changelist')}?{urlencode({'account__id__exact': row.pk})}"
        facts = [
            ("Loại", row.get_type_display()),
            ("Đơn vị thanh toán", called.institution(row.institution_code) if row.institution_code else "–"),
            ("Cơ quan", unit_name(row.unit_code) if row.unit_code else "–"),
            ("Loại giao dịch", called.kind(row.kind) if row.kind else "–"),
            ("Số dư (Nợ +, Có –)", _signed(row.balance)),
        ]
        days = [[f"{day:%d/%m/%Y}", dong(debit), dong(credit), number] for day, debit, credit, number in reports.days_of(row)]
        parts: list[Facts | Rows] = [
            Facts("Tài khoản", facts),
            Rows("Theo ngày", ["Ngày", "Nợ", "Có", "Số bút toán"], days, "Chưa có bút toán."),
        ]
        return Page(called.account(row), parts, [Way("Các bút toán", entries, "quiet")])

    def compared(self, request: HttpRequest) -> HttpResponse:
        """Takings of a day by agency and kind beside the ledger's: equal to the đồng."""
        if not self.has_module_permission(request):
            raise Http404
        day = _day(request.GET.get("ngay", ""))
        found = reports.compared(actor_of(request), day)
        called = Called(one.unit for one in found)
        rows = [
            [called.unit(one.unit), called.kind(one.kind), dong(one.collected), dong(one.booked), "Khớp" if one.agrees else "LỆCH"]
            for one in found
        ]
        collected, booked = reports.total(found)
        if rows:
            rows.append(["Cộng", "", dong(collected), dong(booked), "Khớp" if collected == booked else "LỆCH"])
        notes = [] if all(one.agrees for one in found) else ["Có dòng lệch: sổ và khoản đã thu phải bằng nhau đến từng đồng."]
        before, after = date.fromordinal(day.toordinal() - 1), date.fromordinal(day.toordinal() + 1)
        ways = [Way(f"Ngày {before:%d/%m/%Y}", f"?{urlencode({'ngay': before.isoformat()})}", "quiet")]
        if after <= timezone.localdate():
            ways.append(Way(f"Ngày {after:%d/%m/%Y}", f"?{urlencode({'ngay': after.isoformat()})}", "quiet"))
        headings = ["Cơ quan", "Loại giao dịch", "Theo khoản đã thu", "Theo sổ", "Kết quả"]
        page = Page(
            f"Sổ và khoản đã thu, ghi ngày {day:%d/%m/%Y}",
            [Rows("Theo cơ quan và loại", headings, rows, "Không ghi khoản thu nào.")],
            ways,
            notes,
        )
        return TemplateResponse(request, "admin/desk/page.html", {**self._context(request), "title": page.title, "page": page})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else timezone.localdate()
    except ValueError:
        return timezone.localdate()


_BASES = frozenset({"collection", "refund", "case"})
_BASIS_WORDS = {"collection": "Khoản đã thu", "refund": "Khoản hoàn trả", "payout": "Lần chuyển tiền", "case": "Chênh lệch"}


def _basis(target: str) -> str:
    """What an entry rests on, with the way to its page where it has one."""
    name, _, key = target.partition(":")
    words = f"{_BASIS_WORDS.get(name, name)}{f' số {key}' if name == 'case' else ''}"
    if name not in _BASES:
        return words
    return format_html('<a href="{}">{}</a>', reverse(f"admin:payments_{name}_change", args=[key]), words)


def _signed(amount: int) -> str:
    return f"–{dong(-amount)}" if amount < 0 else dong(amount)


@admin.register(Posting)
class PostingAdmin(MoneyModelAdmin):
    """Sides of entries: of one account, or (VPCP) of all."""

    unit_column, institution_column = "account__unit_code", "account__institution_code"
    list_display = ("when", "account_shown", "event", "note", "debit", "credit")
    list_display_links = ("when",)
    list_filter = ("account__type",)
    list_select_related = ("entry", "account")
    ordering = ("-id",)
    sortable_by = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The account may be named in the address."""
        return lookup == "account__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Through the accounts one sees: few ids instead of a condition on each posting."""
        rows = Posting.objects.order_by("-id")
        rows = with_kind(with_unit(with_institution(rows, "account__institution_code"), "account__unit_code"), "account__kind")
        actor = actor_of(request)
        if may(actor, OVERSEE):
            return rows
        return rows.filter(account__in=seen_by(actor, Account.objects.all(), unit="unit_code", institution="institution_code").values("pk"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """In the menu only where it opens: the others come from an account."""
        return super().get_model_perms(request) if may(actor_of(request), OVERSEE) else {}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Of one account; who does not oversee all chooses it first."""
        chosen = "account__id__exact" in request.GET or may(actor_of(request), OVERSEE)
        if not chosen and self.has_module_permission(request):
            return redirect("admin:payments_account_changelist")
        return super().changelist_view(request, extra_context)

    @admin.display(description="Lúc", ordering="-id")
    def when(self, row: Posting) -> str:
        return moment(row.entry.at)

    @admin.display(description="Tài khoản")
    def account_shown(self, row: Any) -> str:
        whose = row.institution_called or row.unit_called
        kind = f", {row.kind_called.lower()}" if row.kind_called else ""
        return format_html('{}<br><span class="quiet">{}{}</span>', row.account.get_type_display(), whose, kind)

    @admin.display(description="Nghiệp vụ")
    def event(self, row: Posting) -> str:
        return row.entry.get_event_display()

    @admin.display(description="Diễn giải")
    def note(self, row: Posting) -> str:
        return row.entry.note or "–"

    @admin.display(description="Nợ")
    def debit(self, row: Posting) -> str:
        return dong(row.amount) if row.amount > 0 else ""

    @admin.display(description="Có")
    def credit(self, row: Posting) -> str:
        return dong(-row.amount) if row.amount < 0 else ""

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The whole entry."""
        entry = Entry.objects.get(pk=row.entry_id)
        facts = [
            ("Nghiệp vụ", entry.get_event_display()),
            ("Ngày ghi sổ", f"{entry.day:%d/%m/%Y}"),
            ("Lúc", moment(entry.at)),
            ("Căn cứ", _basis(entry.target)),
            ("Diễn giải", entry.note or "–"),
        ]
        sides = entry.postings.select_related("account").order_by("id")
        called = Called()
        shown = [[called.account(one.account), dong(max(one.amount, 0)) or "–", dong(max(-one.amount, 0)) or "–"] for one in sides]
        return Page("Bút toán", [Facts("Bút toán", facts), Rows("Hai vế", ["Tài khoản", "Nợ", "Có"], shown)])
