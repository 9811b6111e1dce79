"""Forms of certified copies on the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from dossiers.copies import rules
from portal.access.desk import PlainForm
from portal.ui.fields import IdNumberInput, NumberInput

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
_WIDE = {"class": "vTextField"}


class BeginForm(PlainForm):
    """Whose paper, which paper."""

    owner_number = forms.CharField(
        label="Số định danh (hoặc mã số thuế) của chủ giấy tờ",
        max_length=20,
        widget=IdNumberInput,
        help_text="Bản sao vào kho của người này.",
    )
    title = forms.CharField(
        label="Loại giấy tờ",
        max_length=300,
        widget=forms.TextInput(_WIDE),
        help_text="Viết đúng tên trong danh mục giấy tờ thì bản sao tự được dùng khi hồ sơ cần loại này. Tên này công khai khi quét mã QR.",
    )
    original_number = forms.CharField(label="Số của bản chính", required=False, max_length=100, widget=forms.TextInput(_WIDE))
    original_issuer = forms.CharField(label="Nơi cấp bản chính", required=False, max_length=300, widget=forms.TextInput(_WIDE))
    original_issued_on = forms.DateField(label="Ngày cấp bản chính", required=False, input_formats=_DAYS, help_text="Ngày/tháng/năm.")
    full_name = forms.CharField(label="Họ và tên", required=False, max_length=200, widget=forms.TextInput(_WIDE))
    birth_date = forms.DateField(label="Ngày sinh", required=False, input_formats=_DAYS, help_text="Ngày/tháng/năm.")
    sex = forms.ChoiceField(label="Giới tính", required=False, choices=[("", "– Chọn –"), ("female", "Nữ"), ("male", "Nam")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["full_name"].heading = "Theo thẻ căn cước, khi Cổng chưa biết người này"  # type: ignore[attr-defined]

    def clean_original_issued_on(self) -> Any:
        """Not to come."""
        day = self.cleaned_data["original_issued_on"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError("Ngày cấp không sau hôm nay.")
        return day


class ScanForm(PlainForm):
    """One file of the original."""

    file = forms.FileField(label="Tệp quét hoặc ảnh chụp bản chính", help_text="PDF, JPEG, PNG; máy quét, máy ảnh của quầy.")


class PresentForm(PlainForm):
    """Who signs, who paid, that it was compared."""

    compared = forms.BooleanField(
        label="Tôi đã đối chiếu từng trang với bản chính; bản chính không thuộc loại không được sao",
        required=False,
    )
    signer_position_id = forms.ChoiceField(label="Người ký")
    payer_name = forms.CharField(label="Người nộp phí", required=False, max_length=200, widget=forms.TextInput(_WIDE))

    def __init__(self, *args: Any, signers: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["signer_position_id"].choices = [(str(one.position_id), one.label) for one in signers]  # type: ignore[attr-defined]


class PaperForm(PlainForm):
    """Copies that were certified on paper."""

    requester_name = forms.CharField(label="Người yêu cầu", max_length=200, widget=forms.TextInput(_WIDE))
    title = forms.CharField(label="Loại giấy tờ", max_length=300, widget=forms.TextInput(_WIDE))
    page_count = forms.IntegerField(label="Số trang của bản chính", min_value=1, max_value=9999, widget=NumberInput())
    copies = forms.IntegerField(label="Số bản sao", min_value=1, max_value=1000, widget=NumberInput())
    signer_label = forms.CharField(label="Người ký", max_length=200, widget=forms.TextInput(_WIDE))


class WordingForm(PlainForm):
    """The agency's wording from a day on."""

    words = forms.CharField(
        label="Lời chứng",
        max_length=4000,
        widget=forms.Textarea({"rows": 8}),
        help_text="Theo mẫu lời chứng đang áp dụng. Chỗ điền: "
        + ", ".join(f"{{{place}}} ({what})" for place, what in rules.PLACES.items())
        + ".",
    )
    basis = forms.CharField(label="Căn cứ", max_length=300, help_text="Văn bản ban hành mẫu.", widget=forms.TextInput(_WIDE))
    valid_from = forms.DateField(label="Áp dụng từ", input_formats=_DAYS, help_text="Ngày/tháng/năm.")
