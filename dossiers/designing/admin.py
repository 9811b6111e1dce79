"""The desk of forms: written question by question, tried, compared, checked and published (requirement D-03)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from dossiers.designing import editing, trying
from dossiers.designing.comparing import Difference, differences
from dossiers.designing.desk import DesignAdmin
from dossiers.designing.editing import EditRefused
from dossiers.designing.form_work import WORK
from dossiers.designing.forms import ChargeRuleForm, FieldForm, NewFieldForm, PageForm, PaperRuleForm, PaymentForm, WholeForm
from dossiers.designing.results.work import WORK as RESULTS
from dossiers.designing.words import KIND_WORDS, Called, called, condition_words
from dossiers.form_documents import Fault, compiled, faults
from dossiers.form_documents.composites import PARTS
from dossiers.models.designs import FormDesign
from dossiers.papers import rule_fits as paper_rule_fits
from dossiers.result_documents import faults as result_faults
from dossiers.terms import TermsUnknown, terms_on
from procedures import queries as procedures
from procedures.fees import rule_fits as fee_rule_fits
from procedures.models import OnlineService
from procedures.views.online import provinces_named


@admin.register(FormDesign)
class FormDesignAdmin(DesignAdmin):
    """Forms in the making."""

    work = WORK
    begin_title = "Bắt đầu thiết kế biểu mẫu"
    begun = "Đã bắt đầu. Người nộp vẫn dùng bản hiện hành cho đến khi bản này được kiểm tra và công khai."
    about_beginning = "Thiết kế bắt đầu từ bản đang dùng của thủ tục, từ biểu mẫu của thủ tục khác, hoặc từ một tệp đã xuất."
    published = "Đã công khai: người nộp dùng bản này từ bây giờ."
    about_publishing = (
        "Hồ sơ đã gửi giữ bản của mình. Bản nháp đang điền được chuyển sang bản này, người nộp thấy chỗ đã đổi trước khi gửi."
    )
    file_name = "bieu-mau"
    page_template = "admin/dossiers/formdesign/design.html"

    def paths_of_kind(self, view: Callable[[Any], Any], one: str, name: str) -> list[Any]:
        return [
            path(one + "try/", view(self.try_out), name=f"{name}_try"),
            path(one + "whole/", view(self.whole), name=f"{name}_whole"),
            path(one + "payment/", view(self.payment), name=f"{name}_payment"),
            path(one + "paper/<str:kind>/", view(self.paper), name=f"{name}_paper"),
            path(one + "charge/<int:place>/", view(self.charge), name=f"{name}_charge"),
            path(one + "page/add/", view(self.add_page), name=f"{name}_page_add"),
            path(one + "page/<slug:page>/", view(self.change_page), name=f"{name}_page"),
            path(one + "question/add/", view(self.add_question), name=f"{name}_question_add"),
            path(one + "question/<slug:name>/", view(self.question), name=f"{name}_question"),
        ]

    # The page of a design -------------------------------------------------------------------------------------------------

    def shown(self, request: HttpRequest, row: FormDesign, wrong: Sequence[Fault]) -> dict[str, Any]:
        return {
            "result_faults": self._result_faults(row) if not wrong else [],
            "pages": self._pages(row),
            "papers": self._papers(row),
            "charges": self._charges(row),
            "address": {
                name: self.address(name, row.pk)
                for name in ("file", "compare", "try", "whole", "payment", "page_add", "question_add", "edit")
            },
        }

    def services_of(self, procedure_code: str) -> list[tuple[str, str]]:
        rows = procedures.services_on(procedure_code[:40], timezone.localdate()) if procedure_code else []
        names = provinces_named(code for row in rows for code in row.localities)

        def words(row: OnlineService) -> str:
            where = ", ".join(names.get(code, code) for code in row.localities) or "cả nước"
            return f"{row.code}: {where}; {row.get_level_display().lower()}"

        return [(row.code, words(row)) for row in rows]

    def differences(self, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
        return differences(before, after)

    def changes(self, said: Any) -> tuple[Callable[[editing.Document], editing.Document] | None, str]:
        what, name, group = said.get("what", ""), said.get("name", ""), said.get("group", "")
        changes: dict[str, Callable[[editing.Document], editing.Document]] = {
            "up": lambda document: editing.move_field(document, name, by=-1, group=group),
            "down": lambda document: editing.move_field(document, name, by=1, group=group),
            "remove": lambda document: editing.remove_field(document, name, group=group),
            "page_up": lambda document: editing.move_page(document, name, by=-1),
            "page_down": lambda document: editing.move_page(document, name, by=1),
            "page_remove": lambda document: editing.remove_page(document, name),
        }
        where = f"#{'trang' if what.startswith('page') else 'cau'}-{name}" if "remove" not in what else ""
        return changes.get(what), where

    @staticmethod
    def _result_faults(row: FormDesign) -> list[str]:
        """What the procedure's result template could not print any more under this form (one query)."""
        template = RESULTS.newest(row.procedure_code)
        return [] if template is None else [one.message for one in result_faults(template.document, compiled(row.document).fields)]

    def _pages(self, row: FormDesign) -> list[dict[str, Any]]:
        document = row.document
        pages = document.get("pages") or [{"name": "", "title": "Tờ khai"}]
        names = called(document.get("fields", []))
        return [
            {
                **page,
                "url": self.address("page", row.pk, page["name"]) if page["name"] else "",
                "when_words": condition_words(page["when"], names) if page.get("when") else "",
                "add": self.address("question_add", row.pk) + "?" + urlencode({"page": page["name"]}),
                "questions": [
                    self._question_line(row, field, names)
                    for field in document.get("fields", [])
                    if not page["name"] or editing.page_of(field, document) == page["name"]
                ],
            }
            for page in pages
        ]

    def _question_line(self, row: FormDesign, field: dict[str, Any], names: Called, group: str = "") -> dict[str, Any]:
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
            "when": condition_words(field["when"], names) if field.get("when") else "",
            "group": group,
            "url": self.address("question", row.pk, field["name"]) + inside,
            "columns": [self._question_line(row, one, names, field["name"]) for one in field.get("fields", [])],
            "add": self.address("question_add", row.pk) + "?" + urlencode({"group": field["name"]}) if field.get("kind") == "group" else "",
        }

    def _papers(self, row: FormDesign) -> list[dict[str, Any]]:
        rules, names = row.document.get("papers", []), called(row.document.get("fields", []))
        found = []
        for paper in _terms_papers(row):
            rule = next((rule for rule in rules if paper_rule_fits(rule, paper)), None)
            said = condition_words(rule["when"], names) if rule else ("luôn cần" if paper.required else "người nộp tự chọn")
            found.append({"name": paper.name, "case": paper.case, "said": said, "url": self.address("paper", row.pk, paper.kind)})
        return found

    def _charges(self, row: FormDesign) -> list[dict[str, Any]]:
        rules, names = row.document.get("charges", []), called(row.document.get("fields", []))
        found = []
        for place, fee in enumerate(_terms_fees(row)):
            own = [rule for rule in rules if fee_rule_fits(rule, fee) and "exempt" not in rule]
            said = "; ".join(_charge_words(rule, names) for rule in own) or "chưa tính trên tờ khai"
            found.append({"name": fee.name, "amount": fee.amount, "said": said, "url": self.address("charge", row.pk, place)})
        return found

    # Acts -----------------------------------------------------------------------------------------------------------------

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


def _charge_words(rule: dict[str, Any], names: Called) -> str:
    parts = ["thu một lần"]
    if rule.get("times"):
        parts = [f"nhân với {names.get(rule['times'], (rule['times'], {}))[0]} ({rule.get('unit', '')})"]
    if rule.get("when"):
        parts.append(f"khi {condition_words(rule['when'], names)}")
    return ", ".join(parts)
