"""The desk's forms for blocks, lines and questions of a result template: from a part of the document to boxes, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from dossiers.designing import editing
from dossiers.designing.conditions import CONDITION_ROWS, ConditionFields, field_choices
from dossiers.designing.forms import FieldForm, NewFieldForm
from dossiers.designing.words import KIND_WORDS
from dossiers.result_documents.checking import CAPACITIES, MOST_SHOWN_DAYS, OFFICER_KINDS
from portal.access.desk import PlainForm
from portal.ui.fields import NumberInput, PlainText

_LONG = {"class": "vTextField"}
BLOCK_WORDS: dict[str, str] = {
    "title": "Tên văn bản",
    "subtitle": "Dòng dưới tên",
    "number": "Số, quyển số",
    "paragraph": "Đoạn văn",
    "facts": "Các dòng nhãn và nội dung",
    "table": "Bảng (nhóm lặp lại)",
}
CAPACITY_WORDS = {
    "": "Ký đúng thẩm quyền",
    "TM.": "TM. (thay mặt tập thể)",
    "KT.": "KT. (ký thay cấp trưởng)",
    "TL.": "TL. (thừa lệnh)",
    "TUQ.": "TUQ. (thừa ủy quyền)",
    "Q.": "Q. (quyền cấp trưởng)",
}
PLACES_HELP = "Chỗ điền viết trong ngoặc nhọn, chép từ danh sách “Chỗ điền”: {dossier.owner}, {decision.noi_dung}."


def questions_of(document: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What conditions of blocks and lines may look at, by the names that stand in texts."""
    declared = [{**spec, "name": f"answer.{spec['name']}"} for spec in answers if spec["kind"] not in ("note", "group")]
    return declared + [{**spec, "name": f"decision.{spec['name']}"} for spec in document.get("fields", [])]


