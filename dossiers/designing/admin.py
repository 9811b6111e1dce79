"""Forms in the making on the desk: written question by question, tried, compared, checked and published (requirement D-03)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dossiers.designing import editing, services, trying
from dossiers.designing.comparing import KINDS, differences
from dossiers.designing.editing import EditRefused
from dossiers.designing.forms import (
    BeginForm,
    ChargeRuleForm,
    FieldForm,
    NewFieldForm,
    NoteForm,
    PageForm,
    PaperRuleForm,
    PaymentForm,
    WholeForm,
)
from dossiers.designing.services import DesignRefused
from dossiers.designing.words import KIND_WORDS, condition_words
from dossiers.form_documents import faults
from dossiers.form_documents.composites import PARTS
from dossiers.models.designs import CHECK, DESIGN, DESIGNS, FormDesign
from dossiers.papers import rule_fits as paper_rule_fits
from dossiers.terms import TermsUnknown, terms_on
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, ReasonForm, moment, seen_version, two_lines
from procedures.fees import rule_fits as fee_rule_fits

NAME = "dossiers_formdesign"


class StateFilter(admin.SimpleListFilter):
    """By how far it is."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in FormDesign.State]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(FormDesign)
class FormDesignAdmin(DeskModelAdmin):
    """Designs of the officer's agency."""

    view_act = services.READ
    unit_field = "unit_code"
    refusals = (DesignRefused,)
    list_display = ("procedure", "state_shown", "made_by_label", "updated_at")
    list_display_links = ("procedure",)
    list_filter: ClassVar[Any] = (StateFilter,)
    search_fields = ("=procedure_code",)
    search_help_text = "Mã thủ tục viết đủ"
    ordering = ("-updated_at", "id")

    @admin.display(description="Thủ tục", ordering="procedure_code")
    def procedure(self, row: FormDesign) -> Any:
        return two_lines(row.procedure_name, row.procedure_code)

    @admin.display(description="Tình trạng", ordering="state")
    def state_shown(self, row: FormDesign) -> str:
        return row.get_state_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), DESIGN, actor_of(request).unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view = self.admin_site.admin_view
        one = "<uuid:object_id>/"
        return [
            path("add/", view(self.begin), name=f"{NAME}_add"),
            path(one + "file/", view(self.file), name=f"{NAME}_file"),
            path(one + "compare/", view(self.compare), name=f"{NAME}_compare"),
            path(one + "try/", view(self.try_out), name=f"{NAME}_try"),
            path(one + "whole/", view(self.whole), name=f"{NAME}_whole"),
            path(one + "payment/", view(self.payment), name=f"{NAME}_payment"),
            path(one + "paper/<str:kind>/", view(self.paper), name=f"{NAME}_paper"),
            path(one + "charge/<int:place>/", view(self.charge), name=f"{NAME}_charge"),
            path(one + "page/add/", view(self.add_page), name=f"{NAME}_page_add"),
            path(one + "page/<slug:page>/", view(self.change_page), name=f"{NAME}_page"),
            path(one + "question/add/", view(self.add_question), name=f"{NAME}_question_add"),
            path(one + "question/<slug:name>/", view(self.question), name=f"{NAME}_question"),
            path(one + "edit/", view(self.edit), name=f"{NAME}_edit"),
            path(one + "send/", view(self.send), name=f"{NAME}_send"),
            path(one + "call_back/", view(self.call_back), name=f"{NAME}_call_back"),
            path(one + "send_back/", view(self.send_back), name=f"{NAME}_send_back"),
            path(one + "publish/", view(self.publish), name=f"{NAME}_publish"),
            path(one + "drop/", view(self.drop), name=f"{NAME}_drop"),
            *super().get_urls(),
        ]

    # The page of a design -------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The whole form on one page: what is wrong with it, its pages with their questions, what may be done."""
        from django.contrib.admin.utils import unquote

        row = self.found(request, unquote(object_id))
        actor = actor_of(request)
        editable = row.state == FormDesign.State.DRAWING and may(actor, DESIGN, row.unit_code)
        edges = [
            edge for edge in DESIGNS.open_to(actor, row, unit=row.unit_code) if edge.name != "publish" or actor.person_id not in row.editors
        ]
        context = {
            **self._context(request),
            "title": row.procedure_name,
            "row": row,
            "editable": editable,
            "faults": faults(row.document) if row.state in (FormDesign.State.DRAWING, FormDesign.State.CHECKING) else [],
            "pages": self._pages(row),
            "papers": self._papers(row),
            "charges": self._charges(row),
            "ways": [(edge.label, self.address(edge.name, row.pk), edge.name) for edge in edges],
            "own": actor.person_id in row.editors and row.state == FormDesign.State.CHECKING,
            "address": {
                name: self.address(name, row.pk)
                for name in ("file", "compare", "try", "whole", "payment", "page_add", "question_add", "edit")
            },
            "updated": moment(row.updated_at),
        }
        return TemplateResponse(request, "admin/dossiers/formdesign/design.html", context)

    def _pages(self, row: FormDesign) -> list[dict[str, Any]]:
        document = row.document
        pages = document.get("pages") or [{"name": "", "title": "Tờ khai"}]
        return [
            {
                **page,
                "url": self.address("page", row.pk, page["name"]) if page["name"] else "",
                "when_words": condition_words(page["when"]) if page.get("when") else "",
                "add": self.address("question_add", row.pk) + "?" + urlencode({"page": page["name"]}),
                "questions": [
                    self._question_line(row, field)
                    for field in document.get("fields", [])
                    if not page["name"] or editing.page_of(field, document) == page["name"]
                ],
            }
            for page in pages
        ]

    def _question_line(self, row: FormDesign, field: dict[str, Any], group: str = "") -> dict[str, Any]:
        inside = "?" + urlencode({"group": group}) if group else ""
        return {
            "name": field["name"],
            "label": field.get("label") or field["name"],
            "section": field.get("section", ""),
            "kind": KIND_WORDS.get(field.get("kind", ""), field.get("kind", "")),
            "parts": ", ".join(
                str(PARTS[field["kind"]][part]["label"]).lower()
                for part in field.get("parts") or PARTS[field["kind"]]
                if part in PARTS[field["kind"]]
            )
            if field.get("kind") in PARTS
            else "",
            "required": bool(field.get("required")),
            "when": condition_words(field["when"]) if field.get("when") else "",
            "group": group,
            "url": self.address("question", row.pk, field["name"]) + inside,
            "columns": [self._question_line(row, one, field["name"]) for one in field.get("fields", [])],
            "add": self.address("question_add", row.pk) + "?" + urlencode({"group": field["name"]}) if field.get("kind") == "group" else "",
        }

    def _papers(self, row: FormDesign) -> list[dict[str, Any]]:
        rules = row.document.get("papers", [])
        found = []
        for paper in _terms_papers(row):
            rule = next((rule for rule in rules if paper_rule_fits(rule, paper)), None)
            said = condition_words(rule["when"]) if rule else ("luôn cần" if paper.required else "người nộp tự chọn")
            found.append({"name": paper.name, "case": paper.case, "said": said, "url": self.address("paper", row.pk, paper.kind)})
        return found

    def _charges(self, row: FormDesign) -> list[dict[str, Any]]:
        rules = row.document.get("charges", [])
        found = []
        for place, fee in enumerate(_terms_fees(row)):
            own = [rule for rule in rules if fee_rule_fits(rule, fee) and "exempt" not in rule]
            said = "; ".join(_charge_words(rule) for rule in own) or "chưa tính trên tờ khai"
            found.append({"name": fee.name, "amount": fee.amount, "said": said, "url": self.address("charge", row.pk, place)})
        return found

    # Acts -----------------------------------------------------------------------------------------------------------------

    def begin(self, request: HttpRequest) -> HttpResponse:
        """The next form of a procedure."""
        actor = actor_of(request)
        require(actor, DESIGN, actor.unit)

        def do(said: dict[str, Any]) -> FormDesign:
            document = services.read_file(said["file"].read(services.MOST_BYTES + 1)) if said["file"] is not None else None
            codes = {name: said[name].strip() for name in ("procedure_code", "copy_from")}
            return services.begin(actor=actor, document=document, now=timezone.now(), **codes)

        form = (
            BeginForm(request.POST, request.FILES)
            if request.method == "POST"
            else BeginForm(initial={"procedure_code": request.GET.get("ma", "")})
        )
        made: list[FormDesign] = []

        def keep(said: dict[str, Any]) -> FormDesign:
            made.append(do(said))
            return made[0]

        answer = self.ask(
            request,
            title="Bắt đầu thiết kế biểu mẫu",
            form=form,
            back=self.address("changelist"),
            do=keep,
            done="Đã bắt đầu. Người nộp vẫn dùng bản hiện hành cho đến khi bản này được kiểm tra và công khai.",
            about=["Thiết kế bắt đầu từ bản đang dùng của thủ tục, từ biểu mẫu của thủ tục khác, hoặc từ một tệp đã xuất."],
            button="Bắt đầu",
        )
        return redirect(self.address("change", made[0].pk)) if made else answer

    @staticmethod
    def _seen(request: HttpRequest, row: FormDesign) -> int | None:
        return seen_version(request) if request.method == "POST" else row.version

    def _edited(
        self,
        request: HttpRequest,
        row: FormDesign,
        *,
        title: str,
        form: Any,
        change: Callable[[], Callable[[editing.Document], editing.Document]],
        what: str,
        to: str = "",
        about: list[str] | None = None,
        button: str = "Ghi",
    ) -> HttpResponse:
        """One change of the document, with its form."""
        actor = actor_of(request)
        require(actor, DESIGN, row.unit_code)
        return self.ask(
            request,
            title=title,
            form=form,
            back=self.address("change", row.pk),
            do=lambda _said: services.edit(actor=actor, design_id=row.pk, seen_version=seen_version(request), change=change(), what=what),
            done="Đã ghi.",
            about=[row.procedure_name, *(about or [])],
            seen=self._seen(request, row),
            button=button,
            to=to,
        )

    def add_question(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """A new question, on a page or in a group."""
        row = self.found(request, object_id)
        group = request.GET.get("group", "")
        try:
            editing.fields_of(row.document, group)
        except EditRefused as gone:
            raise Http404 from gone
        form = NewFieldForm(
            request.POST if request.method == "POST" else None,
            document=row.document,
            group=group,
            initial={"page": request.GET.get("page", "")},
        )
        name: list[str] = []

        def change() -> Callable[[editing.Document], editing.Document]:
            spec = form.spec()

            def add(document: editing.Document) -> editing.Document:
                name[:] = [editing.new_name(spec["label"], editing.names(document))]
                return editing.add_field(document, {**spec, "name": name[0]}, group=group, after=form.cleaned_data.get("after") or "")

            return add

        answer = self._edited(
            request, row, title="Thêm cột" if group else "Thêm câu hỏi", form=form, change=change, what="add_question", button="Thêm"
        )
        if name and answer.status_code == 302:
            inside = "?" + urlencode({"group": group}) if group else ""
            return redirect(self.address("question", row.pk, name[0]) + inside)
        return answer

    def question(self, request: HttpRequest, object_id: UUID, name: str) -> HttpResponse:
        """One question, with all that can be said of it."""
        row, group = self.found(request, object_id), request.GET.get("group", "")
        try:
            spec = editing.field_of(row.document, name, group)
        except EditRefused as gone:
            raise Http404 from gone
        form = FieldForm(request.POST if request.method == "POST" else None, document=row.document, spec=spec, group=group)
        return self._edited(
            request,
            row,
            title=f"Câu hỏi: {spec.get('label') or name}",
            form=form,
            change=lambda: lambda document: editing.replace_field(document, name, form.result(), group=group),
            what=f"question:{name}",
            about=[f"{KIND_WORDS.get(spec['kind'], spec['kind'])}. Tên trong tệp và trong điều kiện: {name}."],
        )

    def add_page(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """A new page."""
        row = self.found(request, object_id)
        form = PageForm(request.POST if request.method == "POST" else None)

        def change() -> Callable[[editing.Document], editing.Document]:
            said = form.cleaned_data
            return lambda document: editing.add_page(document, said["title"], title_en=said["title_en"], text=said["help"])

        return self._edited(request, row, title="Thêm trang", form=form, change=change, what="add_page", button="Thêm")

    def change_page(self, request: HttpRequest, object_id: UUID, page: str) -> HttpResponse:
        """Words and condition of a page."""
        row = self.found(request, object_id)
        found = next((one for one in row.document.get("pages", []) if one["name"] == page), None)
        if found is None:
            raise Http404
        form = PageForm(request.POST if request.method == "POST" else None, document=row.document, page=found)
        return self._edited(
            request,
            row,
            title=f"Trang: {found['title']}",
            form=form,
            change=lambda: lambda document: editing.change_page(document, page, form.changes()),
            what=f"page:{page}",
        )

    def whole(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What is said of the form as a whole."""
        row = self.found(request, object_id)
        form = WholeForm(request.POST if request.method == "POST" else None, document=row.document)
        return self._edited(request, row, title="Tên, mẫu theo quy định, chữ ký", form=form, change=lambda: form.changed, what="whole")

    def payment(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """When and how the form's charges are paid."""
        row = self.found(request, object_id)
        form = PaymentForm(request.POST if request.method == "POST" else None, document=row.document, fees=_terms_fees(row))
        return self._edited(request, row, title="Nộp phí, lệ phí", form=form, change=lambda: form.changed, what="payment")

    def paper(self, request: HttpRequest, object_id: UUID, kind: str) -> HttpResponse:
        """When one of the procedure's papers is wanted."""
        row = self.found(request, object_id)
        paper = next((one for one in _terms_papers(row) if one.kind == kind), None)
        if paper is None:
            raise Http404
        rules = row.document.get("papers", [])
        rule: dict[str, Any] = next((rule for rule in rules if paper_rule_fits(rule, paper)), {})
        form = PaperRuleForm(request.POST if request.method == "POST" else None, document=row.document, rule=rule)

        def change() -> Callable[[editing.Document], editing.Document]:
            which = {"case": rule["case"]} if "case" in rule else {"kind": kind}
            new = {**which, "when": form.condition, **({} if form.cleaned_data["required"] else {"required": False})}

            def put(document: editing.Document) -> editing.Document:
                rest = [one for one in document.get("papers", []) if one != rule]
                return {**document, "papers": [*rest, *([new] if form.condition else [])]}

            return put

        about = ["Không ghi điều kiện: giấy tờ được hỏi như cơ sở dữ liệu thủ tục nói."]
        return self._edited(request, row, title=paper.name, form=form, change=change, what=f"paper:{kind}", about=about)

    def charge(self, request: HttpRequest, object_id: UUID, place: int) -> HttpResponse:
        """Whether a fee line applies, and how often."""
        row = self.found(request, object_id)
        fees = _terms_fees(row)
        if place >= len(fees):
            raise Http404
        fee = fees[place]
        rules = row.document.get("charges", [])
        rule: dict[str, Any] = next((rule for rule in rules if fee_rule_fits(rule, fee) and "exempt" not in rule), {})
        form = ChargeRuleForm(request.POST if request.method == "POST" else None, document=row.document, rule=rule)

        def change() -> Callable[[editing.Document], editing.Document]:
            said = form.cleaned_data
            new: dict[str, Any] = {"name": fee.name, **({"condition": fee.condition} if fee.condition else {})}
            new |= {"times": said["times"], "unit": said["unit"]} if said["times"] else {}
            new |= {"when": form.condition} if form.condition else {}

            def put(document: editing.Document) -> editing.Document:
                kept = [one for one in document.get("charges", []) if one != rule]
                return {**document, "charges": [*kept, *([] if said["off"] else [new])]}

            return put

        return self._edited(request, row, title=fee.name, form=form, change=change, what=f"charge:{place}")

    def edit(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Move or take out a question or page: the small buttons of a design's page."""
        return _edit(self, request, object_id)

    def send(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """To a colleague, to be checked."""
        return self._act(
            request, object_id, DESIGN, "Gửi kiểm tra", NoteForm, services.send,
            "Đã gửi. Một cán bộ khác có quyền kiểm tra sẽ công khai hoặc trả lại.",
            ["Người đã soạn hoặc sửa không tự công khai được: một người khác phải xem lại toàn bộ."],
        )  # fmt: skip

    def call_back(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Take back what waits to be checked."""
        return self._act(request, object_id, DESIGN, "Lấy lại để sửa", None, services.call_back, "Đã lấy lại.", [])

    def send_back(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give back with what is to be mended."""
        return self._act(request, object_id, CHECK, "Trả lại để sửa", ReasonForm, services.send_back, "Đã trả lại người soạn.", [])

    def publish(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """For everybody, from the next page on."""

        def do(**more: Any) -> Any:
            return services.publish(now=timezone.now(), **more)

        return self._act(
            request, object_id, CHECK, "Công khai", None, do, "Đã công khai: người nộp dùng bản này từ bây giờ.",
            ["Hồ sơ đã gửi giữ bản của mình. Bản nháp đang điền được chuyển sang bản này, người nộp thấy chỗ đã đổi trước khi gửi."],
        )  # fmt: skip

    def drop(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Give it up."""
        about = ["Bản đang dùng không đổi gì."]
        return self._act(request, object_id, DESIGN, "Bỏ bản đang soạn", None, services.drop, "Đã bỏ bản đang soạn.", about)

    def _act(
        self,
        request: HttpRequest,
        object_id: UUID,
        act: str,
        title: str,
        form: type[Any] | None,
        do: Callable[..., Any],
        done: str,
        about: list[str],
    ) -> HttpResponse:
        row, actor = self.found(request, object_id), actor_of(request)
        require(actor, act, row.unit_code)
        return self.ask(
            request,
            title=title,
            form=form(request.POST if request.method == "POST" else None) if form is not None else None,
            back=self.address("change", row.pk),
            do=lambda said: do(actor=actor, design_id=row.pk, seen_version=seen_version(request), **said),
            done=done,
            about=[row.procedure_name, *about],
            seen=self._seen(request, row),
        )

    # Looking --------------------------------------------------------------------------------------------------------------

    def file(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The document as a file, to keep or to carry elsewhere."""
        return _file(self, request, object_id)

    def compare(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What is other than in the version it was begun from."""
        row = self.found(request, object_id)
        before = row.based_on.as_document if row.based_on is not None else {}
        found = differences(before, row.document)
        context = {
            **self._context(request),
            "title": "So với bản đang dùng" if row.state != FormDesign.State.PUBLISHED else "So với bản trước đó",
            "row": row,
            "back": self.address("change", row.pk),
            "number": row.based_on.number if row.based_on is not None else 0,
            "rows": [(KINDS[one.kind], one.where, one.what, one.before, one.after) for one in found],
        }
        return TemplateResponse(request, "admin/dossiers/formdesign/compare.html", context)

    def try_out(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The form as an applicant meets it; nothing is kept."""
        row = self.found(request, object_id)
        wrong = faults(row.document)
        context = {
            **self._context(request),
            "title": "Thử như người nộp",
            "row": row,
            "back": self.address("change", row.pk),
            "faults": wrong,
        }
        if not wrong:
            context |= trying.tried(row, request.POST if request.method == "POST" else None, now=timezone.now())
        status = 422 if context.get("sent") and not context["good"] else 200
        return TemplateResponse(request, "admin/dossiers/formdesign/try.html", context, status=status)


@require_safe
def _file_view(request: HttpRequest, row: FormDesign) -> HttpResponse:
    text = json.dumps(row.document, ensure_ascii=False, indent=1)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="bieu-mau-{row.procedure_code}.json"'
    return answer


def _file(desk: FormDesignAdmin, request: HttpRequest, object_id: UUID) -> HttpResponse:
    return _file_view(request, desk.found(request, object_id))


@require_POST
def _edit_view(request: HttpRequest, desk: FormDesignAdmin, row: FormDesign) -> HttpResponse:
    said = request.POST
    what, name, group = said.get("what", ""), said.get("name", ""), said.get("group", "")
    changes: dict[str, Callable[[editing.Document], editing.Document]] = {
        "up": lambda document: editing.move_field(document, name, by=-1, group=group),
        "down": lambda document: editing.move_field(document, name, by=1, group=group),
        "remove": lambda document: editing.remove_field(document, name, group=group),
        "page_up": lambda document: editing.move_page(document, name, by=-1),
        "page_down": lambda document: editing.move_page(document, name, by=1),
        "page_remove": lambda document: editing.remove_page(document, name),
    }
    if what not in changes:
        raise Http404
    actor = actor_of(request)
    require(actor, DESIGN, row.unit_code)
    back = desk.address("change", row.pk)
    try:
        services.edit(actor=actor, design_id=row.pk, seen_version=seen_version(request), change=changes[what], what=f"{what}:{name[:60]}")
    except DesignRefused as refused:
        desk.message_user(request, refused.message, level="ERROR")
        return redirect(back)
    desk.message_user(request, "Đã ghi.")
    return redirect(f"{back}#{'trang' if what.startswith('page') else 'cau'}-{name}" if "remove" not in what else back)


def _edit(desk: FormDesignAdmin, request: HttpRequest, object_id: UUID) -> HttpResponse:
    return _edit_view(request, desk, desk.found(request, object_id))


def _terms_papers(row: FormDesign) -> list[Any]:
    """Papers of the procedure as it is in force; none where it cannot be filed online yet."""
    try:
        return list(terms_on(row.procedure_code, timezone.now()).papers)
    except TermsUnknown:
        return []


def _terms_fees(row: FormDesign) -> list[Any]:
    try:
        return list(terms_on(row.procedure_code, timezone.now()).fees)
    except TermsUnknown:
        return []


def _charge_words(rule: dict[str, Any]) -> str:
    parts = ["thu một lần"]
    if rule.get("times"):
        parts = [f"nhân với {rule['times']} ({rule.get('unit', '')})"]
    if rule.get("when"):
        parts.append(f"khi {condition_words(rule['when'])}")
    return ", ".join(parts)
