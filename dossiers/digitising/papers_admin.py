"""Old papers one by one on the desk, claims of owners, and what an agency declares to be in force (D-26)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts import queries as people
from dossiers.digitising import checking, claiming, declaring, fields, taking
from dossiers.digitising.forms import DeclareForm, LookForm, TypedForm
from dossiers.digitising.rights import CHECK, CONFIRM, DECLARE, ENTER, READ, OldRefused
from dossiers.forms import ReasonForm
from dossiers.models import OldBatch, OldClaim, OldDeclaration, OldPage, OldPaper
from portal import audit
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, Way, moment, two_lines
from portal.documents.rendering import proof_url
from portal.files.responses import send_file


def said_rows(paper: OldPaper) -> list[tuple[str, str]]:
    """What was typed, as a page shows it."""
    said = paper.typed or {}
    return [(label, fields.shown_day(said.get(name, "")) or "–") for name, label in fields.LABELS.items()]


def _read(request: HttpRequest, paper: OldPaper, what: str) -> None:
    """Whoever sees a paper's picture or content is written down."""
    with transaction.atomic():
        audit.record(
            actor=actor_of(request), act="dossiers.read_old_paper", target="dossiers.oldbatch", target_id=str(paper.batch_id),
            unit=paper.batch.unit_code, details={"row": paper.number, "what": what},
        )  # fmt: skip


