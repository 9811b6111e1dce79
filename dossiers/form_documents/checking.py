"""What is wrong with the document of a form, in sentences that name the field and the fault for an officer. Pure functions.

First the structure (keys, kinds, names): only what stands there rightly is looked at further. Then, field by field in the order of the
form, what each looks at: conditions, calculated values and rules look back, never ahead, so that nothing turns in a circle. Last whether
every field can ever be there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from dossiers.answer_rules import MAY, NEEDS, OPERATORS, other_fields
from dossiers.calculated import EXPRESSIONS, names_in
from dossiers.conditions import MOST_ROWS, conditions_of
from dossiers.form_documents.composites import COMPOSITE_KINDS, FIELD_KINDS, FILE_KEYS, PARTS, compiled, parts_of
from dossiers.form_documents.reachable import never_there
from dossiers.lists import CATALOGUES
from procedures.conditions import atoms
from procedures.fees import RULE_KEYS as CHARGE_KEYS

DOCUMENT_KEYS = frozenset({"title", "title_en", "lawful_form", "pages", "fields", "papers", "charges", "payment", "signature", "parts"})
PAPER_KEYS = frozenset({"kind", "case", "when", "required", "label", "label_en", "help", "help_en", "replaced_by"})
"""What a rule of papers may say (`dossiers.papers`)."""
PAGE_NAMES = frozenset(
    {"unit_code", "csrfmiddlewaretoken", "act", "draft", "last", "seen", "part", "confirm", "version", "shown", "row", "paste"}
)
"""Names that the pages themselves use in their forms."""
_FIELD_KEYS = frozenset(
    {
        *("name", "label", "label_en", "kind", "required", "required_with", "required_when", "help", "help_en", "choices", "max_length"),
        *("section", "page", "default", "rules", "prefill", "prefill_when", "when", "choices_when", "suggest", "min", "max", "unit"),
        *("future", "decimals", "catalogue", "province_field", "value", "choices_help", "choices_en", "choices_help_en"),
    }
)
_GROUP_KEYS = frozenset(
    {"name", "label", "label_en", "kind", "help", "help_en", "when", "page", "section", "fields", "least", "most", "item", "paste"}
)
_COMPOSITE_KEYS = frozenset(
    {
        *("name", "label", "label_en", "kind", "required", "required_when", "help", "when", "page", "section", "parts", "required_parts"),
        *("prefill_from", "prefill_when", "part_labels", "part_help", "part_rules"),
    }
)
_CHOICE_KEYS = frozenset({"value", "label", "label_en", "help", "help_en"})
_WITH_CHOICES = ("choice", "choices")
_WITH_BOUNDS = ("number", "money", "decimal", "year")
_COMPARABLE = (*_WITH_BOUNDS, "date")
_NUMBERS = ("number", "money", "decimal", "year")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_PAGE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: the field's name (empty: the form as a whole) and a sentence."""

    field: str
    message: str

    def __str__(self) -> str:
        return self.message


def faults(document: Any, *, facts: Collection[str] | None = None) -> list[Fault]:
    """Everything that is wrong with a document; empty where it can be published. ``facts``: those that the portal knows, if to be asked."""
    found = list(_structure(document))
    if found:
        return found
    plain = compiled(document)
    scope = _Scope(facts)
    found += scope.look_through(plain.fields)
    found += _papers(plain.papers, scope.before)
    found += _charges(plain.charges, scope.before)
    if not found:
        found += [
            Fault(name, f"{_called(spec)}: không bao giờ hiện ra, vì không có câu trả lời nào cho các câu trước làm điều kiện của nó đúng.")
            for name, spec in never_there(plain.fields)
        ]
        found += _empty_pages(document, plain.fields)
    return found


def check_fields(fields: Any) -> None:
    """Refuse a list of plain fields that the dynamic form could not show; ``ValidationError`` names the field and the fault."""
    wrong = faults({"fields": fields})
    if wrong:
        raise ValidationError([str(fault) for fault in wrong])