class NewBlockForm(PlainForm):
    """What kind of block, and where."""

    kind = forms.ChoiceField(label="Loại khối", choices=[("", "– Chọn –"), *BLOCK_WORDS.items()])
    after = forms.ChoiceField(label="Đặt sau khối", required=False)

    def __init__(self, *args: Any, document: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [
            (str(place), f"{place + 1}. {BLOCK_WORDS.get(block['kind'], block['kind'])}")
            for place, block in enumerate(document.get("blocks", []))
        ]
        self.fields["after"].choices = [("", "Cuối cùng"), *places]  # type: ignore[attr-defined]

    @property
    def behind(self) -> int | None:
        """The place it goes behind; None: the end. After ``is_valid``."""
        return int(self.cleaned_data["after"]) if self.cleaned_data["after"] else None


class BlockForm(PlainForm):
    """Everything that can be said of one block of its kind."""

    def __init__(
        self,
        *args: Any,
        block: Mapping[str, Any],
        document: Mapping[str, Any],
        answers: Sequence[Mapping[str, Any]],
        **kwargs: Any,
    ) -> None:
        self.block = dict(block)
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        kind, add = block["kind"], self.fields.__setitem__
        if kind in ("paragraph", "facts", "table"):
            add("heading", PlainText(label="Tiêu đề của khối", required=False, max_length=300, widget=forms.TextInput(_LONG)))
        if kind in ("title", "subtitle", "paragraph"):
            rows = 6 if kind == "paragraph" else 2
            add("text", PlainText(label="Chữ", max_length=5000, widget=forms.Textarea({"rows": rows}), help_text=PLACES_HELP))
        if kind in ("number", "facts"):
            words = f"Mỗi dòng: nhãn | nội dung. Dấu + ở đầu: đứng cùng hàng với dòng trên. {PLACES_HELP}"
            add("lines", PlainText(label="Các dòng", max_length=20_000, widget=forms.Textarea({"rows": 10}), help_text=words))
        if kind == "table":
            groups = [(f"answer.{one['name']}", one["label"]) for one in answers if one["kind"] == "group"]
            add("group", forms.ChoiceField(label="Nhóm lặp lại", choices=groups))
            own = "; ".join(
                f"{{row.{part['name']}}} {part['label']}" for one in answers if one["kind"] == "group" for part in one["fields"]
            )
            words = f"Mỗi dòng: tên cột | nội dung. Chỗ điền của từng dòng trong nhóm: {own}."
            add("columns", PlainText(label="Các cột", max_length=20_000, widget=forms.Textarea({"rows": 8}), help_text=words))
        self.when = ConditionFields(self, "when", "Chỉ in khối này khi", questions_of(document, answers), block.get("when"), CONDITION_ROWS)
        for one in self.fields.values():
            if one.required:
                one.error_messages["required"] = "Bạn hãy ghi mục này."

    def _initial(self) -> dict[str, Any]:
        found = {key: self.block.get(key, "") for key in ("heading", "text", "group")}
        for key in ("lines", "columns"):
            found[key] = "\n".join(_line_written(one) for one in self.block.get(key, ()))
        return found

    def clean(self) -> dict[str, Any]:
        """Every line has a label and a text."""
        said: dict[str, Any] = super().clean() or {}
        for key in ("lines", "columns"):
            if said.get(key):
                self._check_lines(key, said[key])
        self.condition = self.when.read(said)
        return said

    def _check_lines(self, key: str, text: str) -> None:
        wrong = [line for line in text.splitlines() if line.strip() and not all(part.strip(" +") for part in _parts(line))]
        if wrong:
            self.add_error(key, f"Dòng “{wrong[0].strip()[:80]}” thiếu nhãn hoặc nội dung. Viết: nhãn | nội dung.")

    def result(self) -> dict[str, Any]:
        """The block as the form says it; conditions of lines stay with their lines. After ``is_valid``."""
        said, found = self.cleaned_data, dict(self.block)
        for key in ("heading", "text", "group"):
            if key in said:
                _put(found, key, said[key])
        if "lines" in said:
            before = {(one["label"], one["text"]): one.get("when") for one in self.block.get("lines", ())}
            labels = {one["label"]: one.get("when") for one in self.block.get("lines", ())}
            found["lines"] = []
            for line in _lines_read(said["lines"]):
                when = before.get((line["label"], line["text"]), labels.get(line["label"]))
                found["lines"].append({**line, **({"when": when} if when else {})})
        if "columns" in said:
            found["columns"] = [{key: line[key] for key in ("label", "text")} for line in _lines_read(said["columns"])]
        _put(found, "when", self.condition)
        return found


def _parts(line: str) -> tuple[str, str]:
    label, _bar, text = line.partition("|")
    return label.strip(), text.strip()


def _line_written(line: Mapping[str, Any]) -> str:
    return f"{'+ ' if line.get('beside') else ''}{line['label']} | {line['text']}"


def _lines_read(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        label, said = _parts(line)
        if label or said:
            beside = label.startswith("+")
            found.append({"label": label.lstrip("+ "), "text": said, **({"beside": True} if beside else {})})
    return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    """What is empty is not written at all."""
    if value in (None, "", [], False):
        found.pop(name, None)
    else:
        found[name] = value


class LineForm(PlainForm):
    """One line of a block: its words and when it is printed."""

    label = PlainText(label="Nhãn", max_length=300, widget=forms.TextInput(_LONG))
    text = PlainText(label="Nội dung", max_length=5000, widget=forms.TextInput(_LONG), help_text=PLACES_HELP)
    beside = forms.BooleanField(label="Đứng cùng hàng với dòng trên", required=False)

    def __init__(
        self, *args: Any, line: Mapping[str, Any], document: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {key: line.get(key, "") for key in ("label", "text", "beside")})
        super().__init__(*args, **kwargs)
        self.when = ConditionFields(self, "when", "Chỉ in dòng này khi", questions_of(document, answers), line.get("when"), CONDITION_ROWS)

    def clean(self) -> dict[str, Any]:
        """With its condition."""
        said: dict[str, Any] = super().clean() or {}
        self.condition = self.when.read(said)
        return said

    def result(self) -> dict[str, Any]:
        """The line as the form says it. After ``is_valid``."""
        said = self.cleaned_data
        found: dict[str, Any] = {"label": said["label"], "text": said["text"]}
        _put(found, "beside", said["beside"])
        _put(found, "when", self.condition)
        return found


class NewQuestionForm(NewFieldForm):
    """What the officer who decides is asked, in which words."""

    def __init__(self, *args: Any, document: editing.Document, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["label"].help_text = "Như cán bộ quyết định đọc. Ví dụ: Căn cứ quyết định."
        kinds = [(kind, words) for kind, words in KIND_WORDS.items() if kind in OFFICER_KINDS]
        self.fields["kind"].choices = [("", "– Chọn –"), *kinds]  # type: ignore[attr-defined]
        self.fields["after"].choices = [("", "Cuối cùng"), *field_choices(document.get("fields", []))]  # type: ignore[attr-defined]


class QuestionForm(FieldForm):
    """Everything that can be said of one question to the officer: as of a citizens' question, but for what only these need."""

    def __init__(
        self,
        *args: Any,
        document: editing.Document,
        spec: Mapping[str, Any],
        answers: Sequence[Mapping[str, Any]],
        **kwargs: Any,
    ) -> None:
        self.answers = answers
        super().__init__(*args, document=document, spec=spec, **kwargs)
        for name in list(self.fields):
            if name in ("label_en", "help_en", "value", "value_of", "unique") or name.startswith(("compare_", "needed_")):
                del self.fields[name]
        self.needed = None
        sources = field_choices(self.questions())
        prefill = forms.ChoiceField(label="Lấy sẵn từ tờ khai", required=False, choices=[("", "Không"), *sources])
        prefill.help_text = "Cán bộ sửa được trước khi quyết định."
        self.fields["prefill"] = prefill

    def questions(self) -> list[dict[str, Any]]:
        """The declaration alone: what one officer writes is written at once."""
        return questions_of({}, self.answers)


class WholeForm(PlainForm):
    """What is said of the result as a whole: its name, the register, who signs, until when it holds, whom it is about."""

    title = PlainText(
        label="Tên mẫu kết quả", max_length=200, widget=forms.TextInput(_LONG), help_text="Hiện khi quét mã trên giấy; không ghi tên người."
    )
    dated = forms.BooleanField(label="In dòng ngày, tháng, năm dưới quốc hiệu", required=False)
    has_register = forms.BooleanField(label="Lấy số vào sổ khi quyết định", required=False)
    register_label = PlainText(label="Số ấy gọi là", required=False, max_length=60, help_text="Ví dụ: Số vào sổ, Số giấy phép.")
    books = forms.BooleanField(label="Sổ chia thành quyển", required=False)
    office = PlainText(
        label="Ghi trên chữ ký", max_length=200, widget=forms.TextInput(_LONG), help_text="Ví dụ: Người ký, Ủy ban nhân dân, Chủ tịch."
    )
    capacity = forms.ChoiceField(label="Thể thức đề ký", required=False, choices=[(one, CAPACITY_WORDS[one]) for one in CAPACITIES])
    place = forms.ChoiceField(label="Chỗ ký", choices=[("right", "Bên phải"), ("left", "Bên trái")])
    who = PlainText(label="Ai ký", max_length=200, widget=forms.TextInput(_LONG), help_text="Ví dụ: lãnh đạo Sở Xây dựng.")
    valid = forms.ChoiceField(label="Có giá trị", required=False)
    years = forms.IntegerField(label="Số năm", required=False, min_value=1, max_value=100, widget=NumberInput({"size": 4}))
    shown_days = forms.IntegerField(
        label="Cho người nộp xem dự thảo, số ngày làm việc",
        required=False,
        min_value=1,
        max_value=MOST_SHOWN_DAYS,
        widget=NumberInput({"size": 4}),
        help_text="Trước khi quyết định; người nộp đồng ý hoặc nêu lý do không đồng ý. Bỏ trống: không cho xem.",
    )
    shown_clock = forms.ChoiceField(
        label="Trong lúc chờ người nộp", required=False, choices=[("run", "thời hạn vẫn chạy"), ("pause", "thời hạn dừng")]
    )
    subject = forms.ChoiceField(label="Tên người (hoặc vật) được nêu, ở câu", required=False)
    identity_numbers = forms.MultipleChoiceField(
        label="Số định danh của những người được nêu, ở các câu", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, document: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        self.document = document
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        self.fields["register_label"].heading = "Sổ"  # type: ignore[attr-defined]  # read by admin/one_form.html
        self.fields["office"].heading = "Chữ ký"  # type: ignore[attr-defined]
        self.fields["valid"].heading = "Thời hạn"  # type: ignore[attr-defined]
        self.fields["shown_days"].heading = "Dự thảo"  # type: ignore[attr-defined]
        self.fields["subject"].heading = "Để cán bộ tìm hồ sơ"  # type: ignore[attr-defined]
        own = document.get("fields", [])
        ways = [("", "không có hạn"), ("years", "một số năm cố định")]
        ways += [(f"years:{one['name']}", f"số năm ở câu “{one['label']}”") for one in own if one["kind"] == "number"]
        ways += [(f"until:{one['name']}", f"đến ngày ở câu “{one['label']}”") for one in own if one["kind"] == "date"]
        self.fields["valid"].choices = ways  # type: ignore[attr-defined]
        named = [one for one in answers if one["kind"] in ("name", "text")]
        self.fields["subject"].choices = [("", "– Không –"), *field_choices(named)]  # type: ignore[attr-defined]
        numbers = [one for one in answers if one["kind"] == "id_number"]
        self.fields["identity_numbers"].choices = field_choices(numbers)  # type: ignore[attr-defined]
        if not numbers:
            del self.fields["identity_numbers"]

    def _initial(self) -> dict[str, Any]:
        said = self.document
        register, signature, valid = said.get("register"), said.get("signature", {}), said.get("valid", {})
        way = next((f"{key}:{value}" if isinstance(value, str) else key for key, value in valid.items()), "")
        return {
            "title": said.get("title", ""),
            "dated": said.get("dated", False),
            "has_register": register is not None,
            "register_label": (register or {}).get("label", ""),
            "books": (register or {}).get("books", False),
            **{key: signature.get(key, "") for key in ("office", "capacity", "who")},
            "place": signature.get("place", "right"),
            "valid": way,
            "years": valid.get("years") if isinstance(valid.get("years"), int) else None,
            "shown_days": said.get("shown", {}).get("days"),
            "shown_clock": said.get("shown", {}).get("clock", "run"),
            "subject": said.get("subject", ""),
            "identity_numbers": said.get("identity_numbers", []),
        }

    def clean(self) -> dict[str, Any]:
        """A register has a name for its numbers, a term a number of years."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("has_register") and not said.get("register_label"):
            self.add_error("register_label", "Bạn hãy ghi số ấy gọi là gì, ví dụ Số vào sổ.")
        if said.get("valid") == "years" and not said.get("years") and "years" not in self.errors:
            self.add_error("years", "Bạn hãy ghi số năm.")
        return said

    def changed(self, document: editing.Document) -> editing.Document:
        """The document with what was said. After ``is_valid``."""
        said, found = self.cleaned_data, dict(document)
        found["title"] = said["title"]
        _put(found, "dated", said["dated"])
        register = {**(document.get("register") or {}), "label": said["register_label"], "books": said["books"]}
        _put(found, "register", register if said["has_register"] else None)
        signature = {"office": said["office"], "who": said["who"]}
        signature |= {"capacity": said["capacity"]} if said["capacity"] else {}
        found["signature"] = signature | ({"place": "left"} if said["place"] == "left" else {})
        key, _colon, name = said["valid"].partition(":")
        _put(found, "valid", {key: name or said["years"]} if key else None)
        shown = {"days": said["shown_days"], "clock": said["shown_clock"] or "run"} if said["shown_days"] else None
        _put(found, "shown", shown)
        _put(found, "subject", said["subject"])
        if "identity_numbers" in said:
            _put(found, "identity_numbers", said["identity_numbers"])
        return found
