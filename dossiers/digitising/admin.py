"""Batches of old papers on the desk: begun, scanned into, checked by a second person, signed (D-26)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from dossiers.digitising import checking, issuing, packed, scans, taking
from dossiers.digitising import papers_admin as papers_admin  # registers its own desks
from dossiers.digitising.forms import BatchForm, ScansForm
from dossiers.digitising.rights import CHECK, ENTER, READ, SIGN, OldRefused
from dossiers.forms import ReasonForm
from dossiers.models import OldBatch, OldPaper
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, seen_version, two_lines
from portal.catalogues import tables
from portal.documents import batches
from portal.states import TransitionRefused

_OVERHEAD = 256 * 1024
"""What a request holds beside its files."""


class SaidRefused(OldRefused):
    """What another room refused, in its words."""


def given_in(request: HttpRequest) -> packed.Given:
    """What came with the request."""
    return packed.of_uploads([(one.name or "", one) for one in request.FILES.getlist("scans")])


@admin.register(OldBatch)
class OldBatchAdmin(DeskModelAdmin):
    """Old papers that the officer's unit digitises."""

    view_act = READ
    unit_field = "unit_code"
    refusals = (OldRefused,)
    list_display = ("title", "shown_state", "level", "shown_count", "officer_label", "began")
    list_filter = ("state", "level")
    ordering = ("-began_at", "id")

    @admin.display(description="Tình trạng")
    def shown_state(self, row: OldBatch) -> Any:
        return two_lines(row.state_words, row.note)

    @admin.display(description="Đã ký")
    def shown_count(self, row: OldBatch) -> str:
        return str(row.signed_count) if row.signed_count else "–"

    @admin.display(description="Bắt đầu")
    def began(self, row: OldBatch) -> str:
        return moment(row.began_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, ENTER, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name, one = self.admin_site.admin_view, "dossiers_oldbatch", "<uuid:object_id>/"
        acts = ("scans", "errors", "submit", "end_check", "give_back", "sign", "signing", "authorise", "drop")
        own = [path(f"{one}{act}/", view(getattr(self, f"on_{act}")), name=f"{name}_{act}") for act in acts]
        return [path("add/", view(self.begin), name=f"{name}_add"), *own, *super().get_urls()]

    # Beginning -----------------------------------------------------------------------------------------------------------------

    def _too_long(self, request: HttpRequest) -> bool:
        return int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_FILE_BYTES + _OVERHEAD

    def begin(self, request: HttpRequest) -> HttpResponse:
        """A new batch."""
        actor = actor_of(request)
        require(actor, ENTER, actor.unit)
        form = BatchForm(request.POST, request.FILES) if request.method == "POST" else BatchForm()
        made: list[OldBatch] = []

        def do(said: dict[str, Any]) -> list[OldBatch]:
            if self._too_long(request):
                raise OldRefused("Các tệp cộng lại lớn hơn 20 MB: bạn gửi ít hơn, rồi thêm bản quét vào lô.", "scans", status=413)
            made.extend(taking.begin(actor=actor, kind=said["kind"], level=said["level"], given=given_in(request), now=timezone.now()))
            return made

        answer = self.ask(
            request,
            title="Số hóa một lô giấy tờ cũ",
            form=form,
            back=self.address("changelist"),
            do=do,
            done=lambda batches: f"Đã nhận {len(batches)} lô. Máy đang đọc bản quét; dòng có lỗi được ghi rõ số dòng và lý do.",
            about=["Chỉ giấy tờ còn hiệu lực (Quyết định 468/QĐ-TTg, mục II.2). Gửi lại cùng một bảng kê không tạo thêm gì."],
            button="Nhận lô",
        )
        return redirect(self.address("change", made[0].pk)) if len(made) == 1 else answer

    def on_scans(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """More scans."""
        batch = self.found(request, object_id)
        require(actor_of(request), ENTER, batch.unit_code)
        form = ScansForm(request.POST, request.FILES) if request.method == "POST" else ScansForm()

        def do(said: dict[str, Any]) -> OldBatch:
            if self._too_long(request):
                raise OldRefused("Các tệp cộng lại lớn hơn 20 MB: bạn gửi ít hơn.", "scans", status=413)
            return taking.add_scans(
                actor=actor_of(request), batch_id=batch.pk, seen_version=None, given=given_in(request), now=timezone.now()
            )

        return self.ask(
            request, title="Thêm bản quét", form=form, back=self.address("change", batch.pk), do=do, done="Đã nhận bản quét.", button="Gửi"
        )  # fmt: skip

    # The page ------------------------------------------------------------------------------------------------------------------

    def page(self, request: HttpRequest, row: Any) -> Page:
        """How far it is, its rows, and who does what next."""
        actor = actor_of(request)
        papers = list(row.papers.only("number", "state", "problem", "in_sample", "verdict", "verdict_words", "batch").order_by("number"))
        unread = taking.unread(row).count()
        waiting = row.scans.filter(state="waiting").count()
        facts = [
            ("Loại giấy tờ", f"{row.title} ({row.kind})"),
            ("Cấp đã cấp giấy", row.get_level_display()),
            ("Tình trạng", row.state_words),
            ("Người nhập", row.officer_label),
            ("Bản quét chờ đọc", str(waiting) if waiting else "Không còn"),
            ("Đọc chữ", f"Còn {unread} trang" if unread else "Xong" if scans.reads_text() else "Máy chủ không có Tesseract: không đọc chữ"),
            ("Mẫu kiểm tra", f"{row.sample_size} giấy tờ, lần {row.round}, được sai {row.bad_allowed}" if row.round else "Chưa rút mẫu"),
            ("Người kiểm tra", row.checker_label or "–"),
            ("Đã ký", str(row.signed_count)),
        ]
        bad = [paper for paper in papers if paper.state == OldPaper.BAD]
        sample = [paper for paper in papers if paper.in_sample]
        parts: list[Facts | Rows] = [Facts("Lô", facts)]
        if bad:
            parts.append(Rows("Dòng có lỗi", ("Dòng", "Lý do"), [(self._link(paper), paper.problem) for paper in bad]))
        if sample and row.state == OldBatch.CHECKING:
            lines = [(self._link(paper), paper.get_verdict_display(), paper.verdict_words or "–") for paper in sample]
            parts.append(Rows("Mẫu để kiểm tra", ("Dòng", "Kiểm tra", "Sai ở đâu"), lines))
        rest = [(self._link(paper), paper.state_words, paper.problem or "–") for paper in papers if paper.state != OldPaper.BAD]
        parts.append(Rows("Các dòng", ("Dòng", "Tình trạng", "Ghi chú"), rest, "Chưa có dòng nào."))
        return Page(f"{row.title}: {row.state_words.lower()}", parts, self._ways(row, actor, bool(bad)), [row.note] if row.note else [])

    def _link(self, paper: OldPaper) -> Any:
        return format_html('<a href="{}">{}</a>', reverse("admin:dossiers_oldpaper_change", args=[paper.pk]), paper.number)

    def _ways(self, row: OldBatch, actor: Any, has_bad: bool) -> list[Way]:
        def way(label: str, act: str, kind: str = "") -> Way:
            return Way(label, self.address(act, row.pk), kind)

        ways = []
        if row.state == OldBatch.TYPING and may(actor, ENTER, row.unit_code):
            ways += [way("Chuyển kiểm tra", "submit"), way("Thêm bản quét", "scans", "quiet"), way("Bỏ lô", "drop", "danger")]
        if row.state == OldBatch.CHECKING and may(actor, CHECK, row.unit_code) and taking.may_check(actor, row):
            ways.append(way("Kết thúc kiểm tra mẫu", "end_check"))
        if row.state == OldBatch.CHECKED and may(actor, SIGN, row.unit_code):
            ways += [way("Ký cả lô", "sign"), way("Trả lại", "give_back", "quiet")]
        if row.state == OldBatch.SIGNING and may(actor, SIGN, row.unit_code):
            ways.append(way("Xem việc ký", "signing"))
        if has_bad:
            ways.append(way("Tải danh sách lỗi (CSV)", "errors", "quiet"))
        return ways

    def on_errors(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The rows that are bad, as a table: number and reason."""
        batch = self.found(request, object_id)
        rows = batch.papers.filter(state=OldPaper.BAD).order_by("number").values_list("number", "problem")
        answer = HttpResponse(
            tables.write(tables.CSV, ["Dòng", "Lý do"], [list(row) for row in rows]), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = 'attachment; filename="loi-giay-to-cu.csv"'
        return answer

    # Acts ----------------------------------------------------------------------------------------------------------------------

    def _act(self, request: HttpRequest, object_id: UUID, right: str, title: str, verb: Any, *, done: Any, about: Any = ()) -> HttpResponse:
        batch = self.found(request, object_id)
        require(actor_of(request), right, batch.unit_code)

        def do(said: dict[str, Any]) -> Any:
            return verb(actor=actor_of(request), batch_id=batch.pk, now=timezone.now(), **said)

        return self.ask(
            request, title=title, form=None, back=self.address("change", batch.pk), do=do, done=done, about=about, seen=batch.version
        )  # fmt: skip

    def on_submit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """To the second person."""

        def verb(**said: Any) -> Any:
            return taking.submit(seen_version=seen_version(request), **said)

        about = ["Máy rút ngẫu nhiên một mẫu trong các dòng đủ thông tin. Dòng có lỗi ở lại, không được ký."]
        return self._act(request, object_id, ENTER, "Chuyển kiểm tra", verb, done="Đã chuyển người thứ hai kiểm tra mẫu.", about=about)

    def on_end_check(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The sample was looked at."""

        def verb(**said: Any) -> Any:
            return checking.end(seen_version=seen_version(request), **said)

        def done(batch: OldBatch) -> str:
            return "Mẫu đúng; lô đã trình ký." if batch.state == OldBatch.CHECKED else batch.note

        about = ["Mẫu có sai quá số được phép thì cả lô trở lại người nhập."]
        return self._act(request, object_id, CHECK, "Kết thúc kiểm tra mẫu", verb, done=done, about=about)

    def on_drop(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give it up."""
        about = ["Bản quét và dữ liệu đã nhập của lô bị xóa hẳn."]
        return self._act(request, object_id, ENTER, "Bỏ lô", taking.drop, done="Đã bỏ lô.", about=about)

    def on_give_back(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The leader does not sign."""
        batch = self.found(request, object_id)
        require(actor_of(request), SIGN, batch.unit_code)
        form = ReasonForm(request.POST if request.method == "POST" else None)

        def do(said: dict[str, Any]) -> Any:
            return checking.give_back(actor=actor_of(request), batch_id=batch.pk, reason=said["reason"], now=timezone.now())

        return self.ask(request, title="Trả lại lô", form=form, back=self.address("change", batch.pk), do=do, done="Đã trả lại lô.")

    # One signature for all -----------------------------------------------------------------------------------------------------

    def on_sign(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Every paper becomes a document; one authorisation for all."""
        batch = self.found(request, object_id)
        require(actor_of(request), SIGN, batch.unit_code)

        def do(said: dict[str, Any]) -> Any:
            try:
                return issuing.sign(actor=actor_of(request), batch_id=batch.pk, seen_version=seen_version(request), now=timezone.now())
            except TransitionRefused as refused:
                raise SaidRefused(refused.reason, status=409) from refused

        return self.ask(
            request,
            title="Ký cả lô",
            form=None,
            back=self.address("change", batch.pk),
            do=do,
            done="Đã bắt đầu. Máy chuẩn bị từng văn bản để biết mã băm sẽ ký.",
            about=[
                "Mỗi giấy tờ thành một văn bản điện tử có mã QR riêng; bạn xác nhận một lần cho đúng các mã băm của lô.",
                "Bạn hãy mở xem vài giấy tờ trước khi ký.",
            ],
            seen=batch.version,
            to=self.address("signing", batch.pk),
        )

    def on_signing(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The documents of the authorisation, each with its hash."""
        row = self.found(request, object_id)
        actor = actor_of(request)
        require(actor, SIGN, row.unit_code)
        if row.signing is None or row.signing.position_id != actor.position_id:
            raise Http404
        now, batch = timezone.now(), row.signing
        attempts = list(batch.attempts.select_related("document"))
        numbers = dict(row.papers.filter(document__in=[one.document_id for one in attempts]).values_list("document_id", "number"))
        papers = dict(row.papers.filter(document__in=list(numbers)).values_list("document_id", "pk"))
        lines = sorted(
            (numbers[one.document_id], papers[one.document_id], _stand(one), batches.hash_of(one), one.document.note or one.outcome)
            for one in attempts
            if one.document_id in numbers
        )
        states = [line[2] for line in lines]
        preparing, ready, under_way = states.count(PREPARING), states.count(READY), states.count(UNDER_WAY)
        asks, address = batches.is_asking(batch, now), batches.address(batch, now)
        begun = batch.authorised_at is not None
        context = {
            **self._context(request),
            "title": f"{row.title}: ký một lần {len(lines)} giấy tờ",
            "row": row,
            "batch": batch,
            "lines": lines,
            "waits": bool(preparing or under_way or asks),
            "asks": asks,
            "address": address,
            "ready": ready,
            "may_authorise": bool(ready) and not preparing and not asks and not address and not begun,
            "may_begin_anew": (begun or not ready) and not preparing and not under_way and row.state == OldBatch.SIGNING,
        }
        return TemplateResponse(request, "admin/dossiers/oldbatch/signing.html", context)

    def on_authorise(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Have the signing service told all hashes; the page then leads there."""
        row = self.found(request, object_id)
        require(actor_of(request), SIGN, row.unit_code)
        if request.method == "POST" and row.signing is not None:
            try:
                batches.ask(actor=actor_of(request), batch_id=row.signing_id, now=timezone.now())
            except TransitionRefused as refused:
                self.message_user(request, refused.reason, level="WARNING")
        return redirect(self.address("signing", object_id))


PREPARING, READY, UNDER_WAY, SIGNED, LEFT_OUT = "Đang chuẩn bị", "Chờ bạn xác nhận", "Đang ký", "Đã ký", "Để lại"


def _stand(attempt: Any) -> str:
    """How one document of an authorisation stands."""
    document = attempt.document
    if document.is_signed:
        return SIGNED
    if attempt.number is not None and document.state == document.SIGNING and document.attempt == attempt.number:
        return UNDER_WAY
    if attempt.is_ready:
        return READY
    return PREPARING if attempt.is_being_prepared else LEFT_OUT
