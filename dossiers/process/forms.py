"""What the acts of a process ask for on the desk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms

from dossiers.models import DossierOpinion, Paper
from dossiers.process.assigning import Candidate
from dossiers.process.documents import Asking, Step
from dossiers.process.opinions import OTHER
from portal.access.desk import PlainForm

_LINES = {"rows": 4}
AUTO = "it-viec-nhat"
"""The choice that leaves it to the loads."""
DAYS = ["%d/%m/%Y", "%Y-%m-%d"]


def officers(ready: Iterable[Candidate]) -> list[tuple[str, str]]:
    """Choices with what each has in hand."""
    return [(str(one.position_id), f"{one.label} (đang giữ {one.load} hồ sơ)") for one in ready]


class PassForm(PlainForm):
    """To whom, and what the next one should know."""

    to_position = forms.ChoiceField(label="Giao cho", required=False)
    note = forms.CharField(label="Ý kiến, ghi chú", max_length=1000, required=False, widget=forms.Textarea(_LINES))

    def __init__(self, *args: Any, ready: Sequence[Candidate], rule: str, overdue: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_rule = "Để trống, lãnh đạo phân công sau" if rule == "hand" else "Theo quy trình"
        self.fields["to_position"] = forms.ChoiceField(label="Giao cho", required=False, choices=[("", by_rule), *officers(ready)])
        self.fields["note"].help_text = "Người làm bước sau và phiếu kiểm soát có ghi chú này."
        if overdue:
            self.fields["note"].required = True
            self.fields["note"].error_messages["required"] = "Ý kiến quá hạn chưa có: bạn hãy ghi vì sao vẫn chuyển."
        self.order_fields(["to_position", "note"])

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        to = self.cleaned_data["to_position"]
        return {"note": self.cleaned_data["note"], "to_position": UUID(to) if to else None}


class ReturnForm(PlainForm):
    """To which step, and why."""

    name = forms.ChoiceField(label="Trả lại bước")
    reason = forms.CharField(label="Lý do trả lại", max_length=1000, widget=forms.Textarea(_LINES))

    def __init__(self, *args: Any, back: Sequence[Step], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.ChoiceField(label="Trả lại bước", choices=[(one.name, one.label) for one in back])
        self.order_fields(["name", "reason"])

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)


class AssignForm(PlainForm):
    """To whom, and why."""

    officer = forms.ChoiceField(label="Giao cho")
    reason = forms.CharField(label="Lý do, ghi chú", max_length=300, required=False, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, ready: Sequence[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(AUTO, "Người ít việc nhất"), *officers(ready)]
        bad = {"required": "Bạn hãy chọn người nhận.", "invalid_choice": "Bạn hãy chọn một người trong danh sách."}
        self.fields["officer"] = forms.ChoiceField(label="Giao cho", choices=choices, error_messages=bad)
        self.fields["officer"].help_text = "Ai đang vắng mặt thì người làm thay họ nhận."
        self.fields["reason"].help_text = "Đồng nghiệp đọc được trong tiến trình hồ sơ; người nộp thì không."
        self.order_fields(["officer", "reason"])

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        to = self.cleaned_data["officer"]
        return {"position_id": None if to == AUTO else UUID(to), "reason": self.cleaned_data["reason"]}


class AskForm(PlainForm):
    """Whom to ask about what; what may be opened beside the question."""

    matter = forms.ChoiceField(label="Về việc")
    label = forms.CharField(label="Việc khác là", max_length=200, required=False, widget=forms.TextInput({"class": "vTextField"}))
    agencies = forms.MultipleChoiceField(label="Hỏi bộ, cơ quan", required=False, widget=forms.CheckboxSelectMultiple)
    others = forms.CharField(label="Hỏi cơ quan khác", max_length=300, required=False, widget=forms.TextInput({"class": "vTextField"}))
    question = forms.CharField(label="Cần ý kiến về", max_length=4000, widget=forms.Textarea({"rows": 6}))
    days = forms.IntegerField(label="Trả lời trong mấy ngày làm việc", min_value=1, max_value=90)
    papers = forms.MultipleChoiceField(label="Giấy tờ cho cơ quan được hỏi xem", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self, *args: Any, wanted: Sequence[Asking], agencies: Sequence[tuple[str, str]], papers: Sequence[Paper], **kwargs: Any
    ) -> None:
        first = wanted[0] if wanted else None
        listed = [code for code, _name in agencies]
        start: dict[str, Any] = {"days": 5, "matter": OTHER}
        if first is not None:
            start = {
                "matter": first.name,
                "question": first.question,
                "days": first.amount if first.unit == "working_day" else 1,
                "agencies": [first.agency] if first.agency in listed else [],
                "others": first.agency if first.agency and first.agency not in listed else "",
            }
        super().__init__(*args, initial={**start, **kwargs.pop("initial", {})}, **kwargs)
        self.fields["matter"].choices = [*((one.name, one.label) for one in wanted), (OTHER, "Việc khác")]  # type: ignore[attr-defined]
        self.fields["agencies"].choices = list(agencies)  # type: ignore[attr-defined]
        self.fields["papers"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), f"{one.label}: {one.file.name or 'Đã xóa'}") for one in papers
        ]
        self.fields["others"].help_text = "Mã cơ quan, cách nhau bằng dấu phẩy, ví dụ H26.10."
        self.fields["question"].help_text = "Cơ quan được hỏi đọc câu này và tờ khai của hồ sơ."
        self.fields["papers"].help_text = "Cơ quan được hỏi chỉ mở được những giấy tờ chọn ở đây."

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        said = self.cleaned_data
        codes = [*said["agencies"], *re.findall(r"[^\s,;]+", said["others"].upper())]
        return {
            "matter": said["matter"],
            "label": said["label"],
            "agencies": codes,
            "question": said["question"],
            "days": said["days"],
            "papers": [UUID(one) for one in said["papers"]],
        }


class WhyForm(PlainForm):
    """Why an opinion is not needed any more."""

    reason = forms.CharField(label="Lý do rút", max_length=500, widget=forms.Textarea({"rows": 3}))

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)


class AnswerForm(PlainForm):
    """The opinion."""

    verdict = forms.ChoiceField(label="Ý kiến", choices=[one for one in DossierOpinion.Verdict.choices if one[0]], widget=forms.RadioSelect)
    words = forms.CharField(
        label="Nội dung", max_length=8000, required=False, widget=forms.Textarea({"rows": 8}), help_text="Đồng ý thì có thể để trống."
    )


class AbsenceForm(PlainForm):
    """Who has one's work on which days."""

    substitute = forms.ChoiceField(label="Người làm thay")
    starts_on = forms.DateField(label="Từ ngày", input_formats=DAYS, help_text="Ngày/tháng/năm.")
    ends_on = forms.DateField(label="Đến hết ngày", input_formats=DAYS)
    reason = forms.CharField(label="Lý do", max_length=300, required=False, widget=forms.TextInput({"class": "vTextField"}))

    def __init__(self, *args: Any, ready: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(key), label) for key, label in ready]
        self.fields["substitute"] = forms.ChoiceField(
            label="Người làm thay", choices=choices, help_text="Đồng nghiệp trong đơn vị giữ đủ các vai trò của bạn."
        )
        self.order_fields(["substitute", "starts_on", "ends_on", "reason"])


