"""Guardians' requests on the desk: an officer of the commune reads the document and says whether it is so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.mandating import guardians
from accounts.mandating.guardians import GuardianRefused
from accounts.models import GuardianRequest
from portal.access import AccessDenied, actor_of, may, require, unit_scope
from portal.access.desk import DeskModelAdmin, Facts, Page, ReasonForm, Way, moment
from portal.access.site import DeskLine, register_desk_panel
from portal.catalogues.queries import agency_label
from portal.files.models import FileState
from portal.files.responses import send_file

State = GuardianRequest.State
LIST = "admin:accounts_guardianrequest_changelist"


@admin.register(GuardianRequest)
class GuardianRequestAdmin(DeskModelAdmin):
    """What guardians asked the commune, what waits first."""

    view_act = guardians.CHECK
    unit_field = "unit_code"
    refusals = (GuardianRefused,)
    list_display = ("person", "document_number", "state", "asked_at", "unit_code")
    list_display_links = ("person",)
    list_filter = ("state",)
    list_select_related = ("person",)
    ordering = ("asked_at", "id")
    by_cursor = False
    search_fields = ("=document_number", "person__name_key")
    search_help_text = "Số giấy tờ viết đủ, hoặc tên người giám hộ không dấu"

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "accounts_guardianrequest"
        return [
            path("<uuid:object_id>/file/", view(self.file), name=f"{name}_file"),
            path("<uuid:object_id>/confirm/", view(self.confirm), name=f"{name}_confirm"),
            path("<uuid:object_id>/refuse/", view(self.refuse), name=f"{name}_refuse"),
            path("<uuid:object_id>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def found(self, request: HttpRequest, object_id: object) -> Any:
        """The row, for who may see it; one's own affair is for a colleague."""
        row = super().found(request, object_id)
        if guardians.is_own(actor_of(request), row):
            raise AccessDenied(guardians.CHECK)
        return row

    def page(self, request: HttpRequest, row: Any) -> Page:
        """A request with its document."""
        actor, ways, notes = actor_of(request), [], []
        guardians.note_read(actor=actor, asked=row)
        decides = may(actor, guardians.CHECK, row.unit_code)
        if decides and row.state == State.WAITING:
            if row.file.state == FileState.CLEAN:
                ways.append(Way("Xác nhận", self.address("confirm", row.pk)))
            else:
                notes.append("Bản chụp đang được kiểm tra hoặc không an toàn, nên chưa xác nhận được.")
            ways.append(Way("Không xác nhận", self.address("refuse", row.pk), "danger"))
        if decides and row.mandate is not None and row.mandate.withdrawn_at is None:
            ways.append(Way("Ghi nhận giám hộ chấm dứt", self.address("end", row.pk), "danger"))
        opened = format_html('<a href="{}">Mở bản chụp</a>', self.address("file", row.pk)) if row.file.state == FileState.CLEAN else "–"
        facts = Facts(
            "Đề nghị",
            [
                ("Người giám hộ", row.person.full_name),
                ("Số định danh người giám hộ", row.person.id_number),
                ("Người được giám hộ", row.ward_name),
                ("Số định danh người được giám hộ", row.ward_number),
                ("Ngày sinh người được giám hộ", row.ward_birth_date),
                ("Số giấy tờ", row.document_number),
                ("Ngày cấp", f"{row.document_date:%d/%m/%Y}"),
                ("Giám hộ đến ngày", f"{row.until:%d/%m/%Y}" if row.until else "–"),
                ("Bản chụp", opened),
                ("Nơi kiểm tra", agency_label(row.unit_code)),
                ("Gửi lúc", moment(row.asked_at)),
                ("Tình trạng", row.get_state_display()),
                ("Kết luận lúc", moment(row.decided_at)),
                ("Người kiểm tra", row.decided_by.person.full_name if row.decided_by else "–"),
                ("Lý do", row.reason or "–"),
            ],
        )
        return Page(f"Giám hộ: {row.person.full_name}", [facts], ways, notes)

    def file(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The document; who opened it is written down."""
        row = self.found(request, object_id)
        if row.file.state != FileState.CLEAN:
            raise Http404
        guardians.read_document(actor=actor_of(request), asked=row)
        return send_file(row.file, name=row.file.name or "giay-to", inline=True)

    def confirm(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The document says so."""
        row = self._to_decide(request, object_id)
        return self.ask(
            request,
            title="Xác nhận việc giám hộ?",
            form=None,
            back=self.address("change", row.pk),
            do=lambda _: guardians.confirm(actor=actor_of(request), request_id=row.pk, now=timezone.now()),
            done="Đã xác nhận. Người giám hộ làm được thủ tục cho người được giám hộ.",
            about=[
                f"{row.person.full_name} giám hộ {row.ward_name} theo giấy tờ số {row.document_number}.",
                "Bạn đã mở bản chụp và đối chiếu với sổ đăng ký giám hộ.",
            ],
            button="Xác nhận",
        )

    def refuse(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The document does not say so."""
        row = self._to_decide(request, object_id)
        return self.ask(
            request,
            title="Không xác nhận việc giám hộ?",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: guardians.refuse(actor=actor_of(request), request_id=row.pk, now=timezone.now(), **said),
            done="Đã trả lời. Người gửi đọc được lý do.",
            button="Không xác nhận",
        )

    def end(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The guardianship is over."""
        row = self._to_decide(request, object_id)
        return self.ask(
            request,
            title="Ghi nhận giám hộ chấm dứt?",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            back=self.address("change", row.pk),
            do=lambda said: guardians.end_guardianship(actor=actor_of(request), request_id=row.pk, now=timezone.now(), **said),
            done="Đã ghi nhận. Người này không còn làm thay được từ trang kế tiếp.",
            button="Ghi nhận",
        )

    def _to_decide(self, request: HttpRequest, object_id: UUID) -> Any:
        row = self.found(request, object_id)
        require(actor_of(request), guardians.CHECK, row.unit_code)
        return row


def guardian_lines(request: HttpRequest) -> list[DeskLine]:
    """How many guardians wait for an officer of this unit (one query)."""
    actor = actor_of(request)
    if not may(actor, guardians.CHECK, actor.unit):
        return []
    rows: QuerySet[GuardianRequest] = GuardianRequest.objects.filter(unit_scope(actor, guardians.CHECK, "unit_code"), state=State.WAITING)
    count = rows.count()
    return [DeskLine("Người giám hộ chờ kiểm tra giấy tờ", count, reverse(LIST) + "?state__exact=waiting", "wait")] if count else []


register_desk_panel(guardian_lines)
