"""One form class for all electronic forms: the fields are data of the form version."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.ui_fields import PlainText

_REQUIRED = {
    "name": _("Bạn hãy nhập họ và tên."),
    "text": _("Bạn hãy nhập thông tin này."),
    "long_text": _("Bạn hãy nhập thông tin này."),
    "date": _("Bạn hãy nhập ngày, ví dụ 15/11/2026."),
    "choice": _("Bạn hãy chọn một mục."),
    "number": _("Bạn hãy nhập một số."),
}
_NAME = re.compile(r"^[^\W\d_]+([ '’.\-][^\W\d_]+)*\.?$")


class NameField(PlainText):
    """A person's name: letters, spaces, and the few signs names carry."""

    def to_python(self, value: Any) -> str:
        """One space between words; refuses digits and other signs."""
        text = " ".join(super().to_python(value).split())
        if text and not _NAME.match(text):
            raise forms.ValidationError(_("Họ tên chỉ gồm chữ cái và dấu cách. Bạn hãy kiểm tra lại."))
        return text


class DayField(forms.DateField):
    """A day in the Vietnamese order, or as browsers' date pickers send it; stored as ISO text."""

    default_error_messages = {"invalid": _("Ngày không đúng. Bạn hãy viết ngày/tháng/năm, ví dụ 15/11/2026.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> str:
        """The day as ``YYYY-MM-DD``; empty when it may be and is."""
        day = super().clean(value)
        if day is None:
            return ""
        if day > timezone.localdate():
            raise forms.ValidationError(_("Ngày này chưa đến. Bạn hãy kiểm tra lại."))
        if day.year < 1900:
            raise forms.ValidationError(_("Năm quá xa. Bạn hãy kiểm tra lại."))
        return day.isoformat()


def _field(spec: Mapping[str, Any]) -> forms.Field:
    common: dict[str, Any] = {
        "label": spec["label"],
        "help_text": spec.get("help", ""),
        "required": bool(spec.get("required")),
        "error_messages": {"required": _REQUIRED[spec["kind"]]},
    }
    longest = spec.get("max_length") or 1000
    makers: dict[str, Callable[[], forms.Field]] = {
        "name": lambda: NameField(max_length=longest, **common),
        "text": lambda: PlainText(max_length=longest, **common),
        "long_text": lambda: PlainText(max_length=longest, widget=forms.Textarea, **common),
        "date": lambda: DayField(**common),
        "choice": lambda: forms.ChoiceField(choices=[tuple(pair) for pair in spec["choices"]], widget=forms.RadioSelect, **common),
        "number": lambda: forms.IntegerField(**common),
    }
    return makers[spec["kind"]]()


UNIT = "unit_code"
"""Name of the field that chooses the handling agency; no field of a form version may take it."""


class AnswersForm(forms.Form):
    """The dynamic form: built from the asked fields of a form version, after the choice of the handling agency if given."""

    def __init__(
        self,
        specs: list[dict[str, Any]],
        data: Mapping[str, Any] | None = None,
        *,
        units: Sequence[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        if units is not None:
            self.fields[UNIT] = forms.ChoiceField(
                label=_("Nơi tiếp nhận và giải quyết"),
                help_text=_("Chúng tôi chọn sẵn nơi bạn cư trú. Bạn có thể chọn nơi khác."),
                choices=[*(units if len(units) == 1 else [("", _("– Chọn –")), *units])],
                error_messages={
                    "required": _("Bạn hãy chọn nơi tiếp nhận hồ sơ."),
                    "invalid_choice": _("Bạn hãy chọn nơi tiếp nhận hồ sơ trong danh sách."),
                },
            )
        for spec in specs:
            self.fields[spec["name"]] = _field(spec)


class ReasonForm(forms.Form):
    """Why an officer refuses a dossier."""

    reason = PlainText(
        label="Lý do từ chối",
        help_text="Người nộp đọc được nguyên văn. Nêu rõ vì sao và cần làm gì tiếp.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Hãy nêu lý do để người nộp biết."},
    )


class TakeBackForm(ReasonForm):
    """Why a decision is taken back before it is signed; read by colleagues only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do rút lại"
        self.fields["reason"].help_text = "Đồng nghiệp đọc được trong tiến trình. Số đăng ký được trả lại cho sổ."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do, ví dụ “nhập nhầm số đăng ký”."


class DeclineForm(TakeBackForm):
    """Why a leader does not sign."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do không ký"
        self.fields["reason"].help_text = "Cán bộ trình đọc được. Hồ sơ trở lại bước xử lý, thời hạn chạy tiếp."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do để cán bộ biết cần sửa gì."


class DecisionForm(forms.Form):
    """What the register adds to the result, and which leader signs it. What the numbers mean is checked by the service."""

    registration_number = PlainText(
        label="Số đăng ký",
        max_length=20,
        error_messages={"required": "Hãy nhập số đăng ký."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    book = PlainText(
        label="Quyển số",
        max_length=20,
        error_messages={"required": "Hãy nhập quyển số."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    signer_position_id = forms.TypedChoiceField(
        label="Người ký",
        coerce=UUID,
        error_messages={"required": "Hãy chọn người ký.", "invalid_choice": "Hãy chọn người ký trong danh sách."},
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, signers: Sequence[tuple[UUID, str]], suggested: Any = None) -> None:
        initial = {"registration_number": suggested.number_words, "book": suggested.book_words} if suggested is not None else {}
        super().__init__(data, initial=initial)
        if suggested is not None:
            self.fields["registration_number"].help_text = f"Số tiếp theo của sổ là {suggested.number_words}. Sửa nếu sổ giấy ghi khác."
        choices = [(str(position_id), label) for position_id, label in signers]
        field = self.fields["signer_position_id"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = choices if len(choices) == 1 else [("", "– Chọn người ký –"), *choices]


def shown(spec: Mapping[str, Any], value: str) -> str:
    """An answer as a person reads it: the label of a choice, a day as dd/mm/yyyy, anything else as it is."""
    if spec["kind"] == "choice":
        return str(dict(spec["choices"]).get(value, value))
    if spec["kind"] == "date":
        try:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        except ValueError:
            return value
    return value
