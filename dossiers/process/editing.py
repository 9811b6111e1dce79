"""The form in which an officer changes a process, step by step: from a document to boxes, and back. What no box shows stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from dossiers.designing.conditions import ConditionFields
from dossiers.process.documents import ACTS, ROLES, RULES
from portal.access.desk import PlainForm
from portal.text import search_key
from portal.ui.fields import NumberInput, PlainText

NEW_STEPS = 2
"""Empty rows for steps that are added."""
_LONG = {"class": "vTextField"}
_PLACES = ("ward", "province")


class StepsForm(PlainForm):
    """All steps of a process in their order; the last two are the acts of deciding and signing, which every process has."""

    def __init__(
        self, data: Any, *, document: Mapping[str, Any], questions: Sequence[Mapping[str, Any]], hidden: Mapping[str, str]
    ) -> None:
        super().__init__(data)
        self.before = document
        self.conditions: dict[str, ConditionFields] = {}
        for key, value in hidden.items():
            self.fields[key] = forms.CharField(initial=value, widget=forms.HiddenInput)
        self.fields["name"] = PlainText(label="Tên quy trình", max_length=200, initial=document["name"], widget=forms.TextInput(_LONG))
        basis = document.get("basis", "")
        self.fields["basis"] = PlainText(label="Căn cứ", max_length=500, required=False, initial=basis, widget=forms.TextInput(_LONG))
        steps = list(document["steps"])
        self.names = [(one["name"], one["label"]) for one in steps[:-1]]
        self.rows: list[tuple[str, dict[str, Any]]] = [
            *((f"s{number}", one) for number, one in enumerate(steps[:-2])),
            *((f"n{number}", {}) for number in range(NEW_STEPS)),
            ("decide", steps[-2]),
            ("sign", steps[-1]),
        ]
        places = [(str(one["name"]), str(one.get("label") or one["name"])) for one in questions if one.get("kind") in _PLACES]
        for number, (prefix, step) in enumerate(self.rows):
            self._row(prefix, step, number, places, questions)

    def _row(
        self, prefix: str, step: Mapping[str, Any], number: int, places: list[tuple[str, str]], questions: Sequence[Mapping[str, Any]]
    ) -> None:
        act = step.get("act", "")
        heading = ACTS[act] if act else f"Bước: {step['label']}" if step else "Thêm bước"
        label = PlainText(
            label="Tên bước", max_length=200, required=bool(act), initial=step.get("label", ""), widget=forms.TextInput(_LONG)
        )
        label.help_text = "" if act else "Để trống: không có bước này." if step else "Để trống nếu không thêm."
        label.error_messages["required"] = "Bạn hãy ghi tên bước."
        label.heading = heading  # type: ignore[attr-defined]  # read by admin/one_form.html
        self.fields[f"{prefix}_label"] = label
        if not act:
            self.fields[f"{prefix}_order"] = _number("Thứ tự", (number + 1) * 10, 999)
            self.fields[f"{prefix}_role"] = forms.ChoiceField(
                label="Vai trò", choices=list(ROLES.items()), initial=step.get("role", "handling")
            )
        self.fields[f"{prefix}_percent"] = _number("Phần trăm thời hạn", step.get("percent", 0), 100)
        if act == "sign":
            return
        rule = step.get("assign", {})
        self.fields[f"{prefix}_rule"] = forms.ChoiceField(
            label="Giao cho", choices=list(RULES.items()), initial=rule.get("by", "least_loaded")
        )
        if not act and places:
            self.fields[f"{prefix}_area"] = forms.ChoiceField(
                label="Địa bàn theo câu", required=False, choices=[("", "– Không –"), *places], initial=rule.get("field", "")
            )
        back = [pair for pair in self.names if pair[0] != step.get("name")]
        self.fields[f"{prefix}_back"] = forms.MultipleChoiceField(
            label="Trả lại được", required=False, choices=back, initial=step.get("return_to", []), widget=forms.CheckboxSelectMultiple
        )
        if act:
            return
        self.conditions[prefix] = ConditionFields(self, f"{prefix}_when", "Bước này có khi", questions, step.get("when"), 1)
        asks = step.get("opinions", [])
        ask = asks[0] if asks else {}
        label = PlainText(label="Về việc", max_length=200, required=False, initial=ask.get("label", ""), widget=forms.TextInput(_LONG))
        label.heading = "Bước này cần ý kiến cơ quan khác"  # type: ignore[attr-defined]
        label.help_text = "Để trống: không hỏi ai." + (f" Còn {len(asks) - 1} ý kiến nữa, sửa trong tệp." if len(asks) > 1 else "")
        self.fields[f"{prefix}_ask"] = label
        self.fields[f"{prefix}_ask_agency"] = PlainText(
            label="Mã cơ quan được hỏi", max_length=40, required=False, initial=ask.get("agency", ""), help_text="Để trống: cán bộ chọn."
        )
        self.fields[f"{prefix}_ask_question"] = forms.CharField(
            label="Câu hỏi", max_length=2000, required=False, initial=ask.get("question", ""), widget=forms.Textarea({"rows": 2})
        )
        self.fields[f"{prefix}_ask_days"] = _number("Trả lời trong (ngày làm việc)", ask.get("time", {}).get("amount", 5), 90)
        self.fields[f"{prefix}_ask_months"] = _number("Dùng lại được trong (tháng)", ask.get("valid_months", 0), 60)

    def clean(self) -> dict[str, Any]:
        """The document that the boxes say, as ``document``."""
        said: dict[str, Any] = super().clean() or {}
        ordinary: list[tuple[int, int, dict[str, Any]]] = []
        taken = {name for name, _label in self.names} | {self.rows[-1][1]["name"]}
        for prefix, step in self.rows[:-2]:
            if said.get(f"{prefix}_label"):
                ordinary.append((said.get(f"{prefix}_order") or 0, len(ordinary), self._said(prefix, step, said, taken)))
        ends = [self._said(prefix, step, said, taken) for prefix, step in self.rows[-2:]]
        steps = [one for _order, _place, one in sorted(ordinary, key=lambda row: row[:2])] + ends
        there = {one["name"] for one in steps}
        for one in steps:
            # What is not there any more cannot be gone back to.
            if back := [name for name in one.pop("return_to", []) if name in there]:
                one["return_to"] = back
        whole = {"name": said.get("name", ""), "steps": steps}
        said["document"] = {**whole, "basis": said["basis"]} if said.get("basis") else whole
        return said

    def _said(self, prefix: str, step: Mapping[str, Any], said: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
        act, label = step.get("act", ""), said.get(f"{prefix}_label") or ""
        found: dict[str, Any] = {"name": step.get("name") or _name_of(label, taken), "label": label}
        found["role"] = step["role"] if act else said.get(f"{prefix}_role")
        found["percent"] = said.get(f"{prefix}_percent") or 0
        if act:
            found["act"] = act
        if act == "sign":
            return {**found, "return_to": list(step.get("return_to", []))}
        rule = {"by": said.get(f"{prefix}_rule")}
        found["assign"] = rule | {"field": said[f"{prefix}_area"]} if rule["by"] == "area" and said.get(f"{prefix}_area") else rule
        found["return_to"] = said.get(f"{prefix}_back") or []
        if act:
            return found
        when = self.conditions[prefix].read(said)
        if when is not None:
            found["when"] = when
        asks = list(step.get("opinions", []))
        if said.get(f"{prefix}_ask"):
            asks[:1] = [self._ask(prefix, asks[0] if asks else {}, said)]
        else:
            asks = asks[1:]
        return {**found, "opinions": asks} if asks else found

    def _ask(self, prefix: str, before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
        label, days = said[f"{prefix}_ask"], said.get(f"{prefix}_ask_days") or 5
        found = {**before, "name": before.get("name") or _name_of(label, {"khac"}), "label": label}
        for key in ("agency", "question"):
            found.pop(key, None)
            if text := (said.get(f"{prefix}_ask_{key}") or "").strip():
                found[key] = text.upper() if key == "agency" else text
        time = before.get("time", {})
        found["time"] = time if time.get("amount") == days else {"amount": days, "unit": "working_day"}
        found["valid_months"] = said.get(f"{prefix}_ask_months") or 0
        return found


def _number(label: str, initial: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        initial=initial,
        required=False,
        min_value=0,
        max_value=most,
        widget=NumberInput(attrs={"size": 4}),
        error_messages={"invalid": "Bạn hãy viết một số nguyên.", "min_value": "Ít nhất 0.", "max_value": f"Nhiều nhất {most}."},
    )


def _name_of(label: str, taken: set[str]) -> str:
    """A name for what is new, from its label; none that is taken."""
    plain = "-".join(re.findall("[a-z0-9]+", search_key(label)))[:50].strip("-") or "buoc"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    taken.add(name)
    return name
