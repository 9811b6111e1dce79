"""Certified copies on the desk: the register, scanning and comparing, handing to the signer, signing, the agency's wording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from dossiers.copies import queries, rules, services, signing
from dossiers.copies.common import PREPARE, READ, SIGN, WORD, CopyRefused, record
from dossiers.copies.forms import BeginForm, PaperForm, PresentForm, ScanForm, WordingForm
from dossiers.counter_filing.rights import FilingRefused
from dossiers.models import CertifiedCopy, CopyWording
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, ReasonForm, Rows, Way, moment, seen_version, two_lines
from portal.access.site import DeskLine, register_desk_panel
from portal.documents import batches, pages
from portal.documents.models import Document
from portal.documents.units import unit_name
from portal.files.models import FileState
from portal.files.responses import send_file
from portal.states import TransitionRefused
from portal.ui.tags import dong

State = CertifiedCopy.State


@admin.register(CertifiedCopy)
class CertifiedCopyAdmin(DeskModelAdmin):
    """The register of copies that the officer's unit certifies."""

    view_act = READ
    unit_field = "unit_code"
    refusals = (CopyRefused, FilingRefused)
    list_display = ("shown_number", "title", "shown_state", "pages", "shown_charge", "began")
    list_display_links = ("shown_number",)
    list_filter = ("state", "form")
    search_fields = ("=number",)
    search_help_text = "Số chứng thực, không kèm năm"
    ordering = ("-began_at", "id")

    @admin.display(description="Số chứng thực")
    def shown_number(self, row: CertifiedCopy) -> str:
        return row.number_words or "Chưa có số"

    @admin.display(description="Tình trạng")
    def shown_state(self, row: CertifiedCopy) -> Any:
        return two_lines(row.get_state_display(), row.get_form_display())

    @admin.display(description="Phí")
    def shown_charge(self, row: CertifiedCopy) -> str:
        return str(dong(row.charge))

    @admin.display(description="Bắt đầu")
    def began(self, row: CertifiedCopy) -> str:
        return moment(row.began_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, PREPARE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name, one = self.admin_site.admin_view, "dossiers_certifiedcopy", "<uuid:object_id>/"
        return [
            path("add/", view(self.begin), name=f"{name}_add"),
            path("ban-giay/", view(self.on_paper), name=f"{name}_paper"),
            path("ky/", view(require_POST(self.sign_all)), name=f"{name}_sign_all"),
            path("ky/<uuid:batch_id>/", view(self.batch_page), name=f"{name}_batch"),
            path(one + "scan/", view(self.scan), name=f"{name}_scan"),
            path(one + "scan/<int:scan_id>/", view(require_safe(self.file)), name=f"{name}_file"),
            path(one + "scan/<int:scan_id>/remove/", view(require_POST(self.remove)), name=f"{name}_remove"),
            path(one + "present/", view(self.present), name=f"{name}_present"),
            path(one + "sign/", view(self.sign), name=f"{name}_sign"),
            path(one + "void/", view(self.void), name=f"{name}_void"),
            path(one + "revoke/", view(self.revoke), name=f"{name}_revoke"),
            path(one + "mend/", view(self.mend), name=f"{name}_mend"),
            path(one + "drop/", view(self.drop), name=f"{name}_drop"),
            path(one + "pdf/", view(require_safe(self.pdf)), name=f"{name}_pdf"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One entry with its scans and what can be done. That an officer looked is written down."""
        actor = actor_of(request)
        with transaction.atomic():
            record(actor, "read_copy", row)
        prepares, signs = may(actor, PREPARE, row.unit_code), may(actor, SIGN, row.unit_code)
        is_open = row.state == State.PREPARING
        document, replacement = row.document, CertifiedCopy.objects.filter(replaces=row).first()
        facts = [
            ("Tình trạng", row.get_state_display()),
            ("Hình thức", row.get_form_display()),
            ("Cơ quan", unit_name(row.unit_code)),
            ("Người yêu cầu", row.requester_name or "–"),
            ("Loại giấy tờ", f"{row.title}{'' if row.kind or row.form == 'paper' else ' (không có trong danh mục giấy tờ)'}"),
            ("Bản chính", self._original(row)),
            ("Số trang, số bản", f"{row.pages}, {row.copies}" if row.pages else "Đếm khi trình ký"),
            ("Phí", self._charge(row)),
            ("Biên lai", row.receipt_number or "–"),
            ("Người ký", row.signer_label or "–"),
            ("Văn bản", self._document(row)),
            ("Lý do hủy, thu hồi", f"{row.ended_why} ({row.ended_by_label}, {moment(row.ended_at)})" if row.ended_why else "–"),
            ("Thay cho", self._link(row.replaces)),
            ("Được thay bằng", self._link(replacement)),
            ("Cán bộ lập", f"{row.officer_label}, {moment(row.began_at)}"),
        ]
        scans = [
            (
                format_html('<a href="{}">{}</a>', self.address("file", row.pk, scan.pk), scan.file.name or f"Tệp {scan.position}"),
                scan.file.get_state_display(),
                self._remove(request, row, scan.pk) if is_open and prepares else "–",
            )
            for scan in row.scans.select_related("file")
        ]
        ways: list[Way] = []
        if is_open and prepares:
            ways = [Way("Thêm trang", self.address("scan", row.pk), "quiet" if scans else "")]
            ways += [Way("Trình ký", self.address("present", row.pk))] if scans else []
            ways.append(Way("Bỏ", self.address("drop", row.pk), "danger"))
        if row.state == State.AWAITING:
            waits = document is not None and document.state in (Document.QUEUED, Document.RENDERED, Document.AWAITING)
            if signs and waits and row.signer_position_id == actor.position_id:
                ways.append(Way("Ký số", self.address("sign", row.pk)))
            if waits and (prepares or row.signer_position_id == actor.position_id):
                ways.append(Way("Hủy số này", self.address("void", row.pk), "danger"))
        if row.state == State.CERTIFIED and signs:
            ways.append(Way("Thu hồi", self.address("revoke", row.pk), "danger"))
        if row.state in (State.VOID, State.REVOKED) and row.form == "electronic" and replacement is None and prepares:
            ways.append(Way("Làm bản đúng, không thu phí", self.address("mend", row.pk)))
        notes = [document.note] if document is not None and document.note else []
        parts: list[Any] = [Facts("Bản sao", facts)]
        if row.form == "electronic":
            parts.append(Rows("Bản chính đã quét", ("Tệp", "Kiểm tra", "Thao tác"), scans, "Chưa có trang nào."))
        return Page(f"Chứng thực {row.number_words or 'chưa có số'}: {row.title}", parts, ways, notes)

    @staticmethod
    def _original(row: CertifiedCopy) -> str:
        said = [row.original_number and f"số {row.original_number}", row.original_issuer]
        said.append(f"ngày {row.original_issued_on:%d/%m/%Y}" if row.original_issued_on else "")
        return ", ".join(one for one in said if one) or "–"

    @staticmethod
    def _charge(row: CertifiedCopy) -> str:
        if not row.number:
            return "Tính theo trang khi trình ký"
        if row.replaces_id is not None:
            return "Không thu: thay cho bản bị hủy hoặc thu hồi"
        lines = "; ".join(f"{line['name'].lower()}: {line['number']} trang" for line in row.charge_lines)
        return f"{dong(row.charge)} ({lines})"

    def _document(self, row: CertifiedCopy) -> Any:
        if row.document is None:
            return "–"
        if not row.document.is_signed:
            return row.document.state_words
        return format_html('<a href="{}">Mở bản đã ký</a>', self.address("pdf", row.pk))

    def _link(self, row: CertifiedCopy | None) -> Any:
        return (
            format_html('<a href="{}">{}</a>', self.address("change", row.pk), row.number_words or "đang lập") if row is not None else "–"
        )

    def _remove(self, request: HttpRequest, row: CertifiedCopy, scan_id: int) -> Any:
        return format_html(
            '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<input type="hidden" name="seen" value="{}"><button type="submit" class="button button-secondary">Bỏ tệp này</button></form>',
            self.address("remove", row.pk, scan_id),
            get_token(request),
            row.version,
        )

    # Acts --------------------------------------------------------------------------------------------------------------------------

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Whose paper is copied."""
        actor = actor_of(request)
        require(actor, PREPARE, actor.unit)
        made: list[CertifiedCopy] = []

        def do(said: dict[str, Any]) -> CertifiedCopy:
            made.append(services.begin(actor=actor, now=timezone.now(), **said))
            return made[0]

        answer = self.ask(
            request,
            title="Chứng thực bản sao điện tử từ bản chính",
            form=BeginForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=do,
            done="Đã ghi. Bạn quét bản chính.",
            about=["Chứng thực tại quầy, trước người xuất trình bản chính (Nghị định 45/2020/NĐ-CP, điều 10)."],
            button="Tiếp tục",
        )
        return redirect(self.address("change", made[0].pk)) if made else answer

    def on_paper(self, request: HttpRequest) -> HttpResponse:
        """Enter what was certified on paper."""
        actor = actor_of(request)
        require(actor, PREPARE, actor.unit)
        return self.ask(
            request,
            title="Ghi sổ bản sao giấy",
            form=PaperForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: services.enter_paper(actor=actor, now=timezone.now(), **said),
            done=lambda made: f"Đã ghi số {made.number_words}, phí {dong(made.charge)}. Thu phí theo biên lai giấy.",
            about=["Bản giấy và bản điện tử chung một sổ, một dãy số."],
            button="Lấy số và ghi",
        )

    def _act(
        self, request: HttpRequest, object_id: UUID, act: str, *, title: str, do: Callable[[dict[str, Any], int | None], Any], done: Any,
        form: forms.Form | None = None, about: list[str] | None = None, to: str = "",
    ) -> HttpResponse:  # fmt: skip
        row = self.found(request, object_id)
        require(actor_of(request), act, row.unit_code)
        seen = seen_version(request) if request.method == "POST" else row.version
        return self.ask(
            request, title=title, form=form, back=self.address("change", row.pk), do=lambda said: do(said, seen), done=done,
            about=about or [f"{row.number_words or 'Chưa có số'}: {row.title}."], seen=seen, to=to,
        )  # fmt: skip

    def scan(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """A file of the original."""
        actor = actor_of(request)
        form = ScanForm(request.POST, request.FILES) if request.method == "POST" else ScanForm()
        return self._act(
            request, object_id, PREPARE, title="Thêm trang của bản chính", form=form,
            do=lambda said, seen: services.add_scan(
                actor=actor, copy_id=object_id, seen_version=seen, upload=said["file"], now=timezone.now()
            ),
            done="Đã nhận tệp, đang kiểm tra an toàn.",
        )  # fmt: skip

    def file(self, request: HttpRequest, object_id: UUID, scan_id: int) -> HttpResponseBase:
        """A scan, to compare it."""
        row = self.found(request, object_id)
        scan = row.scans.select_related("file").filter(pk=scan_id).first()
        if scan is None or scan.file.state != FileState.CLEAN:
            raise Http404
        with transaction.atomic():
            record(actor_of(request), "read_copy", row)
        return send_file(scan.file, name=scan.file.name or "ban-chinh", inline=True)

    def remove(self, request: HttpRequest, object_id: UUID, scan_id: int) -> HttpResponse:
        """Take a scan out."""
        self.found(request, object_id)
        try:
            services.remove_scan(actor=actor_of(request), copy_id=object_id, seen_version=seen_version(request), scan_id=scan_id)
            self.message_user(request, "Đã bỏ tệp.")
        except CopyRefused as refused:
            self.message_user(request, refused.message, messages.WARNING)
        return redirect(self.address("change", object_id))

    def present(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Charge, number, signer."""
        actor, row = actor_of(request), self.found(request, object_id)
        signers = queries.signers_of(row, actor)
        initial = {"payer_name": row.requester_name}
        form = PresentForm(request.POST if request.method == "POST" else None, initial=initial, signers=signers)

        def do(said: dict[str, Any], seen: int | None) -> CertifiedCopy:
            chosen = UUID(said.pop("signer_position_id"))
            return services.present(
                actor=actor, copy_id=object_id, seen_version=seen, signer_position_id=chosen, now=timezone.now(), **said
            )

        return self._act(
            request, object_id, PREPARE, title="Trình ký chứng thực", form=form, do=do, about=self._before(row, signers),
            done=lambda made: f"Đã cấp số {made.number_words}" + (f", đã thu {dong(made.charge)}." if made.charge else "."),
        )  # fmt: skip

    def _before(self, row: CertifiedCopy, signers: list[Any]) -> list[str]:
        """What there is to know before: what it costs, who is missing."""
        said = [f"{row.title}, người yêu cầu {row.requester_name}."]
        found = [scan.file for scan in row.scans.select_related("file")]
        if row.replaces_id is not None:
            said.append("Không thu phí: bản này thay cho bản bị hủy hoặc thu hồi.")
        elif found and all(one.state == FileState.CLEAN for one in found):
            count = sum(pages.count(one) for one in found)
            try:
                lines = queries.charge_of(count, timezone.localdate())
                said.append(f"{count} trang, thu {dong(sum(one.amount for one in lines))} tiền mặt.")
            except rules.NoFee:
                said.append("Danh mục thủ tục chưa có mức phí.")
        else:
            said.append("Tệp đang được kiểm tra an toàn; tải lại trang sau vài giây.")
        if not signers:
            said.append("Đơn vị chưa có lãnh đạo nào ký được: cần chứng thư chữ ký số, không phải người lập hay chủ giấy tờ.")
        return said

    def sign(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """To the signing service."""
        row = self.found(request, object_id)
        require(actor_of(request), SIGN, row.unit_code)
        back = self.address("change", row.pk)
        if request.method != "POST":
            return self._act(
                request, object_id, SIGN, title="Ký chứng thực bản sao", do=lambda said, seen: None, done="",
                about=[f"{row.number_words}: {row.title}, {row.pages} trang.", "Sau chữ ký của bạn, hệ thống đóng dấu số của cơ quan."],
            )  # fmt: skip
        try:
            return redirect(services.signing_address(actor=actor_of(request), copy_id=row.pk, return_to=back))
        except CopyRefused as refused:
            self.message_user(request, refused.message, messages.WARNING)
            return redirect(back)

    def void(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give the number up."""
        row = self.found(request, object_id)
        act = SIGN if row.signer_position_id == actor_of(request).position_id else PREPARE
        return self._act(
            request, object_id, act, title="Hủy số chứng thực khi chưa ký",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            do=lambda said, seen: services.void(
                actor=actor_of(request), copy_id=object_id, seen_version=seen, reason=said["reason"], now=timezone.now()
            ),
            done="Đã hủy. Số vẫn ở trong sổ kèm lý do; bản đúng làm lại không thu phí.",
        )  # fmt: skip

    def revoke(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """It does not count any more."""
        return self._act(
            request, object_id, SIGN, title="Thu hồi bản sao đã chứng thực",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            do=lambda said, seen: services.revoke(
                actor=actor_of(request), copy_id=object_id, seen_version=seen, reason=said["reason"], now=timezone.now()
            ),
            done="Đã thu hồi. Trang xác minh nói rõ điều đó.",
            about=["Lý do được công khai ở trang xác minh: không ghi dữ liệu cá nhân."],
        )  # fmt: skip

    def mend(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The right one in its place."""
        made: list[CertifiedCopy] = []
        answer = self._act(
            request, object_id, PREPARE, title="Làm bản đúng thay bản này",
            do=lambda said, seen: made.append(services.mend(actor=actor_of(request), copy_id=object_id, now=timezone.now())),
            done="Đã mở bản thay thế. Bạn quét lại bản chính.",
        )  # fmt: skip
        return redirect(self.address("change", made[0].pk)) if made else answer

    def drop(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Throw away what has no number."""
        return self._act(
            request, object_id, PREPARE, title="Bỏ bản sao đang lập",
            do=lambda said, seen: services.drop(actor=actor_of(request), copy_id=object_id, seen_version=seen),
            done="Đã bỏ; tệp quét đã xóa.", to=self.address("changelist"),
        )  # fmt: skip

    def pdf(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The signed file."""
        row = self.found(request, object_id)
        if row.document is None or row.document.file is None:
            raise Http404
        with transaction.atomic():
            record(actor_of(request), "read_copy", row)
        return send_file(row.document.file, name=f"ban-sao-chung-thuc-{row.number}-{row.year}.pdf", inline=True, trusted=True)

    # Several at once ----------------------------------------------------------------------------------------------------------------

    def sign_all(self, request: HttpRequest) -> HttpResponse:
        """All that wait for this officer, by one authorisation."""
        actor = actor_of(request)
        require(actor, SIGN, actor.unit)
        try:
            batch = services.begin_signing(actor=actor, copy_ids=signing.waiting_for(actor), return_to=self.address("changelist"))
        except CopyRefused as refused:
            self.message_user(request, refused.message, messages.WARNING)
            return redirect(self.address("changelist"))
        batch.return_to = self.address("batch", batch.pk)
        batch.save(update_fields=["return_to"])
        return redirect(batch.return_to)

    def batch_page(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """The copies of one authorisation, each with what is signed; POST has the service told of them."""
        actor, now = actor_of(request), timezone.now()
        try:
            batch = signing.require_own(actor, batch_id)
        except CopyRefused as gone:
            raise Http404 from gone
        if request.method == "POST":
            try:
                batches.ask(actor=actor, batch_id=batch.pk, now=now)
            except TransitionRefused as refused:
                self.message_user(request, refused.reason, messages.WARNING)
            return redirect(self.address("batch", batch.pk))
        rows = signing.rows_of(batch)
        states = [state for state, _url, _cells in rows]
        asks, address = batches.is_asking(batch, now), batches.address(batch, now)
        is_ready = "ready" in states and "preparing" not in states
        context = {
            **self._context(request),
            "title": f"Ký một lần {len(rows)} bản sao",
            "batch": batch,
            "rows": [(url, cells) for _state, url, cells in rows],
            "waits": asks or "preparing" in states or "signing" in states,
            "sign_at": address if is_ready else "",
            "may_ask": is_ready and not asks and not address and batch.authorised_at is None,
        }
        return TemplateResponse(request, "admin/dossiers/certifiedcopy/batch.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With what can be begun, and what waits for one's own signature."""
        actor = actor_of(request)
        waiting = signing.waiting_for(actor) if may(actor, SIGN, actor.unit) else []
        more = {"waiting": len(waiting), "may_prepare": may(actor, PREPARE, actor.unit), "may_word": may(actor, WORD, actor.unit)}
        return super().changelist_view(request, {**(extra_context or {}), **more})


@admin.register(CopyWording)
class CopyWordingAdmin(DeskModelAdmin):
    """The wording by which the officer's agency certifies, each from a day on."""

    view_act = WORD
    unit_field = "unit_code"
    refusals: ClassVar[tuple[type[Exception], ...]] = (CopyRefused,)
    list_display = ("unit", "valid_from", "basis", "entered_by_label")
    list_display_links = ("unit",)
    ordering = ("-valid_from", "id")

    @admin.display(description="Cơ quan")
    def unit(self, row: CopyWording) -> Any:
        return two_lines(unit_name(row.unit_code), row.unit_code)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, WORD, actor.unit)

    def get_urls(self) -> list[Any]:
        """Entering one."""
        return [path("add/", self.admin_site.admin_view(self.enter), name="dossiers_copywording_add"), *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """One wording."""
        facts = [
            ("Cơ quan", unit_name(row.unit_code)),
            ("Lời chứng", row.words),
            ("Căn cứ", row.basis),
            ("Ghi", f"{row.entered_by_label}, {moment(row.entered_at)}"),
        ]
        return Page(f"Lời chứng từ {row.valid_from:%d/%m/%Y}", [Facts("Lời chứng", facts)])

    def enter(self, request: HttpRequest) -> HttpResponse:
        """From a day on."""
        actor = actor_of(request)
        require(actor, WORD, actor.unit)
        return self.ask(
            request,
            title="Nhập lời chứng bản sao",
            form=WordingForm(request.POST if request.method == "POST" else None),
            back=self.address("changelist"),
            do=lambda said: services.word(actor=actor, now=timezone.now(), **said),
            done="Đã ghi lời chứng.",
            about=["Đơn vị cấp dưới chưa có lời chứng riêng dùng lời chứng này."],
            button="Ghi",
        )


def desk_panel(request: HttpRequest) -> list[DeskLine]:
    """Copies that wait for this officer's signature (one query, none for whom it does not concern)."""
    actor = actor_of(request)
    if not may(actor, SIGN, actor.unit):
        return []
    count = len(signing.waiting_for(actor))
    return [DeskLine("Bản sao chờ ký chứng thực", count, reverse("admin:dossiers_certifiedcopy_changelist"), "wait")] if count else []


register_desk_panel(desk_panel)
