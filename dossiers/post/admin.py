"""Parcels on the desk: what goes out, where each one is, what to do next."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from dossiers.models import Parcel
from dossiers.post import parcels
from dossiers.post.wishes import wish_of
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, two_lines
from portal.documents.units import unit_name
from portal.ui.tags import dong


@admin.register(Parcel)
class ParcelAdmin(DeskModelAdmin):
    """Parcels with results of the officer's units."""

    view_act = "dossiers.read"
    unit_field = "unit_code"
    list_display = ("shown_number", "of_dossier", "state", "shown_amount", "moved")
    list_display_links = ("shown_number",)
    list_filter = ("state",)
    search_fields = ("=number", "=dossier__code")
    search_help_text = "Số bưu phẩm hoặc mã hồ sơ viết đủ"
    ordering = ("-made_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the dossier's name."""
        return super().get_queryset(request).select_related("dossier").defer("dossier__answers", "dossier__bill")

    @admin.display(description="Số bưu phẩm")
    def shown_number(self, row: Parcel) -> str:
        return row.number or "Chưa có số"

    @admin.display(description="Hồ sơ")
    def of_dossier(self, row: Parcel) -> Any:
        return two_lines(row.dossier.code, row.dossier.procedure_name)

    @admin.display(description="Cước")
    def shown_amount(self, row: Parcel) -> str:
        return str(dong(row.amount))

    @admin.display(description="Thay đổi lúc")
    def moved(self, row: Parcel) -> str:
        return moment(row.moved_at)

    def get_urls(self) -> list[Any]:
        """With the page of what the agency pays."""
        own = path("support/", self.admin_site.admin_view(self.support_view), name="dossiers_parcel_support")
        return [own, *super().get_urls()]

    def support_view(self, request: HttpRequest) -> HttpResponse:
        """How many parcels of a year the officer's agencies paid something of, how much, by month and by text (requirement C-31).

        Two queries, whatever the rows.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        asked = request.GET.get("nam", "")
        year = int(asked) if asked.isascii() and asked.isdigit() and 2000 <= int(asked) <= today.year else today.year
        units = self.get_queryset(request).order_by().select_related(None).defer(None)
        found = parcels.supported_in(units, year)
        total = sum(one.number for one in found), sum(one.amount for one in found)
        page = Page(
            f"Hỗ trợ cước bưu chính năm {year}",
            [
                Facts(
                    "Cả năm, trừ bưu phẩm bưu chính không nhận hoặc đã hủy",
                    [("Bưu phẩm được hỗ trợ", total[0]), ("Cơ quan trả", dong(total[1]))],
                ),
                Rows(
                    "Theo tháng và văn bản",
                    ("Tháng", "Văn bản quy định", "Bưu phẩm", "Cơ quan trả"),
                    [(f"{one.month}/{year}", one.basis, one.number, dong(one.amount)) for one in found],
                    "Năm này chưa hỗ trợ bưu phẩm nào.",
                ),
            ],
            [
                Way(f"Năm {year - 1}", f"{self.address('support')}?nam={year - 1}", "quiet"),
                Way("Bưu phẩm", self.address("changelist"), "quiet"),
            ],
        )
        return TemplateResponse(request, "admin/desk/page.html", {**self._context(request), "title": page.title, "page": page})

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Where it goes, where it is, what to do."""
        wish = wish_of(row.dossier_id)
        to = f"{wish.recipient}, {wish.phone}\n{wish.address}" if wish is not None and wish.address else "–"
        dossier = reverse("admin:dossiers_dossier_change", args=[row.dossier_id])
        facts = [
            ("Số bưu phẩm", row.number or "Chưa có"),
            ("Tình trạng", row.get_state_display()),
            ("Hồ sơ", format_html('<a href="{}">{}</a>', dossier, row.dossier.code)),
            ("Đơn vị gửi", unit_name(row.unit_code)),
            ("Người nhận", to),
            ("Cước", dong(row.amount)),
            ("Cơ quan trả", f"{dong(row.support)} ({row.support_basis})" if row.support else "0 đồng"),
            ("Người nhận trả", dong(row.to_pay)),
        ]
        steps = [(moment(step.at), step.get_state_display(), step.place or "–") for step in row.steps.all()]
        todo = parcels.record_handed(row)
        return Page(
            f"Bưu phẩm {row.number or row.dossier.code}",
            [Facts("Bưu phẩm", facts), Rows("Đường đi", ("Lúc", "Tình trạng", "Nơi"), steps, "Bưu chính chưa ghi gì.")],
            [Way("Mở hồ sơ để in kết quả", dossier, "quiet"), Way("Hỗ trợ cước", self.address("support"), "quiet")],
            [todo] if todo else [],
        )
