"""One form class for all electronic forms: the fields are data of the form version."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

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


class DecisionForm(forms.Form):
    """What the book of civil status adds to a birth certificate."""

    registration_number = forms.RegexField(
        r"^[0-9]{1,6}(/[0-9]{4})?$",
        label="Số",
        help_text="Số đăng ký trong Sổ đăng ký khai sinh, ví dụ 125/2026.",
        error_messages={"required": "Hãy nhập số đăng ký.", "invalid": "Số đăng ký gồm các chữ số, có thể kèm năm, ví dụ 125/2026."},
    )
    book = PlainText(label="Quyển số", help_text="Ví dụ 01/2026.", max_length=30, error_messages={"required": "Hãy nhập quyển số."})


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
