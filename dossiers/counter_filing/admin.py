"""Counters on the desk: entering a dossier for who came or wrote, cash, rates of digitising, handing over (D-05, D-22 … D-27)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from dossiers.counter_filing import beginning, desk, entering, filling, papers, sheets
from dossiers.counter_filing import cash_admin as cash_admin  # registers its own desk
from dossiers.counter_filing import handing_admin as handing_admin  # registers its own desk
from dossiers.counter_filing.common import CASH, ENTER, FilingRefused, record
from dossiers.counter_filing.forms import BeginForm, ScanForm
from dossiers.models import CashReceipt, CounterFiling, Dossier, Handover, Standing
from dossiers.post import admin as post_admin  # noqa: F401  # registers its own desk
from dossiers.post import wishes
from dossiers.post.forms import DeskWishForm
from dossiers.views.common import as_int
from portal.access import actor_of, may, require, visible_to
from portal.access.desk import DeskModelAdmin, Facts, Page, Rows, Way, moment, seen_version, two_lines
from portal.catalogues import queries as catalogues
from portal.documents.models import Document
from portal.files.responses import send_file
from portal.states import TransitionRefused
from portal.ui.tags import dong


@admin.register(CounterFiling)
class CounterFilingAdmin(DeskModelAdmin):
    """Dossiers that the officer's unit enters for who came or wrote."""

    view_act = ENTER
    unit_field = "unit_code"
    refusals = (FilingRefused,)
    list_display = ("whose", "shown_procedure", "channel", "shown_state", "officer_label", "began")
    list_display_links = ("whose",)
    list_filter = ("state", "channel")
    search_fields = ("=dossier__code", "=procedure_code")
    search_help_text = "Mã hồ sơ hoặc mã thủ tục viết đủ"
    ordering = ("-began_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what is sealed; with the dossier's code."""
        rows = super().get_queryset(request).select_related("dossier", "form_version", "sheet")
        return rows.defer("dossier__answers", "dossier__bill")

    @admin.display(description="Người nộp")
    def whose(self, row: CounterFiling) -> str:
        return row.party_name

    @admin.display(description="Thủ tục")
    def shown_procedure(self, row: CounterFiling) -> Any:
        return two_lines(row.procedure_name, row.procedure_code)

    @admin.display(description="Tình trạng")
    def shown_state(self, row: CounterFiling) -> Any:
        return two_lines(row.get_state_display(), row.dossier.code if row.dossier is not None else "")

    @admin.display(description="Bắt đầu")
    def began(self, row: CounterFiling) -> str:
        return moment(row.began_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, ENTER, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name, one = self.admin_site.admin_view, "dossiers_counterfiling", "<uuid:object_id>/"
        own = [
            path("add/", view(self.begin), name=f"{name}_add"),
            path("document/<uuid:document_id>/", view(self.document), name=f"{name}_document"),
            path(one + "save/", view(require_POST(self.save)), name=f"{name}_save"),
            path(one + "scan/<str:kind>/", view(self.scan), name=f"{name}_scan"),
            path(one + "stay/<str:kind>/", view(require_POST(self.stay)), name=f"{name}_stay"),
            path(one + "held/<str:kind>/<uuid:paper_id>/", view(require_POST(self.held)), name=f"{name}_held"),
            path(one + "remove/<uuid:paper_id>/", view(require_POST(self.remove)), name=f"{name}_remove"),
            path(one + "file/<uuid:paper_id>/", view(self.file), name=f"{name}_file"),
            path(one + "by_post/", view(self.by_post), name=f"{name}_by_post"),
            path(one + "enter/", view(require_POST(self.enter)), name=f"{name}_enter"),
            path(one + "drop/", view(self.drop), name=f"{name}_drop"),
            path(one + "sign/", view(require_POST(self.sign)), name=f"{name}_sign"),
        ]
        return own + super().get_urls()

    # Beginning ---------------------------------------------------------------------------------------------------------------------

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Who came, for what."""
        actor = actor_of(request)
        require(actor, ENTER, actor.unit)
        form = BeginForm(request.POST if request.method == "POST" else None)
        made: list[CounterFiling] = []

        def do(said: dict[str, Any]) -> CounterFiling:
            made.append(beginning.begin(actor=actor, now=timezone.now(), **said))
            return made[0]

        response = self.ask(
            request,
            title="Nhập hồ sơ cho người đến quầy hoặc gửi qua bưu chính",
            form=form,
            back=self.address("changelist"),
            do=do,
            done="Đã tra cứu. Những gì Nhà nước đã có không phải hỏi lại.",
            about=["Cổng tra danh tính, kho giấy tờ và các cơ sở dữ liệu trước khi hỏi hoặc số hóa (Quyết định 468/QĐ-TTg)."],
            button="Tra cứu và bắt đầu",
        )
        return redirect(self.address("change", made[0].pk)) if made else response

    # The page ----------------------------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form while it is open; what became of it after."""
        filing = self.found(request, object_id)
        if filing.state == CounterFiling.State.OPEN:
            return self._open_page(request, filing, checked="kiem" in request.GET)
        return super().change_view(request, object_id, form_url, extra_context)

    def _open_page(
        self, request: HttpRequest, filing: CounterFiling, *, checked: bool, problem: str = "", status: int = 200
    ) -> HttpResponse:
        now = timezone.now()
        today = timezone.localdate(now)
        sheet = filling.looked_at(filing, now=now)
        with transaction.atomic():
            # Whose store was looked into is its owner's to know.
            record(actor_of(request), "look_into_store", filing)
        context = {
            **self._context(request),
            "title": f"Nhập hồ sơ: {filing.party_name}",
            "filing": filing,
            "looked_up": desk.looked_up(sheet),
            "parts": desk.parts(sheet, checked=checked, today=today),
            "shown": " ".join(spec["name"] for spec in sheet.shape.asked),
            "to_confirm": sheet.filled.to_confirm,
            "papers": desk.wanted(sheet, today=today),
            "problems": filling.problems(sheet, day=today) if checked else [],
            "bill": sheet.bill,
            "digitising": sheet.digitising,
            "wish": wishes.wish_of(filing.pk),
            "problem": problem,
            "limit": sheet.terms.terms.limit_words,
            "for_unit": catalogues.agency_label(filing.for_unit) if filing.for_unit else "",
        }
        return TemplateResponse(request, "admin/dossiers/counterfiling/filing.html", context, status=status)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What became of it: the dossier, money, the list of papers, the receipt to print."""
        actor, dossier = actor_of(request), row.dossier
        due = dossier.demands.filter(standing=Standing.DUE).first()
        receipt = dossier.documents.select_related("document").filter(role="receipt", cancelled_at__isnull=True).first()
        wish = wishes.wish_of(dossier.pk)
        facts = [
            ("Mã hồ sơ", dossier.code),
            ("Người nộp", dossier.filed_by_words),
            ("Thủ tục", row.procedure_name),
            ("Cách nộp", row.get_channel_display() + (f", bưu phẩm {row.came_number}" if row.came_number else "")),
            ("Tình trạng", dossier.state_words),
            *([("Chuyển đến", catalogues.agency_label(row.for_unit))] if row.for_unit else []),
            ("Hẹn trả kết quả", moment(dossier.due_at)),
            ("Phải nộp", f"{dong(due.amount)}, hạn {moment(due.until)}" if due is not None else dossier.get_payment_display()),
            ("Giấy tiếp nhận (phiếu 01)", self._receipt(dossier, receipt)),
            ("Bảng kê giấy tờ số hóa", desk.paper_link(row.sheet)),
            ("Trả kết quả", wishes.result_place(dossier.pk)),
        ]
        lines = [
            (
                paper.label,
                "Kho giấy tờ" if paper.from_store_id else paper.get_how_display(),
                sheets.index_words(paper) or "–",
                paper.file.name if paper.file is not None else "–",
            )
            for paper in row.papers.select_related("file")
        ]
        taken = [
            (
                format_html('<a href="{}">{}</a>', reverse("admin:dossiers_cashreceipt_change", args=[one.pk]), one.number_words),
                dong(one.amount),
                moment(one.taken_at),
            )
            for one in dossier.cash.order_by("taken_at")
        ]
        ways = [Way("Mở hồ sơ", reverse("admin:dossiers_dossier_change", args=[dossier.pk]))]
        if due is not None and may(actor, CASH, dossier.unit_code):
            ways.insert(0, Way("Thu tiền mặt", reverse("admin:dossiers_cashreceipt_take", args=[dossier.pk])))
        if wishes.can_choose(dossier) and dossier.returned_at is None:
            ways.append(Way("Đổi nơi nhận bản giấy" if wish is not None else "Trả qua bưu chính", self.address("by_post", row.pk), "quiet"))
        page = Page(
            f"Hồ sơ {dossier.code}",
            [
                Facts("Hồ sơ", facts),
                Rows("Giấy tờ", ("Giấy tờ", "Loại", "Số, nơi cấp, ngày cấp", "Tệp"), lines, "Không có giấy tờ."),
                Rows("Tiền mặt", ("Số biên lai", "Số tiền", "Lúc"), taken, "Chưa thu tiền mặt."),
            ],
            ways,
        )
        waits = row.sheet is not None and row.sheet.by_person and not row.sheet.is_signed
        if waits and row.sheet.signer_position_id == actor.position_id:
            button = self._button(request, self.address("sign", row.pk), "Ký số bảng kê")
            page.parts.insert(0, Facts("Chờ bạn ký", [("Bảng kê giấy tờ số hóa", button)]))
        return page

    def _receipt(self, dossier: Dossier, receipt: Any) -> Any:
        if receipt is None:
            return "Chưa tiếp nhận"
        if not receipt.document.is_signed:
            return receipt.document.state_words
        return format_html('<a href="{}" target="_blank" rel="noopener">In (PDF)</a>', reverse("dossier-receipt", args=[dossier.code]))

    def _button(self, request: HttpRequest, url: str, label: str) -> Any:
        return format_html(
            '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<button type="submit" class="button default">{}</button></form>',
            url,
            get_token(request),
            label,
        )

    # Acts --------------------------------------------------------------------------------------------------------------------------

    def _done(self, request: HttpRequest, object_id: UUID, do: Any, *, done: str = "", anchor: str = "") -> HttpResponse:
        """Do one thing, and back to the page; a refusal is said on it."""
        filing = self.found(request, object_id)
        try:
            do(actor_of(request), filing)
        except FilingRefused as refused:
            filing = self.found(request, object_id)
            if filing.state != CounterFiling.State.OPEN:
                messages.warning(request, refused.message)
                return redirect(self.address("change", object_id))
            return self._open_page(request, filing, checked=True, problem=refused.message, status=refused.status)
        if done:
            messages.success(request, done)
        return redirect(self.address("change", object_id) + anchor)

    def save(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What was typed; then a row more or less, a known field asked after all, the check, or simply back."""
        act = request.POST.get("act", "")

        def do(actor: Any, filing: CounterFiling) -> None:
            sheet = filling.looked_at(filing, now=timezone.now())
            answers = desk.with_rows({**(filing.answers or {}), **desk.posted(request, sheet)}, act)
            reasons = {name.removeprefix(desk.REASON): request.POST.get(name, "") for name in request.POST if name.startswith(desk.REASON)}
            saved = filling.save(
                actor=actor,
                filing_id=filing.pk,
                seen_version=as_int(request.POST.get("seen")),
                answers=answers,
                reasons=reasons,
                confirmed=request.POST.getlist("confirm"),
                now=timezone.now(),
            )
            verb, _colon, field = act.partition(":")
            if verb == "nguon":
                filling.correct(actor=actor, filing_id=filing.pk, seen_version=saved.version, field=field, now=timezone.now())

        return self._done(request, object_id, do, done="Đã lưu.", anchor="?kiem=1" if act == "kiem" else "#to-khai")

    def scan(self, request: HttpRequest, object_id: UUID, kind: str) -> HttpResponse:
        """A scan with its index."""
        filing = self.found(request, object_id)
        require(actor_of(request), ENTER, filing.unit_code)
        if filing.state != CounterFiling.State.OPEN:
            return redirect(self.address("change", object_id))
        try:
            paper = papers.wanted_of(filling.looked_at(filing, now=timezone.now()), kind).paper
        except FilingRefused as refused:
            raise Http404 from refused
        form = ScanForm(request.POST, request.FILES) if request.method == "POST" else ScanForm()
        seen = seen_version(request) if request.method == "POST" else filing.version

        def do(said: dict[str, Any]) -> Any:
            upload = said.pop("file")
            return papers.add_scan(
                actor=actor_of(request),
                filing_id=filing.pk,
                seen_version=seen if seen is not None else -1,
                kind=kind,
                upload=upload,
                now=timezone.now(),
                **said,
            )

        return self.ask(
            request,
            title="Số hóa giấy tờ",
            form=form,
            back=self.address("change", filing.pk),
            do=do,
            done=lambda one: f"Đã nhận bản quét. Số hóa theo yêu cầu: {dong(one.charge)}." if one.charge else "Đã nhận bản quét.",
            about=[paper.label, f"Loại: {papers.class_of(paper).label}. Người nộp giữ bản chính."],
            seen=seen,
            button="Nhận bản quét",
        )

    def stay(self, request: HttpRequest, object_id: UUID, kind: str) -> HttpResponse:
        """A paper stays paper."""
        return self._done(
            request,
            object_id,
            lambda actor, filing: papers.keep_on_paper(
                actor=actor, filing_id=filing.pk, seen_version=as_int(request.POST.get("seen")), kind=kind, now=timezone.now()
            ),
            done="Đã ghi: giữ bản giấy, đi cùng hồ sơ.",
            anchor="#giay-to",
        )

    def held(self, request: HttpRequest, object_id: UUID, kind: str, paper_id: UUID) -> HttpResponse:
        """A paper of the person's store."""
        return self._done(
            request,
            object_id,
            lambda actor, filing: papers.take_held(
                actor=actor,
                filing_id=filing.pk,
                seen_version=as_int(request.POST.get("seen")),
                kind=kind,
                store_paper_id=paper_id,
                now=timezone.now(),
            ),
            done="Đã lấy từ kho giấy tờ của người nộp.",
            anchor="#giay-to",
        )

    def remove(self, request: HttpRequest, object_id: UUID, paper_id: UUID) -> HttpResponse:
        """A paper was the wrong one."""
        return self._done(
            request,
            object_id,
            lambda actor, filing: papers.remove(
                actor=actor, filing_id=filing.pk, seen_version=as_int(request.POST.get("seen")), paper_id=paper_id, now=timezone.now()
            ),
            done="Đã bỏ giấy tờ này.",
            anchor="#giay-to",
        )

    def file(self, request: HttpRequest, object_id: UUID, paper_id: UUID) -> HttpResponseBase:
        """Look at a scan before the dossier is entered."""
        filing = self.found(request, object_id)
        paper = filing.papers.select_related("file").filter(pk=paper_id, file__isnull=False).first()
        if paper is None:
            raise Http404
        with transaction.atomic():
            record(actor_of(request), "read_paper", filing, kind=paper.kind)
        inline = paper.file.media_type.startswith("image/")
        return send_file(paper.file, name=str(paper.file.name or ""), inline=inline, unchecked=True)

    def document(self, request: HttpRequest, document_id: UUID) -> HttpResponseBase:
        """A signed list, receipt or slip of handing over, for who may read the row it belongs to."""
        actor = actor_of(request)
        filings = visible_to(actor, CounterFiling.objects.all(), ENTER, "unit_code").filter(sheet=document_id)
        receipts = visible_to(actor, CashReceipt.objects.all(), CASH, "unit_code").filter(document=document_id)
        slips = Q(sheet=document_id) | Q(answer=document_id)
        handed = [visible_to(actor, Handover.objects.filter(slips), "dossiers.read", side) for side in ("from_unit", "to_unit")]
        if not any(rows.exists() for rows in (filings, receipts, *handed)):
            raise Http404
        found = Document.objects.select_related("file").get(pk=document_id)
        if found.file is None:
            raise Http404
        return send_file(found.file, name=f"{found.title}.pdf", inline=True, trusted=True)

    def by_post(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The paper of the result by the public post, with what it costs."""
        filing = self.found(request, object_id)
        require(actor_of(request), ENTER, filing.unit_code)
        dossier = filing.dossier
        if dossier is not None and (not wishes.can_choose(dossier) or dossier.returned_at is not None):
            messages.warning(request, "Hồ sơ này không chọn hoặc đổi nơi nhận bản giấy được nữa.")
            return redirect(self.address("change", object_id))
        wish, prices = wishes.wish_of(filing.pk), wishes.tariffs()
        initial = {"recipient": filing.party_name}
        if wish is not None:
            initial = {"recipient": wish.recipient, "phone": wish.phone, "street": wish.street}
        form = DeskWishForm(
            request.POST if request.method == "POST" else None,
            initial=initial,
            provinces=[(unit.code, unit.full_name) for unit in catalogues.provinces()],
        )

        def do(said: dict[str, Any]) -> Any:
            try:
                return wishes.choose(
                    actor=actor_of(request),
                    filing_id=filing.pk,
                    unit_code=filing.unit_code,
                    recipient=said["recipient"],
                    phone=said["phone"],
                    street=said["street"],
                    ward=said["ward"],
                    now=timezone.now(),
                )
            except wishes.NoTariff:
                raise FilingRefused("Bưu chính chưa cho biết cước. Bạn thử lại sau ít phút.", status=503) from None

        words = {"province": "trong tỉnh", "country": "tỉnh khác"}
        costs = "; ".join(f"{words[zone]} {dong(one.amount)}, khoảng {one.days} ngày" for zone, one in sorted(prices.items()))
        return self.ask(
            request,
            title="Trả bản giấy qua bưu chính",
            form=form,
            back=self.address("change", filing.pk),
            do=do,
            done=lambda made: f"Đã ghi. Cước {dong(made.amount)}, người nhận trả cho bưu tá.",
            about=[f"Cước: {costs}." if costs else "Bưu chính chưa cho biết cước.", "Người nhận trả cước khi nhận."],
            button="Chọn",
        )

    def enter(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """It becomes a dossier."""
        try:
            return self._done(
                request,
                object_id,
                lambda actor, filing: entering.enter(
                    actor=actor, filing_id=filing.pk, seen_version=as_int(request.POST.get("seen")), now=timezone.now()
                ),
                done="Đã tiếp nhận vào hệ thống. Giấy tiếp nhận đang được lập; in cho người nộp.",
            )
        except TransitionRefused as refused:
            messages.warning(request, refused.reason)
            return redirect(self.address("change", object_id))

    def drop(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Throw it away."""
        filing = self.found(request, object_id)
        require(actor_of(request), ENTER, filing.unit_code)
        seen = seen_version(request) if request.method == "POST" else filing.version
        return self.ask(
            request,
            title="Bỏ hồ sơ đang nhập",
            form=None,
            back=self.address("change", filing.pk),
            do=lambda _said: entering.drop(actor=actor_of(request), filing_id=filing.pk, seen_version=seen),
            done="Đã bỏ; bản quét đã xóa.",
            about=[f"{filing.party_name}: {filing.procedure_name}.", "Tờ khai và các bản quét bị xóa hẳn."],
            seen=seen,
            to=self.address("changelist"),
        )

    def sign(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """To the signing service."""
        filing = self.found(request, object_id)
        back = self.address("change", filing.pk)
        try:
            return redirect(entering.sign_list(actor=actor_of(request), filing_id=filing.pk, return_to=back))
        except FilingRefused as refused:
            messages.warning(request, refused.message)
            return redirect(back)
