"""Minutes of reconciliation on the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html

from payments.admin.base import Facts, MoneyModelAdmin, Page, Rows, Way, moment
from payments.admin.runs import NOTHING
from payments.models import (
    Minutes,
)
from payments.services import minutes as making
from portal.access import actor_of
from portal.documents import services as documents
from portal.documents.units import unit_name
from portal.files import services as files
from portal.ui.tags import dong


@admin.register(Minutes)
class MinutesAdmin(MoneyModelAdmin):
    """Minutes of one's agency or institution."""

    unit_column, institution_column = "unit_code", "run__institution_id"
    list_display = ("number", "made_shown", "agency_state", "institution_state")
    list_select_related = ("agency_document", "institution_document")
    ordering = ("-made_at", "-id")
    sortable_by = ()
    by_cursor = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return making.may_see_minutes(actor_of(request), obj) if obj is not None else self.has_module_permission(request)

    @admin.display(description="Lập lúc", ordering="-made_at")
    def made_shown(self, row: Minutes) -> str:
        return moment(row.made_at)

    @admin.display(description="Bản của cơ quan")
    def agency_state(self, row: Minutes) -> str:
        return row.agency_document.state_words

    @admin.display(description="Bản của đơn vị thanh toán")
    def institution_state(self, row: Minutes) -> str:
        return row.institution_document.state_words

    def get_urls(self) -> list[Any]:
        """Signing, both papers."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:minutes_id>/sign/", view(self.sign), name="payments_minutes_sign"),
            path("<uuid:minutes_id>/<str:side>.pdf", view(self.pdf), name="payments_minutes_pdf"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Both papers and where they stand."""
        document = making.document_to_sign(actor_of(request), row)
        ways = [Way("Ký bản của tôi", self.address("sign", row.pk))] if document is not None else []
        papers = [
            ("Bản của cơ quan", "agency", row.agency_document),
            ("Bản của đơn vị thanh toán", "institution", row.institution_document),
        ]
        shown = []
        for label, side, paper in papers:
            link = (
                format_html('<a href="{}">PDF</a>', self.address("pdf", row.pk, side)) if paper.file_id or paper.unsigned_file_id else "–"
            )
            shown.append([label, paper.signer_label, paper.state_words, moment(paper.signed_at), paper.note or "–", link])
        content = row.content
        facts = [
            ("Số", row.number),
            ("Cơ quan", unit_name(row.unit_code)),
            ("Đơn vị thanh toán", content["institution"]),
            ("Ngày đối soát", f"{content['day']}, lần {content['run']}"),
            ("Tại Cổng", f"{content['ours'][0]} giao dịch, {dong(content['ours'][1])}"),
            ("Tại đơn vị thanh toán", f"{content['theirs'][0]} giao dịch, {dong(content['theirs'][1])}" if content["theirs"] else "–"),
            ("Tại cơ quan", dong(content["agency"]) if content["agency"] is not None else NOTHING),
            ("Chênh lệch", "; ".join(f"{one['type']}: {one['count']}, còn mở {one['open']}" for one in content["types"]) or "Không có"),
            ("Lập", f"{moment(row.made_at)}, {row.label}"),
        ]
        headings = ["Bản", "Người ký", "Tình trạng", "Ký lúc", "Ghi chú", "Văn bản"]
        return Page(f"Biên bản {row.number}", [Facts("Biên bản", facts), Rows("Hai bản", headings, shown)], ways)

    def sign(self, request: HttpRequest, minutes_id: UUID) -> HttpResponse:
        """To the signing service, for one's own paper."""
        row = self.found(request, minutes_id)
        back = self.address("change", minutes_id)
        if request.method != "POST":
            if making.document_to_sign(actor_of(request), row) is None:
                messages.warning(request, "Không có bản nào chờ bạn ký.")
                return redirect(back)
            about = ["Bạn sẽ sang dịch vụ ký số để xác nhận. Hai bản của hai bên cùng nội dung."]
            return self.ask(
                request, title="Ký biên bản đối soát", form=None, back=back, do=lambda _: None, done="", about=about, button="Sang ký số"
            )
        return redirect(making.authorise_minutes(minutes=row, actor=actor_of(request), return_to=back))

    def pdf(self, request: HttpRequest, minutes_id: UUID, side: str) -> Any:
        """One paper: signed, or as it will be signed."""
        row = self.found(request, minutes_id)
        if side not in ("agency", "institution"):
            raise Http404
        paper = row.agency_document if side == "agency" else row.institution_document
        pieces = documents.open_pdf(paper) if paper.file_id else files.open_plain(paper.unsigned_file) if paper.unsigned_file_id else None
        if pieces is None:
            raise Http404
        answer = StreamingHttpResponse(pieces, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="bien-ban-{row.run.day}-{side}.pdf"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
