"""The desk of result templates: written block by block, tried, compared, checked and published (requirement D-30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from dossiers.designing.comparing import Difference
from dossiers.designing.desk import DesignAdmin
from dossiers.designing.editing import Document, EditRefused, add_field, field_of, replace_field
from dossiers.designing.results import editing, trying
from dossiers.designing.results.comparing import differences
from dossiers.designing.results.forms import BLOCK_WORDS, BlockForm, LineForm, NewBlockForm, NewQuestionForm, QuestionForm, WholeForm
from dossiers.designing.results.work import WORK
from dossiers.designing.services import DesignRefused
from dossiers.designing.words import KIND_WORDS, condition_words
from dossiers.form_documents.checking import Fault
from dossiers.models.designs import DESIGN, ResultDesign
from dossiers.result_documents import FORMATS
from dossiers.result_documents.checking import names_known, officer_fields
from dossiers.services.result_templates import fields_of_form
from dossiers.views.common import send_file
from portal.access import actor_of, may, require
from portal.access.desk import moment, seen_version


@admin.register(ResultDesign)
class ResultDesignAdmin(DesignAdmin):
    """Result templates in the making."""

    work = WORK
    begin_title = "Bắt đầu thiết kế mẫu kết quả"
    begun = "Đã bắt đầu. Hồ sơ vẫn được quyết định bằng mẫu hiện hành cho đến khi mẫu này được kiểm tra và công khai."
    about_beginning = (
        "Thiết kế bắt đầu từ mẫu đang dùng của thủ tục, từ mẫu của thủ tục khác, từ một tệp đã xuất, hoặc từ một mẫu đơn giản."
    )
    published = "Đã công khai: hồ sơ nộp từ bây giờ được quyết định bằng mẫu này."
    about_publishing = (
        "Hồ sơ đã nộp giữ mẫu của ngày nộp. Hồ sơ nộp khi thủ tục chưa có mẫu nào thì dùng mẫu đầu tiên được công khai sau đó."
    )
    file_name = "mau-ket-qua"
    page_template = "admin/dossiers/resultdesign/design.html"

    def paths_of_kind(self, view: Callable[[Any], Any], one: str, name: str) -> list[Any]:
        return [
            path(one + "try/", view(self.try_out), name=f"{name}_try"),
            path(one + "try/pdf/", view(self.preview), name=f"{name}_pdf"),
            path(one + "whole/", view(self.whole), name=f"{name}_whole"),
            path(one + "block/add/", view(self.add_block), name=f"{name}_block_add"),
            path(one + "block/<int:place>/", view(self.block), name=f"{name}_block"),
            path(one + "block/<int:place>/line/<int:line>/", view(self.line), name=f"{name}_line"),
            path(one + "question/add/", view(self.add_question), name=f"{name}_question_add"),
            path(one + "question/<slug:name>/", view(self.question), name=f"{name}_question"),
        ]

    # The page of a design -------------------------------------------------------------------------------------------------

    def shown(self, request: HttpRequest, row: ResultDesign, wrong: Sequence[Fault]) -> dict[str, Any]:
        answers, document = fields_of_form(row.procedure_code), row.document
        broken = {fault.field for fault in wrong}
        blocks = enumerate(_dicts(document, "blocks"))
        return {
            "whole": _whole_words(document),
            "blocks": [self._block(row, place, block, f"block-{place + 1}" in broken) for place, block in blocks],
            "questions": [self._question(row, spec) for spec in officer_fields(document)],
            "places": _places(document, answers),
            "formats": [(f":{name}", words) for name, words in FORMATS.items()],
            "address": {
                name: self.address(name, row.pk) for name in ("file", "compare", "try", "whole", "block_add", "question_add", "edit")
            },
        }

    def _block(self, row: ResultDesign, place: int, block: Mapping[str, Any], broken: bool) -> dict[str, Any]:
        lines = [
            {
                "label": f"{'+ ' if one.get('beside') else ''}{one.get('label', '')}",
                "text": one.get("text", ""),
                "when": condition_words(one["when"]) if one.get("when") else "",
                "url": self.address("line", row.pk, place, number) if "lines" in block else "",
            }
            for number, one in enumerate([*block.get("lines", ()), *block.get("columns", ())])
        ]
        return {
            "place": place,
            "kind": BLOCK_WORDS.get(block.get("kind", ""), "?"),
            "heading": block.get("heading", ""),
            "text": block.get("text", ""),
            "when": condition_words(block["when"]) if block.get("when") else "",
            "lines": lines,
            "broken": broken,
            "url": self.address("block", row.pk, place),
        }

    def _question(self, row: ResultDesign, spec: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": spec["name"],
            "label": spec.get("label") or spec["name"],
            "kind": KIND_WORDS.get(spec.get("kind", ""), spec.get("kind", "")),
            "required": bool(spec.get("required")),
            "section": spec.get("section", ""),
            "prefill": spec.get("prefill", ""),
            "when": condition_words(spec["when"]) if spec.get("when") else "",
            "url": self.address("question", row.pk, spec["name"]),
        }

    def changes(self, said: Any) -> tuple[Callable[[Document], Document] | None, str]:
        what, name = said.get("what", ""), said.get("name", "")
        place = int(name) if name.isascii() and name.isdigit() and len(name) < 4 else -1
        changes: dict[str, Callable[[Document], Document]] = {
            "block_up": lambda document: editing.move_block(document, place, by=-1),
            "block_down": lambda document: editing.move_block(document, place, by=1),
            "block_remove": lambda document: editing.remove_block(document, place),
            "up": lambda document: editing.move_question(document, name, by=-1),
            "down": lambda document: editing.move_question(document, name, by=1),
            "remove": lambda document: editing.remove_question(document, name),
        }
        return changes.get(what), "" if "remove" in what else "#khoi" if what.startswith("block") else f"#cau-{name}"

    def differences(self, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
        return differences(before, after)

    # Acts -----------------------------------------------------------------------------------------------------------------

    def whole(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """What is said of the result as a whole."""
        row = self.found(request, object_id)
        form = WholeForm(_posted(request), document=row.document, answers=fields_of_form(row.procedure_code))
        return self._edited(request, row, title="Tên, sổ, chữ ký, thời hạn", form=form, change=lambda: form.changed, what="whole")

    def add_block(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """A new block, as its kind begins; what it says is asked next."""
        row = self.found(request, object_id)
        form = NewBlockForm(_posted(request), document=row.document)
        groups = [spec for spec in fields_of_form(row.procedure_code) if spec["kind"] == "group"]
        place: list[int] = []

        def change() -> Callable[[Document], Document]:
            behind = form.behind

            def add(document: Document) -> Document:
                block = editing.new_block(form.cleaned_data["kind"], document, groups)
                place[:] = [len(document.get("blocks", [])) if behind is None else behind + 1]
                return editing.add_block(document, block, after=behind)

            return add

        answer = self._edited(request, row, title="Thêm khối", form=form, change=change, what="add_block", button="Thêm")
        return redirect(self.address("block", row.pk, place[0])) if place and answer.status_code == 302 else answer

    def block(self, request: HttpRequest, object_id: UUID, place: int) -> HttpResponse:
        """One block, with all that can be said of it."""
        row = self.found(request, object_id)
        block = _there(lambda: editing.block_at(row.document, place))
        form = BlockForm(_posted(request), block=block, document=row.document, answers=fields_of_form(row.procedure_code))
        return self._edited(
            request,
            row,
            title=f"Khối {place + 1}: {BLOCK_WORDS.get(block['kind'], block['kind'])}",
            form=form,
            change=lambda: lambda document: editing.replace_block(document, place, form.result()),
            what=f"block:{place}",
        )

    def line(self, request: HttpRequest, object_id: UUID, place: int, line: int) -> HttpResponse:
        """One line of a block, with its condition."""
        row = self.found(request, object_id)
        block = _there(lambda: editing.block_at(row.document, place))
        lines = list(block.get("lines", []))
        if line >= len(lines):
            raise Http404
        form = LineForm(_posted(request), line=lines[line], document=row.document, answers=fields_of_form(row.procedure_code))

        def change() -> Callable[[Document], Document]:
            lines[line] = form.result()
            return lambda document: editing.replace_block(document, place, {**block, "lines": lines})

        title = f"Khối {place + 1}, dòng “{lines[line]['label']}”"
        return self._edited(request, row, title=title, form=form, change=change, what=f"line:{place}.{line}")

    def add_question(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """A new question to the officer who decides."""
        row = self.found(request, object_id)
        form = NewQuestionForm(_posted(request), document=row.document)
        name: list[str] = []

        def change() -> Callable[[Document], Document]:
            spec = form.spec()

            def add(document: Document) -> Document:
                name[:] = [editing.question_name(spec["label"], document)]
                return add_field(document, {**spec, "name": name[0]}, after=form.cleaned_data.get("after") or "")

            return add

        answer = self._edited(request, row, title="Thêm câu hỏi", form=form, change=change, what="add_question", button="Thêm")
        return redirect(self.address("question", row.pk, name[0])) if name and answer.status_code == 302 else answer

    def question(self, request: HttpRequest, object_id: UUID, name: str) -> HttpResponse:
        """One question to the officer, with all that can be said of it."""
        row = self.found(request, object_id)
        spec = _there(lambda: field_of(row.document, name))
        form = QuestionForm(_posted(request), document=row.document, spec=spec, answers=fields_of_form(row.procedure_code))
        return self._edited(
            request,
            row,
            title=f"Câu hỏi: {spec.get('label') or name}",
            form=form,
            change=lambda: lambda document: replace_field(document, name, form.result()),
            what=f"question:{name}",
            about=[f"{KIND_WORDS.get(spec['kind'], spec['kind'])}. Chỗ điền: {{decision.{name}}}."],
        )

    # Trying ---------------------------------------------------------------------------------------------------------------

    def try_out(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The paper under a dossier that nobody filed; nothing is kept but what was typed, for the PDF."""
        row = self.found(request, object_id)
        wrong, now = WORK.faults(row.procedure_code, row.document), timezone.now()
        context: dict[str, Any] = {
            **self._context(request),
            "title": "Thử với một hồ sơ mẫu",
            "row": row,
            "back": self.address("change", row.pk),
            "faults": wrong,
            "may_print": may(actor_of(request), DESIGN, row.unit_code),
            "waits": row.preview_asked_at is not None and row.preview_made_at is None,
            "asked": moment(row.preview_asked_at),
            "pdf": self.address("pdf", row.pk) if row.preview_id and row.preview_made_at else "",
        }
        status = 200
        if not wrong:
            context |= trying.tried(row, request.POST if request.method == "POST" else None, now=now)
            status = 200 if context["drawn"] else 422
        if request.method == "POST" and request.POST.get("act") == "in" and status == 200 and not wrong:
            try:
                trying.ask_preview(
                    actor=actor_of(request),
                    design_id=row.pk,
                    seen_version=seen_version(request),
                    said=trying.typed(request.POST.dict()),
                    now=now,
                )
            except DesignRefused as refused:
                self.message_user(request, refused.message, level="ERROR")
            else:
                self.message_user(request, "Đang làm bản in thử, thường xong trong vài giây. Tải lại trang này để mở.")
            return redirect(self.address("try", row.pk))
        return TemplateResponse(request, "admin/dossiers/resultdesign/try.html", context, status=status)

    def preview(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The last try as a PDF."""
        row = self.found(request, object_id)
        require(actor_of(request), self.view_act, row.unit_code)
        if row.preview is None or row.preview_made_at is None:
            raise Http404
        return send_file(row.preview, name=f"in-thu-{row.procedure_code}.pdf", inline=True, trusted=True)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _there(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read()
    except EditRefused as gone:
        raise Http404 from gone


def _dicts(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Parts of a document that may have been written elsewhere."""
    return [one for one in document.get(key, []) if isinstance(one, dict)]


def _places(document: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    known = names_known(document, answers)
    return [
        (f"{{{name}}}" if spec["kind"] != "group" else name, str(spec.get("label") or name))
        for name, spec in known.items()
        if isinstance(spec, Mapping)
    ]


def _whole_words(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    register, signature, valid = document.get("register"), document.get("signature", {}), document.get("valid")
    numbered = f"{register.get('label', '')}{', có quyển' if register.get('books') else ''}" if register else "Không lấy số"
    until = "Không có hạn"
    if valid:
        until = f"đến ngày ở câu {valid['until']}" if "until" in valid else f"số năm: {valid['years']}"
    signed = " ".join(filter(None, (signature.get("capacity", ""), signature.get("office", ""))))
    return [
        ("Tên mẫu kết quả", str(document.get("title", ""))),
        ("Số vào sổ", numbered),
        ("Chữ ký", f"{signed}; ký: {signature.get('who', '')}; {'bên trái' if signature.get('place') == 'left' else 'bên phải'}"),
        ("Có giá trị", until),
        ("Tìm hồ sơ theo", ", ".join([*filter(None, [document.get("subject", "")]), *document.get("identity_numbers", [])]) or "–"),
    ]
