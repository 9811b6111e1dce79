"""The desk's forms for questions, pages and conditions: from a part of the document to fields an officer fills in, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from dossiers.designing import editing
from dossiers.designing.conditions import CONDITION_ROWS, ConditionFields, field_choices
from dossiers.designing.words import KIND_WORDS, choice_label, choice_value
from dossiers.form_documents.composites import PARTS
from dossiers.sources import registry_facts
from portal.access.desk import PlainForm
from portal.catalogues import queries as catalogues
from portal.ui.fields import NumberInput, PlainText

_LONG = {"class": "vTextField"}
NO_ANSWER = frozenset({"note"})
"""Kinds that ask nothing."""
OF_TEXT = frozenset({"name", "text", "long_text"})
OF_CHOICE = frozenset({"choice", "choices", "select"})
OF_AMOUNT = frozenset({"number", "money", "decimal", "year"})
CALCULATED = frozenset({"number", "money", "decimal", "text"})
"""Kinds that may be calculated instead of asked."""
SOURCES = {
    "person.full_name": "Họ tên người nộp",
    "person.id_number": "Số định danh người nộp",
    "person.birth_date": "Ngày sinh người nộp",
    "person.sex": "Giới tính người nộp",
    "person.address": "Nơi cư trú người nộp",
    "organisation.name": "Tên tổ chức",
    "organisation.tax_code": "Mã số thuế tổ chức",
    "organisation.address": "Địa chỉ trụ sở tổ chức",
    "person.phone": "Điện thoại người nộp",
    **registry_facts(),
}
CATALOGUE_WORDS = {
    "countries": "Quốc gia",
    "ethnicities": "Dân tộc",
    "provinces": "Tỉnh, thành phố",
    "relationships": "Quan hệ gia đình, nhân thân",
    "banks": "Ngân hàng",
}
EXPRESSIONS = [
    ("", "Không: người nộp tự điền"),
    ("sum", "Tổng của các câu"),
    ("product", "Tích của các câu"),
    ("difference", "Hiệu của hai câu"),
    ("count", "Số dòng của nhóm"),
    ("total", "Tổng một cột của nhóm (nhóm, cột)"),
    ("join", "Nối các câu"),
    ("years", "Số tuổi đến hôm nay, từ ngày"),
]
COMPARISONS = [("<", "nhỏ hơn, trước"), ("<=", "không quá"), (">", "lớn hơn, sau"), (">=", "ít nhất bằng"), ("==", "bằng"), ("!=", "khác")]


class NewFieldForm(PlainForm):
    """What kind of question, in which words; the rest is asked next."""

    label = PlainText(
        label="Câu hỏi", max_length=300, widget=forms.Textarea({"rows": 2}), help_text="Như người nộp đọc. Ví dụ: Nơi sinh của trẻ."
    )
    kind = forms.ChoiceField(label="Loại câu trả lời")
    page = forms.ChoiceField(label="Trang")
    after = forms.ChoiceField(label="Đặt sau câu", required=False)

    def __init__(self, *args: Any, document: editing.Document, group: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, words) for kind, words in KIND_WORDS.items() if not (group and kind in ("group", "file", "note"))]
        self.fields["kind"].choices = [("", "– Chọn –"), *kinds]  # type: ignore[attr-defined]
        pages = page_choices(document)
        if group or not pages:
            del self.fields["page"]
        else:
            self.fields["page"].choices = pages  # type: ignore[attr-defined]
        fields = editing.fields_of(document, group)
        self.fields["after"].choices = [("", "Cuối trang" if not group else "Cuối nhóm"), *field_choices(fields)]  # type: ignore[attr-defined]

    def spec(self) -> dict[str, Any]:
        """The question as it begins. After ``is_valid``."""
        said = self.cleaned_data
        found = {"label": said["label"], "kind": said["kind"], **({"page": said["page"]} if said.get("page") else {})}
        if said["kind"] in ("choice", "choices", "select"):
            found["choices"] = [["co", "Có"], ["khong", "Không"]]
        if said["kind"] == "group":
            found |= {"fields": [{"name": "ten", "label": "Tên", "kind": "text", "required": True}], "item": "Dòng", "least": 1, "most": 50}
        if said["kind"] in OF_TEXT:
            found["max_length"] = 300
        return found


def page_choices(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and titles of the pages."""
    return [(page["name"], page.get("title") or page["name"]) for page in document.get("pages", [])]


