"""The officer's form of a request: every question and paper of the dossier in one list, what is missing marked with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from dossiers.forms import DayField, ReasonForm, RefuseForm
from dossiers.models import Dossier, Paper, SupplementDefect, SupplementRequest
from dossiers.papers import wanted_papers
from dossiers.reading import line
from dossiers.services.supplements import Asked
from dossiers.supplements.opening import may_be_named
from dossiers.supplements.policies import MOST_DAYS, OTHER, Reason, policy_of, reasons
from dossiers.supplements.wording import CLOCKS, CONSEQUENCES
from dossiers.terms import terms_of
from portal.ui.fields import NumberInput, PlainText

NEW_PAPERS = 3
"""Papers that nobody asked for before: lines for them."""
NEW = "BS-"
"""Before the number of a paper that only this request names."""
NO_DEFECT = "Hãy chọn lý do ở ít nhất một mục hoặc giấy tờ cần bổ sung."


class SupplementForm(forms.Form):
    """Everything in the dossier in one list: a reason beside a thing asks for it; words are added where the reason's own do not do."""

    template = "admin/dossiers/dossier/supplement.html"

    def __init__(self, data: Any, *, dossier: Dossier) -> None:
        super().__init__(data)
        self.policy = policy_of(dossier.procedure_code)
        self.is_after_reception = dossier.received_at is not None
        self.lines: list[dict[str, Any]] = []
        answers = dossier.answers or {}
        for spec in may_be_named(dossier.form_version.fields, answers):
            value = "; ".join(one.value for one in line(spec, answers.get(spec["name"], ""), answers))
            self._line("field", spec["name"], spec["label"], value)
        given: dict[str, list[Paper]] = {}
        for paper in dossier.papers.select_related("file").filter(superseded_at=None):
            given.setdefault(paper.kind, []).append(paper)
        form = dossier.form_version
        names = {one.paper.kind: one.paper.label for one in wanted_papers(terms_of(dossier).papers, form.papers, form.fields, answers)}
        names |= {kind: papers[0].label for kind, papers in given.items() if kind not in names}
        for kind, label in names.items():
            files = ", ".join(str(paper.file.name or "Đã xóa") for paper in given.get(kind, ()))
            self._line("paper", kind, label, files or "Chưa gửi")
        for number in range(1, NEW_PAPERS + 1):
            self.fields[f"new_{number}"] = PlainText(
                label=f"Giấy tờ khác {number}", required=False, max_length=300, widget=forms.TextInput(attrs={"class": "vTextField"})
            )
            self._line("new_paper", f"{NEW}{number}", f"Giấy tờ khác {number}", "")
        self.fields["days"] = forms.IntegerField(
            label="Bổ sung trong mấy ngày làm việc",
            initial=self.policy.days,
            min_value=1,
            max_value=MOST_DAYS,
            widget=NumberInput(attrs={"size": 4}),
            error_messages={
                "required": "Hãy ghi số ngày.",
                "invalid": "Hãy ghi một số nguyên, ví dụ 10.",
                "min_value": "Ít nhất 1 ngày.",
                "max_value": f"Nhiều nhất {MOST_DAYS} ngày.",
            },
        )
        self.fields["words"] = PlainText(
            label="Ghi chú thêm cho người nộp",
            help_text="Người nộp đọc được nguyên văn.",
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def _line(self, kind: str, name: str, label: str, value: str) -> None:
        place = len(self.lines)
        choices = [(one.code, one.label) for one in reasons().values() if (one.of_fields if kind == "field" else one.of_papers)]
        self.fields[f"reason_{place}"] = forms.ChoiceField(
            label=f"Lý do: {label}",
            choices=[("", "Không phải bổ sung"), *choices],
            required=False,
            error_messages={"invalid_choice": "Hãy chọn lý do trong danh sách."},
        )
        self.fields[f"words_{place}"] = PlainText(
            label=f"Cần làm: {label}", required=False, max_length=500, widget=forms.TextInput(attrs={"class": "vTextField"})
        )
        self.lines.append({"kind": kind, "name": name, "label": label, "value": value, "place": place})

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """The lines with their boxes, for the page."""
        for one in self.lines:
            new = self[f"new_{one['name'].removeprefix(NEW)}"] if one["kind"] == "new_paper" else None
            yield {**one, "reason": self[f"reason_{one['place']}"], "words": self[f"words_{one['place']}"], "new": new}

    @property
    def policy_words(self) -> list[str]:
        """What the request does, as the officer reads it before sending it."""
        clock = str(CLOCKS[SupplementRequest.Clock(self.policy.clock)]) if self.is_after_reception else ""
        missed = str(CONSEQUENCES[SupplementRequest.Missed(self.policy.missed), self.is_after_reception])
        return [one for one in (clock, missed, f"Căn cứ: {self.policy.basis}.") if one]

    def clean(self) -> dict[str, Any]:
        """Something is asked for; what the reason does not say is written; a new paper has a name."""
        given: dict[str, Any] = super().clean() or {}
        named = False
        for one in self.lines:
            place, code = one["place"], given.get(f"reason_{one['place']}")
            new = given.get(f"new_{one['name'].removeprefix(NEW)}", "") if one["kind"] == "new_paper" else ""
            if new and not code:
                self.add_error(f"reason_{place}", "Hãy chọn lý do cần giấy này.")
            if not code:
                continue
            named = True
            if one["kind"] == "new_paper" and not new:
                self.add_error(f"new_{one['name'].removeprefix(NEW)}", "Hãy ghi tên giấy tờ.")
            if code == OTHER and not given.get(f"words_{place}"):
                self.add_error(f"words_{place}", "Hãy ghi người nộp cần làm gì.")
        if not named and not self.errors:
            self.add_error(None, NO_DEFECT)
        return given

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        return {"defects": list(self._asked()), "days": self.cleaned_data["days"], "words": self.cleaned_data["words"]}

    def _asked(self) -> Iterator[Asked]:
        for one in self.lines:
            code = self.cleaned_data.get(f"reason_{one['place']}")
            if not code:
                continue
            reason: Reason = reasons()[code]
            label = self.cleaned_data[f"new_{one['name'].removeprefix(NEW)}"] if one["kind"] == "new_paper" else one["label"]
            words = self.cleaned_data[f"words_{one['place']}"] or reason.words
            kind = SupplementDefect.Kind(one["kind"]).value
            yield Asked(kind, one["name"], label, code, reason.label, words, reason.replaces)


class DeclineSupplementForm(ReasonForm):
    """Why a leader does not let another request go out; read by colleagues only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do không duyệt"
        self.fields["reason"].help_text = "Đồng nghiệp đọc được trong tiến trình. Hồ sơ được giải quyết tiếp theo những gì đã có."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do để cán bộ biết."


class CallOffSupplementForm(ReasonForm):
    """Why a request is taken back; the applicant reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do rút yêu cầu"
        self.fields["reason"].help_text = "Người nộp đọc được nguyên văn. Thời hạn coi như không dừng, lần yêu cầu này không tính."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do, ví dụ “giấy tờ đã có trong hồ sơ”."


class StopForm(RefuseForm):
    """Why a dossier is ended without a result, and by which law; the applicant reads both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do dừng"
        self.fields["reason"].help_text = "Người nộp đọc được nguyên văn, trong thông báo có dấu của cơ quan."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do dừng."


class UndoForm(ReasonForm):
    """Why a receipt or refusal was a mistake; the applicant reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do hoàn tác"
        self.fields["reason"].help_text = "Người nộp đọc được nguyên văn. Việc làm nhầm vẫn ghi trong tiến trình."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do, ví dụ “bấm nhầm hồ sơ”."


class ExtendForm(ReasonForm):
    """Until when, why, and by which law; the applicant reads all of it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"] = DayField(
            label="Gia hạn đến ngày",
            today=timezone.localdate(),
            future=True,
            widget=forms.TextInput(attrs={"size": 12, "autocomplete": "off"}),
            help_text="Ngày làm việc, sau ngày hẹn cũ. Chỉ được gia hạn một lần.",
            error_messages={"required": "Hãy ghi ngày, ví dụ 15/12/2026."},
        )
        self.fields["reason"].label = "Lý do gia hạn"
        self.fields["reason"].help_text = "Người nộp đọc được nguyên văn."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do gia hạn."
        self.fields["basis"] = forms.CharField(
            label="Căn cứ pháp luật",
            max_length=300,
            widget=forms.TextInput({"class": "vTextField"}),
            help_text="Quy định cho phép gia hạn thủ tục này: điều, khoản, văn bản. Chậm do cơ quan thì xin lỗi và hẹn lại, không gia hạn.",
            error_messages={"required": "Hãy ghi điều, khoản, văn bản cho phép gia hạn."},
        )
        self.order_fields(["day", "reason", "basis"])

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        said = self.cleaned_data
        return {"day": date.fromisoformat(said["day"]), "reason": said["reason"], "basis": said["basis"]}


class ReappointForm(ReasonForm):
    """The new day and why the old one will not be kept; the applicant reads it in the letter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"] = DayField(
            label="Ngày hẹn trả mới",
            today=timezone.localdate(),
            future=True,
            widget=forms.TextInput(attrs={"size": 12, "autocomplete": "off"}),
            help_text="Ngày làm việc, sau ngày hẹn cũ. Chỉ được hẹn lại một lần.",
            error_messages={"required": "Hãy ghi ngày, ví dụ 15/12/2026."},
        )
        self.fields["reason"].label = "Lý do chậm"
        self.fields["reason"].help_text = "Người nộp đọc được nguyên văn trong phiếu xin lỗi. Nêu rõ đơn vị, việc gây chậm."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do chậm."
        self.order_fields(["day", "reason"])

    @property
    def given(self) -> dict[str, Any]:
        """What the service takes."""
        return {"day": date.fromisoformat(self.cleaned_data["day"]), "reason": self.cleaned_data["reason"]}
