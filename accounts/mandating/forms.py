"""Forms of mandates: whom one invites, to what, until when; a guardian's document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.registration.rules import is_name, tidy_name
from portal.ui.fields import IdNumberInput, PlainText

DAYS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
_NEEDED = {"required": _("Bạn hãy ghi mục này.")}
_BAD_DAY = {"invalid": _("Ngày không đúng. Bạn hãy viết ngày/tháng/năm, ví dụ 15/11/2026.")}
ALL, SOME = "all", "some"


class InviteForm(forms.Form):
    """Whom, to what, until when."""

    id_number = forms.CharField(
        label=_("Số định danh của người được mời"),
        help_text=_("12 chữ số trên thẻ căn cước."),
        widget=IdNumberInput,
        error_messages=_NEEDED,
    )
    called = PlainText(
        label=_("Bạn gọi người này là"),
        help_text=_("Chỉ bạn thấy tên này, để nhận ra lời mời trong danh sách."),
        max_length=200,
        error_messages=_NEEDED,
    )
    scope = forms.ChoiceField(
        label=_("Được làm gì"),
        choices=[(SOME, _("Chỉ những thủ tục tôi chọn dưới đây")), (ALL, _("Mọi thủ tục"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn một mục.")},
    )
    procedures = forms.MultipleChoiceField(label=_("Thủ tục"), widget=forms.CheckboxSelectMultiple, required=False)
    q = PlainText(label=_("Tìm thủ tục để thêm"), max_length=200, required=False)
    valid_to = forms.DateField(
        label=_("Đến hết ngày"),
        help_text=_("Ngày/tháng/năm. Để trống: đến khi chấm dứt."),
        input_formats=DAYS,
        required=False,
        error_messages=_BAD_DAY,
    )

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["procedures"].choices = list(choices)  # type: ignore[attr-defined]


class GuardianForm(forms.Form):
    """Whom one is the guardian of, and the document that says so."""

    ward_name = PlainText(label=_("Họ và tên người được giám hộ"), max_length=200, error_messages=_NEEDED)
    ward_number = forms.CharField(
        label=_("Số định danh của người được giám hộ"), help_text=_("12 chữ số."), widget=IdNumberInput, error_messages=_NEEDED
    )
    ward_birth_date = forms.DateField(
        label=_("Ngày sinh của người được giám hộ"), input_formats=DAYS, error_messages={**_NEEDED, **_BAD_DAY}
    )
    document_number = PlainText(
        label=_("Số giấy tờ chứng minh việc giám hộ"),
        help_text=_("Trích lục đăng ký giám hộ, quyết định của Tòa án hoặc của Ủy ban nhân dân."),
        max_length=100,
        error_messages=_NEEDED,
    )
    document_date = forms.DateField(label=_("Ngày cấp"), input_formats=DAYS, error_messages={**_NEEDED, **_BAD_DAY})
    until = forms.DateField(
        label=_("Giám hộ đến ngày"),
        help_text=_("Chỉ ghi nếu giấy tờ có thời hạn. Với trẻ em, quyền này hết khi đủ 18 tuổi."),
        input_formats=DAYS,
        required=False,
        error_messages=_BAD_DAY,
    )
    file = forms.FileField(
        label=_("Bản chụp giấy tờ"),
        help_text=_("Ảnh JPEG, PNG hoặc tệp PDF."),
        error_messages={
            "required": _("Bạn hãy chọn ảnh hoặc tệp của giấy tờ."),
            "empty": _("Tệp này trống. Bạn chọn lại tệp có nội dung."),
        },
    )

    def clean_ward_name(self) -> str:
        """In Latin letters alone: a letter of another script that looks the same would make another person of them."""
        name = tidy_name(self.cleaned_data["ward_name"])
        if not is_name(name):
            raise forms.ValidationError(
                _("Họ tên có dấu hiệu hoặc chữ không thuộc bảng chữ cái La-tinh. Bạn gõ lại bằng bàn phím, không sao chép từ nơi khác.")
            )
        return name


class PeriodForm(forms.Form):
    """From one day to another."""

    tu = forms.DateField(label=_("Từ ngày"), input_formats=DAYS, required=False, error_messages=_BAD_DAY)
    den = forms.DateField(label=_("Đến ngày"), input_formats=DAYS, required=False, error_messages=_BAD_DAY)

    def days(self) -> tuple[date | None, date | None]:
        """The days that were said and can be read."""
        return self.cleaned_data.get("tu"), self.cleaned_data.get("den")
