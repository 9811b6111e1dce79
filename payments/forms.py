"""Forms of payers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.codes import clean_code
from payments.models import Order
from payments.queries import Choice


class CodeForm(forms.Form):
    """A payment code as it stands on a notice."""

    ma = forms.CharField(
        label=_("Mã thanh toán"),
        max_length=40,
        help_text=_("Bắt đầu bằng DVC, gồm 16 chữ và số, in trên thông báo nộp tiền."),
        error_messages={"required": _("Bạn nhập mã thanh toán.")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_ma(self) -> str:
        """The code in its own form."""
        code = clean_code(self.cleaned_data["ma"])
        if not code:
            raise forms.ValidationError(_("Mã này chưa đúng. Bạn so lại từng chữ với thông báo nộp tiền."))
        return code


class PayerForm(forms.Form):
    """Who a receipt is for."""

    number = forms.CharField(
        label=_("Số định danh hoặc mã số thuế của người nộp"),
        max_length=20,
        help_text=_("Biên lai ghi tên và địa chỉ người nộp, nên chỉ người biết số này xem được."),
        error_messages={"required": _("Bạn nhập số định danh hoặc mã số thuế.")},
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )


class ChooseForm(forms.Form):
    """Through whom to pay: one who rests cannot be chosen."""

    institution = forms.ChoiceField(
        label=_("Trả qua"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Bạn chọn nơi trả tiền."),
            "invalid_choice": _("Đơn vị thanh toán này hiện không phục vụ. Bạn chọn đơn vị khác."),
        },
    )

    def __init__(self, *args: Any, choices: list[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = [(one.institution.code, one.institution.short_name) for one in choices if not one.resting]
        self.fields["institution"].choices = free  # type: ignore[attr-defined]


class FilterForm(forms.Form):
    """Which of one's payments to show."""

    tinh_trang = forms.ChoiceField(label=_("Tình trạng"), required=False)
    tu = forms.DateField(label=_("Từ ngày"), required=False, input_formats=["%d/%m/%Y", "%Y-%m-%d"])
    den = forms.DateField(label=_("Đến ngày"), required=False, input_formats=["%d/%m/%Y", "%Y-%m-%d"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tinh_trang"].choices = [("", _("Tất cả")), *Order.STATES.items()]  # type: ignore[attr-defined]