def earlier(document: Mapping[str, Any], name: str, group: str = "") -> list[dict[str, Any]]:
    """The plain questions before one: what its conditions and sums may look at."""
    found: list[dict[str, Any]] = []
    stop = group or name
    for field in document.get("fields", []):
        if field["name"] == stop:
            break
        found += _plain(field)
    if group:
        for field in editing.fields_of(dict(document), group):
            if field["name"] == name:
                break
            found += _plain(field)
    return found


def _plain(field: Mapping[str, Any]) -> list[dict[str, Any]]:
    if field.get("kind") in PARTS:
        parts = field.get("parts") or list(PARTS[field["kind"]])
        return [
            {
                "name": f"{field['name']}_{part}",
                "label": f"{PARTS[field['kind']][part]['label']} của {field.get('label', '')}",
                **_kind(field, part),
            }
            for part in parts
        ]
    return [] if field.get("kind") in ("file", "note") else [dict(field)]


def _kind(field: Mapping[str, Any], part: str) -> dict[str, Any]:
    made = PARTS[field["kind"]][part]
    return {key: made[key] for key in ("kind", "choices") if key in made}


class FieldForm(PlainForm):
    """Everything that can be said of one question of its kind. What the desk has no place for stays as it is in the document."""

    label = PlainText(label="Câu hỏi", max_length=300, widget=forms.Textarea({"rows": 2}))
    help = PlainText(
        label="Giải thích", max_length=1000, required=False, widget=forms.Textarea({"rows": 2}), help_text="Hiện dưới câu hỏi."
    )
    label_en = PlainText(label="Câu hỏi bằng tiếng Anh", max_length=300, required=False, widget=forms.TextInput(_LONG))
    help_en = PlainText(label="Giải thích bằng tiếng Anh", max_length=1000, required=False, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, document: editing.Document, spec: Mapping[str, Any], group: str = "", **kwargs: Any) -> None:
        self.document, self.spec, self.group = document, dict(spec), group
        kind = spec["kind"]
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        pages = page_choices(document)
        if pages and not group:
            self.fields["page"] = forms.ChoiceField(label="Trang", choices=pages)
        self.fields["section"] = PlainText(
            label="Mục", max_length=100, required=False, widget=forms.TextInput(_LONG), help_text="Các câu cùng mục đứng dưới một tiêu đề."
        )
        if kind not in NO_ANSWER:
            self.fields["required"] = forms.BooleanField(label="Bắt buộc trả lời", required=False)
        self._of_kind(kind)
        questions = self.questions()
        self.when = ConditionFields(self, "when", "Chỉ hiện khi", questions, spec.get("when"), CONDITION_ROWS)
        self.needed: ConditionFields | None = None
        if kind not in NO_ANSWER:
            self.needed = ConditionFields(self, "needed", "Bắt buộc khi", questions, spec.get("required_when"), 1)
        self._checks(kind, questions)
        for one in self.fields.values():
            if isinstance(one, forms.CharField | forms.IntegerField) and one.required:
                one.error_messages["required"] = "Bạn hãy ghi mục này."

    def questions(self) -> list[dict[str, Any]]:
        """What its conditions and checks may look at."""
        return earlier(self.document, str(self.spec["name"]), self.group)

    def _initial(self) -> dict[str, Any]:
        spec = self.spec
        keys = (
            "label",
            "label_en",
            "help",
            "help_en",
            "section",
            "required",
            "max_length",
            "min",
            "max",
            "unit",
            "decimals",
            "prefill",
            "default",
        )
        found = {
            key: spec[key]
            for key in (*keys, "item", "least", "most", "paste", "catalogue", "parts", "province_field", "prefill_from")
            if key in spec
        }
        found["page"] = editing.page_of(spec, self.document)
        found["choices"] = "\n".join(_choice_line(one) for one in spec.get("choices", []))
        found["required_parts"] = spec.get("required_parts", spec.get("parts", list(PARTS.get(spec["kind"], {}))))
        found.setdefault("parts", list(PARTS.get(spec["kind"], {})))
        operation, names = next(iter(spec.get("value", {"": []}).items()))
        found["value"] = operation
        found["value_of"] = ", ".join(str(one) for one in names) if isinstance(names, list) else str(names)
        compared: Mapping[str, Any] = next((rule for rule in spec.get("rules", []) if rule.get("rule") == "compare"), {})
        found |= {f"compare_{key}": compared.get(key, "") for key in ("op", "with", "text")}
        found["compare_kind"] = compared.get("kind", "wrong")
        found["unique"] = next((rule["text"] for rule in spec.get("rules", []) if rule.get("rule") == "unique"), "")
        return found

    def _of_kind(self, kind: str) -> None:
        add = self.fields.__setitem__
        if kind in OF_TEXT:
            add(
                "max_length",
                forms.IntegerField(label="Dài nhất", required=False, min_value=1, max_value=5000, widget=NumberInput({"size": 6})),
            )
        if kind in OF_CHOICE:
            add(
                "choices",
                PlainText(
                    label="Các lựa chọn", required=kind != "select", max_length=20_000, widget=forms.Textarea({"rows": 6}),
                    help_text="Mỗi dòng một lựa chọn. Muốn giữ mã cũ hoặc thêm tiếng Anh: mã | lựa chọn | tiếng Anh.",
                ),
            )  # fmt: skip
        if kind == "select":
            listed = [("", "Các lựa chọn ở trên"), *((name, words) for name, words in CATALOGUE_WORDS.items())]
            add("catalogue", forms.ChoiceField(label="Danh mục dùng chung", required=False, choices=listed))
        if kind in OF_AMOUNT:
            for name, label in (("min", "Nhỏ nhất"), ("max", "Lớn nhất")):
                add(name, forms.IntegerField(label=label, required=False, widget=NumberInput({"size": 14})))
            add("unit", PlainText(label="Đơn vị", required=False, max_length=20, widget=forms.TextInput({"size": 10})))
        if kind == "decimal":
            digits = forms.IntegerField(
                label="Số chữ số thập phân", required=False, min_value=1, max_value=6, widget=NumberInput({"size": 4})
            )
            add("decimals", digits)
        if kind == "ward":
            provinces = [one for one in earlier(self.document, self.spec["name"], self.group) if one.get("kind") == "province"]
            add("province_field", forms.ChoiceField(label="Thuộc tỉnh ở câu", choices=field_choices(provinces)))
        if kind in PARTS:
            parts = [(part, str(made["label"])) for part, made in PARTS[kind].items()]
            add("parts", forms.MultipleChoiceField(label="Gồm các ô", choices=parts, widget=forms.CheckboxSelectMultiple))
            chosen = forms.MultipleChoiceField(label="Ô bắt buộc", required=False, choices=parts, widget=forms.CheckboxSelectMultiple)
            add("required_parts", chosen)
            if kind in ("person", "organisation"):
                known = [("", "Không"), ("person", "Người nộp"), ("organisation", "Tổ chức của người nộp")]
                add("prefill_from", forms.ChoiceField(label="Lấy sẵn của", required=False, choices=known))
        if kind == "group":
            add("item", PlainText(label="Mỗi dòng là", max_length=60, widget=forms.TextInput(_LONG), help_text="Ví dụ: Người lao động."))
            for name, label in (("least", "Ít nhất mấy dòng"), ("most", "Nhiều nhất mấy dòng")):
                add(
                    name,
                    forms.IntegerField(label=label, min_value=0 if name == "least" else 1, max_value=100, widget=NumberInput({"size": 4})),
                )
            add("paste", forms.BooleanField(label="Cho dán nhiều dòng từ bảng tính", required=False))
        if kind in OF_TEXT | {"date", "id_number", "phone", "email", "tax_code"} and not self.group:
            add("prefill", forms.ChoiceField(label="Lấy sẵn từ dữ liệu", required=False, choices=[("", "Không"), *SOURCES.items()]))
        if kind in OF_TEXT | OF_AMOUNT | {"choice"}:
            add("default", PlainText(label="Ghi sẵn", required=False, max_length=300, widget=forms.TextInput(_LONG)))
        if kind in CALCULATED:
            add("value", forms.ChoiceField(label="Tự tính", required=False, choices=EXPRESSIONS))
            text = "Tên (trong ngoặc, ở danh sách câu hỏi) của các câu đứng trước, cách nhau bằng dấu phẩy."
            add("value_of", PlainText(label="Tính từ", required=False, max_length=500, widget=forms.TextInput(_LONG), help_text=text))

    def _checks(self, kind: str, questions: Sequence[Mapping[str, Any]]) -> None:
        if kind in OF_AMOUNT | {"date", "month", "time"}:
            comparison = forms.ChoiceField(label="Phải", required=False, choices=[("", "– Không so –"), *COMPARISONS])
            comparison.heading = "So với câu khác"  # type: ignore[attr-defined]
            self.fields["compare_op"] = comparison
            same = [one for one in questions if one.get("kind") in OF_AMOUNT | {"date", "month", "time"}]
            self.fields["compare_with"] = forms.ChoiceField(label="câu", required=False, choices=[("", "– Chọn –"), *field_choices(same)])
            self.fields["compare_text"] = PlainText(
                label="Không đúng thì nói", required=False, max_length=300, widget=forms.TextInput(_LONG)
            )
            levels = [("wrong", "không gửi được"), ("unlikely", "người nộp phải xác nhận")]
            self.fields["compare_kind"] = forms.ChoiceField(label="và", required=False, choices=levels)
        if self.group and kind not in NO_ANSWER:
            once = PlainText(label="Hai dòng trùng nhau thì nói", required=False, max_length=300, widget=forms.TextInput(_LONG))
            once.help_text = "Để trống: các dòng được phép trùng nhau ở ô này."
            self.fields["unique"] = once

    def clean(self) -> dict[str, Any]:
        """What belongs together is there together."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("value") and not said.get("value_of"):
            self.add_error("value_of", "Bạn hãy ghi tính từ câu nào.")
        if said.get("compare_op"):
            for name in ("compare_with", "compare_text"):
                if not said.get(name):
                    self.add_error(name, "Bạn hãy ghi mục này.")
        if self.spec["kind"] == "select" and "choices" in said and bool(said.get("choices")) == bool(said.get("catalogue")):
            self.add_error("catalogue", "Bạn hãy ghi các lựa chọn hoặc chọn một danh mục, một trong hai.")
        if said.get("choices"):
            lines = _choice_lines(said["choices"], self.spec.get("choices", []))
            values = [choice_value(one) for one in lines]
            if len(set(values)) < len(values):
                self.add_error("choices", "Có hai lựa chọn giống nhau.")
        self.condition, self.need = self.when.read(said), self.needed.read(said) if self.needed else None
        return said

    def result(self) -> dict[str, Any]:
        """The question as the form says it. After ``is_valid``."""
        said, found = self.cleaned_data, dict(self.spec)
        same = (
            "label",
            "label_en",
            "help",
            "help_en",
            "page",
            "section",
            "required",
            "max_length",
            "min",
            "max",
            "unit",
            "decimals",
            "prefill",
        )
        for name in (*same, "default", "item", "least", "most", "paste", "catalogue", "parts", "province_field", "prefill_from"):
            if name in said:
                _put(found, name, said[name])
        if "choices" in said:
            _put(found, "choices", _choice_lines(said["choices"], self.spec.get("choices", [])) if said["choices"] else None)
        if "required_parts" in said:
            parts = [part for part in said["parts"] if part in said["required_parts"]]
            _put(found, "required_parts", None if parts == said["parts"] else parts)
        if "value" in said:
            _put(found, "value", _expression(said["value"], said.get("value_of") or ""))
        _put(found, "when", self.condition)
        if self.needed is not None:
            _put(found, "required_when", self.need)
        rules = [rule for rule in found.get("rules", []) if rule.get("rule") not in self._own_rules()]
        if said.get("compare_op"):
            rule = {"rule": "compare", "op": said["compare_op"], "with": said["compare_with"], "text": said["compare_text"]}
            rules.append({**rule, "kind": said.get("compare_kind") or "wrong"})
        if said.get("unique"):
            rules.append({"rule": "unique", "text": said["unique"]})
        _put(found, "rules", rules or None)
        return found

    def _own_rules(self) -> set[str]:
        return {rule for rule, box in (("compare", "compare_op"), ("unique", "unique")) if box in self.fields}


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    """What is empty is not written at all."""
    if value in (None, "", [], False):
        found.pop(name, None)
    else:
        found[name] = value


def _choice_line(choice: Any) -> str:
    english = choice.get("label_en", "") if isinstance(choice, Mapping) else ""
    return " | ".join([choice_value(choice), choice_label(choice), *([english] if english else [])])


def _choice_lines(text: str, before: Sequence[Any]) -> list[Any]:
    """Choices out of lines; one without a code keeps the code its words had, or gets one made of them."""
    old = {choice_value(one): one for one in before}
    codes = {choice_label(one): choice_value(one) for one in before}
    found: list[Any] = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if not any(parts):
            continue
        label = parts[1] if len(parts) > 1 else parts[0]
        value = parts[0] if len(parts) > 1 else codes.get(label) or editing.new_name(label, [choice_value(one) for one in found])
        english = parts[2] if len(parts) > 2 else ""
        former = old.get(value)
        more = {key: former[key] for key in ("help", "help_en") if key in former} if isinstance(former, Mapping) else {}
        found.append(
            {"value": value, "label": label, **({"label_en": english} if english else {}), **more} if english or more else [value, label]
        )
    return found


def _expression(operation: str, text: str) -> Any:
    names: list[Any] = [part.strip() for part in text.split(",") if part.strip()]
    if not operation or not names:
        return None
    if operation in ("count", "years"):
        return {operation: names[0]}
    if operation == "product":
        names = [int(name) if name.isascii() and name.isdigit() else name for name in names]
    return {operation: names, "with": " "} if operation == "join" else {operation: names}


class PageForm(PlainForm):
    """Words of a page."""

    title = PlainText(label="Tên trang", max_length=120, widget=forms.TextInput(_LONG), help_text="Ví dụ: Trẻ được khai sinh.")
    help = PlainText(label="Lời dẫn", max_length=1000, required=False, widget=forms.Textarea({"rows": 2}))
    title_en = PlainText(label="Tên tiếng Anh", max_length=120, required=False, widget=forms.TextInput(_LONG))

    def __init__(self, *args: Any, document: editing.Document | None = None, page: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        if page is not None:
            kwargs.setdefault("initial", {key: page.get(key, "") for key in ("title", "help", "title_en")})
        super().__init__(*args, **kwargs)
        self.when: ConditionFields | None = None
        if document is not None and page is not None:
            first = next((field["name"] for field in document.get("fields", []) if editing.page_of(field, document) == page["name"]), "")
            before = earlier(document, first) if first else []
            self.when = ConditionFields(self, "when", "Chỉ có trang này khi", before, page.get("when"), CONDITION_ROWS)

    def clean(self) -> dict[str, Any]:
        """With its condition."""
        said: dict[str, Any] = super().clean() or {}
        self.condition = self.when.read(said) if self.when else None
        return said

    def changes(self) -> dict[str, Any]:
        """What the page says. After ``is_valid``."""
        said = self.cleaned_data
        return {**{key: said[key] for key in ("title", "help", "title_en")}, **({"when": self.condition} if self.when else {})}


class WholeForm(PlainForm):
    """What is said of the form as a whole."""

    title = PlainText(label="Tên biểu mẫu", max_length=300, required=False, widget=forms.TextInput(_LONG))
    title_en = PlainText(label="Tên tiếng Anh", max_length=300, required=False, widget=forms.TextInput(_LONG))
    lawful_name = PlainText(label="Mẫu theo quy định", max_length=120, required=False, help_text="Ví dụ: Mẫu số CT01.")
    lawful_basis = PlainText(label="Văn bản ban hành mẫu", max_length=200, required=False, widget=forms.TextInput(_LONG))
    signature = forms.ChoiceField(
        label="Chữ ký số của người nộp",
        choices=[("none", "Không cần"), ("applicant", "Cần, khi gửi hồ sơ"), ("organisation", "Cần, khi tổ chức nộp")],
        required=False,
    )

    def __init__(self, *args: Any, document: editing.Document, **kwargs: Any) -> None:
        lawful = document.get("lawful_form", {})
        initial = {key: document.get(key, "") for key in ("title", "title_en", "signature")}
        super().__init__(
            *args, initial={**initial, "lawful_name": lawful.get("name", ""), "lawful_basis": lawful.get("basis", "")}, **kwargs
        )

    def clean(self) -> dict[str, Any]:
        """A lawful form has a name and a text that makes it one."""
        said: dict[str, Any] = super().clean() or {}
        for name, other in (("lawful_name", "lawful_basis"), ("lawful_basis", "lawful_name")):
            if said.get(other) and not said.get(name):
                self.add_error(name, "Bạn hãy ghi cả tên mẫu và văn bản ban hành.")
        return said

    def changed(self, document: editing.Document) -> editing.Document:
        """The document with what was said. After ``is_valid``."""
        said, found = self.cleaned_data, dict(document)
        for key in ("title", "title_en"):
            _put(found, key, said[key])
        _put(found, "signature", said["signature"] if said["signature"] in ("applicant", "organisation") else None)
        lawful = {**document.get("lawful_form", {}), "name": said["lawful_name"], "basis": said["lawful_basis"]}
        _put(found, "lawful_form", lawful if said["lawful_name"] else None)
        return found


class PaperRuleForm(PlainForm):
    """In which case a paper of the procedure is wanted."""

    required = forms.BooleanField(label="Phải có thì mới gửi được", required=False)

    def __init__(self, *args: Any, document: editing.Document, rule: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, initial={"required": rule.get("required", True)}, **kwargs)
        questions = [one for one in earlier(document, "") if one.get("kind") in ("choice", "choices", "select", "confirm", "number")]
        self.when = ConditionFields(self, "when", "Cần giấy tờ này khi", questions, rule.get("when"), CONDITION_ROWS)

    def clean(self) -> dict[str, Any]:
        """With its condition."""
        said: dict[str, Any] = super().clean() or {}
        self.condition = self.when.read(said)
        return said


class ChargeRuleForm(PlainForm):
    """Whether a fee line applies, and how often it is taken."""

    def __init__(self, *args: Any, document: editing.Document, rule: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, initial={key: rule.get(key, "") for key in ("times", "unit")}, **kwargs)
        questions = earlier(document, "")
        numbers = [one for one in questions if one.get("kind") == "number"]
        self.fields["times"] = forms.ChoiceField(
            label="Nhân với số ở câu", required=False, choices=[("", "Không nhân"), *field_choices(numbers)]
        )
        self.fields["unit"] = PlainText(label="Mỗi", required=False, max_length=30, help_text="Ví dụ: bản, trang.")
        self.fields["off"] = forms.BooleanField(
            label="Không tính khoản này trên tờ khai", required=False, help_text="Cơ quan yêu cầu nộp sau, nếu có."
        )
        self.when = ConditionFields(self, "when", "Thu khi", questions, rule.get("when"), CONDITION_ROWS)

    def clean(self) -> dict[str, Any]:
        """With its condition; what is multiplied says of what."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("times") and not said.get("unit"):
            self.add_error("unit", "Bạn hãy ghi đơn vị, ví dụ: bản.")
        self.condition = self.when.read(said)
        return said


