"""Rows of a desk's form that say when something holds: from a condition to boxes an officer fills in, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from dossiers.designing.words import choice_label, choice_value, condition_words
from portal.ui.fields import PlainText

_LONG = {"class": "vTextField"}
CONDITION_ROWS = 3
OPERATIONS = [
    ("in", "là một trong"),
    ("not_in", "không là"),
    ("filled", "đã trả lời"),
    ("empty", "chưa trả lời"),
    ("at_least", "từ … trở lên"),
    ("at_most", "đến … trở xuống"),
]


def field_choices(fields: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Names and labels of questions; composite ones by their parts, as conditions and sums see them."""
    return [(str(field["name"]), f"{field.get('label') or field['name']} ({field['name']})") for field in fields]


class ConditionFields:
    """Some rows of a form that say when something holds. A condition no row can show stays as it is until it is taken away."""

    def __init__(
        self, form: forms.Form, prefix: str, heading: str, questions: Sequence[Mapping[str, Any]], condition: Any, rows: int
    ) -> None:
        self.form, self.prefix, self.rows = form, prefix, rows
        self.questions = {str(one["name"]): one for one in questions}
        self.kept = condition
        shown = _rows_of(condition)
        self.too_much = shown is None or len(shown[1]) > rows or any(row[0] not in self.questions for row in shown[1])
        if self.too_much:
            box: forms.Field = forms.BooleanField(
                label="Bỏ điều kiện này",
                required=False,
                help_text=f"Đang là: {condition_words(condition)}. Điều kiện này chỉ sửa được trong tệp.",
            )
            box.heading = heading  # type: ignore[attr-defined]  # read by admin/one_form.html
            form.fields[f"{prefix}_none"] = box
            return
        assert shown is not None
        join, atoms = shown
        for number in range(1, rows + 1):
            name, operation, values = atoms[number - 1] if number <= len(atoms) else ("", "in", "")
            which = forms.ChoiceField(
                label=f"Câu {number}", required=False, initial=name, choices=[("", "– Không –"), *field_choices(self.questions.values())]
            )
            if number == 1:
                which.heading = heading  # type: ignore[attr-defined]
            form.fields[f"{prefix}_{number}"] = which
            form.fields[f"{prefix}_{number}_op"] = forms.ChoiceField(label="thì", required=False, initial=operation, choices=OPERATIONS)
            form.fields[f"{prefix}_{number}_values"] = PlainText(
                label="trả lời", required=False, max_length=1000, initial=values, widget=forms.TextInput(_LONG),
                help_text="Mã hoặc chữ của lựa chọn, cách nhau bằng dấu chấm phẩy; số; ngày như 31/12/2026." if number == 1 else "",
            )  # fmt: skip
        if rows > 1:
            form.fields[f"{prefix}_join"] = forms.ChoiceField(
                label="Có nhiều câu thì",
                required=False,
                initial=join,
                choices=[("all", "mọi điều phải đúng"), ("any", "một điều đúng là đủ")],
            )

    def read(self, said: Mapping[str, Any]) -> Any:
        """The condition that the rows say; None for none. Faults stand at their rows."""
        if self.too_much:
            return None if said.get(f"{self.prefix}_none") else self.kept
        found = []
        for number in range(1, self.rows + 1):
            key = f"{self.prefix}_{number}"
            if name := said.get(key):
                atom = self._atom(name, said.get(f"{key}_op") or "in", said.get(f"{key}_values") or "", f"{key}_values")
                found += [atom] if atom is not None else []
        if not found:
            return None
        return found[0] if len(found) == 1 else {said.get(f"{self.prefix}_join") or "all": found}

    def _atom(self, name: str, operation: str, text: str, where: str) -> Any:
        if operation in ("filled", "empty"):
            return {"field": name, "filled": operation == "filled"}
        values = [part.strip() for part in text.split(";") if part.strip()]
        if not values:
            self.form.add_error(where, "Bạn hãy ghi câu trả lời để so.")
            return None
        if operation in ("at_least", "at_most"):
            bound = _bound(values[0])
            if bound is None:
                self.form.add_error(where, "Bạn hãy ghi một số hoặc một ngày, ví dụ 18 hoặc 31/12/2026.")
                return None
            return {"field": name, operation: bound}
        choices = self.questions[name].get("choices") or []
        known = {choice_label(one).casefold(): choice_value(one) for one in choices} | {
            choice_value(one): choice_value(one) for one in choices
        }
        if choices:
            unknown = [value for value in values if value not in known and value.casefold() not in known]
            if unknown:
                offered = "; ".join(choice_label(one) for one in choices)
                self.form.add_error(where, f"Câu này không có lựa chọn “{unknown[0]}”. Các lựa chọn: {offered}.")
                return None
            values = [known.get(value) or known[value.casefold()] for value in values]
        atom = {"field": name, "in": values}
        return {"not": atom} if operation == "not_in" else atom


def _bound(text: str) -> Any:
    day = text.split("/")
    if len(day) == 3 and all(part.isascii() and part.isdigit() for part in day):
        return f"{int(day[2]):04d}-{int(day[1]):02d}-{int(day[0]):02d}"
    plain = text.replace(".", "").replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        return None
    return int(number) if number == int(number) else number


def _rows_of(condition: Any) -> tuple[str, list[tuple[str, str, str]]] | None:
    """A condition as rows: how they are joined, and (question, operation, values); None where rows cannot show it."""
    if condition is None:
        return "all", []
    join = next((key for key in ("all", "any") if key in condition), "")
    atoms = [_row_of(one) for one in (condition[join] if join else [condition])]
    return None if any(atom is None for atom in atoms) else (join or "all", [atom for atom in atoms if atom is not None])


def _row_of(atom: Mapping[str, Any]) -> tuple[str, str, str] | None:
    negated = "not" in atom
    if negated:
        atom = atom["not"]
    if "field" not in atom:
        return None
    name = str(atom["field"])
    if "in" in atom:
        return name, "not_in" if negated else "in", "; ".join(str(one) for one in atom["in"])
    if negated:
        return None
    if "filled" in atom:
        return name, "filled" if atom["filled"] else "empty", ""
    operation = "at_least" if "at_least" in atom else "at_most"
    return name, operation, str(atom[operation])
