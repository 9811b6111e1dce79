"""Systems for which the portal takes money, on VPCP's desk: their code, secret, addresses, and what they asked for (Rules art. 31.1c)."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.cache import patch_cache_control

from payments.access import OVERSEE
from payments.models import AskedOrder, Merchant
from payments.services import merchants as services
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment
from portal.catalogues import queries as catalogues
from portal.exchange.partners.models import Partner
from portal.exchange.partners.services import Credentials

SHOWN = 50


class MerchantForm(PlainForm):
    """Where it hears of money."""

    confirm_url = forms.CharField(label="Địa chỉ nhận xác nhận (Confirm)", max_length=500, required=False)
    return_url = forms.CharField(label="Trang trở về của người nộp", max_length=500, required=False)
    kind = forms.ChoiceField(label="Loại giao dịch")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(catalogues.transaction_kinds().order_by("code").values_list("code", "name"))  # type: ignore[attr-defined]


class NewMerchantForm(MerchantForm):
    """A system that is let in."""

    partner = forms.ChoiceField(label="Hệ thống kết nối")
    code = forms.CharField(label="Mã đối tác (MaDoiTac)", max_length=50)
    field_order = ("partner", "code", "confirm_url", "return_url", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Partner.objects.filter(merchant=None).order_by("code").values_list("code", "name")
        self.fields["partner"].choices = [(code, f"{name} ({code})") for code, name in rows]  # type: ignore[attr-defined]


@admin.register(Merchant)
class MerchantAdmin(DeskModelAdmin):
    """List by code; a page each."""

    by_cursor = False
    view_act = OVERSEE
    list_display = ("code", "partner", "confirm_url", "changed")
    search_fields = ("=code", "=partner__code", "partner__name")
    search_help_text = "Tìm theo mã, tên hệ thống"
    ordering = ("code",)
    refusals: ClassVar[Any] = (services.MerchantRefused,)
    change_list_template = "admin/payments/merchants.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """VPCP's alone."""
        rows = super().get_queryset(request).select_related("partner")
        return rows if may(actor_of(request), OVERSEE) else rows.none()

    @admin.display(description="Sửa lúc", ordering="changed_at")
    def changed(self, row: Merchant) -> str:
        """When it was changed last."""
        return moment(row.changed_at)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(actor_of(request), OVERSEE)

    def get_urls(self) -> list[URLPattern]:
        """The acts."""
        view, name = self.admin_site.admin_view, "payments_merchant"
        return [
            path("enter/", view(self.enter), name=f"{name}_enter"),
            path("<uuid:object_id>/edit/", view(self.edit), name=f"{name}_edit"),
            path("<uuid:object_id>/secret/", view(self.secret), name=f"{name}_secret"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Facts, and what it asked for last."""
        facts = [
            ("Mã đối tác", row.code),
            ("Hệ thống", f"{row.partner.name} ({row.partner_id})"),
            ("Địa chỉ nhận xác nhận", row.confirm_url or "– (tự hỏi lại)"),
            ("Trang trở về", row.return_url or "–"),
            ("Loại giao dịch", row.kind),
            ("Khai báo lúc", moment(row.created_at)),
        ]
        asked = AskedOrder.objects.filter(merchant=row).select_related("order").order_by("-pk")[:SHOWN]
        rows = [
            (
                one.reference,
                one.get_door_display(),
                f"{one.order.amount:,}".replace(",", "."),
                one.order.get_state_display(),
                moment(one.order.created_at),
                moment(one.told_at),
            )
            for one in asked
        ]
        headings = ("Mã tham chiếu", "Qua", "Số tiền", "Tình trạng", "Yêu cầu lúc", "Đã báo lúc")
        ways = []
        if may(actor_of(request), services.DECIDE):
            ways = [Way("Sửa", self.address("edit", row.pk)), Way("Cấp khóa mới", self.address("secret", row.pk), "danger")]
        notes = ["Hệ thống này đang bị tạm ngừng kết nối."] if row.partner.suspended_at else []
        return Page(row.code, [Facts("Thu qua Cổng", facts), Rows(f"{SHOWN} khoản gần nhất", headings, rows)], ways, notes)

    def edit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Change its addresses."""
        row, actor = self.found(request, object_id), actor_of(request)
        known = {"confirm_url": row.confirm_url, "return_url": row.return_url, "kind": row.kind}
        return self.ask(
            request,
            title=f"Sửa {row.code}",
            form=MerchantForm(request.POST if request.method == "POST" else None, initial=known),
            back=self.address("change", row.pk),
            do=lambda said: services.change_merchant(merchant_id=row.pk, actor=actor, now=timezone.now(), **said),
            done="Đã ghi.",
            button="Ghi",
        )

    def secret(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Another secret, shown once."""
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, services.DECIDE)
        if request.method == "POST":
            return self._shown(request, row, services.new_secret(merchant_id=row.pk, actor=actor, now=timezone.now()))
        return self.ask(
            request,
            title=f"Cấp khóa mới cho {row.code}",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: None,
            done="",
            about=["Khóa cũ hết hiệu lực ngay: hệ thống phải đổi khóa rồi mới gọi được tiếp."],
            button="Cấp khóa",
        )

    def enter(self, request: HttpRequest) -> HttpResponse:
        """Let a system in; its secret is shown once."""
        actor = actor_of(request)
        require(actor, services.DECIDE)
        form = NewMerchantForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                made, secret = services.add_merchant(actor=actor, now=timezone.now(), **form.cleaned_data)
            except services.MerchantRefused as refused:
                form.add_error(refused.field or None, refused.message)
            else:
                return self._shown(request, made, secret)
        return self.ask(
            request,
            title="Khai báo hệ thống thu qua Cổng",
            form=form,
            back=self.address("changelist"),
            do=lambda _: None,
            done="",
            button="Khai báo",
        )

    def _shown(self, request: HttpRequest, row: Merchant, secret: str) -> HttpResponse:
        """The page that shows a secret, this once."""
        made = Credentials(row.code, secret)
        context = {**self._context(request), "title": "Khóa bí mật mới", "made": made, "back": self.address("change", row.pk)}
        answer = TemplateResponse(request, "admin/partners/password.html", context)
        patch_cache_control(answer, no_store=True, private=True)
        return answer
