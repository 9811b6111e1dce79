"""Forms of appointments and receptions at home."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import clean_phone
from dossiers.models import HomeVisit, Priority
from portal.ui.fields import PhoneInput, PlainText


def _priorities() -> list[tuple[str, Any]]:
    return list(Priority.choices)


class PriorityField(forms.ChoiceField):
    """Whether one is called before others."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Bạn có thuộc diện được gọi trước không?"),
            help_text=_("Không cần giấy tờ. Cán bộ tại quầy cũng ưu tiên khi thấy cần."),
            choices=_priorities,
            required=False,
            widget=forms.RadioSelect,
        )


class TimeForm(forms.Form):
    """A time of a day with places left."""

    at = forms.ChoiceField(
        label=_("Giờ đến"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn giờ đến."), "invalid_choice": _("Giờ này vừa hết chỗ. Bạn chọn giờ khác.")},
    )

    def __init__(self, *args: Any, left: list[tuple[dt.datetime, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begins = {begin.isoformat(): begin for begin, _places in left}
        self.fields["at"].choices = [(begin.isoformat(), _time_words(begin, places)) for begin, places in left]  # type: ignore[attr-defined]

    def clean_at(self) -> dt.datetime:
        """The moment."""
        return self.begins[self.cleaned_data["at"]]


def _time_words(begin: dt.datetime, places: int) -> str:
    left = ngettext("còn %(n)d chỗ", "còn %(n)d chỗ", places) % {"n": places}
    return f"{timezone.localtime(begin):%H:%M} ({left})"


class BookForm(TimeForm):
    """Of a party, whose name is known."""

    priority = PriorityField()


class HoldForm(BookForm):
    """Of somebody without an account: the phone is confirmed by a code."""

    name = PlainText(
        label=_("Họ và tên"),
        max_length=100,
        error_messages={"required": _("Bạn hãy ghi họ và tên."), "max_length": _("Bạn viết trong %(limit_value)d ký tự.")},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Số điện thoại di động"),
        max_length=20,
        help_text=_("Chúng tôi nhắn mã xác nhận đến số này."),
        widget=PhoneInput,
        error_messages={"required": _("Bạn hãy ghi số điện thoại di động."), "max_length": _("Số này quá dài.")},
    )

    def clean_phone(self) -> str:
        """The number in its one form."""
        phone = clean_phone(self.cleaned_data["phone"])
        if not phone:
            raise forms.ValidationError(_("Bạn hãy ghi số điện thoại di động gồm 10 chữ số."))
        return phone


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label=_("Mã xác nhận"),
        max_length=20,
        help_text=_("6 chữ số trong tin nhắn."),
        error_messages={"required": _("Bạn nhập mã xác nhận."), "max_length": _("Mã này có 6 chữ số.")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class FindForm(forms.Form):
    """The code of an appointment made without an account."""

    ma = forms.CharField(
        label=_("Mã lịch hẹn"),
        max_length=40,
        help_text=_("Gồm 10 chữ và số, có trong tin nhắn đặt hẹn."),
        error_messages={"required": _("Bạn nhập mã lịch hẹn."), "max_length": _("Mã này chưa đúng. Bạn so lại từng chữ.")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class VisitForm(forms.Form):
    """A request that the unit comes to one's home."""

    address = PlainText(
        label=_("Địa chỉ nơi cần cán bộ đến"),
        max_length=300,
        widget=forms.Textarea({"rows": 2, "autocomplete": "street-address"}),
        error_messages={"required": _("Bạn hãy ghi địa chỉ."), "max_length": _("Bạn viết trong %(limit_value)d ký tự.")},
    )
    phone = forms.CharField(
        label=_("Số điện thoại để cán bộ gọi trước khi đến"),
        max_length=20,
        widget=PhoneInput,
        error_messages={"required": _("Bạn hãy ghi số điện thoại."), "max_length": _("Số này quá dài.")},
    )
    reason = PlainText(
        label=_("Vì sao bạn không đến cơ quan được?"),
        max_length=500,
        help_text=_("Ví dụ: người cao tuổi đi lại khó, người khuyết tật, đang điều trị. Chỉ cơ quan này đọc được."),
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("Bạn hãy ghi lý do."), "max_length": _("Bạn viết trong %(limit_value)d ký tự.")},
    )
    wanted_on = forms.DateField(
        label=_("Ngày mong muốn"),
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        error_messages={
            "required": _("Bạn hãy ghi ngày."),
            "invalid": _("Ngày không đúng. Bạn hãy viết ngày/tháng/năm, ví dụ 31/12/2026."),
        },
    )
    wanted_half = forms.ChoiceField(
        label=_("Buổi"),
        choices=HomeVisit.Half.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn buổi."), "invalid_choice": _("Bạn hãy chọn buổi.")},
    )

    def clean_phone(self) -> str:
        """The number in its one form."""
        phone = clean_phone(self.cleaned_data["phone"])
        if not phone:
            raise forms.ValidationError(gettext("Bạn hãy ghi số điện thoại di động gồm 10 chữ số."))
        return phone
