"""Parcels on the desk: what goes out, where each one is, what to do next."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
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
            ("Cước, người nhận trả", dong(row.amount)),
        ]
        steps = [(moment(step.at), step.get_state_display(), step.place or "–") for step in row.steps.all()]
        todo = parcels.record_handed(row)
        return Page(
            f"Bưu phẩm {row.number or row.dossier.code}",
            [Facts("Bưu phẩm", facts), Rows("Đường đi", ("Lúc", "Tình trạng", "Nơi"), steps, "Bưu chính chưa ghi gì.")],
            [Way("Mở hồ sơ để in kết quả", dossier, "quiet")],
            [todo] if todo else [],
        )