@admin.register(OldPaper)
class OldPaperAdmin(DeskModelAdmin):
    """Rows of batches."""

    view_act = READ
    unit_field = "batch__unit_code"
    refusals = (OldRefused,)
    list_display = ("shown", "shown_state")
    list_filter = ("state",)
    ordering = ("-batch__began_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With their batches, without what is sealed."""
        return super().get_queryset(request).select_related("batch").defer("typed")

    @admin.display(description="Giấy tờ")
    def shown(self, row: OldPaper) -> Any:
        return two_lines(f"{row.batch.title}, dòng {row.number}", f"Lô bắt đầu {moment(row.batch.began_at)}")

    @admin.display(description="Tình trạng")
    def shown_state(self, row: OldPaper) -> Any:
        return two_lines(row.state_words, row.problem)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name, one = self.admin_site.admin_view, "dossiers_oldpaper", "<uuid:object_id>/"
        own = [
            path(one + "type/", view(self.on_type), name=f"{name}_type"),
            path(one + "look/", view(self.on_look), name=f"{name}_look"),
            path(one + "page/<int:position>/", view(self.page_file), name=f"{name}_page"),
            path(one + "turn/<int:position>/", view(require_POST(self.on_turn)), name=f"{name}_turn"),
            path(one + "signed/", view(self.signed_file), name=f"{name}_signed"),
        ]
        return own + super().get_urls()

    def _pictures(self, request: HttpRequest, paper: OldPaper) -> dict[str, Any]:
        pages = list(paper.pages.order_by("position"))
        typing = paper.batch.state == OldBatch.TYPING and may(actor_of(request), ENTER, paper.batch.unit_code)
        return {"paper": paper, "pages": pages, "may_turn": typing, "batch_url": self._batch(paper)}

    def _batch(self, paper: OldPaper) -> str:
        return reverse("admin:dossiers_oldbatch_change", args=[paper.batch_id])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was typed beside what is seen."""
        paper = self.found(request, object_id)
        _read(request, paper, "page")
        page = self.page(request, paper)
        context = {**self._context(request), "title": page.title, "page": page, **self._pictures(request, paper)}
        return TemplateResponse(request, "admin/dossiers/oldpaper/paper.html", context)

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The facts, and what can be done."""
        actor, batch = actor_of(request), row.batch
        facts: list[tuple[str, Any]] = [
            ("Lô", format_html('<a href="{}">{}</a>', self._batch(row), f"{batch.title}, bắt đầu {moment(batch.began_at)}")),
            ("Tình trạng", row.state_words),
            ("Ghi chú", row.problem or "–"),
            *said_rows(row),
        ]
        if row.in_sample:
            facts.append(("Kiểm tra mẫu", f"{row.get_verdict_display()} {row.verdict_words}".strip()))
        ways = []
        if row.document_id is not None and row.document.is_signed:
            link = proof_url(row.document)
            facts.append(("Trang chứng thực", format_html('<a href="{0}" target="_blank" rel="noopener">{0}</a>', link)))
            ways.append(Way("Mở bản đã ký (PDF)", self.address("signed", row.pk), "quiet"))
        if batch.state == OldBatch.TYPING and may(actor, ENTER, batch.unit_code):
            ways.insert(0, Way("Nhập, sửa", self.address("type", row.pk)))
        if row.in_sample and batch.state == OldBatch.CHECKING and may(actor, CHECK, batch.unit_code) and taking.may_check(actor, batch):
            ways.insert(0, Way("Ghi kết quả kiểm tra", self.address("look", row.pk)))
        ways.append(Way("Về lô", self._batch(row), "quiet"))
        return Page(f"{batch.title}, dòng {row.number}", [Facts("Đã nhập", facts)], ways)

    def on_type(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What the paper says, beside its pages; a machine's reading stands in empty boxes, to be compared."""
        paper = self.found(request, object_id)
        require(actor_of(request), ENTER, paper.batch.unit_code)
        if paper.batch.state != OldBatch.TYPING:
            return redirect(self.address("change", paper.pk))
        said = paper.typed or {}
        read = fields.suggestions("\n".join(page.text or "" for page in paper.pages.all()))
        guessed = sorted(fields.LABELS[name] for name in read if not said.get(name))
        initial = {name: fields.shown_day(said.get(name, "")) or read.get(name, "") for name in fields.LABELS}
        form = TypedForm(request.POST) if request.method == "POST" else TypedForm(initial=initial)
        if request.method != "POST":
            _read(request, paper, "type")

        def do(values: dict[str, Any]) -> OldPaper:
            return taking.type_in(actor=actor_of(request), paper_id=paper.pk, values=values, now=timezone.now())

        about = [paper.problem] if paper.problem else []
        if guessed and request.method != "POST":
            about.append(f"Máy đọc và điền sẵn: {', '.join(guessed)}. Bạn so từng mục với bản chụp trước khi ghi.")
        return self.ask(
            request,
            title=f"Nhập dòng {paper.number}",
            form=form,
            back=self.address("change", paper.pk),
            do=do,
            done=lambda row: "Đã ghi, dòng đủ thông tin." if row.state == OldPaper.GOOD else f"Đã ghi. Còn lỗi: {row.problem}",
            about=about,
            button="Ghi",
            template="admin/dossiers/oldpaper/type.html",
            more=self._pictures(request, paper),
        )

    def on_look(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The second person's word."""
        paper = self.found(request, object_id)
        require(actor_of(request), CHECK, paper.batch.unit_code)
        form = LookForm(request.POST if request.method == "POST" else None)
        if request.method != "POST":
            _read(request, paper, "look")

        def do(said: dict[str, Any]) -> OldPaper:
            right = said["verdict"] == "right"
            return checking.look(actor=actor_of(request), paper_id=paper.pk, right=right, words=said["words"], now=timezone.now())

        return self.ask(
            request,
            title=f"Kiểm tra dòng {paper.number}",
            form=form,
            back=self._batch(paper),
            do=do,
            done="Đã ghi kết quả kiểm tra.",
            button="Ghi",
            template="admin/dossiers/oldpaper/type.html",
            more={**self._pictures(request, paper), "said": said_rows(paper)},
        )

    def page_file(self, request: HttpRequest, object_id: UUID, position: int) -> HttpResponseBase:
        """A page as a picture."""
        paper = self.found(request, object_id)
        page = paper.pages.select_related("file").filter(position=position).first()
        if page is None:
            raise Http404
        return send_file(page.file, name=f"trang-{position}.jpg", inline=True, trusted=True)

    def on_turn(self, request: HttpRequest, object_id: UUID, position: int) -> HttpResponse:
        """A quarter with the clock."""
        paper = self.found(request, object_id)
        try:
            taking.turn(actor=actor_of(request), paper_id=paper.pk, position=position)
        except OldPage.DoesNotExist as error:
            raise Http404 from error
        except OldRefused as refused:
            self.message_user(request, refused.message, level="WARNING")
        return redirect(self.address("change", paper.pk))

    def signed_file(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The signed copy."""
        paper = self.found(request, object_id)
        if paper.document is None or paper.document.file is None:
            raise Http404
        _read(request, paper, "signed")
        return send_file(paper.document.file, name=f"{paper.batch.title}.pdf", inline=True, trusted=True)


@admin.register(OldClaim)
class OldClaimAdmin(DeskModelAdmin):
    """Who says that an old paper is theirs."""

    view_act = CONFIRM
    unit_field = "unit_code"
    refusals = (OldRefused,)
    list_display = ("shown", "shown_state", "claimed")
    list_filter = ("state",)
    ordering = ("-claimed_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the paper."""
        return super().get_queryset(request).select_related("paper__batch").defer("words", "paper__typed")

    @admin.display(description="Giấy tờ")
    def shown(self, row: OldClaim) -> Any:
        return two_lines(row.paper.batch.title, f"Dòng {row.paper.number} của lô bắt đầu {moment(row.paper.batch.began_at)}")

    @admin.display(description="Tình trạng")
    def shown_state(self, row: OldClaim) -> Any:
        return two_lines(row.get_state_display(), row.officer_label)

    @admin.display(description="Gửi lúc")
    def claimed(self, row: OldClaim) -> str:
        return moment(row.claimed_at)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name, one = self.admin_site.admin_view, "dossiers_oldclaim", "<uuid:object_id>/"
        own = [
            path(one + "confirm/", view(self.on_confirm), name=f"{name}_confirm"),
            path(one + "refuse/", view(self.on_refuse), name=f"{name}_refuse"),
            path(one + "signed/", view(self.signed_file), name=f"{name}_signed"),
        ]
        return own + super().get_urls()

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The person beside the paper."""
        claiming.look(actor=actor_of(request), row=row)
        person = people.person(row.person_id)
        _read(request, row.paper, "claim")
        claimed = [
            ("Họ và tên", person.full_name),
            ("Ngày sinh", fields.shown_day(person.birth_date or "") or "–"),
            ("Số định danh", person.id_number or "–"),
            ("Nơi cư trú", person.address or "–"),
            ("Người yêu cầu viết", row.words or "–"),
            ("Gửi lúc", moment(row.claimed_at)),
        ]
        facts = [("Giấy tờ", row.paper.batch.title), *said_rows(row.paper), ("Tình trạng giấy tờ", row.paper.state_words)]
        parts = [Facts("Người yêu cầu", claimed), Facts("Giấy tờ ghi", facts)]
        ways = [Way("Mở bản đã ký (PDF)", self.address("signed", row.pk), "quiet")]
        if row.state == OldClaim.State.OPEN:
            ways = [
                Way("Xác nhận", self.address("confirm", row.pk)),
                Way("Không xác nhận", self.address("refuse", row.pk), "danger"),
                *ways,
            ]
        else:
            answered = [
                ("Trả lời", row.get_state_display()),
                ("Lý do", row.reason or "–"),
                ("Cán bộ", row.officer_label),
                ("Lúc", moment(row.decided_at)),
            ]
            parts.insert(0, Facts("Kết quả", answered))
        return Page(f"Yêu cầu nhận {row.paper.batch.title}", list(parts), ways)

    def on_confirm(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """It is theirs."""
        row = self.found(request, object_id)

        def do(said: dict[str, Any]) -> Any:
            return claiming.confirm(actor=actor_of(request), claim_id=row.pk, now=timezone.now())

        about = ["Giấy tờ vào kho của người yêu cầu ngay; người khác cùng yêu cầu giấy này bị từ chối. Không làm lại được."]
        return self.ask(
            request, title="Xác nhận chủ giấy tờ", form=None, back=self.address("change", row.pk), do=do, done="Đã xác nhận.", about=about
        )  # fmt: skip

    def on_refuse(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """It is not, and why."""
        row = self.found(request, object_id)
        form = ReasonForm(request.POST if request.method == "POST" else None)

        def do(said: dict[str, Any]) -> Any:
            return claiming.refuse(actor=actor_of(request), claim_id=row.pk, reason=said["reason"], now=timezone.now())

        return self.ask(
            request, title="Không xác nhận", form=form, back=self.address("change", row.pk), do=do, done="Đã trả lời người yêu cầu."
        )  # fmt: skip

    def signed_file(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The signed copy that is claimed."""
        row = self.found(request, object_id)
        if row.paper.document is None or row.paper.document.file is None:
            raise Http404
        _read(request, row.paper, "claim")
        return send_file(row.paper.document.file, name=f"{row.paper.batch.title}.pdf", inline=True, trusted=True)


@admin.register(OldDeclaration)
class OldDeclarationAdmin(DeskModelAdmin):
    """What the officer's agency declared to be in force."""

    view_act = DECLARE
    unit_field = "unit_code"
    refusals = (OldRefused,)
    list_display = ("level", "in_force", "as_of", "officer_label", "declared")
    list_filter = ("level",)
    ordering = ("-declared_at", "id")

    @admin.display(description="Khai lúc")
    def declared(self, row: OldDeclaration) -> str:
        return moment(row.declared_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, DECLARE, actor.unit)

    def get_urls(self) -> list[Any]:
        """Said anew, never changed."""
        return [path("add/", self.admin_site.admin_view(self.on_add), name="dossiers_olddeclaration_add"), *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What was said, and how far the agency is."""
        progress = next((one for one in declaring.by_agency(row.unit_code, row.level) if one.unit_code == row.unit_code), None)
        facts = [
            ("Cấp đã cấp giấy", row.get_level_display()),
            ("Số giấy tờ còn hiệu lực", str(row.in_force)),
            ("Tính đến ngày", f"{row.as_of:%d/%m/%Y}"),
            ("Căn cứ", row.basis),
            ("Cán bộ", f"{row.officer_label}, {moment(row.declared_at)}"),
            ("Đã số hóa đến nay", str(progress.digitised if progress is not None else 0)),
        ]
        return Page("Khai báo giấy tờ cũ còn hiệu lực", [Facts("Khai báo", facts)], [Way("Khai lại", self.address("add"))])

    def on_add(self, request: HttpRequest) -> HttpResponse:
        """A new number."""
        actor = actor_of(request)
        require(actor, DECLARE, actor.unit)
        form = DeclareForm(request.POST if request.method == "POST" else None)

        def do(said: dict[str, Any]) -> Any:
            return declaring.declare(actor=actor, now=timezone.now(), **said)

        return self.ask(
            request,
            title="Khai số giấy tờ cũ còn hiệu lực",
            form=form,
            back=self.address("changelist"),
            do=do,
            done="Đã ghi. Khai lại thì số sau thay số trước.",
            about=["Số này là mẫu số của tỷ lệ số hóa công khai (Quyết định 468/QĐ-TTg, mục II.2; Khung triển khai, mục II.4a)."],
            button="Ghi",
        )