class PaymentForm(PlainForm):
    """When the form's charges are paid, what follows if they are not, and under which number of the budget's index each is booked."""

    when = forms.ChoiceField(
        label="Nộp khi nào",
        required=False,
        choices=[("", "Không nộp trên Cổng, trừ khi cán bộ yêu cầu"), ("filing", "Khi gửi hồ sơ"), ("asked", "Khi cán bộ yêu cầu")],
    )
    days = forms.IntegerField(label="Trong mấy ngày làm việc", required=False, min_value=1, max_value=60, widget=NumberInput({"size": 4}))
    unpaid = forms.ChoiceField(
        label="Quá hạn thì", required=False, choices=[("continue", "vẫn giải quyết"), ("stop", "dừng giải quyết")], initial="stop"
    )
    refund = forms.ChoiceField(
        label="Rút hoặc bị từ chối thì", required=False, choices=[("all", "hoàn toàn bộ"), ("none", "không hoàn")], initial="all"
    )
    kind = forms.ChoiceField(label="Loại giao dịch", required=False)

    def __init__(self, *args: Any, document: editing.Document, fees: Sequence[Any], **kwargs: Any) -> None:
        payment = document.get("payment") or {}
        self.fees = list(dict.fromkeys(fee.name for fee in fees))
        revenue = payment.get("revenue", {})
        initial = {key: payment[key] for key in ("when", "days", "unpaid", "refund", "kind") if key in payment}
        initial |= {f"revenue_{place}": revenue.get(name, "") for place, name in enumerate(self.fees)}
        super().__init__(*args, initial=initial, **kwargs)
        kinds = [(one.code, f"{one.name} ({one.code})") for one in catalogues.transaction_kinds()]
        self.fields["kind"].choices = [("", "– Chọn –"), *kinds]  # type: ignore[attr-defined]
        for place, name in enumerate(self.fees):
            box = PlainText(label=f"Tiểu mục của “{name}”", required=False, max_length=4, widget=forms.TextInput({"size": 6}))
            box.help_text = "Bốn chữ số của mục lục ngân sách. Để trống: không nộp ngân sách."
            self.fields[f"revenue_{place}"] = box

    def clean(self) -> dict[str, Any]:
        """Who pays here pays within some days, as a kind of transaction."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("when"):
            for name in ("days", "kind"):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, "Bạn hãy ghi mục này.")
        for place in range(len(self.fees)):
            code = said.get(f"revenue_{place}", "")
            if code and not (len(code) == 4 and code.isascii() and code.isdigit()):
                self.add_error(f"revenue_{place}", "Tiểu mục gồm bốn chữ số, ví dụ 2752.")
        return said

    def changed(self, document: editing.Document) -> editing.Document:
        """The document with what was said. After ``is_valid``."""
        said, found = self.cleaned_data, dict(document)
        revenue = {name: said[f"revenue_{place}"] for place, name in enumerate(self.fees) if said.get(f"revenue_{place}")}
        payment = {
            **{key: said[key] for key in ("when", "days", "kind")},
            "unpaid": said["unpaid"] or "stop",
            "refund": said["refund"] or "all",
            "revenue": revenue,
        }
        _put(found, "payment", payment if said["when"] else None)
        return found