class AreasForm(PlainForm):
    """Which places an officer has."""

    officer = forms.ChoiceField(label="Cán bộ")
    areas = forms.MultipleChoiceField(label="Địa bàn", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, ready: Sequence[tuple[UUID, str]], places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["officer"] = forms.ChoiceField(label="Cán bộ", choices=[(str(key), label) for key, label in ready])
        self.fields["areas"].choices = list(places)  # type: ignore[attr-defined]
        self.fields["areas"].help_text = "Thay cho những địa bàn cán bộ này đang phụ trách. Không chọn gì: thôi phụ trách."
        self.order_fields(["officer", "areas"])


class BeginForm(PlainForm):
    """Of which procedure, from which template of the library."""

    procedure_code = forms.CharField(label="Mã thủ tục", max_length=40, help_text="Ví dụ 1.001193.")
    template = forms.ChoiceField(label="Bắt đầu từ mẫu")

    def __init__(self, *args: Any, templates: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"] = forms.ChoiceField(label="Bắt đầu từ mẫu", choices=list(templates))


class ProcessForm(PlainForm):
    """The whole process as a document."""

    document = forms.CharField(
        label="Quy trình", max_length=60000, widget=forms.Textarea({"rows": 30, "class": "vLargeTextField", "spellcheck": "false"})
    )

    def clean_document(self) -> Any:
        """As JSON."""
        try:
            return json.loads(self.cleaned_data["document"])
        except ValueError as error:
            place = f" (dòng {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
            raise forms.ValidationError(f"Chưa phải là JSON đúng{place}.") from error