def _called(spec: Mapping[str, Any]) -> str:
    return f"“{spec.get('label') or '?'}” ({spec.get('name') or '?'})"


# --- structure ---------------------------------------------------------------------------------------------------------------------


def _structure(document: Any) -> Iterator[Fault]:
    if not isinstance(document, Mapping):
        yield Fault("", "Biểu mẫu phải là một đối tượng JSON.")
        return
    if unknown := set(document) - DOCUMENT_KEYS:
        yield Fault("", f"Biểu mẫu có khóa không biết: {', '.join(sorted(map(str, unknown)))}.")
    fields = document.get("fields")
    if not isinstance(fields, list) or not fields:
        yield Fault("", "Biểu mẫu phải có ít nhất một câu hỏi (fields).")
        return
    for key in ("papers", "charges", "pages", "parts"):
        if not isinstance(document.get(key, []), list):
            yield Fault("", f"“{key}” phải là một danh sách.")
            return
    yield from _lawful(document)
    pages = list(_pages(document.get("pages", [])))
    yield from pages
    seen: set[str] = set()
    for spec in fields:
        yield from _field_structure(spec, seen)
    if not pages:
        yield from _places(document)


def _lawful(document: Mapping[str, Any]) -> Iterator[Fault]:
    if document.get("signature", "none") not in ("none", "applicant", "organisation"):
        yield Fault("", "Chữ ký (signature) là “none”, “applicant” hoặc “organisation”.")
    for key in ("title", "title_en"):
        if not isinstance(document.get(key, ""), str):
            yield Fault("", f"“{key}” phải là chữ.")
    lawful = document.get("lawful_form")
    if lawful is not None and (
        not isinstance(lawful, Mapping)
        or set(lawful) - {"name", "basis", "print"}
        or not {"name", "basis"} <= set(lawful)
        or not all(isinstance(value, str) and value for value in lawful.values())
    ):
        yield Fault("", "Mẫu theo luật (lawful_form) gồm tên mẫu (name), căn cứ (basis) và, nếu có, tên tệp in (print).")


def _pages(pages: list[Any]) -> Iterator[Fault]:
    names: set[str] = set()
    for page in pages:
        if not isinstance(page, Mapping) or set(page) - {"name", "title", "title_en", "help", "help_en", "when"}:
            yield Fault("", f"Trang {page!r} có khóa không biết.")
            continue
        name = page.get("name")
        if not isinstance(name, str) or not _PAGE.fullmatch(name) or name in names:
            yield Fault("", f"Tên trang {name!r} sai hoặc bị trùng: chỉ gồm chữ thường không dấu, số và dấu gạch nối.")
        elif not isinstance(page.get("title"), str) or not page["title"]:
            yield Fault("", f"Trang “{name}” chưa có tiêu đề.")
        names.add(str(name))


def _places(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Every field stands on a page, in the order of the pages."""
    pages = [page["name"] for page in document.get("pages", [])]
    last = 0
    for spec in document["fields"]:
        page = spec.get("page") if isinstance(spec, Mapping) else None
        if not pages:
            if page is not None:
                yield Fault(spec["name"], f"{_called(spec)}: biểu mẫu không có trang nào nên không đặt câu hỏi vào trang “{page}” được.")
        elif page not in pages:
            name = str(spec.get("name", "")) if isinstance(spec, Mapping) else ""
            yield Fault(name, f"{_called(spec)}: chưa đặt vào trang nào có trong biểu mẫu.")
        elif pages.index(page) < last:
            yield Fault(spec["name"], f"{_called(spec)}: đứng sau câu hỏi của trang sau. Câu hỏi phải xếp theo thứ tự các trang.")
        else:
            last = pages.index(page)


def _field_structure(spec: Any, seen: set[str], *, in_group: bool = False) -> Iterator[Fault]:
    if not isinstance(spec, Mapping):
        yield Fault("", f"Câu hỏi {spec!r} phải là một đối tượng JSON.")
        return
    name, kind = spec.get("name"), spec.get("kind")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in PAGE_NAMES:
        yield Fault(str(name or ""), f"{_called(spec)}: tên {name!r} không dùng được. Tên gồm chữ thường không dấu, số, gạch dưới.")
        return
    if not isinstance(spec.get("label"), str) or not spec["label"]:
        yield Fault(name, f"Câu hỏi “{name}” chưa có nhãn (label).")
        return
    if not isinstance(kind, str) or kind not in (*FIELD_KINDS, *COMPOSITE_KINDS):
        yield Fault(name, f"{_called(spec)}: không có loại câu hỏi {kind!r}.")
        return
    if in_group and kind in ("group", "file"):
        yield Fault(name, f"{_called(spec)}: trong một nhóm lặp lại không đặt được nhóm hay tệp.")
        return
    names = [f"{name}_{part}" for part in spec.get("parts") or PARTS[kind]] if kind in PARTS and _parts_are_known(spec) else [name]
    if repeated := [one for one in names if one in seen]:
        yield Fault(name, f"{_called(spec)}: tên {', '.join(repeated)} đã dùng cho câu hỏi khác.")
    seen.update(names)
    keys = _GROUP_KEYS if kind == "group" else FILE_KEYS if kind == "file" else _COMPOSITE_KEYS if kind in PARTS else _FIELD_KEYS
    if unknown := set(spec) - keys:
        yield Fault(name, f"{_called(spec)}: khóa {', '.join(sorted(map(str, unknown)))} không dùng được cho loại “{kind}”.")
    for key in ("label_en", "help", "help_en", "section", "unit", "item", "default", "replaced_by"):
        if not isinstance(spec.get(key, ""), str):
            yield Fault(name, f"{_called(spec)}: “{key}” phải là chữ.")
    for key in ("required", "paste"):
        if not isinstance(spec.get(key, False), bool):
            yield Fault(name, f"{_called(spec)}: “{key}” là true hoặc false.")
    if kind == "group":
        yield from _group_structure(spec, seen)
    elif kind in PARTS:
        yield from _composite_structure(spec, in_group=in_group)
    elif kind != "file":
        yield from _plain_structure(spec, in_group=in_group)


def _group_structure(spec: Mapping[str, Any], seen: set[str]) -> Iterator[Fault]:
    name, inner = spec["name"], spec.get("fields")
    if not isinstance(inner, list) or not inner:
        yield Fault(name, f"{_called(spec)}: nhóm lặp lại phải có ít nhất một câu hỏi.")
        return
    least, most = spec.get("least", 0), spec.get("most", MOST_ROWS)
    if type(least) is not int or type(most) is not int or not 0 <= least <= most or not 1 <= most <= MOST_ROWS:
        yield Fault(name, f"{_called(spec)}: số dòng ít nhất và nhiều nhất là số nguyên, nhiều nhất không quá {MOST_ROWS}.")
    for one in inner:
        yield from _field_structure(one, seen, in_group=True)


def _parts_are_known(spec: Mapping[str, Any]) -> bool:
    parts = spec.get("parts", list(PARTS[spec["kind"]]))
    return isinstance(parts, list) and bool(parts) and all(isinstance(part, str) and part in PARTS[spec["kind"]] for part in parts)


def _composite_structure(spec: Mapping[str, Any], *, in_group: bool) -> Iterator[Fault]:
    name = spec["name"]
    if not _parts_are_known(spec):
        yield Fault(name, f"{_called(spec)}: phần (parts) không đúng. Loại “{spec['kind']}” gồm: {', '.join(PARTS[spec['kind']])}.")
        return
    chosen = parts_of(spec)
    if len(set(chosen)) < len(chosen):
        yield Fault(name, f"{_called(spec)}: một phần được ghi hai lần.")
    if "ward" in chosen and "province" not in chosen[: chosen.index("ward")]:
        yield Fault(name, f"{_called(spec)}: tỉnh (province) phải đứng trước xã (ward).")
    for key in ("part_labels", "part_help", "part_rules"):
        if not isinstance(spec.get(key, {}), Mapping) or set(spec.get(key, {})) - set(chosen):
            yield Fault(name, f"{_called(spec)}: “{key}” nói về phần không có.")
    required = spec.get("required_parts", [])
    if not isinstance(required, list) or set(map(str, required)) - set(chosen):
        yield Fault(name, f"{_called(spec)}: “required_parts” nói về phần không có.")
    if in_group and "prefill_from" in spec:
        yield Fault(name, f"{_called(spec)}: trong nhóm lặp lại không điền sẵn được.")
    if "prefill_when" in spec and "prefill_from" not in spec:
        yield Fault(name, f"{_called(spec)}: có điều kiện điền sẵn mà không nói điền từ đâu (prefill_from).")


def _plain_structure(spec: Mapping[str, Any], *, in_group: bool) -> Iterator[Fault]:
    name, kind = spec["name"], spec["kind"]
    yield from _choices(spec)
    if "value" in spec and kind not in ("number", "money", "decimal", "text"):
        yield Fault(name, f"{_called(spec)}: giá trị tính sẵn chỉ thuộc loại number, money, decimal hoặc text.")
    if "value" in spec and {"required", "prefill", "default", "suggest"} & set(spec):
        yield Fault(name, f"{_called(spec)}: giá trị tính sẵn không hỏi người nộp nên không có required, prefill, default hay suggest.")
    if {"min", "max"} & set(spec) and kind not in _WITH_BOUNDS:
        yield Fault(name, f"{_called(spec)}: số nhỏ nhất, lớn nhất chỉ đặt cho số, số tiền, số thập phân và năm.")
    for key in ("min", "max"):
        if isinstance(spec.get(key, 0), bool) or not isinstance(spec.get(key, 0), int | float):
            yield Fault(name, f"{_called(spec)}: “{key}” phải là số.")
    if "decimals" in spec and (kind != "decimal" or type(spec["decimals"]) is not int or not 0 <= spec["decimals"] <= 6):
        yield Fault(name, f"{_called(spec)}: số chữ số thập phân (decimals) từ 0 đến 6, chỉ đặt cho loại decimal.")
    if "max_length" in spec and (type(spec["max_length"]) is not int or not 1 <= spec["max_length"] <= 5000):
        yield Fault(name, f"{_called(spec)}: độ dài (max_length) từ 1 đến 5000 ký tự.")
    if kind == "note" and {"required", "rules", "prefill", "default"} & set(spec):
        yield Fault(name, f"{_called(spec)}: lời dẫn (note) không hỏi gì nên không bắt buộc, không kiểm tra được.")
    if "future" in spec and (kind != "date" or not isinstance(spec["future"], bool)):
        yield Fault(name, f"{_called(spec)}: “future” (nhận cả ngày chưa đến) là true hoặc false, chỉ đặt cho loại date.")
    if kind == "ward" and not isinstance(spec.get("province_field"), str):
        yield Fault(name, f"{_called(spec)}: xã, phường phải nói lấy theo tỉnh ở câu nào (province_field).")
    if "province_field" in spec and kind != "ward":
        yield Fault(name, f"{_called(spec)}: “province_field” chỉ đặt cho loại ward.")
    if in_group and {"prefill", "prefill_when"} & set(spec):
        yield Fault(name, f"{_called(spec)}: trong nhóm lặp lại không điền sẵn được.")
    if "prefill_when" in spec and "prefill" not in spec:
        yield Fault(name, f"{_called(spec)}: có điều kiện điền sẵn (prefill_when) mà không nói điền gì (prefill).")
    if "prefill" in spec and not isinstance(spec["prefill"], str):
        yield Fault(name, f"{_called(spec)}: điền sẵn (prefill) là tên một thông tin đã có.")
    suggest = spec.get("suggest")
    if suggest is not None and (
        not isinstance(suggest, Mapping) or set(suggest) != {"fact", "values"} or not isinstance(suggest["values"], Mapping)
    ):
        yield Fault(name, f"{_called(spec)}: gợi ý (suggest) gồm thông tin (fact) và câu trả lời theo từng giá trị (values).")
    rules = spec.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        yield Fault(name, f"{_called(spec)}: kiểm tra (rules) phải là một danh sách.")


def _choices(spec: Mapping[str, Any]) -> Iterator[Fault]:
    name, kind, choices = spec["name"], spec["kind"], spec.get("choices")
    if kind == "select":
        if ("catalogue" in spec) == bool(choices):
            yield Fault(name, f"{_called(spec)}: lấy danh sách từ một danh mục (catalogue) hoặc ghi các lựa chọn (choices), một trong hai.")
        if "catalogue" in spec and spec["catalogue"] not in CATALOGUES:
            yield Fault(name, f"{_called(spec)}: không có danh mục {spec['catalogue']!r}. Có: {', '.join(sorted(CATALOGUES))}.")
    elif "catalogue" in spec:
        yield Fault(name, f"{_called(spec)}: danh mục (catalogue) chỉ đặt cho loại select.")
    if not choices:
        if kind in _WITH_CHOICES:
            yield Fault(name, f"{_called(spec)}: chưa có lựa chọn nào.")
        return
    if kind not in (*_WITH_CHOICES, "select"):
        yield Fault(name, f"{_called(spec)}: lựa chọn (choices) chỉ đặt cho loại choice, choices và select.")
        return
    if not isinstance(choices, list) or not all(map(_is_choice, choices)):
        yield Fault(name, f"{_called(spec)}: mỗi lựa chọn gồm giá trị và nhãn.")
        return
    values = [one["value"] if isinstance(one, Mapping) else one[0] for one in choices]
    if len(set(values)) < len(values):
        yield Fault(name, f"{_called(spec)}: hai lựa chọn có cùng giá trị.")
    limits = spec.get("choices_when", {})
    if not isinstance(limits, Mapping) or set(limits) - set(values):
        yield Fault(name, f"{_called(spec)}: điều kiện của lựa chọn (choices_when) nói về lựa chọn không có.")


def _is_choice(one: Any) -> bool:
    if isinstance(one, Mapping):
        return (
            {"value", "label"} <= set(one) <= _CHOICE_KEYS and all(isinstance(value, str) for value in one.values()) and bool(one["value"])
        )
    return isinstance(one, list | tuple) and len(one) == 2 and all(isinstance(value, str) for value in one) and bool(one[0])


# --- what fields look at -----------------------------------------------------------------------------------------------------------


class _Scope:
    """Goes through plain fields in their order and knows what stands before each."""

    def __init__(self, facts: Collection[str] | None) -> None:
        self.facts = facts
        self.before: dict[str, Mapping[str, Any]] = {}
        self.names: set[str] = set()

    def look_through(self, fields: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
        """Faults of what the fields look at; afterwards ``before`` holds them all."""
        self.names = {spec["name"] for spec in fields}
        for spec in fields:
            yield from self._look_at(spec)
            if spec["kind"] == "group":
                inner = _Scope(self.facts)
                inner.before, inner.names = dict(self.before), self.names
                yield from inner.look_through_rows(spec["fields"])
            self.before[spec["name"]] = spec
        for spec in fields:
            yield from self._others(spec, self.names)

    def look_through_rows(self, fields: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
        own = {spec["name"] for spec in fields}
        outside = set(self.before)
        for spec in fields:
            yield from self._look_at(spec)
            self.before[spec["name"]] = spec
        for spec in fields:
            yield from self._others(spec, own | outside)

    def _look_at(self, spec: Mapping[str, Any]) -> Iterator[Fault]:
        for condition in conditions_of(spec):
            yield from condition_faults(spec, condition, self.before, self.names, self.facts)
        if "value" in spec:
            yield from self._expression(spec)
        for fact in (spec.get("prefill"), spec.get("suggest", {}).get("fact")):
            if fact is not None and self.facts is not None and fact not in self.facts:
                yield Fault(spec["name"], f"{_called(spec)}: Cổng không có thông tin {fact!r} để điền sẵn.")
        if spec["kind"] == "ward":
            other = self.before.get(spec["province_field"])
            if other is None or other["kind"] != "province":
                yield Fault(spec["name"], f"{_called(spec)}: câu “{spec['province_field']}” đứng trước nó phải hỏi tỉnh, thành phố.")

    def _others(self, spec: Mapping[str, Any], there: Collection[str]) -> Iterator[Fault]:
        """Rules are known, have what they need, and name fields of this form."""
        others = spec.get("required_with", [])
        if not isinstance(others, list):
            yield Fault(spec["name"], f"{_called(spec)}: “required_with” phải là danh sách tên câu hỏi.")
            return
        named = list(map(str, others))
        for rule in spec.get("rules", []):
            kind = rule.get("rule")
            given = set(rule) - {"rule"}
            if kind not in NEEDS or not NEEDS[kind] <= given <= NEEDS[kind] | MAY.get(kind, frozenset()):
                yield Fault(spec["name"], f"{_called(spec)}: không có kiểm tra {kind!r}, hoặc nó thiếu hay thừa thông tin.")
                continue
            yield from self._rule(spec, rule, there)
            named += other_fields(rule)
        if missing := sorted({name for name in named if name not in there}):
            yield Fault(spec["name"], f"{_called(spec)}: nhắc đến câu hỏi không có: {', '.join(missing)}.")

    def _rule(self, spec: Mapping[str, Any], rule: Mapping[str, Any], there: Collection[str]) -> Iterator[Fault]:
        name, kind = spec["name"], rule["rule"]
        if kind == "compare" and (rule["op"] not in OPERATORS or rule.get("kind", "wrong") not in ("wrong", "unlikely", "note")):
            yield Fault(name, f"{_called(spec)}: phép so sánh {rule['op']!r} hoặc mức “{rule.get('kind')}” không có.")
        length = rule.get("length")
        if kind == "digits" and not (
            isinstance(length, list) and len(length) == 2 and all(type(one) is int for one in length) and 1 <= length[0] <= length[1] <= 100
        ):
            yield Fault(name, f"{_called(spec)}: kiểm tra chữ số cần “length” gồm số chữ số ít nhất và nhiều nhất.")
        if kind == "unique" and there == self.names:
            yield Fault(name, f"{_called(spec)}: kiểm tra “không trùng” chỉ đặt cho câu hỏi trong nhóm lặp lại.")
        if kind in ("compare", "total"):
            order = list(self.before)
            ahead = [one for one in other_fields(rule) if one in self.before and order.index(one) > order.index(name)]
            if ahead:
                yield Fault(
                    name,
                    f"{_called(spec)}: kiểm tra “{kind}” nhìn đến câu hỏi đứng sau nó ({', '.join(ahead)}). Hãy đặt kiểm tra ở câu sau.",
                )

    def _expression(self, spec: Mapping[str, Any]) -> Iterator[Fault]:
        name, expression = spec["name"], spec["value"]
        kind = next((key for key in EXPRESSIONS if isinstance(expression, Mapping) and key in expression), None)
        extra = {"with"} if kind == "join" else set()
        if kind is None or set(expression) - {kind} - extra or not _is_expression(kind, expression):
            yield Fault(name, f"{_called(spec)}: không hiểu cách tính {expression!r}.")
            return
        if kind != "join" and spec["kind"] == "text":
            yield Fault(name, f"{_called(spec)}: kết quả là số, hãy chọn loại number, money hoặc decimal.")
        if kind == "join" and spec["kind"] != "text":
            yield Fault(name, f"{_called(spec)}: kết quả là chữ, hãy chọn loại text.")
        for one in names_in(expression):
            other = self.before.get(one)
            if other is None:
                where = "đứng sau nó" if one in self.names else "không có"
                yield Fault(name, f"{_called(spec)}: cách tính dùng câu “{one}” {where}. Chỉ tính được từ những câu đứng trước.")
            elif kind in ("count", "total") and other["kind"] != "group":
                yield Fault(name, f"{_called(spec)}: “{one}” không phải nhóm lặp lại nên không đếm hay cộng dòng được.")
            elif kind == "years" and other["kind"] != "date":
                yield Fault(name, f"{_called(spec)}: chỉ tính tuổi từ một ngày; “{one}” không phải ngày.")
            elif kind in ("sum", "product", "difference") and other["kind"] not in _NUMBERS:
                yield Fault(name, f"{_called(spec)}: chỉ tính được từ số; “{one}” không phải số.")
            elif kind == "join" and other["kind"] in ("group", "choices", "note"):
                yield Fault(name, f"{_called(spec)}: không nối chữ được từ “{one}”.")
            elif kind == "total":
                field = expression["total"][1]
                inner = {part["name"]: part for part in other["fields"]}
                if field not in inner or inner[field]["kind"] not in _NUMBERS:
                    yield Fault(name, f"{_called(spec)}: nhóm “{one}” không có câu hỏi số tên {field!r}.")


def _is_expression(kind: str, expression: Mapping[str, Any]) -> bool:
    said = expression[kind]
    if kind in ("count", "years"):
        return isinstance(said, str)
    if not isinstance(said, list) or not said:
        return False
    if kind == "product":
        return all(isinstance(one, str) or (isinstance(one, int | float) and not isinstance(one, bool)) for one in said)
    if not all(isinstance(one, str) for one in said) or not isinstance(expression.get("with", ""), str):
        return False
    return len(said) == 2 if kind in ("difference", "total") else True


def condition_faults(
    spec: Mapping[str, Any],
    condition: Any,
    before: Mapping[str, Mapping[str, Any]],
    names: Collection[str] = (),
    facts: Collection[str] | None = None,
) -> Iterator[Fault]:
    """Why a condition of a field could never be decided."""
    name = str(spec.get("name", ""))
    if not _is_condition(condition):
        yield Fault(name, f"{_called(spec)}: không hiểu điều kiện {condition!r}.")
        return
    for one in atoms(condition):
        if "fact" in one:
            if facts is not None and one["fact"] not in facts:
                yield Fault(name, f"{_called(spec)}: Cổng không có thông tin {one['fact']!r} để làm điều kiện.")
            continue
        other = before.get(one["field"])
        if one["field"] == name:
            yield Fault(name, f"{_called(spec)}: điều kiện hỏi chính câu này.")
        elif other is None:
            where = "đứng sau nó" if one["field"] in names else "không có trong biểu mẫu"
            yield Fault(name, f"{_called(spec)}: điều kiện hỏi câu “{one['field']}” {where}. Điều kiện chỉ nhìn về những câu đứng trước.")
        elif "in" in one:
            values = [pair[0] for pair in other.get("choices", ())] if other["kind"] in (*_WITH_CHOICES, "select") else ["yes"]
            if other["kind"] not in (*_WITH_CHOICES, "confirm", "select", "province", "ward"):
                yield Fault(name, f"{_called(spec)}: điều kiện “là một trong” chỉ hỏi câu có lựa chọn, không hỏi {_called(other)}.")
            elif (
                "catalogue" not in other
                and other["kind"] not in ("province", "ward")
                and (strange := [v for v in one["in"] if v not in values])
            ):
                yield Fault(name, f"{_called(spec)}: điều kiện hỏi lựa chọn {', '.join(map(repr, strange))} mà {_called(other)} không có.")
        elif "filled" in one:
            if other["kind"] == "note":
                yield Fault(name, f"{_called(spec)}: điều kiện hỏi {_called(other)}, nhưng đó là lời dẫn, không ai trả lời.")
        elif other["kind"] not in _COMPARABLE:
            yield Fault(name, f"{_called(spec)}: chỉ so sánh được số và ngày, không so sánh được {_called(other)}.")
        else:
            bound = one.get("at_least", one.get("at_most"))
            wanted = "một ngày (năm-tháng-ngày)" if other["kind"] == "date" else "một số"
            if isinstance(bound, str) != (other["kind"] == "date"):
                yield Fault(name, f"{_called(spec)}: {_called(other)} phải so với {wanted}.")


def _is_condition(condition: Any) -> bool:
    if not isinstance(condition, Mapping):
        return False
    keys = set(condition)
    if keys in ({"field", "in"}, {"fact", "in"}):
        subject = condition.get("field", condition.get("fact"))
        return isinstance(subject, str) and isinstance(condition["in"], list) and all(isinstance(value, str) for value in condition["in"])
    if keys == {"field", "filled"}:
        return isinstance(condition["field"], str) and isinstance(condition["filled"], bool)
    if keys in ({"field", "at_least"}, {"field", "at_most"}):
        bound = condition.get("at_least", condition.get("at_most"))
        is_day = isinstance(bound, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", bound) is not None
        return isinstance(condition["field"], str) and (is_day or (isinstance(bound, int | float) and not isinstance(bound, bool)))
    if keys in ({"all"}, {"any"}):
        parts = condition.get("all", condition.get("any"))
        return isinstance(parts, list) and bool(parts) and all(map(_is_condition, parts))
    return keys == {"not"} and _is_condition(condition["not"])


# --- papers, charges, pages --------------------------------------------------------------------------------------------------------

_PAPERS: dict[str, Any] = {"name": "papers", "label": "Giấy tờ"}
_CHARGES: dict[str, Any] = {"name": "charges", "label": "Khoản thu"}


def _papers(rules: Iterable[Any], fields: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    for rule in rules:
        own = isinstance(rule, Mapping) and "label" in rule
        if (
            not isinstance(rule, Mapping)
            or set(rule) - PAPER_KEYS
            or ("kind" in rule) == ("case" in rule)
            or ("when" not in rule and not own)
        ):
            yield Fault("papers", f"Giấy tờ: mỗi quy tắc nêu loại (kind) hoặc trường hợp (case), và khi nào cần (when): {rule!r}.")
            continue
        if own and "case" in rule:
            yield Fault("papers", f"Giấy tờ riêng của biểu mẫu nêu loại (kind), không nêu trường hợp: {rule!r}.")
        if "when" not in rule:
            continue
        yield from condition_faults(_PAPERS, rule["when"], fields)
        if _is_condition(rule["when"]) and not any("field" in one for one in atoms(rule["when"])):
            yield Fault("papers", f"Giấy tờ: cần hay không do câu trả lời của người nộp quyết định: {rule!r}.")


def _charges(rules: Iterable[Any], fields: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    for rule in rules:
        if not isinstance(rule, Mapping) or set(rule) - CHARGE_KEYS or not rule.get("name"):
            yield Fault("charges", f"Khoản thu: mỗi quy tắc nêu tên khoản của thủ tục: {rule!r}.")
            continue
        if "exempt" in rule and ("when" not in rule or not rule["exempt"] or {"times", "unit"} & set(rule)):
            yield Fault("charges", f"Khoản thu “{rule['name']}”: quy tắc miễn nói khi nào miễn và vì sao, không nói số lượng.")
        if "when" in rule:
            yield from condition_faults(_CHARGES, rule["when"], fields)
        if "times" in rule and fields.get(rule["times"], {}).get("kind") != "number":
            yield Fault("charges", f"Khoản thu “{rule['name']}”: nhân với một câu hỏi số, không nhân được với {rule['times']!r}.")


def _empty_pages(document: Mapping[str, Any], fields: Iterable[Mapping[str, Any]]) -> Iterator[Fault]:
    there = {spec.get("page") for spec in fields}
    for page in document.get("pages", []):
        if page["name"] not in there:
            yield Fault("", f"Trang “{page['title']}” ({page['name']}) không có câu hỏi nào.")
